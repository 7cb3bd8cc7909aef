//! Keeps going what must not end before the stop: where it breaks it is begun anew, after a pause that grows with each time in a row.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use metrics::counter;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// The first pause; it doubles.
const PAUSE_FIRST: Duration = Duration::from_secs(1);

/// The longest.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// What went on for so long was well: the next pause is the first again.
const STEADY_AFTER: Duration = Duration::from_secs(5 * 60);

/// How long it rests before it is begun anew.
#[derive(Debug, Clone, Copy)]
struct Pauses {
    first: Duration,
    next: Duration,
}

impl Pauses {
    const fn from(first: Duration) -> Self {
        Self { first, next: first }
    }

    /// The pause after it broke, which it did after so long.
    fn after(&mut self, lasted: Duration) -> Duration {
        if lasted >= STEADY_AFTER {
            self.next = self.first;
        }
        let pause = self.next;
        self.next = (pause * 2).min(PAUSE_MAX);
        pause
    }
}

/// Runs it until it ends by itself, or the stop. `broke` is told each time that it breaks.
pub(super) async fn unbroken<F>(
    what: &'static str,
    stopping: watch::Receiver<bool>,
    begin: impl Fn() -> F,
    broke: impl Fn(),
) where
    F: Future<Output = ()>,
{
    resting(what, Pauses::from(PAUSE_FIRST), stopping, begin, broke).await;
}

async fn resting<F>(
    what: &'static str,
    mut pauses: Pauses,
    mut stopping: watch::Receiver<bool>,
    begin: impl Fn() -> F,
    broke: impl Fn(),
) where
    F: Future<Output = ()>,
{
    loop {
        let began = Instant::now();
        if AssertUnwindSafe(begin()).catch_unwind().await.is_ok() {
            return;
        }
        let pause = pauses.after(began.elapsed());
        tracing::error!(what, pause_ms = pause.as_millis(), "it broke, and is begun anew");
        counter!("switchboard_channel_restarts_total", "what" => what).increment(1);
        broke();
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn it_rests_ever_longer_up_to_a_minute_and_shortly_again_after_it_was_well() {
        let mut pauses = Pauses::from(PAUSE_FIRST);
        let mut after = |lasted_s| pauses.after(Duration::from_secs(lasted_s)).as_secs();
        assert_eq!([0; 8].map(&mut after), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!([299, 300, 0].map(after), [60, 1, 2]);
    }

    #[tokio::test]
    async fn what_breaks_is_begun_anew_until_it_ends_and_each_time_is_told() {
        let (stop, began, broken) = (watch::Sender::new(false), AtomicU32::new(0), AtomicU32::new(0));
        let begin = || async { assert!(began.fetch_add(1, Ordering::SeqCst) >= 3, "it breaks") };
        let broke = || {
            broken.fetch_add(1, Ordering::SeqCst);
        };
        let pauses = Pauses::from(Duration::from_millis(1));
        resting("a test", pauses, stop.subscribe(), begin, broke).await;
        assert_eq!((began.load(Ordering::SeqCst), broken.load(Ordering::SeqCst)), (4, 3));
    }

    #[tokio::test]
    async fn a_stop_ends_the_pause() {
        let stop = watch::Sender::new(false);
        let broke = || {
            stop.send_replace(true);
        };
        let pauses = Pauses::from(Duration::from_secs(3_600));
        resting("a test", pauses, stop.subscribe(), || async { panic!("it breaks") }, broke).await;
    }
}
