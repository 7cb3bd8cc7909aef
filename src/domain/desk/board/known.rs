//! A session on the board, and how it is kept in order.

use std::sync::Arc;

use super::person::Person;
use super::queue::{Needs, QueueKey};
use super::{ASK_AGAIN_AFTER_MS, Board};
use crate::domain::desk::case::Preview;
use crate::domain::desk::event::{Mark, OfferEnd, Target};
use crate::domain::desk::news::Place;
use crate::domain::desk::promises::Due;
use crate::domain::desk::settings::DeskSettings;
use crate::domain::{Case, Command, DeskCommand, Owner, SessionId, Timestamp, UserId, Visitor};

/// All of them.
pub(super) const TARGETS: [Target; 3] = [Target::FirstResponse, Target::NextResponse, Target::Resolution];

/// The first rest of a session that refused an order, in milliseconds; it doubles with each one in a row.
const REST_MS: i64 = 200;

/// The longest rest, in milliseconds.
const REST_MAX_MS: i64 = 30_000;

#[derive(Debug)]
pub(super) struct Known {
    pub case: Arc<Case>,
    /// The newest message that was seen of it.
    pub last: Option<Preview>,
    /// When something is to be said about its targets, in the order of [`TARGETS`].
    pub dues: [Option<Due>; 3],
    /// About which of them an order is under way.
    pub marking: [bool; 3],
    /// Orders that it refused in a row, and until when it is left alone.
    pub refusals: u32,
    pub rests_until: Option<Timestamp>,
    /// Whether it is left alone because the organization's service named nobody for it.
    pub rests_for_hook: bool,
    /// Whoever has it is gone for good: it is to wait again.
    pub abandoned: bool,
    /// What its customer was told last.
    pub told: Option<Place>,
    pub alarm: Option<Timestamp>,
    /// Where it stands in the queue, and among what, if it may be offered.
    pub place: Option<QueueKey>,
    pub free_among: Option<Needs>,
}

impl Known {
    pub(super) fn next(before: Option<Self>, case: Arc<Case>, settings: &DeskSettings) -> Self {
        let last = case.last.clone().or_else(|| before.as_ref().and_then(|before| before.last.clone()));
        let same = before.as_ref().filter(|before| {
            let (old, new) = (&before.case.service, &case.service);
            old.promises == new.promises && old.held_since == new.held_since
        });
        let dues = same.map(|before| before.dues);
        let waits = case.owner == Owner::Queue;
        let keeps_owner = before.as_ref().is_some_and(|before| before.case.owner == case.owner);
        let mut known = Self {
            last,
            dues: dues.unwrap_or_default(),
            marking: before.as_ref().map(|before| before.marking).unwrap_or_default(),
            refusals: 0,
            rests_until: None,
            rests_for_hook: false,
            abandoned: keeps_owner && before.as_ref().is_some_and(|before| before.abandoned),
            told: before
                .filter(|before| before.case.owner == Owner::Queue)
                .and_then(|before| before.told)
                .filter(|_| waits),
            alarm: None,
            place: None,
            free_among: None,
            case,
        };
        if dues.is_none() {
            known.promise(settings);
        }
        known
    }

    /// Works out when something is to be said about its targets.
    pub(super) fn promise(&mut self, settings: &DeskSettings) {
        self.dues = TARGETS.map(|target| settings.due(&self.case.service, target));
    }

    /// Leaves it alone for a while.
    pub(super) fn rest(&mut self, now: Timestamp) {
        let ms = REST_MS.saturating_mul(1 << self.refusals.min(16)).min(REST_MAX_MS);
        self.refusals += 1;
        self.rests_until = Some(now.plus_ms(ms));
    }

    pub(super) fn is_resting(&self, now: Timestamp) -> bool {
        self.rests_until.is_some_and(|until| until > now)
    }

    /// Whether a person would not take it a short while ago.
    pub(super) fn was_declined_by(&self, user: UserId, now: Timestamp) -> bool {
        let recent = |at: Timestamp| now < at.plus_ms(ASK_AGAIN_AFTER_MS) && at <= now.plus_ms(ASK_AGAIN_AFTER_MS);
        self.case.service.declined.iter().any(|(who, at)| *who == user && recent(*at))
    }

    /// What is to be said about a target now, if anything is.
    fn mark_due(&self, at: usize, now: Timestamp) -> Option<Mark> {
        let (due, said) = (self.dues[at]?, self.case.service.promises.of(TARGETS[at])?.mark);
        let reached = |moment: Option<Timestamp>| moment.is_some_and(|moment| moment <= now);
        match said {
            Some(Mark::Breached) => None,
            _ if reached(due.breaches_at) => Some(Mark::Breached),
            None if reached(due.warns_at) => Some(Mark::Warned),
            None | Some(Mark::Warned) => None,
        }
    }

    /// The next moment at which something is to be done about it, after `now`.
    fn next_moment(&self, now: Timestamp) -> Option<Timestamp> {
        let service = &self.case.service;
        let marks = (0..TARGETS.len()).filter(|at| !self.marking[*at]).flat_map(|at| {
            let said = service.promises.of(TARGETS[at]).and_then(|clock| clock.mark);
            let due = self.dues[at].filter(|_| said != Some(Mark::Breached));
            [due.and_then(|due| due.warns_at).filter(|_| said.is_none()), due.and_then(|due| due.breaches_at)]
        });
        let waits = self.case.owner == Owner::Queue;
        let asks_again = service.declined.iter().filter(|_| waits).map(|(_, at)| Some(at.plus_ms(ASK_AGAIN_AFTER_MS)));
        let others = [self.rests_until, service.offer.as_ref().map(|offer| offer.until)];
        marks.chain(asks_again).chain(others).flatten().filter(|moment| *moment > now).min()
    }
}

