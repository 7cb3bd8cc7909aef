//! One organization's place in the library: the index that answers now, and whether it is to be followed on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::domain::OrganizationId;
use crate::knowledge::index::{Shelf, Snapshot};

/// After an index could not be written, how long searches do not try it again.
const PAUSE: Duration = Duration::from_secs(10);

/// See the module.
pub(super) struct Slot {
    organization: OrganizationId,
    /// The index that answers.
    snapshot: watch::Sender<Option<Arc<Snapshot>>>,
    /// The index that is written, held by whoever writes.
    shelf: Arc<tokio::sync::Mutex<Option<Arc<Shelf>>>>,
    is_damaged: AtomicBool,
    last_use: AtomicU64,
    beside: Arc<Semaphore>,
    failed: Mutex<Option<Instant>>,
}

/// The right to write.
pub(super) type Writer = OwnedMutexGuard<Option<Arc<Shelf>>>;

impl Slot {
    pub(super) fn new(organization: OrganizationId, now: u64) -> Self {
        Self {
            organization,
            snapshot: watch::channel(None).0,
            shelf: Arc::default(),
            is_damaged: AtomicBool::new(false),
            last_use: AtomicU64::new(now),
            beside: Arc::new(Semaphore::new(1)),
            failed: Mutex::default(),
        }
    }

    pub(super) const fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    pub(super) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.snapshot.borrow().clone()
    }

    pub(super) fn opened(&self) -> watch::Receiver<Option<Arc<Snapshot>>> {
        self.snapshot.subscribe()
    }

    /// From now on this one answers.
    pub(super) fn publish(&self, snapshot: Snapshot) {
        self.snapshot.send_replace(Some(Arc::new(snapshot)));
    }

    /// The version of the knowledge that can be found; 0 while no index is open.
    pub(super) fn version(&self) -> u64 {
        self.snapshot.borrow().as_ref().map_or(0, |snapshot| snapshot.label().version)
    }

    pub(super) async fn writer(&self) -> Writer {
        Arc::clone(&self.shelf).lock_owned().await
    }

    pub(super) fn is_trusted(&self) -> bool {
        !self.is_damaged.load(Ordering::Acquire)
    }

    pub(super) fn distrust(&self) {
        self.is_damaged.store(true, Ordering::Release);
    }

    /// Whether it was distrusted; it is not any more.
    pub(super) fn take_distrust(&self) -> bool {
        self.is_damaged.swap(false, Ordering::AcqRel)
    }

    pub(super) fn used(&self, now: u64) {
        self.last_use.store(now, Ordering::Relaxed);
    }

    pub(super) fn last_use(&self) -> u64 {
        self.last_use.load(Ordering::Relaxed)
    }

    /// The place of the one who catches up without being waited for; none while it is taken, or after a failure just now.
    pub(super) fn place_beside(&self) -> Option<OwnedSemaphorePermit> {
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_some_and(|at| at.elapsed() < PAUSE) {
            return None;
        }
        Arc::clone(&self.beside).try_acquire_owned().ok()
    }

    pub(super) fn ended(&self, well: bool) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = (!well).then(Instant::now);
    }
}
