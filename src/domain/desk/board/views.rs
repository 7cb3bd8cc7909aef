//! The board as people and customers see it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Board;
use super::known::TARGETS;
use super::queue::QueueKey;
use crate::domain::desk::agent::{AgentCard, AgentProfile, Availability, Presence};
use crate::domain::desk::case::Preview;
use crate::domain::desk::event::Mark;
use crate::domain::desk::news::{Listed, Offered, Place, QUEUE_SHOWN_MAX, Snapshot, TargetClock, TargetState};
use crate::domain::desk::service::Service;
use crate::domain::{Case, Owner, PersonName, SessionId, Timestamp, UserId};

/// How many of the newest takings tell how fast the queue moves.
const TAKINGS_MAX: usize = 20;

/// How many it takes to say anything.
const TAKINGS_MIN: usize = 3;

/// Takings that are older than this tell nothing, in milliseconds.
const TAKINGS_FOR_MS: u64 = 30 * 60 * 1_000;

/// Below this an estimate is rounded up to tens of seconds, above to minutes: it is no more exact than that.
const FINE_BELOW_S: u64 = 60;

/// Customers up to this place are told of every change of it.
const NEAR_MAX: u32 = 100;

/// Customers behind them are told every so many seconds: with a long queue, each step of it concerns thousands.
const FAR_EVERY: u32 = 10;

impl Board {
    /// Sessions as lists show them.
    pub fn list(&self, cases: &[Arc<Case>], now: Timestamp) -> Vec<Listed> {
        let places = self.places_of(cases.iter().map(|case| &case.key.session));
        let listed = |case: &Arc<Case>| self.listed_at(places.get(&case.key.session).copied(), case, None, now);
        cases.iter().map(listed).collect()
    }

    /// A session as lists show it.
    pub(super) fn listed(&self, case: &Arc<Case>, now: Timestamp) -> Listed {
        let place = self.cases.get(&case.key.session).and_then(|known| known.place.as_ref());
        self.listed_at(place.map(|key| self.queue.place(key)), case, None, now)
    }

    /// A session as lists show it, whose place is known; `last` is its newest message, where neither the case nor the board has
    /// one.
    pub(super) fn listed_at(
        &self,
        place: Option<u32>,
        case: &Arc<Case>,
        last: Option<Preview>,
        now: Timestamp,
    ) -> Listed {
        let known = self.cases.get(&case.key.session);
        let last = case.last.clone().or_else(|| known.and_then(|known| known.last.clone())).or(last);
        let targets = (0..TARGETS.len()).filter_map(|at| self.target(&case.service, at, now)).collect();
        Listed { case: Arc::clone(case), last, place, targets }
    }