impl Board {
    /// Puts a session into the queue or into somebody's hands.
    pub(super) fn index(&mut self, session: &SessionId, now: Timestamp) {
        let Some(known) = self.cases.get_mut(session) else { return };
        let case = Arc::clone(&known.case);
        match &case.owner {
            Owner::Queue => {
                let key = QueueKey::of(&case);
                known.place = Some(key.clone());
                self.queue.insert(key);
                if let Some(offer) = &case.service.offer {
                    self.hold(offer.user, &offer.name, session, |hold| hold.offered = true);
                }
            }
            Owner::Human { user, name } => {
                known.abandoned |= self.people.get(user).is_some_and(|person| person.gone);
                self.hold(*user, name, session, |hold| hold.owned = true);
            }
            Owner::Assistant | Owner::Closed => {}
        }
        self.refresh(session, now);
    }

    /// Takes it out of the queue and out of everybody's hands; orders under way stay.
    pub(super) fn unindex(&mut self, session: &SessionId) {
        self.set_bound(session);
        let Some(known) = self.cases.get_mut(session) else { return };
        if let Some(at) = known.alarm.take() {
            self.alarms.unset(at, session);
        }
        if let Some(key) = known.place.take() {
            self.queue.remove(&key);
        }
        let case = Arc::clone(&known.case);
        if let Owner::Human { user, name } = &case.owner {
            self.hold(*user, name, session, |hold| hold.owned = false);
        }
        if let Some(offer) = &case.service.offer {
            self.hold(offer.user, &offer.name, session, |hold| hold.offered = false);
        }
    }

    /// Whether it may be offered, and when it is looked at next, as it stands now.
    pub(super) fn refresh(&mut self, session: &SessionId, now: Timestamp) {
        let busy = self.is_busy(session);
        let Some(known) = self.cases.get_mut(session) else { return };
        let alarm = known.next_moment(now);
        if known.alarm != alarm {
            self.alarms.reset(session, std::mem::replace(&mut known.alarm, alarm), alarm);
        }
        let free = known.case.service.offer.is_none() && !busy && !known.is_resting(now);
        let key = known.place.clone().filter(|_| free);
        let Some(key) = key else { return self.set_bound(session) };
        let needs = Needs::of(&known.case.service.routing, |team| self.teams.contains(&team));
        if known.free_among.as_ref() != Some(&needs) {
            self.set_bound(session);
            if let Some(known) = self.cases.get_mut(session) {
                known.free_among = Some(needs.clone());
            }
            self.queue.set_free(needs, key.clone());
        }
        self.wanted.insert(key);
    }

    fn set_bound(&mut self, session: &SessionId) {
        let Some(known) = self.cases.get_mut(session) else { return };
        let Some(key) = &known.place else { return };
        if let Some(needs) = known.free_among.take() {
            self.queue.set_bound(&needs, key);
        }
        self.wanted.remove(key);
    }

    /// Orders what is due for a session. Looks at nothing but how things stand, so it may run at any time.
    pub(super) fn review(&mut self, session: &SessionId, now: Timestamp) {
        let busy = self.is_busy(session);
        let Some(known) = self.cases.get_mut(session) else { return };
        if known.is_resting(now) {
            return self.refresh(session, now);
        }
        known.rests_until = None;
        known.rests_for_hook = false;
        let marks: Vec<(usize, Mark)> = (0..TARGETS.len())
            .filter(|at| !known.marking[*at])
            .filter_map(|at| Some((at, known.mark_due(at, now)?)))
            .collect();
        for (at, mark) in marks {
            self.order_mark(session, at, mark);
        }
        if !busy {
            self.review_owner(session, now);
        }
        self.refresh(session, now);
    }

    fn review_owner(&mut self, session: &SessionId, now: Timestamp) {
        let Some(known) = self.cases.get(session) else { return };
        let case = Arc::clone(&known.case);
        match (&case.owner, &case.service.offer) {
            (Owner::Queue, Some(offer)) => {
                let user = offer.user;
                let end = |how| Command::Desk(DeskCommand::EndOffer { user, how });
                let needs = Needs::of(&case.service.routing, |team| self.teams.contains(&team));
                // It may ask for other skills, or another team, than when they were asked.
                let may_take = |person: &Person| person.keeps_offers() && person.meets(user, &needs);
                if offer.until <= now {
                    self.order(session, None, end(OfferEnd::TimedOut), now);
                } else if !self.people.get(&user).is_some_and(may_take) {
                    self.order(session, None, end(OfferEnd::Withdrawn), now);
                } else if self.settings.auto_accept {
                    let visitor = Visitor::Staff { user, name: offer.name.clone() };
                    let command = DeskCommand::Accept { visitor, if_epoch: case.epoch };
                    self.order(session, Some(user), Command::Desk(command), now);
                }
            }
            (Owner::Human { user, .. }, _) if known.abandoned => {
                self.order(session, None, Command::Desk(DeskCommand::Abandon { user: *user }), now);
            }
            (Owner::Queue | Owner::Human { .. } | Owner::Assistant | Owner::Closed, _) => {}
        }
    }
}
