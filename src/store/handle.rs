//! The handle that everybody holds: plain reads, and one way to write.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{oneshot, watch};

use super::commit::{Committer, Queue};
use super::generations::{Generations, Kind};
use super::{
    Batch, CommitError, Completions, Direction, Done, KeyRange, Kv, Pair, StoreError, StoreHealth, StoreLimits,
    StoreUrl, chunk, schema,
};

/// A cheap handle on the store. When the last one is dropped the committer writes what waits and stops.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    kv: Arc<dyn Kv>,
    queue: Arc<Queue>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens the store that the URL names, or makes it.
    ///
    /// # Errors
    /// `Locked` when another process has it, `Schema` when it was written by a newer program, `Backend` when it can not be read.
    pub fn open(url: &StoreUrl, limits: StoreLimits) -> Result<(Self, Completions), StoreError> {
        let kv: Arc<dyn Kv> = match url {
            StoreUrl::Sled(directory) => Arc::new(Generations::open(Kind::Sled, directory)?),
            StoreUrl::Fjall(directory) => Arc::new(Generations::open(Kind::Fjall, directory)?),
        };
        Self::over(kv, limits)
    }

    /// A store over a backend that is already open.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn over(kv: Arc<dyn Kv>, limits: StoreLimits) -> Result<(Self, Completions), StoreError> {
        schema::check(kv.as_ref())?;
        let queue = Arc::new(Queue::new(limits));
        let (committer, completions) = Committer::new(Arc::clone(&kv), Arc::clone(&queue))?;
        let thread = thread::Builder::new().name("committer".to_owned()).spawn(move || committer.run());
        let thread = thread.map_err(|why| StoreError::Backend(format!("no thread for the committer: {why}")))?;
        let inner = Inner { kv, queue, committer: Mutex::new(Some(thread)) };
        Ok((Self { inner: Arc::new(inner) }, completions))
    }

    /// Queues a batch. `done` hears the outcome once, in commit order; at once and on this thread when the queue does not
    /// take the batch.
    pub fn submit(&self, batch: Batch, done: Done) {
        self.inner.queue.submit(batch, done);
    }

    /// Commits a batch; when this returns `Ok` it is on disk.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let (told, outcome) = oneshot::channel();
        self.submit(batch, Box::new(move |result| drop(told.send(result.map(drop)))));
        outcome.await.unwrap_or(Err(CommitError::Unavailable))
    }

    /// The value of a key.
    ///
    /// # Errors
    /// `Backend` when the disk fails, `Corrupt` when a value in parts is damaged.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.inner.kv.get(key)? {
            Some(stored) => chunk::assemble(self.inner.kv.as_ref(), key, stored),
            None => Ok(None),
        }
    }

    /// Up to `limit` pairs of a range.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        let mut pairs = self.inner.kv.scan(range, limit, direction)?;
        if pairs.iter().any(|(_, stored)| chunk::is_manifest(stored)) {
            let whole = pairs.into_iter().map(|pair| self.whole(pair));
            pairs = whole.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        }
        Ok(pairs)
    }

    /// The first `limit` keys of a range. Values in parts are not put together.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn keys(&self, range: KeyRange, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let pairs = self.inner.kv.scan(range, limit, Direction::Forward)?;
        Ok(pairs.into_iter().map(|(key, _)| key).collect())
    }

    /// How many keys a range holds, counted up to `limit`.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        self.inner.kv.count(range, limit)
    }

    /// Whether it takes writes.
    pub fn health(&self) -> StoreHealth {
        self.inner.queue.health()
    }

    /// Batches whose outcome nobody was told yet.
    pub fn depth(&self) -> usize {
        self.inner.queue.depth()
    }

    /// The position that the feed's next entry gets; changes with each commit that announced something.
    pub fn feed_end(&self) -> watch::Receiver<u64> {
        self.inner.queue.feed_end()
    }

    /// The backend's name, for logs and health.
    pub fn backend(&self) -> &'static str {
        self.inner.kv.name()
    }

    /// Writes everything into new files and removes the old ones: what was deleted before this began is nowhere on disk then.
    /// Others read and write meanwhile; a store that closes ends it.
    ///
    /// # Errors
    /// As [`Kv::compact`].
    pub async fn compact(&self) -> Result<(), StoreError> {
        let (kv, queue) = (Arc::clone(&self.inner.kv), Arc::clone(&self.inner.queue));
        let done = tokio::task::spawn_blocking(move || kv.compact(&|| queue.is_open())).await;
        done.unwrap_or_else(|broke| Err(StoreError::Backend(format!("a compaction broke: {broke}"))))
    }

    /// Takes no more batches, commits those that wait and ends the committer. Blocks until then. Reads go on.
    pub fn close(&self) {
        self.inner.close();
    }

    fn whole(&self, (key, stored): Pair) -> Result<Option<Pair>, StoreError> {
        let value = chunk::assemble(self.inner.kv.as_ref(), &key, stored)?;
        Ok(value.map(|value| (key, value)))
    }
}

impl Inner {
    fn close(&self) {
        self.queue.close();
        let committer = self.committer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A completion that runs on the committer may hold the last handle; a thread can not wait for itself.
        if let Some(committer) = committer.filter(|committer| committer.thread().id() != thread::current().id())
            && committer.join().is_err()
        {
            tracing::error!("the committer panicked");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("backend", &self.backend()).field("depth", &self.depth()).finish_non_exhaustive()
    }
}
