//! Backends for tests: one in memory, and one around any other that does what a test wants before each write.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::RwLock;

use switchboard::store::{Direction, KeyRange, Kv, Pair, StoreError, Write};

/// What happens before a write; an error is the write's.
pub(crate) trait BeforeWrite: Send + Sync + 'static {
    fn before_write(&self, writes: &[Write]) -> Result<(), StoreError>;
}

impl<F: Fn(&[Write]) -> Result<(), StoreError> + Send + Sync + 'static> BeforeWrite for F {
    fn before_write(&self, writes: &[Write]) -> Result<(), StoreError> {
        self(writes)
    }
}

/// A backend with something before its writes.
#[derive(Default)]
pub(crate) struct TappedKv<K, B> {
    pub inner: K,
    pub before: B,
}

impl<K, B> Deref for TappedKv<K, B> {
    type Target = B;

    fn deref(&self) -> &B {
        &self.before
    }
}

impl<K: Kv + 'static, B: BeforeWrite> Kv for TappedKv<K, B> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        self.inner.scan(range, limit, direction)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        self.inner.count(range, limit)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.before.before_write(&writes)?;
        self.inner.apply(writes)
    }

    fn name(&self) -> &'static str {
        "tapped"
    }
}

/// A backend in memory: nothing of it outlives the process.
#[derive(Default)]
pub(crate) struct MemoryKv(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>);

impl Kv for MemoryKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.read().unwrap().get(key).cloned())
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let pairs = self.0.read().unwrap();
        let found = pairs.range((range.start, range.end)).map(|(key, value)| (key.clone(), value.clone()));
        Ok(match direction {
            Direction::Forward => found.take(limit).collect(),
            Direction::Backward => found.rev().take(limit).collect(),
        })
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        Ok(self.scan(range, limit, Direction::Forward)?.len())
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let mut pairs = self.0.write().unwrap();
        for write in writes {
            match write {
                Write::Put(key, value) => drop(pairs.insert(key, value)),
                Write::Delete(key) => drop(pairs.remove(&key)),
            }
        }
        Ok(())
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}
