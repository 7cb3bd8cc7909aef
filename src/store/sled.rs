//! sled 0.34 behind [`Kv`]. Three of its habits need a counterweight:
//! - `flush` ends in `sync_file_range`, not in fsync, so its file is synced here as well;
//! - a batch can be read before it is on disk, so what it overwrites is kept aside and shown until it is;
//! - an iterator is no snapshot, so readers share a lock that is held only while those old values come and go.
//!
//! One habit stays: on a full disk its reads may fail as well as its writes (`docs/adr/0002-default-store.md`).

use std::fmt;
use std::fs::{self, File};
use std::mem::ManuallyDrop;
use std::ops::Bound;
use std::path::Path;
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard};

use ::sled::{Batch, Config, Db, IVec};

use super::{Direction, KeyRange, Kv, Pair, StoreError, Write, lock};

/// What sled may keep in memory; its own default is 1 GiB.
const CACHE_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// How often sled cleans up its file.
const CLEAN_EVERY_MS: u64 = 1000;

/// A sled database, one tree of it.
pub struct SledKv {
    db: Db,
    file: File,
    before: RwLock<Vec<Before>>,
    kept: OnceLock<ManuallyDrop<Db>>,
}

/// A key that is being written, and the value it has until the write is on disk.
type Before = (IVec, Option<IVec>);

impl SledKv {
    /// Opens the database in a directory, or makes it.
    ///
    /// # Errors
    /// `Locked` when another process has it, `Schema` when the directory belongs to fjall, `Backend` otherwise.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        if directory.join("keyspaces").exists() {
            return Err(StoreError::Schema(format!("{} holds a fjall store", directory.display())));
        }
        fs::create_dir_all(directory).map_err(|why| backend(directory.display(), why))?;
        let config = Config::new().path(directory).cache_capacity(CACHE_MAX_BYTES).flush_every_ms(Some(CLEAN_EVERY_MS));
        let db = lock::when_free(|| config.open().map_err(|why| open_error(directory, &why)))?;
        let file = File::open(directory.join("db")).map_err(|why| backend(directory.display(), why))?;
        let kv = Self { db, file, before: RwLock::default(), kept: OnceLock::new() };
        kv.sync()?;
        sync_directory(directory)?;
        Ok(kv)
    }

    fn write(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for write in writes {
            match write {
                Write::Put(key, value) => batch.insert(key, value),
                Write::Delete(key) => batch.remove(key),
            }
        }
        self.db.apply_batch(batch).map_err(|why| self.failure("write", why))?;
        self.sync()
    }

    /// What sled's failure is to the outside. sled flushes when it is dropped, and waits for ever if the disk is full; so
    /// after a failure one handle is kept for good, as long as the process lives.
    fn failure(&self, what: &str, why: impl fmt::Display) -> StoreError {
        let _ = self.kept.set(ManuallyDrop::new(self.db.clone()));
        backend(what, why)
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|why| self.failure("flush", why))?;
        self.file.sync_data().map_err(|why| self.failure("fdatasync", why))
    }

    fn old_values(&self, writes: &[Write]) -> Result<Vec<Before>, StoreError> {
        let mut before = Vec::with_capacity(writes.len());
        for write in writes {
            let old = self.db.get(write.key()).map_err(|why| self.failure("get", why))?;
            before.push((IVec::from(write.key()), old));
        }
        before.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(before)
    }

    fn show_before(&self, before: Vec<Before>) {
        *self.before.write().unwrap_or_else(PoisonError::into_inner) = before;
    }

    fn reading(&self) -> RwLockReadGuard<'_, Vec<Before>> {
        self.before.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SledKv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledKv").finish_non_exhaustive()
    }
}

