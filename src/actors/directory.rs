//! The session directory: finds a session's cell or makes it, once, whoever asks at the same time; starts its actor on
//! first use and stops it when nobody needs it. The only way to reach a session.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use dashmap::DashMap;
use foldhash::quality::RandomState;
use ractor::ActorRef;
use tokio::sync::oneshot;

use super::cell::{Cell, Credit, Envelope, Offered, Reply, Request};
use super::supervisor::Start;
use super::{ActorLimits, Fences, Restarts};
use crate::bus::ConnectionId;
use crate::domain::{Command, Outcome, Refusal, SessionKey, Timestamp};

/// How often idle sessions are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The shards' addresses; a shard that broke is replaced in its place.
#[derive(Debug)]
pub struct Shards {
    places: Vec<RwLock<Option<ActorRef<Start>>>>,
    hash: RandomState,
}

impl Shards {
    fn new(count: usize) -> Self {
        Self { places: (0..count.max(1)).map(|_| RwLock::new(None)).collect(), hash: RandomState::default() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// Makes a shard known.
    pub fn set(&self, place: usize, shard: ActorRef<Start>) {
        if let Some(slot) = self.places.get(place) {
            *slot.write().unwrap_or_else(PoisonError::into_inner) = Some(shard);
        }
    }

    /// The shard ended; until another one is set, no session starts there.
    fn clear(&self, place: usize) {
        if let Some(slot) = self.places.get(place) {
            *slot.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    fn place_of(&self, key: &SessionKey) -> Option<usize> {
        usize::try_from(self.hash.hash_one(key) % self.places.len() as u64).ok()
    }

    fn start(&self, cell: Arc<Cell>) {
        let slot = self.place_of(&cell.key).and_then(|at| self.places.get(at));
        let started = slot.is_some_and(|slot| {
            let shard = slot.read().unwrap_or_else(PoisonError::into_inner);
            shard.as_ref().is_some_and(|shard| shard.cast(Start(Arc::clone(&cell))).is_ok())
        });
        if !started {
            cell.give_up(&Refusal::Busy);
        }
    }
}

/// What one supervisor looks after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Supervised {
    /// Whether it is there.
    pub runs: bool,
    /// Sessions in memory.
    pub sessions: usize,
    /// Commands that wait in them.
    pub waiting: usize,
}

/// See the module.
#[derive(Debug)]
pub struct Directory {
    cells: DashMap<SessionKey, Arc<Cell>, RandomState>,
    shards: Arc<Shards>,
    root: OnceLock<ActorRef<()>>,
    waiting: Arc<AtomicUsize>,
    draining: AtomicBool,
    restarts: Restarts,
    fences: Arc<Fences>,
    limits: ActorLimits,
}

impl Directory {
    pub(super) fn new(limits: ActorLimits) -> (Self, Arc<Shards>) {
        let shards = Arc::new(Shards::new(limits.supervisors));
        let directory = Self {
            cells: DashMap::default(),
            shards: Arc::clone(&shards),
            root: OnceLock::new(),
            waiting: Arc::default(),
            draining: AtomicBool::new(false),
            restarts: Restarts::default(),
            fences: Arc::default(),
            limits,
        };
        (directory, shards)
    }

    pub(super) fn adopt(&self, root: ActorRef<()>) {
        // Set once, at the start.
        drop(self.root.set(root));
    }

    /// Asks a session and waits for the durable outcome.
    ///
    /// # Errors
    /// What the rules refuse; `Busy` when too much waits; `Unavailable` when the session can not answer.
    pub async fn ask(&self, key: &SessionKey, command: Command) -> Result<Outcome, Refusal> {
        self.ask_from(key, command, None).await
    }

    /// As [`Directory::ask`], on behalf of a connection.
    ///
    /// # Errors
    /// As [`Directory::ask`].
    pub async fn ask_from(
        &self,
        key: &SessionKey,
        command: Command,
        origin: Option<ConnectionId>,
    ) -> Result<Outcome, Refusal> {
        let (caller, answer) = oneshot::channel();
        self.send(key, Envelope::new(Request::Command(command), origin, Reply::Caller(caller)));
        answer.await.unwrap_or(Err(Refusal::Unavailable { part: "session" }))
    }

    /// Sends a request; the answer goes where its envelope says, a refusal for want of room too.
    pub fn send(&self, key: &SessionKey, mut envelope: Envelope) {
        let credit = Credit::take(&self.waiting, self.limits.total_queue_max);
        if credit.is_none() || self.draining.load(Ordering::Relaxed) {
            envelope.reply.send(Err(Refusal::Busy));
            return;
        }
        envelope.credit = credit;
        let mut envelope = envelope;
        loop {
            let cell = self.cell(key);
            match cell.offer(envelope, self.limits.session_queue_max) {
                Offered::Taken => return,
                Offered::Start => return self.shards.start(cell),
                Offered::Full(refused) => return refused.reply.send(Err(Refusal::Busy)),
                Offered::Gone(back) => {
                    self.forget(&cell);
                    envelope = back;
                }
            }
        }
    }

    /// Brings a session its own work's outcome, which is never refused for want of room: the turn must end.
    pub(super) fn tell(&self, cell: &Arc<Cell>, envelope: Envelope) {
        match cell.offer(envelope, usize::MAX) {
            Offered::Taken | Offered::Full(_) => {}
            Offered::Start => self.shards.start(Arc::clone(cell)),
            // The session went on without this work; what it was for is found again when it is loaded.
            Offered::Gone(_) => {}
        }
    }

    /// The sessions whose actors ended, or never started, with the shard that was at this place. From now on they wait for
    /// [`Directory::start_again`]. To be asked for before there is another shard, whose sessions are not lost.
    pub(super) fn lost(&self, place: usize) -> Vec<Arc<Cell>> {
        self.shards.clear(place);
        let lost: Vec<Arc<Cell>> = self
            .cells
            .iter()
            .filter(|cell| self.shards.place_of(&cell.key) == Some(place) && cell.has_actor())
            .map(|cell| Arc::clone(&cell))
            .collect();
        for cell in &lost {
            cell.broke();
        }
        lost
    }

    /// Starts sessions again that lost their shard, on the one that is there now.
    pub(super) fn start_again(&self, lost: Vec<Arc<Cell>>) {
        lost.into_iter().for_each(|cell| self.shards.start(cell));
    }

    /// Drops a cell that is no longer in use.
    pub(super) fn forget(&self, cell: &Arc<Cell>) {
        self.cells.remove_if(&cell.key, |_, known| Arc::ptr_eq(known, cell));
    }

    /// Whether it takes commands.
    pub fn is_open(&self) -> bool {
        !self.draining.load(Ordering::Relaxed)
    }

    /// Sessions with a cell.
    pub fn sessions(&self) -> usize {
        self.cells.len()
    }

    /// What broke and was started again.
    pub const fn restarts(&self) -> &Restarts {
        &self.restarts
    }

    /// Sessions that are being erased.
    pub const fn fences(&self) -> &Arc<Fences> {
        &self.fences
    }

    /// Whether a session may be in memory.
    pub fn holds(&self, key: &SessionKey) -> bool {
        self.cells.contains_key(key)
    }

    /// How many commands may wait, in all sessions together.
    pub const fn waiting_max(&self) -> usize {
        self.limits.total_queue_max
    }

    /// Each supervisor's sessions in memory, and the commands that wait in them; whether the supervisor is there.
    pub fn by_supervisor(&self) -> Vec<Supervised> {
        let runs =
            |place: &RwLock<Option<ActorRef<Start>>>| place.read().unwrap_or_else(PoisonError::into_inner).is_some();
        let all = self.shards.places.iter().map(|place| Supervised { runs: runs(place), ..Supervised::default() });
        let mut all: Vec<Supervised> = all.collect();
        for cell in &self.cells {
            if let Some(one) = self.shards.place_of(&cell.key).and_then(|place| all.get_mut(place)) {
                one.sessions += 1;
                one.waiting += cell.depth();
            }
        }
        all
    }

    /// Requests that wait or are being decided, in all sessions.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Takes nothing new and waits until everything that was taken is durable and answered.
    pub async fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        while !self.cells.iter().all(|cell| cell.is_quiet()) {
            tokio::time::sleep(DRAIN_POLL).await;
        }
        if let Some(root) = self.root.get() {
            root.stop(None);
        }
    }

    /// Asks idle sessions to stop: those unused for too long, and the longest unused ones while all together take too
    /// much memory.
    pub fn sweep(&self, now: Timestamp) {
        let mut live: Vec<(Timestamp, usize, Arc<Cell>)> = self
            .cells
            .iter()
            .filter(|cell| cell.is_live())
            .map(|cell| (cell.last_used(), cell.weight_bytes(), Arc::clone(&cell)))
            .collect();
        let mut total: usize = live.iter().map(|(_, weight, _)| weight).sum();
        live.sort_unstable_by_key(|(used, ..)| *used);
        for (used, weight, cell) in live {
            let idle = now.since_ms(used) >= self.limits.idle_s.saturating_mul(1_000);
            if !idle && total <= self.limits.memory_max_bytes {
                break;
            }
            total -= weight;
            cell.ask_to_stop();
        }
    }

    fn cell(&self, key: &SessionKey) -> Arc<Cell> {
        if let Some(cell) = self.cells.get(key) {
            return Arc::clone(&cell);
        }
        Arc::clone(&self.cells.entry(key.clone()).or_insert_with(|| Arc::new(Cell::new(key.clone()))))
    }
}

/// How often a drain looks whether it is over.
const DRAIN_POLL: Duration = Duration::from_millis(5);

/// Sweeps as long as the directory is in use.
pub(super) fn sweep_regularly(directory: &Arc<Directory>, clock: crate::clock::SharedClock) {
    let directory = Arc::downgrade(directory);
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(SWEEP_EVERY);
        loop {
            tick.tick().await;
            let Some(directory) = directory.upgrade() else { return };
            directory.sweep(clock.now());
        }
    });
}

#[cfg(test)]
mod tests;
