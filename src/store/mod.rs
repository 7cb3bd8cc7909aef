//! What is durable: ordered bytes behind [`Kv`], and above it, written once: group commit, typed records, the session
//! log, the feed.
//!
//! Imports `domain` only. Reads are plain calls; every write goes through the one [`commit::Committer`].
//! Deliberately absent: a second way to write, and any rule of a conversation.

use std::ops::Bound;

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
#[derive(Debug, Clone)]
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
}

/// Ordered bytes on disk. A backend is a small file; the contract suite says what all of them promise:
/// - `apply` is all or nothing, and when it returns `Ok` every write is on disk (fdatasync or better);
/// - a reader sees all of a batch or none of it, and what `apply` returned for is seen by every later read;
/// - keys order as bytes; an absent key reads as `None`.
///
/// `apply` is only ever called by one thread at a time.
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

    /// Writes all or nothing, durably. Of two writes to one key the later one counts.
    ///
    /// # Errors
    /// `Backend`; the caller must then write no more.
    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError>;

    /// The backend's name: `sled`, `fjall`.
    fn name(&self) -> &'static str;
}
