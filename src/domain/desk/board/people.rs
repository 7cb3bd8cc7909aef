//! People come, go, and say how they are.

use super::Board;
use super::person::{Hold, Person};
use crate::domain::desk::agent::{AgentProfile, Availability};
use crate::domain::desk::event::{OfferEnd, TeamId};
use crate::domain::{Case, PersonName, SessionId, Timestamp, UserId};

/// How a person comes to the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// With a connection, and this status.
    Connected(Availability),
    /// They were at work before a restart and are not back yet.
    Awaited(Availability),
}

impl Board {
    /// A person is there, or was when the process ended.
    pub fn came(&mut self, user: UserId, name: PersonName, arrival: Arrival, now: Timestamp) {
        let profile = self.profiles.get(&user).cloned();
        let person = self.people.entry(user).or_insert_with(|| Person::stranger(name.clone(), profile));
        person.name = name;
        person.gone = false;
        match arrival {
            Arrival::Connected(status) => {
                person.status = status;
                person.there = true;
                person.vanished_since = None;
                person.awaited = false;
                person.missed = 0;
                self.settle_holds(user, now);
            }
            Arrival::Awaited(status) if !person.there => {
                person.status = status;
                person.awaited = true;
                self.vanish(user, now);
            }
            Arrival::Awaited(_) => {}
        }
        self.person_changed(user);
    }

    /// Their last connection is gone: they have a grace time to come back. What they are offered goes to others at once.
    pub fn vanished(&mut self, user: UserId, now: Timestamp) {
        if self.people.get(&user).is_some_and(|person| person.there) {
            self.vanish(user, now);
            self.review_holds(user, now);
            self.person_changed(user);
        }
    }

    /// They are nobody any more: what they have waits again.
    pub fn dismissed(&mut self, user: UserId, now: Timestamp) {
        if let Some(person) = self.people.get_mut(&user) {
            person.there = false;
            self.abandon(user, now);
        }
    }

    /// They say something else of themselves.
    pub fn set_status(&mut self, user: UserId, status: Availability, now: Timestamp) {
        if let Some(person) = self.people.get_mut(&user) {
            person.status = status;
            person.missed = 0;
            self.review_holds(user, now);
            self.person_changed(user);
        }
    }

    /// What administrators set of a person.
    pub fn set_profile(&mut self, profile: AgentProfile) {
        let user = profile.user;
        if let Some(person) = self.people.get_mut(&user) {
            person.profile = Some(profile.clone());
            self.person_changed(user);
        }
        self.profiles.insert(user, profile);
    }

    /// The teams that there are.
    pub fn set_teams(&mut self, teams: impl IntoIterator<Item = TeamId>, now: Timestamp) {
        self.teams = teams.into_iter().collect();
        let sessions: Vec<SessionId> = self.cases.keys().cloned().collect();
        sessions.iter().for_each(|session| self.refresh(session, now));
    }

    /// Counts what became of offers: whoever leaves too many unanswered in a row is away.
    pub(super) fn count_ended(&mut self, case: &Case, ended: &[(UserId, OfferEnd)]) {
        let known = self.cases.get(&case.key.session).map(|known| &known.case);
        if known.is_some_and(|known| !super::is_newer(case, known)) {
            return;
        }
        for (user, how) in ended {
            let Some(person) = self.people.get_mut(user) else { continue };
            match how {
                OfferEnd::Accepted | OfferEnd::Declined => person.missed = 0,
                OfferEnd::Withdrawn => {}
                OfferEnd::TimedOut => person.missed += 1,
            }
            if person.missed >= self.settings.missed_offers_max && person.status == Availability::Available {
                person.status = Availability::Away;
                person.missed = 0;
                self.out.statuses.push((*user, Availability::Away));
                self.person_changed(*user);
            }
        }
    }

    /// A person's grace time may have ended.
    pub(super) fn look_after(&mut self, user: UserId, now: Timestamp) {
        let grace_ms = i64::from(self.settings.grace_s) * 1_000;
        let Some(since) = self.people.get(&user).and_then(|person| person.vanished_since) else { return };
        let ends = since.plus_ms(grace_ms);
        // After a clock went back the time begins anew with it.
        if ends > now && since <= now {
            self.alarms.set_person(ends, user);
        } else {
            self.abandon(user, now);
        }
    }

    /// Changes why a session counts against somebody.
    pub(super) fn hold(
        &mut self,
        user: UserId,
        name: &PersonName,
        session: &SessionId,
        change: impl FnOnce(&mut Hold),
    ) {
        if !self.people.contains_key(&user) {
            let profile = self.profiles.get(&user).cloned();
            self.people.insert(user, Person::stranger(name.clone(), profile));
        }
        self.hold_known(user, session, change);
    }

    pub(super) fn hold_known(&mut self, user: UserId, session: &SessionId, change: impl FnOnce(&mut Hold)) {
        let Some(person) = self.people.get_mut(&user) else { return };
        if person.hold(session, change) {
            self.person_changed(user);
        }
    }

    /// Somebody may have room, or may be told of.
    pub(super) fn person_changed(&mut self, user: UserId) {
        self.looking.insert(user);
        self.news.person_changed(user);
    }

    pub(super) fn people_changed(&mut self) {
        let everybody: Vec<UserId> = self.people.keys().copied().collect();
        everybody.into_iter().for_each(|user| self.person_changed(user));
    }

    fn vanish(&mut self, user: UserId, now: Timestamp) {
        if let Some(person) = self.people.get_mut(&user) {
            person.there = false;
            person.vanished_since = Some(now);
            self.alarms.set_person(now.plus_ms(i64::from(self.settings.grace_s) * 1_000), user);
        }
    }

    fn abandon(&mut self, user: UserId, now: Timestamp) {
        let Some(person) = self.people.get_mut(&user) else { return };
        person.vanished_since = None;
        person.awaited = false;
        person.gone = true;
        let owned: Vec<SessionId> =
            person.holds().filter(|(_, hold)| hold.owned).map(|(session, _)| session.clone()).collect();
        for session in &owned {
            if let Some(known) = self.cases.get_mut(session) {
                known.abandoned = true;
            }
        }
        self.review_holds(user, now);
        self.person_changed(user);
    }

    /// They are back: nothing of theirs is given away any more.
    fn settle_holds(&mut self, user: UserId, now: Timestamp) {
        for session in self.held_by(user) {
            if let Some(known) = self.cases.get_mut(&session) {
                known.abandoned = false;
            }
            self.review(&session, now);
        }
    }

    fn review_holds(&mut self, user: UserId, now: Timestamp) {
        for session in self.held_by(user) {
            self.review(&session, now);
        }
    }

    fn held_by(&self, user: UserId) -> Vec<SessionId> {
        let holds = self.people.get(&user).map(|person| person.holds().map(|(session, _)| session.clone()).collect());
        holds.unwrap_or_default()
    }
}
