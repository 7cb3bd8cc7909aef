//! fjall 3 behind [`Kv`]: one keyspace. A batch goes to its journal, which is synced, and only then to where it can be read.
//!
//! `SyncData` keeps the same promise as `SyncAll` here: fdatasync also writes the metadata that reading the bytes back needs,
//! and fjall syncs each new journal and its directory in full when it makes one.

use std::fmt;
use std::fs;
use std::path::Path;

use ::fjall::{Database, Error, Guard, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode, Readable};

use super::sled::{as_slice, backend, sync_directory};
use super::{Direction, KeyRange, Kv, Pair, StoreError, Write, lock};

/// Blocks kept in memory; shared by everything.
const CACHE_MAX_BYTES: u64 = 32 * 1024 * 1024;
/// Writes kept in memory before they go to a table of their own.
const MEMTABLE_MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Journals on disk; what is in them is read again at each start. fjall takes no less.
const JOURNALS_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Threads that write tables and merge them. With more than one, fjall's first keeps a waiting merge from itself by putting
/// it back into the queue it reads, round and round, a whole core for as long as the other one merges.
const WORKERS: usize = 1;

/// A fjall database, one keyspace of it.
pub struct FjallKv {
    db: Database,
    keyspace: Keyspace,
}

impl FjallKv {
    /// Opens the database in a directory, or makes it.
    ///
    /// # Errors
    /// `Locked` when another process has it, `Schema` when the directory belongs to sled, `Backend` otherwise.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        if directory.join("db").exists() {
            return Err(StoreError::Schema(format!("{} holds a sled store", directory.display())));
        }
        clear_half_made(directory).map_err(|why| backend(directory.display(), why))?;
        let db = lock::when_free(|| {
            let builder = Database::builder(directory).cache_size(CACHE_MAX_BYTES).worker_threads(WORKERS);
            let builder = builder.max_journaling_size(JOURNALS_MAX_BYTES).manual_journal_persist(true);
            builder.open().map_err(|why| open_error(directory, &why))
        })?;
        let options =
            || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_MAX_BYTES).manual_journal_persist(true);
        let keyspace = db.keyspace("switchboard", options).map_err(|why| open_error(directory, &why))?;
        db.persist(PersistMode::SyncAll).map_err(|why| open_error(directory, &why))?;
        sync_directory(directory)?;
        Ok(Self { db, keyspace })
    }

    fn walk(
        &self,
        range: &KeyRange,
        limit: usize,
        direction: Direction,
        mut show: impl FnMut(Guard) -> Result<(), Error>,
    ) -> Result<(), StoreError> {
        if range.is_empty() {
            return Ok(());
        }
        let mut pairs =
            self.db.snapshot().range::<&[u8], _>(&self.keyspace, (as_slice(&range.start), as_slice(&range.end)));
        for _ in 0..limit {
            let pair = match direction {
                Direction::Forward => pairs.next(),
                Direction::Backward => pairs.next_back(),
            };
            let Some(pair) = pair else { break };
            show(pair).map_err(|why| backend("scan", why))?;
        }
        Ok(())
    }
}

impl fmt::Debug for FjallKv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FjallKv").finish_non_exhaustive()
    }
}

impl Kv for FjallKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.keyspace.get(key).map_err(|why| backend("get", why))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        let mut pairs = Vec::new();
        self.walk(&range, limit, direction, |pair| {
            let (key, value) = pair.into_inner()?;
            pairs.push((key.to_vec(), value.to_vec()));
            Ok(())
        })?;
        Ok(pairs)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        let mut count = 0;
        self.walk(&range, limit, Direction::Forward, |pair| {
            count += usize::from(!pair.key()?.is_empty());
            Ok(())
        })?;
        Ok(count)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let batch = OwnedWriteBatch::with_capacity(self.db.clone(), writes.len());
        let mut batch = batch.durability(Some(PersistMode::SyncData));
        for write in writes {
            match write {
                Write::Put(key, value) => batch.insert(&self.keyspace, key, value),
                Write::Delete(key) => batch.remove(&self.keyspace, key),
            }
        }
        batch.commit().map_err(|why| backend("write", why))
    }

    fn name(&self) -> &'static str {
        "fjall"
    }
}

/// fjall can not open a directory in which it was killed before it wrote its version marker. Nothing can have been
/// committed there, so what it left is removed.
fn clear_half_made(directory: &Path) -> std::io::Result<()> {
    let keyspaces = directory.join("keyspaces");
    let journal = directory.join("0.jnl");
    let version = directory.join("version");
    let marked = version.metadata().is_ok_and(|marker| marker.len() > 0);
    let used = keyspaces.is_dir() && fs::read_dir(&keyspaces)?.next().is_some();
    if marked || used || !journal.exists() {
        return Ok(());
    }
    fs::remove_file(journal)?;
    if version.exists() { fs::remove_file(version) } else { Ok(()) }
}

fn open_error(directory: &Path, why: &Error) -> StoreError {
    match why {
        Error::Locked => StoreError::Locked(directory.display().to_string()),
        other => backend(directory.display(), other),
    }
}
