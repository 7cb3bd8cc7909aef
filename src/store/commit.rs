//! Group commit: one thread writes for everybody. The next group is whatever queued up while the last sync ran; there is
//! no timer. A batch that does not find what it expects is refused alone. A failed write poisons the store: every later
//! commit is `Unavailable`, reads go on, and nothing is retried, because after a failed fsync nobody knows what is on disk.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{mpsc, watch};

use super::group::{Ground, Group};
use super::{Batch, Kv, StoreError};
use crate::domain::Refusal;

/// Why a batch was not committed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// An expectation about this key did not hold; nothing of the batch was written.
    #[error("{} is not as expected", key.escape_ascii())]
    Conflict {
        /// The first key that was not as expected.
        key: Vec<u8>,
    },
    /// The queue is at its limit; nothing was written, trying again soon is right.
    #[error("the commit queue is full")]
    Busy,
    /// The store takes no writes any more, or failed during this one: then only a restart tells whether it was written.
    #[error("the store takes no writes")]
    Unavailable,
}

impl CommitError {
    /// The refusal that it is to whoever asked for the change; a conflict in the words of what was to be changed.
    pub fn refused(self, conflict: &'static str) -> Refusal {
        match self {
            Self::Conflict { .. } => Refusal::conflict(conflict),
            Self::Busy => Refusal::Busy,
            Self::Unavailable => Refusal::Unavailable { part: "store" },
        }
    }
}

/// What is called once the outcome of a batch is known: the feed's position behind it, or why not. It must not block.
pub type Done = Box<dyn FnOnce(Result<u64, CommitError>) + Send>;

/// The limits of the commit queue.
#[derive(Debug, Clone, Copy)]
pub struct StoreLimits {
    /// The most batches in one group.
    pub group_max_batches: usize,
    /// A group takes no further batch once it holds this many bytes.
    pub group_max_bytes: usize,
    /// The most batches that may wait for their outcome, whether queued or written but not yet told.
    pub queue_max_batches: usize,
    /// The most bytes that such batches may hold together.
    pub queue_max_bytes: usize,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            group_max_batches: 4096,
            group_max_bytes: 1024 * 1024,
            queue_max_batches: 64 * 1024,
            queue_max_bytes: 64 * 1024 * 1024,
        }
    }
}

/// Whether the store takes writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreHealth {
    /// It does.
    Writable,
    /// A write failed; reads go on.
    ReadOnly {
        /// What failed, for the operator.
        why: String,
    },
}

/// Tells those who submitted what became of their batches, in commit order.
#[derive(Debug)]
pub struct Completions {
    finished: mpsc::UnboundedReceiver<Finished>,
    queue: Arc<Queue>,
}

impl Completions {
    /// Runs until the store is closed; belongs on a task of its own. While it stands still, the queue fills up to its limit.
    pub async fn run(mut self) {
        while let Some(finished) = self.finished.recv().await {
            finished.tell(&self.queue);
        }
    }
}

/// The batches on their way, and who waits for them.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    wake: Condvar,
    limits: StoreLimits,
    waiting_batches: AtomicUsize,
    waiting_bytes: AtomicUsize,
    poison: OnceLock<String>,
    feed_end: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    committer_sleeps: bool,
    closing: bool,
}

struct Job {
    batch: Batch,
    done: Done,
}

struct Finished {
    outcomes: Vec<(Done, Result<u64, CommitError>)>,
    bytes: usize,
}

impl Queue {
    pub(super) fn new(limits: StoreLimits) -> Self {
        Self {
            state: Mutex::default(),
            wake: Condvar::new(),
            limits,
            waiting_batches: AtomicUsize::new(0),
            waiting_bytes: AtomicUsize::new(0),
            poison: OnceLock::new(),
            feed_end: watch::Sender::new(0),
        }
    }

    /// Queues the batch, or says at once why not.
    pub(super) fn submit(&self, batch: Batch, done: Done) {
        if let Err((done, why)) = self.push(batch, done) {
            done(Err(why));
        }
    }

    /// No further batch is taken; those that wait are still committed.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    /// Whether it takes batches, or would if it had room.
    pub(super) fn is_open(&self) -> bool {
        !self.lock().closing && self.poison.get().is_none()
    }

    pub(super) fn depth(&self) -> usize {
        self.waiting_batches.load(Ordering::Relaxed)
    }

    pub(super) fn health(&self) -> StoreHealth {
        match self.poison.get() {
            None => StoreHealth::Writable,
            Some(why) => StoreHealth::ReadOnly { why: why.clone() },
        }
    }

    pub(super) fn feed_end(&self) -> watch::Receiver<u64> {
        self.feed_end.subscribe()
    }

