//! What a connection sent and what is not worked on yet, in the order in which it came.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use futures_util::task::AtomicWaker;

use super::decode::Arrived;

/// A bounded queue with one reader.
#[derive(Debug)]
pub(super) struct Queue {
    items_max: usize,
    bytes_max: usize,
    waiting: Mutex<Waiting>,
    waker: AtomicWaker,
}

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<(Arrived, usize)>,
    bytes: usize,
}

impl Queue {
    /// Holds so many events of so many bytes.
    pub(super) const fn new(items_max: usize, bytes_max: usize) -> Self {
        let waiting = Mutex::new(Waiting { items: VecDeque::new(), bytes: 0 });
        Self { items_max, bytes_max, waiting, waker: AtomicWaker::new() }
    }

    /// Adds an event that came in `bytes`, or gives it back when there is no room.
    pub(super) fn push(&self, arrived: Arrived, bytes: usize) -> Result<(), Box<Arrived>> {
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let full = waiting.items.len() >= self.items_max || waiting.bytes + bytes > self.bytes_max;
            if full && !waiting.items.is_empty() {
                return Err(Box::new(arrived));
            }
            waiting.items.push_back((arrived, bytes));
            waiting.bytes += bytes;
        }
        self.waker.wake();
        Ok(())
    }

    /// The next event, once there is one.
    pub(super) async fn next(&self) -> Arrived {
        poll_fn(|context| {
            self.waker.register(context.waker());
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            match waiting.items.pop_front() {
                Some((arrived, bytes)) => {
                    waiting.bytes -= bytes;
                    if waiting.items.is_empty() {
                        // A connection that was busy once must not stay large.
                        waiting.items = VecDeque::new();
                    }
                    Poll::Ready(arrived)
                }
                None => Poll::Pending,
            }
        })
        .await
    }
}