impl Kv for SledKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let before = self.reading();
        if let Ok(place) = before.binary_search_by(|(other, _)| other.as_ref().cmp(key)) {
            return Ok(before.get(place).and_then(|(_, old)| old.as_deref().map(<[u8]>::to_vec)));
        }
        let value = self.db.get(key).map_err(|why| self.failure("get", why))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        let mut pairs = Vec::new();
        let before = self.reading();
        let keep = |key: &[u8], value: &[u8]| pairs.push((key.to_vec(), value.to_vec()));
        walk(&self.db, &before, &range, limit, direction, keep).map_err(|why| self.failure("scan", why))?;
        Ok(pairs)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        let mut count = 0;
        let before = self.reading();
        let tally = |_: &[u8], _: &[u8]| count += 1;
        walk(&self.db, &before, &range, limit, Direction::Forward, tally).map_err(|why| self.failure("scan", why))?;
        Ok(count)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.show_before(self.old_values(&writes)?);
        self.write(writes)?;
        self.show_before(Vec::new());
        Ok(())
    }

    fn name(&self) -> &'static str {
        "sled"
    }
}

/// Shows up to `limit` pairs of the database as it was before the writes in `before`, which are sorted by key.
fn walk(
    db: &Db,
    before: &[Before],
    range: &KeyRange,
    limit: usize,
    direction: Direction,
    mut show: impl FnMut(&[u8], &[u8]),
) -> ::sled::Result<()> {
    if range.is_empty() {
        return Ok(());
    }
    let hidden = |key: &[u8]| before.binary_search_by(|(other, _)| other.as_ref().cmp(key)).is_ok();
    let mut stored = db.range::<&[u8], _>((as_slice(&range.start), as_slice(&range.end)));
    let stored = std::iter::from_fn(|| match direction {
        Direction::Forward => stored.next(),
        Direction::Backward => stored.next_back(),
    });
    let mut stored = stored.filter(|pair| !matches!(pair, Ok((key, _)) if hidden(key))).peekable();
    let old = within(before, range);
    let mut old =
        in_order(old, direction).filter_map(|(key, value)| value.as_ref().map(|value| (key, value))).peekable();
    for _ in 0..limit {
        let old_first = match (stored.peek(), old.peek()) {
            (Some(Ok((key, _))), Some((old_key, _))) => (*old_key < key) == (direction == Direction::Forward),
            (None, Some(_)) => true,
            (Some(_), _) => false,
            (None, None) => break,
        };
        if let Some((key, value)) = old.next_if(|_| old_first) {
            show(key, value);
        } else if let Some(pair) = stored.next() {
            let (key, value) = pair?;
            show(&key, &value);
        }
    }
    Ok(())
}

fn within<'a>(before: &'a [Before], range: &KeyRange) -> &'a [Before] {
    let from = match &range.start {
        Bound::Included(start) => before.partition_point(|(key, _)| key.as_ref() < start.as_slice()),
        Bound::Excluded(start) => before.partition_point(|(key, _)| key.as_ref() <= start.as_slice()),
        Bound::Unbounded => 0,
    };
    let to = match &range.end {
        Bound::Included(end) => before.partition_point(|(key, _)| key.as_ref() <= end.as_slice()),
        Bound::Excluded(end) => before.partition_point(|(key, _)| key.as_ref() < end.as_slice()),
        Bound::Unbounded => before.len(),
    };
    before.get(from..to).unwrap_or_default()
}

fn in_order(pairs: &[Before], direction: Direction) -> impl Iterator<Item = &Before> {
    let mut pairs = pairs.iter();
    std::iter::from_fn(move || match direction {
        Direction::Forward => pairs.next(),
        Direction::Backward => pairs.next_back(),
    })
}

pub(super) fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

/// Makes the directory's entries durable, and its own entry in its parent.
pub(super) fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    let sync = |path: &Path| File::open(path).and_then(|opened| opened.sync_all());
    sync(directory).map_err(|why| backend(directory.display(), why))?;
    let absolute = directory.canonicalize().map_err(|why| backend(directory.display(), why))?;
    absolute.parent().map_or(Ok(()), |parent| sync(parent).map_err(|why| backend(parent.display(), why)))
}

pub(super) fn backend(what: impl fmt::Display, why: impl fmt::Display) -> StoreError {
    StoreError::Backend(format!("{what}: {why}"))
}

fn open_error(directory: &Path, why: &::sled::Error) -> StoreError {
    let text = why.to_string();
    if text.contains("could not acquire lock") {
        return StoreError::Locked(directory.display().to_string());
    }
    backend(directory.display(), text)
}
