//! How far the projector is, for readers who wait for it, and that somebody waits, for the projector.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, watch};
use tokio::time::timeout;

/// Where the projection stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reached {
    /// The feed's position that is read next.
    pub(super) position: u64,
    /// Whether the figures are whole: not while they are made anew.
    pub(super) whole: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Progress {
    reached: watch::Sender<Reached>,
    hurry: Notify,
    waiting: AtomicUsize,
    runs: AtomicBool,
    retries: AtomicU32,
    /// Held by whoever changes rows.
    rows: Mutex<()>,
}

/// The projector runs as long as this lives.
#[derive(Debug)]
pub(super) struct Running<'a>(&'a Progress);

/// Somebody waits as long as this lives.
struct Waiting<'a>(&'a Progress);

impl Progress {
    /// Tells how far the projection is.
    pub(super) fn tell(&self, reached: Reached) {
        self.reached.send_replace(reached);
    }

    /// To be held while rows are read to be changed, until the change is durable.
    pub(super) const fn rows(&self) -> &Mutex<()> {
        &self.rows
    }

    /// The projector begins.
    pub(super) fn runs(&self) -> Running<'_> {
        self.runs.store(true, Ordering::Relaxed);
        Running(self)
    }

    /// Whether it runs.
    pub(super) fn is_running(&self) -> bool {
        self.runs.load(Ordering::Relaxed)
    }

    /// A step was not taken, and is tried again.
    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were not.
    pub(super) fn retries(&self) -> u32 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Where the projection stands now.
    pub(super) fn reached(&self) -> Reached {
        *self.reached.borrow()
    }

    /// Waits until the projection holds everything before `position`, but not for ever. Gives where it stands then.
    pub(super) async fn wait_for(&self, position: u64, at_most: Duration) -> Reached {
        let mut reached = self.reached.subscribe();
        let holds = |reached: &Reached| reached.whole && reached.position >= position;
        let now = *reached.borrow();
        if holds(&now) {
            return now;
        }
        let _waiting = Waiting::begin(self);
        // Neither a timeout nor an end of the projector is an error here: the caller looks at where it stands.
        drop(timeout(at_most, reached.wait_for(holds)).await);
        *self.reached.borrow()
    }

    /// Lets time pass, less of it when somebody waits.
    pub(super) async fn rest(&self, at_most: Duration) {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            drop(timeout(at_most, self.hurry.notified()).await);
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.runs.store(false, Ordering::Relaxed);
    }
}

impl<'a> Waiting<'a> {
    fn begin(progress: &'a Progress) -> Self {
        progress.waiting.fetch_add(1, Ordering::SeqCst);
        progress.hurry.notify_one();
        Self(progress)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
