//! A bounded table of short-lived counts, in shards so that requests seldom wait for each other.
//!
//! Keys are kept as 128-bit keyed fingerprints: an entry costs the same whatever a client sends as its name, and nobody
//! can aim for a collision. Entries that are over are swept while the table is used; a full shard forgets one entry for
//! each new one, so that memory stays bounded and a newcomer is still counted.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::Timestamp;

/// How many locks the table is spread over.
const SHARDS: usize = 16;

/// How often a shard is swept, at most, in milliseconds.
const SWEEP_EVERY_MS: u64 = 30_000;

/// A count that ends by itself.
pub(super) trait Fleeting: Default {
    /// It says nothing any more and can be forgotten.
    fn is_over(&self, now: Timestamp) -> bool;
}

/// The table.
#[derive(Debug)]
pub(super) struct Table<V> {
    shards: [Mutex<Shard<V>>; SHARDS],
    fingerprints: [RandomState; 2],
    shard_max: usize,
}

#[derive(Debug)]
struct Shard<V> {
    entries: HashMap<(u64, u64), V>,
    swept_at: Timestamp,
}

impl<V: Fleeting> Table<V> {
    /// Holds at most about `entries_max` entries.
    pub(super) fn new(entries_max: usize) -> Self {
        let shard = |_| Mutex::new(Shard { entries: HashMap::new(), swept_at: Timestamp::default() });
        Self {
            shards: std::array::from_fn(shard),
            fingerprints: [RandomState::new(), RandomState::new()],
            shard_max: entries_max.div_ceil(SHARDS).max(1),
        }
    }

    /// Works on the entry of `key`, which is made if there is none.
    pub(super) fn with<R>(&self, key: impl Hash, now: Timestamp, work: impl FnOnce(&mut V) -> R) -> R {
        let (mut shard, fingerprint) = self.shard(key);
        shard.sweep_if_due(now);
        if shard.entries.len() >= self.shard_max && !shard.entries.contains_key(&fingerprint) {
            shard.forget_one();
        }
        work(shard.entries.entry(fingerprint).or_default())
    }

    /// Works on the entry of `key` if there is one, and forgets it if it is over then.
    pub(super) fn with_existing(&self, key: impl Hash, now: Timestamp, work: impl FnOnce(&mut V)) {
        let (mut shard, fingerprint) = self.shard(key);
        if let Entry::Occupied(mut entry) = shard.entries.entry(fingerprint) {
            work(entry.get_mut());
            if entry.get().is_over(now) {
                entry.remove();
            }
        }
    }

    /// How many entries there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).entries.len()).sum()
    }

    #[expect(clippy::indexing_slicing, reason = "the index is taken modulo the number of shards")]
    fn shard(&self, key: impl Hash) -> (MutexGuard<'_, Shard<V>>, (u64, u64)) {
        let [first, second] = &self.fingerprints;
        let fingerprint = (first.hash_one(&key), second.hash_one(&key));
        let index = usize::try_from(fingerprint.0 % SHARDS as u64).unwrap_or_default();
        (lock(&self.shards[index]), fingerprint)
    }
}

impl<V: Fleeting> Shard<V> {
    /// A clock that went back makes it due as well.
    fn sweep_if_due(&mut self, now: Timestamp) {
        if now >= self.swept_at && now.since_ms(self.swept_at) < SWEEP_EVERY_MS {
            return;
        }
        self.swept_at = now;
        self.entries.retain(|_, entry| !entry.is_over(now));
        if self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to_fit();
        }
    }

    fn forget_one(&mut self) {
        let any = self.entries.keys().next().copied();
        if let Some(any) = any {
            self.entries.remove(&any);
        }
    }
}

/// A panic while the lock was held leaves at worst a wrong count.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Until(i64);

    impl Fleeting for Until {
        fn is_over(&self, now: Timestamp) -> bool {
            now.as_ms() >= self.0
        }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn a_full_table_stays_within_its_bound_and_still_counts_newcomers() {
        let table = Table::<Until>::new(160);
        for key in 0..10_000 {
            table.with(key, at(1), |until| until.0 = 1_000_000);
        }
        assert!(table.len() <= 160, "{}", table.len());
        assert_eq!(table.with(9_999, at(2), |until| until.0), 1_000_000);
    }

    #[test]
    fn what_is_over_is_swept_and_a_clock_that_goes_back_does_not_stop_it() {
        let table = Table::<Until>::new(1_000_000);
        for key in 0..1_000 {
            table.with(key, at(100_000), |until| until.0 = 100_001);
        }
        for key in 0..SHARDS * 20 {
            table.with(("later", key), at(200_000), |until| until.0 = 10);
        }
        assert!(table.len() <= SHARDS * 20, "{}", table.len());
        for key in 0..SHARDS * 20 {
            table.with(("back", key), at(50), |until| until.0 = 60);
        }
        assert!(table.len() <= SHARDS * 20, "{}", table.len());
    }

    #[test]
    fn an_entry_that_ends_under_hand_is_forgotten_at_once() {
        let table = Table::<Until>::new(10);
        table.with("a", at(0), |until| until.0 = 10);
        table.with_existing("a", at(5), |until| until.0 = 5);
        table.with_existing("b", at(5), |until| until.0 = 50);
        assert_eq!(table.len(), 0);
    }
}
