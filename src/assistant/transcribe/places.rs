//! Only so many notes are written down at a time; of those that come beyond that, only so many wait, and not for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Audio, Transcriber, UNAVAILABLE};
use crate::domain::Refusal;

/// Notes that wait for a place; each holds its audio in memory.
const WAITING_MAX: usize = 32;

/// How long a note waits for a place. Below the time of a request, with room for the work itself.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// A transcriber that does only so much at a time.
pub struct Places {
    inner: Arc<dyn Transcriber>,
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    wait_max: Duration,
}

/// One that waits.
struct Waiting(Arc<AtomicUsize>);

impl Places {
    /// Lets `inner` do `max_at_once` notes at a time, at least one.
    pub fn new(inner: Arc<dyn Transcriber>, max_at_once: usize) -> Self {
        Self {
            inner,
            places: Arc::new(Semaphore::new(max_at_once.max(1))),
            waiting: Arc::default(),
            wait_max: WAIT_MAX,
        }
    }
}

impl Transcriber for Places {
    fn transcribe(&self, audio: Audio, language: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        let (inner, places) = (Arc::clone(&self.inner), Arc::clone(&self.places));
        let (waiting, wait_max) = (Waiting::begin(&self.waiting), self.wait_max);
        async move {
            let heard = async {
                let waits = waiting.ok_or(Refusal::Busy)?;
                let place = timeout(wait_max, places.acquire_owned()).await.map_err(|_elapsed| Refusal::Busy)?;
                let _place = place.map_err(|_closed| UNAVAILABLE)?;
                drop(waits);
                inner.transcribe(audio, language).await
            };
            let heard = heard.await;
            metrics::counter!("transcriptions_total", "outcome" => outcome(&heard)).increment(1);
            heard
        }
        .boxed()
    }

    fn paid_as(&self) -> Option<&str> {
        self.inner.paid_as()
    }
}

impl Waiting {
    /// A place among those that wait, if there is one.
    fn begin(among: &Arc<AtomicUsize>) -> Option<Self> {
        let one_more = |waiting: usize| (waiting < WAITING_MAX).then_some(waiting + 1);
        let begun = among.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_ok();
        begun.then(|| Self(Arc::clone(among)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

const fn outcome(heard: &Result<String, Refusal>) -> &'static str {
    match heard {
        Ok(_) => "heard",
        Err(Refusal::Busy) => "busy",
        Err(Refusal::Invalid { .. } | Refusal::TooLarge { .. }) => "refused",
        Err(_) => "failed",
    }
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Places").field("free", &self.places.available_permits()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    /// Ends each call when it is told to, and knows how many were under way at most.
    #[derive(Default)]
    struct Slow {
        now: AtomicUsize,
        most: AtomicUsize,
        end: Notify,
    }

    struct Shared(Arc<Slow>);

    impl Transcriber for Shared {
        fn transcribe(&self, _: Audio, _: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
            let slow = Arc::clone(&self.0);
            async move {
                slow.most.fetch_max(slow.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                slow.end.notified().await;
                slow.now.fetch_sub(1, Ordering::SeqCst);
                Ok("heard".to_owned())
            }
            .boxed()
        }
    }

    fn note() -> Audio {
        Audio::new(Bytes::from_static(b"OggS")).unwrap()
    }

    #[tokio::test]
    async fn so_many_at_a_time_so_many_wait_and_nobody_for_ever() {
        let slow = Arc::<Slow>::default();
        let wait_max = Duration::from_millis(20);
        let places = Places { wait_max, ..Places::new(Arc::new(Shared(Arc::clone(&slow))), 2) };
        let mut working: Vec<_> = (0..=WAITING_MAX).map(|_| tokio::spawn(places.transcribe(note(), None))).collect();
        for waiting in join_all(working.split_off(2)).await {
            assert_eq!(waiting.unwrap(), Err(Refusal::Busy));
        }
        slow.end.notify_waiters();
        for heard in join_all(working).await {
            assert_eq!(heard.unwrap().as_deref(), Ok("heard"));
        }
        assert_eq!(slow.most.load(Ordering::SeqCst), 2);
    }
}
