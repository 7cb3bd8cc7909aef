//! A group of batches on its way to disk: each is checked against the store plus what the group already took in, and
//! taken in whole or refused alone.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use foldhash::quality::RandomState;

use super::batch::{Guard, Step};
use super::ends::Ends;
use super::feed::OpenPage;
use super::{Batch, CommitError, Kv, Pair, StoreError, Write, chunk, record};

/// What the committer keeps from group to group.
pub(super) struct Ground {
    page: OpenPage,
    hasher: RandomState,
    /// The last group's, emptied: its room is used again.
    places: Places,
    ends: Ends,
    /// Whether any value is kept in parts. Until then no put needs to look for parts that it makes stale.
    any_chunks: bool,
}

impl Ground {
    pub(super) fn open(kv: &dyn Kv) -> Result<Self, StoreError> {
        let (page, any_chunks) = (OpenPage::open(kv)?, chunk::any(kv)?);
        Ok(Self { page, hasher: RandomState::default(), places: Places::default(), ends: Ends::default(), any_chunks })
    }

    /// The position that the feed's next entry gets.
    pub(super) fn feed_end(&self) -> u64 {
        self.page.next_position()
    }
}

/// The writes of the batches taken in so far, one per key.
pub(super) struct Group<'a> {
    kv: &'a dyn Kv,
    ground: &'a mut Ground,
    writes: Vec<Write>,
}

/// From a key's hash to its place among the writes; a taken slot moves the key to the next number. Keys are not copied.
type Places = HashMap<u64, usize, BuildHasherDefault<Hashed>>;

/// Leaves a number as it is that is a hash already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl<'a> Group<'a> {
    /// An empty group with room for so many writes.
    pub(super) fn new(kv: &'a dyn Kv, ground: &'a mut Ground, writes: usize) -> Self {
        ground.places.clear();
        Self { kv, ground, writes: Vec::with_capacity(writes) }
    }

    /// Takes the batch in and tells the feed's position behind it, or refuses it and stays as it was. An error is the
    /// backend's, and ends the group.
    pub(super) fn admit(&mut self, batch: Batch) -> Result<Result<u64, CommitError>, StoreError> {
        let stale = match self.check(&batch)? {
            Ok(stale) => stale,
            Err(refused) => return Ok(Err(refused)),
        };
        for key in stale {
            self.take(Write::Delete(key));
        }
        for step in batch.steps {
            match step {
                Step::Put { key, value, guard } => {
                    if guard == Guard::Next {
                        self.ground.ends.appended(&key);
                    }
                    self.ground.any_chunks |= chunk::is_manifest(&value);
                    self.take(Write::Put(key, value));
                }
                Step::Delete { key, .. } => self.take(Write::Delete(key)),
                Step::Expect { .. } => {}
                Step::Announce(entry) => {
                    let full = self.ground.page.push(&entry);
                    self.take_page(full);
                }
            }
        }
        Ok(Ok(self.ground.feed_end()))
    }

    /// The group's writes, the last feed page among them.
    pub(super) fn into_writes(mut self) -> Vec<Write> {
        let last = self.ground.page.close();
        self.take_page(last);
        self.writes
    }

    /// Checks every expectation; returns the parts of chunked values that the batch replaces.
    fn check(&self, batch: &Batch) -> Result<Result<Vec<Vec<u8>>, CommitError>, StoreError> {
        let mut stale = Vec::new();
        for step in &batch.steps {
            let (key, guard, writes) = match step {
                Step::Put { key, guard, .. } | Step::Delete { key, guard } => (key, *guard, true),
                Step::Expect { key, guard } => (key, *guard, false),
                Step::Announce(_) => continue,
            };
            if guard == Guard::Small || (guard == Guard::Open && !self.ground.any_chunks) {
                continue;
            }
            if guard == Guard::Next && self.ground.ends.lies_behind(key) {
                continue;
            }
            let current = self.current(key)?;
            if !holds(guard, current.as_deref()) {
                return Ok(Err(CommitError::Conflict { key: key.clone() }));
            }
            if let Some(current) = current.filter(|current| writes && chunk::is_manifest(current)) {
                stale.extend(chunk::part_keys(key, &current));
            }
        }
        Ok(Ok(stale))
    }

    fn current(&self, key: &[u8]) -> Result<Option<Cow<'_, [u8]>>, StoreError> {
        match self.place(key).1.and_then(|place| self.writes.get(place)) {
            Some(Write::Put(_, value)) => Ok(Some(Cow::Borrowed(value))),
            Some(Write::Delete(_)) => Ok(None),
            None => Ok(self.kv.get(key)?.map(Cow::Owned)),
        }
    }

    fn take(&mut self, write: Write) {
        let (slot, place) = self.place(write.key());
        match place.and_then(|place| self.writes.get_mut(place)) {
            Some(earlier) => *earlier = write,
            None => {
                self.ground.places.insert(slot, self.writes.len());
                self.writes.push(write);
            }
        }
    }

    fn take_page(&mut self, page: Option<Pair>) {
        if let Some((key, value)) = page {
            self.take(Write::Put(key, value));
        }
    }

    /// The slot of a key and, if the group writes it, its place in `writes`.
    fn place(&self, key: &[u8]) -> (u64, Option<usize>) {
        let mut slot = self.ground.hasher.hash_one(key);
        while let Some(&place) = self.ground.places.get(&slot) {
            if self.writes.get(place).is_some_and(|write| write.key() == key) {
                return (slot, Some(place));
            }
            slot = slot.wrapping_add(1);
        }
        (slot, None)
    }
}

fn holds(guard: Guard, current: Option<&[u8]>) -> bool {
    match guard {
        Guard::Open | Guard::Small => true,
        Guard::Absent | Guard::Next => current.is_none(),
        Guard::Version(version) => current.and_then(|value| record::version_of(chunk::head(value))) == Some(version),
    }
}
