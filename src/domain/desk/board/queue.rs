//! The queue: everybody who waits, in the order in which they are served, and among them those who may be offered now, by
//! what they ask for.

use std::collections::{BTreeSet, HashMap};

use crate::domain::desk::event::{Priority, Routing, TeamId};
use crate::domain::{Case, SessionId, Timestamp, UserId};

/// A place in the order: what is smaller is served first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct QueueKey {
    pub priority: Priority,
    pub queued_at: Timestamp,
    pub session: SessionId,
}

/// What a session asks of whoever takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Needs {
    pub skills: Vec<String>,
    pub team: Option<TeamId>,
    pub only: Option<UserId>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    all: BTreeSet<QueueKey>,
    free: HashMap<Needs, BTreeSet<QueueKey>>,
    by_age: BTreeSet<(Timestamp, SessionId)>,
}

impl Queue {
    pub(super) fn insert(&mut self, key: QueueKey) {
        self.by_age.insert((key.queued_at, key.session.clone()));
        self.all.insert(key);
    }

    pub(super) fn remove(&mut self, key: &QueueKey) {
        self.by_age.remove(&(key.queued_at, key.session.clone()));
        self.all.remove(key);
    }

    /// The session may be offered.
    pub(super) fn set_free(&mut self, needs: Needs, key: QueueKey) {
        self.free.entry(needs).or_default().insert(key);
    }

    /// It may not.
    pub(super) fn set_bound(&mut self, needs: &Needs, key: &QueueKey) {
        if let Some(bucket) = self.free.get_mut(needs) {
            bucket.remove(key);
            if bucket.is_empty() {
                self.free.remove(needs);
            }
        }
    }

    /// The sessions that may be offered, by what they ask for.
    pub(super) fn free(&self) -> impl Iterator<Item = (&Needs, &BTreeSet<QueueKey>)> {
        self.free.iter()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// In order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &QueueKey> {
        self.all.iter()
    }

    /// A place, from 1. Counts along the queue.
    pub(super) fn place(&self, key: &QueueKey) -> u32 {
        u32::try_from(self.all.range(..key).count() + 1).unwrap_or(u32::MAX)
    }

    /// Several places, with one walk along the queue.
    pub(super) fn places(&self, wanted: &BTreeSet<&QueueKey>) -> HashMap<SessionId, u32> {
        let mut places = HashMap::with_capacity(wanted.len());
        let mut wanted = wanted.iter().peekable();
        for (place, key) in (1..).zip(&self.all) {
            let Some(next) = wanted.peek() else { break };
            if key == **next {
                places.insert(key.session.clone(), place);
                wanted.next();
            }
        }
        places
    }

    /// Since when the one waits that waits longest.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.by_age.first().map(|(since, _)| *since)
    }
}

impl QueueKey {
    pub(super) fn of(case: &Case) -> Self {
        let since = case.service.queued_at.or(case.last_message_at).unwrap_or(case.started_at);
        Self { priority: case.service.routing.priority, queued_at: since, session: case.key.session.clone() }
    }
}

impl Needs {
    /// A team that is no more asks for nobody.
    pub(super) fn of(routing: &Routing, is_team: impl Fn(TeamId) -> bool) -> Self {
        let skills = routing.skills.iter().map(|skill| skill.as_str().to_owned()).collect();
        Self { skills, team: routing.team.filter(|team| is_team(*team)), only: routing.only }
    }
}