    /// Where those of some sessions stand that wait.
    pub(super) fn places_of<'a>(&self, sessions: impl Iterator<Item = &'a SessionId>) -> HashMap<SessionId, u32> {
        let waiting: BTreeSet<&QueueKey> =
            sessions.filter_map(|session| self.cases.get(session)?.place.as_ref()).collect();
        self.queue.places(&waiting)
    }

    /// The desk as a person sees it.
    pub fn snapshot(&self, user: UserId, now: Timestamp) -> Snapshot {
        let first = self.queue.iter().take(QUEUE_SHOWN_MAX).filter_map(|key| self.cases.get(&key.session));
        let queue =
            (1..).zip(first).map(|(place, known)| Arc::new(self.listed_at(Some(place), &known.case, None, now)));
        let queue = queue.collect();
        let held: Vec<&SessionId> =
            self.people.get(&user).into_iter().flat_map(|person| person.holds()).map(|(session, _)| session).collect();
        let mut mine: Vec<Arc<Listed>> = Vec::new();
        let mut offers = Vec::new();
        for known in held.into_iter().filter_map(|session| self.cases.get(session)) {
            let listed = || Arc::new(self.listed(&known.case, now));
            match (&known.case.owner, &known.case.service.offer) {
                (Owner::Human { user: owner, .. }, _) if *owner == user => mine.push(listed()),
                (Owner::Queue, Some(offer)) if offer.user == user => {
                    offers.push(Offered { case: listed(), until: offer.until });
                }
                (Owner::Queue | Owner::Human { .. } | Owner::Assistant | Owner::Closed, _) => {}
            }
        }
        mine.sort_by_key(|listed| (listed.case.started_at, listed.case.key.session.clone()));
        offers.sort_by_key(|offered| (offered.until, offered.case.case.key.session.clone()));
        let at_work = self.people.iter().filter(|(_, person)| !matches!(person.presence(), Presence::Offline(_)));
        let agents = at_work.map(|(user, person)| Arc::new(person.card(*user, self.settings.capacity))).collect();
        Snapshot { queue, queue_total: self.queue.len(), mine, offers, agents, open: self.open }
    }

    /// A person as lists of the staff show them, at work or not.
    pub fn card(&self, user: UserId, name: &PersonName) -> AgentCard {
        if let Some(person) = self.people.get(&user) {
            return person.card(user, self.settings.capacity);
        }
        let nobody = AgentProfile::plain(self.organization.clone(), user);
        let profile = self.profiles.get(&user).cloned().unwrap_or(nobody);
        AgentCard {
            user,
            name: name.clone(),
            presence: Presence::Offline(Availability::Away),
            load: 0,
            capacity: profile.capacity.unwrap_or(self.settings.capacity),
            skills: profile.skills,
            teams: profile.teams,
        }
    }

    /// Where a waiting customer stands. An estimate is the place times how long it took from one taking to the next, over the
    /// last twenty of the last half hour; without three of them, or without anybody who gets offers, there is none.
    pub fn place(&self, session: &SessionId, now: Timestamp) -> Option<Place> {
        let known = self.cases.get(session)?;
        let key = known.place.as_ref()?;
        let counted = || place_at(self.queue.place(key), self.pace_ms(now), self.open);
        Some(known.told.unwrap_or_else(counted))
    }

    /// The waiting sessions whose customers are to be told another place or estimate than they were told last; asked once a
    /// second. Whoever is far back is told now and then.
    pub fn places_changed(&mut self, now: Timestamp) -> Vec<(SessionId, Place)> {
        let (pace_ms, open) = (self.pace_ms(now), self.open);
        self.tellings = self.tellings.wrapping_add(1);
        let mut changed = Vec::new();
        for (n, key) in (1..).zip(self.queue.iter()) {
            let Some(known) = self.cases.get_mut(&key.session) else { continue };
            let has_turn = n <= NEAR_MAX || known.told.is_none() || (n % FAR_EVERY) == self.tellings % FAR_EVERY;
            if !has_turn {
                continue;
            }
            let place = place_at(n, pace_ms, open);
            if known.told.replace(place) != Some(place) {
                changed.push((key.session.clone(), place));
            }
        }
        changed
    }

    pub(super) fn note_taking(&mut self, now: Timestamp) {
        if self.takings.len() == TAKINGS_MAX {
            self.takings.pop_front();
        }
        self.takings.push_back(now);
    }

    /// How long it takes from one taking to the next.
    fn pace_ms(&self, now: Timestamp) -> Option<u64> {
        let recent = || self.takings.iter().filter(|at| now.since_ms(**at) <= TAKINGS_FOR_MS);
        let (count, oldest) = (recent().count(), recent().min()?);
        let anybody = self.people.values().any(super::person::Person::takes_offers);
        (count >= TAKINGS_MIN && anybody).then(|| now.since_ms(*oldest) / count as u64)
    }

    fn target(&self, service: &Service, at: usize, now: Timestamp) -> Option<TargetClock> {
        let target = TARGETS[at];
        let clock = service.promises.of(target)?;
        let due = match service.held_since {
            None => self.settings.due(service, target)?,
            Some(since) => {
                let mut going_on = Service { promises: service.promises.clone(), ..Service::default() };
                going_on.promises.paused(self.settings.counted_ms(since, now));
                self.settings.due(&going_on, target)?
            }
        };
        let state = match (clock.mark, service.held_since) {
            (Some(Mark::Breached), _) => TargetState::Breached,
            (_, Some(_)) => TargetState::Paused,
            (Some(Mark::Warned), None) => TargetState::Warned,
            (None, None) => TargetState::Running,
        };
        Some(TargetClock { target, due_at: due.breaches_at?, state })
    }
}

fn place_at(place: u32, pace_ms: Option<u64>, open: bool) -> Place {
    let estimated_wait_s = pace_ms.map(|pace_ms| {
        let seconds = (u64::from(place) * pace_ms).div_ceil(1_000);
        let step = if seconds <= FINE_BELOW_S { 10 } else { 60 };
        u32::try_from(seconds.div_ceil(step).max(1) * step).unwrap_or(u32::MAX)
    });
    Place { place, estimated_wait_s, open }
}
