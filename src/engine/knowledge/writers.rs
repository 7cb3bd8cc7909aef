//! One at a time of an organization counts what there is and adds to it, so that no two go beyond a limit together. Others do
//! not wait for that: each waits only for those who share a place with them.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

use crate::domain::OrganizationId;

/// Places; organizations share them by their ids.
const PLACES: usize = 64;

/// Counts that one place remembers.
const COUNTS_MAX: usize = 256;

/// See the module.
#[derive(Debug)]
pub(super) struct Writers {
    places: [Mutex<Counts>; PLACES],
    hasher: RandomState,
}

/// How many vectors organizations have, as far as that was counted: to count them anew for each one that is put would take
/// longer and longer.
#[derive(Debug, Default)]
pub(super) struct Counts(HashMap<OrganizationId, usize>);

impl Default for Writers {
    fn default() -> Self {
        Self { places: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl Writers {
    /// The right to add something for an organization.
    pub(super) async fn of(&self, organization: &OrganizationId) -> MutexGuard<'_, Counts> {
        let hash = usize::try_from(self.hasher.hash_one(organization) % PLACES as u64).unwrap_or(0);
        self.places[hash].lock().await
    }
}

impl Counts {
    /// How many there are, if that is remembered.
    pub(super) fn known(&self, organization: &OrganizationId) -> Option<usize> {
        self.0.get(organization).copied()
    }

    /// Remembers how many there are.
    pub(super) fn remember(&mut self, organization: &OrganizationId, count: usize) {
        if self.0.len() >= COUNTS_MAX && !self.0.contains_key(organization) {
            self.0.clear();
        }
        self.0.insert(organization.clone(), count);
    }

    /// It is counted anew: nobody knows whether what was put is there.
    pub(super) fn forget(&mut self, organization: &OrganizationId) {
        self.0.remove(organization);
    }
}