    fn push(&self, batch: Batch, done: Done) -> Result<(), (Done, CommitError)> {
        let bytes = batch.size_bytes();
        let mut state = self.lock();
        if state.closing || self.poison.get().is_some() {
            return Err((done, CommitError::Unavailable));
        }
        if !self.has_room_for(bytes) {
            return Err((done, CommitError::Busy));
        }
        self.waiting_batches.fetch_add(1, Ordering::Relaxed);
        self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        state.jobs.push_back(Job { batch, done });
        let asleep = std::mem::take(&mut state.committer_sleeps);
        drop(state);
        if asleep {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// A batch larger than the whole limit is taken when nothing else waits.
    fn has_room_for(&self, bytes: usize) -> bool {
        let waiting = self.waiting_batches.load(Ordering::Relaxed);
        let waiting_bytes = self.waiting_bytes.load(Ordering::Relaxed);
        waiting == 0
            || (waiting < self.limits.queue_max_batches
                && waiting_bytes.saturating_add(bytes) <= self.limits.queue_max_bytes)
    }

    /// Waits for work; `None` when closed and empty. `spare` is an empty buffer that becomes the queue's.
    fn next_group(&self, spare: VecDeque<Job>) -> Option<VecDeque<Job>> {
        let mut state = self.lock();
        while state.jobs.is_empty() {
            if state.closing {
                return None;
            }
            state.committer_sleeps = true;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.committer_sleeps = false;
        let take = self.group_length(&state.jobs);
        if take == state.jobs.len() {
            return Some(std::mem::replace(&mut state.jobs, spare));
        }
        Some(state.jobs.drain(..take).collect())
    }

    fn group_length(&self, jobs: &VecDeque<Job>) -> usize {
        let mut bytes = 0;
        let mut length = 0;
        for job in jobs.iter().take(self.limits.group_max_batches.max(1)) {
            length += 1;
            bytes += job.batch.size_bytes();
            if bytes >= self.limits.group_max_bytes {
                break;
            }
        }
        length
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one that writes. Lives on its own thread.
pub(super) struct Committer {
    kv: Arc<dyn Kv>,
    queue: Arc<Queue>,
    ground: Ground,
    finished: mpsc::UnboundedSender<Finished>,
}

impl Committer {
    #[expect(clippy::disallowed_methods, reason = "bounded by the queue: a batch gives its place back once told")]
    pub(super) fn new(kv: Arc<dyn Kv>, queue: Arc<Queue>) -> Result<(Self, Completions), StoreError> {
        let ground = Ground::open(kv.as_ref())?;
        queue.feed_end.send_replace(ground.feed_end());
        let (sender, finished) = mpsc::unbounded_channel();
        let completions = Completions { finished, queue: Arc::clone(&queue) };
        Ok((Self { kv, queue, ground, finished: sender }, completions))
    }

    /// Commits until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut spare = VecDeque::new();
        while let Some(mut jobs) = self.queue.next_group(spare) {
            let mut dones = Vec::with_capacity(jobs.len());
            let mut batches = Vec::with_capacity(jobs.len());
            let mut bytes = 0;
            for Job { batch, done } in jobs.drain(..) {
                bytes += batch.size_bytes();
                dones.push(done);
                batches.push(batch);
            }
            spare = jobs;
            let results = self.commit(batches);
            self.finish(Finished { outcomes: dones.into_iter().zip(results).collect(), bytes });
        }
    }

    /// Commits a group; an outcome for each batch, in their order.
    fn commit(&mut self, batches: Vec<Batch>) -> Vec<Result<u64, CommitError>> {
        let count = batches.len();
        if self.queue.poison.get().is_some() {
            return vec![Err(CommitError::Unavailable); count];
        }
        let attempt = catch_unwind(AssertUnwindSafe(|| self.write(batches)));
        let failure = match attempt {
            Ok(Ok(outcomes)) => {
                self.queue.feed_end.send_if_modified(|end| std::mem::replace(end, self.ground.feed_end()) != *end);
                return outcomes;
            }
            Ok(Err(failure)) => failure,
            Err(_) => StoreError::Backend("the backend panicked".to_owned()),
        };
        tracing::error!(%failure, "a commit failed; the store takes no more writes");
        self.queue.poison.get_or_init(|| failure.to_string());
        vec![Err(CommitError::Unavailable); count]
    }

    fn write(&mut self, batches: Vec<Batch>) -> Result<Vec<Result<u64, CommitError>>, StoreError> {
        metrics::histogram!("store_group_batches").record(batches.len() as f64);
        let writes = batches.iter().map(Batch::writes).sum();
        let mut group = Group::new(self.kv.as_ref(), &mut self.ground, writes);
        let outcomes = batches.into_iter().map(|batch| group.admit(batch)).collect::<Result<_, _>>()?;
        let writes = group.into_writes();
        if !writes.is_empty() {
            self.kv.apply(writes)?;
        }
        Ok(outcomes)
    }

    /// Hands the outcomes over. If nobody runs the completions they are told from here, so that none is ever lost.
    fn finish(&self, finished: Finished) {
        if let Err(unsent) = self.finished.send(finished) {
            unsent.0.tell(&self.queue);
        }
    }
}

impl Finished {
    fn tell(self, queue: &Queue) {
        let count = self.outcomes.len();
        for (done, outcome) in self.outcomes {
            if catch_unwind(AssertUnwindSafe(|| done(outcome))).is_err() {
                tracing::error!("a commit's completion panicked");
            }
        }
        queue.waiting_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        queue.waiting_batches.fetch_sub(count, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.batch.fmt(f)
    }
}

impl std::fmt::Debug for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} outcomes", self.outcomes.len())
    }
}
