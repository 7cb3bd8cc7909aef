//! A person on the board.

use std::collections::HashMap;
use std::sync::Arc;

use super::queue::Needs;
use crate::domain::desk::agent::{AgentCard, AgentProfile, Availability, Presence};
use crate::domain::{PersonName, SessionId, Timestamp, UserId};

#[derive(Debug)]
pub(super) struct Person {
    pub name: PersonName,
    pub status: Availability,
    /// Whether a connection of theirs is open.
    pub there: bool,
    pub vanished_since: Option<Timestamp>,
    /// They were at work before a restart: what they are offered is theirs until its time.
    pub awaited: bool,
    /// They did not come back, or are nobody any more: nothing stays with them, also what comes to them late.
    pub gone: bool,
    /// Offers in a row that they did not answer.
    pub missed: u32,
    /// When they were given something last, as a count: who waits longest is asked first.
    pub given_at: u64,
    pub profile: Option<AgentProfile>,
    /// How they stood when everybody was told of them last.
    pub told: Option<Arc<AgentCard>>,
    holds: HashMap<SessionId, Hold>,
}

/// Why a session counts against a person's capacity.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hold {
    pub owned: bool,
    pub offered: bool,
    /// Orders under way that would give it to them.
    pub ordered: u32,
}

impl Person {
    pub(super) fn stranger(name: PersonName, profile: Option<AgentProfile>) -> Self {
        Self {
            name,
            status: Availability::default(),
            there: false,
            vanished_since: None,
            awaited: false,
            gone: false,
            missed: 0,
            given_at: 0,
            profile,
            told: None,
            holds: HashMap::new(),
        }
    }

    /// Changes why a session counts; tells whether their load is another one now.
    pub(super) fn hold(&mut self, session: &SessionId, change: impl FnOnce(&mut Hold)) -> bool {
        let before = self.holds.len();
        let hold = self.holds.entry(session.clone()).or_default();
        change(hold);
        if *hold == Hold::default() {
            self.holds.remove(session);
        }
        self.holds.len() != before
    }

    pub(super) fn holds(&self) -> impl Iterator<Item = (&SessionId, &Hold)> {
        self.holds.iter()
    }

    pub(super) fn has(&self, session: &SessionId) -> bool {
        self.holds.contains_key(session)
    }

    pub(super) fn load(&self) -> u32 {
        u32::try_from(self.holds.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn capacity(&self, default: u32) -> u32 {
        self.profile.as_ref().and_then(|profile| profile.capacity).unwrap_or(default)
    }

    pub(super) fn has_room(&self, default: u32) -> bool {
        self.load() < self.capacity(default)
    }

    /// Whether they get offers.
    pub(super) fn takes_offers(&self) -> bool {
        self.there && self.status == Availability::Available
    }

    /// Whether what they are offered stays offered to them.
    pub(super) fn keeps_offers(&self) -> bool {
        self.takes_offers() || self.awaited
    }

    /// Whether a session may be theirs.
    pub(super) fn meets(&self, user: UserId, needs: &Needs) -> bool {
        if needs.only.is_some_and(|only| only != user) {
            return false;
        }
        let (skills, teams) = match &self.profile {
            Some(profile) => (profile.skills.as_slice(), profile.teams.as_slice()),
            None => (&[][..], &[][..]),
        };
        needs.team.is_none_or(|team| teams.contains(&team))
            && needs.skills.iter().all(|needed| skills.iter().any(|skill| skill.as_str() == needed))
    }

    pub(super) fn presence(&self) -> Presence {
        match (self.there, self.vanished_since) {
            (true, _) => Presence::There(self.status),
            (false, Some(_)) => Presence::Vanished,
            (false, None) => Presence::Offline(self.status),
        }
    }

    pub(super) fn card(&self, user: UserId, default_capacity: u32) -> AgentCard {
        let profile = self.profile.as_ref();
        AgentCard {
            user,
            name: self.name.clone(),
            presence: self.presence(),
            load: self.load(),
            capacity: self.capacity(default_capacity),
            skills: profile.map(|profile| profile.skills.clone()).unwrap_or_default(),
            teams: profile.map(|profile| profile.teams.clone()).unwrap_or_default(),
        }
    }
}
