//! Gives a session's values the same numbers from turn to turn, without keeping the values: only keyed hashes of them, in
//! memory, as many as the limits say. What is forgotten is numbered anew, and nobody but a model notices.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::SessionKey;

/// How many sessions' numbers are kept; beyond it all are forgotten.
const SESSIONS_MAX: usize = 10_000;

/// How many numbers of a session are kept.
const NUMBERS_MAX: usize = 256;

/// A session's numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    hasher: Arc<RandomState>,
    by_hash: HashMap<u64, u32>,
    highest: HashMap<String, u32>,
}

/// All sessions' numbers.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    hasher: Arc<RandomState>,
    sessions: Mutex<HashMap<SessionKey, Numbers>>,
}

impl Numbers {
    /// Which number a value had.
    pub(super) fn of(&self, name: &str, value: &str) -> Option<u32> {
        self.by_hash.get(&self.hash(name, value)).copied()
    }

    /// The highest number of a name, 0 where there is none.
    pub(super) fn highest(&self, name: &str) -> u32 {
        self.highest.get(name).copied().unwrap_or(0)
    }

    /// Notes which number a value has.
    pub(super) fn note(&mut self, name: &str, value: &str, number: u32) {
        let hash = self.hash(name, value);
        if self.by_hash.len() < NUMBERS_MAX || self.by_hash.contains_key(&hash) {
            self.by_hash.insert(hash, number);
            let highest = self.highest.entry(name.to_owned()).or_default();
            *highest = number.max(*highest);
        }
    }

    fn hash(&self, name: &str, value: &str) -> u64 {
        self.hasher.hash_one((name, value))
    }
}

impl Numbering {
    /// The session's numbers.
    pub(super) fn of(&self, session: &SessionKey) -> Numbers {
        let known = self.lock().get(session).cloned();
        known.unwrap_or_else(|| Numbers { hasher: Arc::clone(&self.hasher), ..Numbers::default() })
    }

    /// Keeps the session's numbers, where it has any.
    pub(super) fn keep(&self, session: &SessionKey, numbers: Numbers) {
        if numbers.by_hash.is_empty() {
            return;
        }
        let mut sessions = self.lock();
        if sessions.len() >= SESSIONS_MAX && !sessions.contains_key(session) {
            sessions.clear();
        }
        sessions.insert(session.clone(), numbers);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Numbers>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
