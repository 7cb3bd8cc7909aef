//! What is durable: ordered bytes behind [`Kv`], and above it, written once: group commit, typed records, the session
//! log, the feed.
//!
//! Imports `domain` only. Reads are plain calls on [`Store`]; every write is a [`Batch`] that goes through the one
//! committer thread ([`commit`]). Deliberately absent: a second way to write, and any rule of a conversation.
//!
//! | keys | what |
//! |---|---|
//! | `<space>/<org>/<id>`, `<space>.<index>/<org>/<value>..` | records and their indexes ([`record`], [`index`]) |
//! | `log/<org>/<session>/<first seq>` | the session log, an entry per decision ([`log`]) |
//! | `feed/<position>`, `feed.cursor/<reader>` | what happened, in commit order ([`feed`]) |
//! | `knowledge.log/<org>/<version>` | what changed of what can be found ([`knowledge`]) |
//! | `~/<key>..` | the parts of values above [`VALUE_MAX_BYTES`] ([`chunk`]) |
//! | `schema` | which program wrote this ([`schema`]) |

pub mod audit;
pub mod batch;
pub mod cache;
mod canned;
mod chunk;
pub mod commit;
pub mod cost;
pub mod customer;
pub mod desk;
pub mod documents;
mod ends;
pub mod feed;
pub mod files;
mod fjall;
mod generations;
mod group;
mod handle;
pub mod idempotency;
pub mod index;
pub mod knowledge;
mod lock;
pub mod log;
pub mod memories;
pub mod outbox;
pub mod parked;
pub mod privacy;
pub mod record;
mod schema;
pub mod session;
pub mod settings;
pub mod signed_channel;
mod sled;
pub mod tool;
pub mod unanswered;
mod url;
pub mod vectors;
pub mod webhook;

use std::ops::Bound;

pub use batch::Batch;
pub use commit::{CommitError, Completions, Done, StoreHealth, StoreLimits};
pub use feed::FeedEntry;
pub use fjall::FjallKv;
pub use handle::Store;
pub use log::Logged;
pub use record::{Record, Versioned};
pub use sled::SledKv;
pub use url::StoreUrl;

/// The largest value one put may hold, in bytes; bigger ones go in chunks. sled 0.34 writes values above 128 KiB to files
/// that it never syncs.
pub const VALUE_MAX_BYTES: usize = 64 * 1024;

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Which end of a range comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest key first.
    Forward,
    /// Largest key first.
    Backward,
}

/// A range of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// Where it starts.
    pub start: Bound<Vec<u8>>,
    /// Where it ends.
    pub end: Bound<Vec<u8>>,
}

/// A put or a delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// The key has this value from now on.
    Put(Vec<u8>, Vec<u8>),
    /// The key is gone.
    Delete(Vec<u8>),
}

/// Why the store could not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The backend failed; the text is for the log, not for a client.
    #[error("store: {0}")]
    Backend(String),
    /// A value does not read as what it should be.
    #[error("store: {key} does not read: {why}")]
    Corrupt {
        /// The key, printable.
        key: String,
        /// What went wrong.
        why: String,
    },
    /// The store was written by a newer program, or holds something else.
    #[error("store: {0}")]
    Schema(String),
    /// Another process has the store open.
    #[error("store: {0} is in use by another process")]
    Locked(String),
}

/// Ordered bytes on disk. A backend is a small file; the contract suite says what all of them promise:
/// - `apply` is all or nothing, and when it returns `Ok` every write is on disk (fdatasync or better);
/// - a reader sees nothing of a batch before it is on disk, and a single `get` or `scan` sees all of it or none;
/// - what `apply` returned for is seen by every later read; after a failed `apply` reads go on and show what was there;
/// - keys order as bytes; an absent key reads as `None`.
///
/// `apply` is only ever called by one thread at a time, with no key twice in a call.
pub trait Kv: Send + Sync + 'static {
    /// The value of a key.
    ///
    /// # Errors
    /// `Backend` when the disk or the backend fails.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` pairs of a range.
    ///
    /// # Errors
    /// `Backend` when the disk or the backend fails.
    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError>;

    /// How many keys a range holds, counted up to `limit`; values are not copied.
    ///
    /// # Errors
    /// `Backend` when the disk or the backend fails.
    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError>;

    /// Writes all or nothing, durably.
    ///
    /// # Errors
    /// `Backend`; the caller must then write no more.
    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError>;

    /// The backend's name: `sled`, `fjall`.
    fn name(&self) -> &'static str;

    /// Writes all that is there into new files and removes the old ones, so that what was deleted before is nowhere on disk.
    /// Blocks, for as long as it takes to copy everything; reads and writes go on. It ends early once `go_on` says no.
    ///
    /// # Errors
    /// `Backend` when it can not be done, was told to end, or is under way already; everything is as it was then.
    fn compact(&self, _go_on: &dyn Fn() -> bool) -> Result<(), StoreError> {
        Err(StoreError::Backend(format!("{} is not compacted", self.name())))
    }
}

impl KeyRange {
    /// Every key that starts with `prefix`.
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        let start = prefix.into();
        let end = after_prefix(start.clone()).map_or(Bound::Unbounded, Bound::Excluded);
        Self { start: Bound::Included(start), end }
    }

    /// Every key there is.
    pub const fn all() -> Self {
        Self { start: Bound::Unbounded, end: Bound::Unbounded }
    }

    /// From `start` on, up to but without `end`.
    pub const fn between(start: Vec<u8>, end: Vec<u8>) -> Self {
        Self { start: Bound::Included(start), end: Bound::Excluded(end) }
    }

    /// The part of the range that comes after `key` when walked in `direction`.
    #[must_use]
    pub fn beyond(mut self, key: Vec<u8>, direction: Direction) -> Self {
        match direction {
            Direction::Forward => self.start = Bound::Excluded(key),
            Direction::Backward => self.end = Bound::Excluded(key),
        }
        self
    }

    /// Whether no key can lie in it. Backends may panic on such ranges, so they are asked about none.
    pub fn is_empty(&self) -> bool {
        match (&self.start, &self.end) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(start), Bound::Included(end)) => start > end,
            (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => {
                start >= end
            }
        }
    }
}

impl Write {
    /// The key it is about.
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Put(key, _) | Self::Delete(key) => key,
        }
    }
}

impl StoreError {
    /// The value of `key` is not what it should be.
    pub fn corrupt(key: &[u8], why: impl ToString) -> Self {
        Self::Corrupt { key: key.escape_ascii().to_string(), why: why.to_string() }
    }
}

/// The first key after all that start with `prefix`; none if the prefix is all 0xFF.
fn after_prefix(mut prefix: Vec<u8>) -> Option<Vec<u8>> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            return Some(prefix);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_key_that_lacks_it() {
        assert_eq!(KeyRange::prefix("a/").end, Bound::Excluded(b"a0".to_vec()));
        assert_eq!(KeyRange::prefix([b'a', 0xFF]).end, Bound::Excluded(b"b".to_vec()));
        assert_eq!(KeyRange::prefix([0xFF]).end, Bound::Unbounded);
    }

    #[test]
    fn a_range_that_holds_nothing_is_known_to() {
        let key = b"k".to_vec();
        assert!(KeyRange::between(key.clone(), key.clone()).is_empty());
        assert!(KeyRange::prefix("k").beyond(b"l".to_vec(), Direction::Forward).is_empty());
        let only_k = KeyRange { start: Bound::Included(key.clone()), end: Bound::Included(key) };
        assert!(!only_k.is_empty() && !KeyRange::all().is_empty());
    }
}
