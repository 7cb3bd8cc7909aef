//! The desk of one organization: every session that waits for people or is had by one, the people, and who gets what.
//!
//! Plain and without a clock. The shell brings in what it hears ([`Board::see`] for each change of a session, who comes and
//! goes, what time it is), then calls [`Board::settle`] and carries out what [`Board::take`] gives. Everything follows from
//! the sessions, so a board that is made anew from them decides the same; only missed offers, the time that people are
//! gone and what is known of waiting times begin anew.
//!
//! Promises, held by a test over random interleavings: nobody has more than they may by the desk's doing; whoever waits is in
//! the queue or offered to one person; higher priority first, then who waits longest; and once settled nobody waits while
//! somebody who may take them has room.

mod alarms;
mod asks;
mod assign;
mod hook;
mod known;
mod news;
mod order;
mod people;
mod person;
mod queue;
mod views;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::agent::AgentProfile;
use super::event::{OfferEnd, TeamId};
use super::settings::DeskSettings;
use crate::domain::{Case, OrganizationId, Owner, SessionId, Timestamp, UserId};

use alarms::Alarms;
use hook::Hook;
use known::Known;
use order::InFlight;
use person::Person;
use queue::{Queue, QueueKey};

pub use asks::Insistence;
pub use hook::{HookAnswer, PAUSE_MS as HOOK_PAUSE_MS};
pub use news::{Audience, News};
pub use order::{HookQuestion, Order, OrderId, Orders};
pub use people::Arrival;

/// Whoever declined a session, or let its offer pass, is not asked again for it in this time, in milliseconds. They may
/// claim it by hand.
pub const ASK_AGAIN_AFTER_MS: i64 = 60_000;

/// See the module.
#[derive(Debug)]
pub struct Board {
    organization: OrganizationId,
    settings: Arc<DeskSettings>,
    open: bool,
    cases: HashMap<SessionId, Known>,
    queue: Queue,
    people: BTreeMap<UserId, Person>,
    profiles: HashMap<UserId, AgentProfile>,
    teams: HashSet<TeamId>,
    in_flight: BTreeMap<u64, InFlight>,
    busy: HashMap<SessionId, u32>,
    next_order: u64,
    alarms: Alarms,
    /// Waiting sessions for which somebody may have room now.
    wanted: BTreeSet<QueueKey>,
    /// People who may have room for somebody now.
    looking: BTreeSet<UserId>,
    hook: Hook,
    last_given: Option<UserId>,
    given: u64,
    takings: VecDeque<Timestamp>,
    /// How often customers were told where they stand.
    tellings: u32,
    out: Orders,
    news: news::Pending,
}

impl Board {
    /// An empty board. Orders are numbered from `first_order` on.
    pub fn new(organization: OrganizationId, settings: Arc<DeskSettings>, first_order: u64, now: Timestamp) -> Self {
        let mut board = Self {
            organization,
            open: settings.is_open(now),
            settings,
            cases: HashMap::new(),
            queue: Queue::default(),
            people: BTreeMap::new(),
            profiles: HashMap::new(),
            teams: HashSet::new(),
            in_flight: BTreeMap::new(),
            busy: HashMap::new(),
            next_order: first_order,
            alarms: Alarms::default(),
            wanted: BTreeSet::new(),
            looking: BTreeSet::new(),
            hook: Hook::default(),
            last_given: None,
            given: 0,
            takings: VecDeque::new(),
            tellings: 0,
            out: Orders::default(),
            news: news::Pending::default(),
        };
        board.look_at_the_clock(now);
        board
    }

    /// A session stands so now; `ended` are the offers of it that ended with the change. An older view of it changes nothing.
    pub fn see(&mut self, case: &Arc<Case>, ended: &[(UserId, OfferEnd)], now: Timestamp) {
        self.count_ended(case, ended);
        let session = &case.key.session;
        let before = self.cases.get(session).map(|known| Arc::clone(&known.case));
        if before.as_deref().is_some_and(|before| !is_newer(case, before)) {
            return;
        }
        if let Some(before) = &before
            && before.owner == Owner::Queue
            && matches!(case.owner, Owner::Human { .. })
        {
            self.note_taking(now);
        }
        self.unindex(session);
        self.note_change(before.as_ref(), case, ended);
        if concerns_people(case) {
            let known = self.cases.remove(session);
            self.cases.insert(session.clone(), Known::next(known, Arc::clone(case), &self.settings));
            self.index(session, now);
            self.review(session, now);
        } else {
            self.cases.remove(session);
        }
    }

    /// Whether a session is on the board.
    pub fn knows(&self, session: &SessionId) -> bool {
        self.cases.contains_key(session)
    }

    /// A session is no more.
    pub fn forget(&mut self, session: &SessionId) {
        self.unindex(session);
        self.cases.remove(session);
    }

    /// The organization wants its desk run so from now on.
    pub fn set_settings(&mut self, settings: Arc<DeskSettings>, now: Timestamp) {
        let before = std::mem::replace(&mut self.settings, settings);
        self.look_at_the_clock(now);
        self.change_hook(&before, now);
        let sessions: Vec<SessionId> = self.cases.keys().cloned().collect();
        for session in sessions {
            if let Some(known) = self.cases.get_mut(&session) {
                known.promise(&self.settings);
            }
            self.review(&session, now);
        }
        self.people_changed();
    }

    /// What is settled by now and was not carried out yet.
    pub fn take(&mut self) -> Orders {
        std::mem::take(&mut self.out)
    }

    /// The settings that govern.
    pub const fn settings(&self) -> &Arc<DeskSettings> {
        &self.settings
    }

    /// The number that the next order gets.
    pub const fn next_order(&self) -> u64 {
        self.next_order
    }

    /// Sessions that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Since when the one waits that waits longest.
    pub fn waits_since(&self) -> Option<Timestamp> {
        self.queue.oldest()
    }

    /// Whether nobody waits, nobody is at work and nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.cases.is_empty() && self.people.is_empty() && self.in_flight.is_empty()
    }
}

/// Whether a session is for people.
pub const fn concerns_people(case: &Case) -> bool {
    matches!(case.owner, Owner::Queue | Owner::Human { .. })
}

/// A session that began anew has another log.
const fn is_newer(case: &Case, before: &Case) -> bool {
    case.stream > before.stream || (case.stream == before.stream && case.seq > before.seq)
}
