//! Waiting for a store whose last process is just ending.

use std::time::{Duration, Instant};

use super::StoreError;

/// How long a store that is in use is asked for again: a process that was killed, or a child that was forked from one and
/// has not begun its own program yet, holds the lock for an instant after it seems to be gone.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(3);
/// The pause between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Opens with `open`, again and again while another process has the store.
#[expect(clippy::disallowed_methods, reason = "a store is opened before anything else runs")]
pub(super) fn when_free<T>(open: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let until = Instant::now() + LOCK_WAIT_MAX;
    loop {
        match open() {
            Err(StoreError::Locked(_)) if Instant::now() < until => std::thread::sleep(LOCK_PAUSE),
            outcome => return outcome,
        }
    }
}
