//! A batch: writes that become durable together or not at all, and what must hold for them to.

use super::{FeedEntry, chunk};

/// Puts, deletes, expectations and announcements that take effect together. Expectations are about the state before the
/// batch; each key is written once.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) steps: Vec<Step>,
    bytes: usize,
}

/// One part of a batch.
#[derive(Debug)]
pub(super) enum Step {
    Put { key: Vec<u8>, value: Vec<u8>, guard: Guard },
    Delete { key: Vec<u8>, guard: Guard },
    Expect { key: Vec<u8>, guard: Guard },
    Announce(FeedEntry),
}

/// What must hold of a key before the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nothing.
    Open,
    /// The key is absent.
    Absent,
    /// The key is absent. It ends in a number, and its writers only ever go on behind the last one.
    Next,
    /// It holds a record at this version.
    Version(u64),
    /// Nothing, and the key never holds a chunked value, so that there are no parts to clear away: it is an index entry, or
    /// a part itself.
    Small,
}

impl Batch {
    /// The key has this value from then on. Values above [`super::VALUE_MAX_BYTES`] are kept in parts; readers see them whole.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.push_put(key, value, Guard::Open);
    }

    /// A put that also expects the key to be absent.
    pub fn put_new(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.push_put(key, value, Guard::Absent);
    }

    /// A put that expects the key to be absent, for keys that end in a number (eight bytes, big end first) under which
    /// entries are appended without a gap. Where one is absent, so are all behind it.
    pub(super) fn put_next(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.push_put(key, value, Guard::Next);
    }

    /// A put that also expects a record at `version` under the key.
    pub fn put_over(&mut self, key: Vec<u8>, value: Vec<u8>, version: u64) {
        self.push_put(key, value, Guard::Version(version));
    }

    /// The key is gone from then on.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.bytes += key.len();
        self.steps.push(Step::Delete { key, guard: Guard::Open });
    }

    /// A delete that also expects a record at `version` under the key.
    pub fn delete_at(&mut self, key: Vec<u8>, version: u64) {
        self.bytes += key.len();
        self.steps.push(Step::Delete { key, guard: Guard::Version(version) });
    }

    /// The batch is refused unless the key is absent.
    pub fn expect_absent(&mut self, key: Vec<u8>) {
        self.steps.push(Step::Expect { key, guard: Guard::Absent });
    }

    /// The batch is refused unless the key holds a record at `version`.
    pub fn expect_version(&mut self, key: Vec<u8>, version: u64) {
        self.steps.push(Step::Expect { key, guard: Guard::Version(version) });
    }

    /// Puts an entry into the feed, at the place that the commit order gives it.
    pub fn announce(&mut self, entry: FeedEntry) {
        self.bytes += entry.size_bytes();
        self.steps.push(Step::Announce(entry));
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Bytes of keys and values that it writes.
    pub fn size_bytes(&self) -> usize {
        self.bytes
    }

    /// How many keys it writes, at most.
    pub(super) fn writes(&self) -> usize {
        self.steps.len()
    }

    /// Index entries: the value is known to be small, before and after.
    pub(super) fn put_small(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.bytes += key.len() + value.len();
        self.steps.push(Step::Put { key, value, guard: Guard::Small });
    }

    pub(super) fn delete_small(&mut self, key: Vec<u8>) {
        self.bytes += key.len();
        self.steps.push(Step::Delete { key, guard: Guard::Small });
    }

    fn push_put(&mut self, key: Vec<u8>, value: Vec<u8>, guard: Guard) {
        self.bytes += key.len() + value.len();
        if !chunk::must_split(&value) {
            self.steps.push(Step::Put { key, value, guard });
            return;
        }
        let (manifest, parts) = chunk::split(&key, &value);
        self.steps.push(Step::Put { key, value: manifest, guard });
        let parts = parts.into_iter().map(|(key, value)| Step::Put { key, value, guard: Guard::Small });
        self.steps.extend(parts);
    }
}
