//! What happens because time has passed.

use std::collections::BTreeSet;

use super::Board;
use crate::domain::{SessionId, Timestamp, UserId};

/// When somebody or something is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    sessions: BTreeSet<(Timestamp, SessionId)>,
    people: BTreeSet<(Timestamp, UserId)>,
    hours: Option<Timestamp>,
}

impl Alarms {
    pub(super) fn unset(&mut self, at: Timestamp, session: &SessionId) {
        self.sessions.remove(&(at, session.clone()));
    }

    pub(super) fn reset(&mut self, session: &SessionId, before: Option<Timestamp>, at: Option<Timestamp>) {
        if let Some(before) = before {
            self.unset(before, session);
        }
        if let Some(at) = at {
            self.sessions.insert((at, session.clone()));
        }
    }

    pub(super) fn set_person(&mut self, at: Timestamp, user: UserId) {
        self.people.insert((at, user));
    }
}

impl Board {
    /// Time has passed.
    pub fn tick(&mut self, now: Timestamp) {
        while let Some((at, session)) = self.alarms.sessions.first().filter(|(at, _)| *at <= now).cloned() {
            self.alarms.sessions.remove(&(at, session.clone()));
            if let Some(known) = self.cases.get_mut(&session) {
                known.alarm = None;
            }
            self.review(&session, now);
        }
        while let Some((at, user)) = self.alarms.people.first().filter(|(at, _)| *at <= now).copied() {
            self.alarms.people.remove(&(at, user));
            self.look_after(user, now);
        }
        if self.alarms.hours.is_some_and(|at| at <= now) {
            self.look_at_the_clock(now);
        }
    }

    /// When [`Board::tick`] has something to do next.
    pub fn next_due(&self) -> Option<Timestamp> {
        let session = self.alarms.sessions.first().map(|(at, _)| *at);
        let person = self.alarms.people.first().map(|(at, _)| *at);
        [session, person, self.alarms.hours].into_iter().flatten().min()
    }

    /// Whether it is within business hours, and until when that is so.
    pub(super) fn look_at_the_clock(&mut self, now: Timestamp) {
        let open = self.settings.is_open(now);
        self.alarms.hours = self.settings.hours.as_ref().and_then(|hours| hours.next_change(now));
        if std::mem::replace(&mut self.open, open) != open {
            self.news.open_changed();
        }
    }
}
