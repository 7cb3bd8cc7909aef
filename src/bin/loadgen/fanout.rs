//! One session that many sockets watch: how many deliveries a second, and what one costs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use futures_util::SinkExt as _;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Failure;
use crate::frame;
use crate::measured::Measured;
use crate::tally::{Tally, Window};
use crate::wire::{Client, Common, Peer, Seat};

/// One session, many sockets.
#[derive(Debug, Clone, Args)]
pub(crate) struct Fanout {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Sockets that watch the session.
    #[arg(long, default_value_t = 1_000)]
    watchers: usize,
    /// Messages that may be on their way at one time.
    #[arg(long, default_value_t = 4)]
    in_flight: u64,
}

/// What the sender and the watchers share.
#[derive(Debug)]
struct Room {
    peer: Peer,
    watchers: u64,
    window: Window,
    /// When message `k` left.
    sent: Mutex<Vec<Instant>>,
    delivered: AtomicU64,
    /// Told each time that one more message has reached as many sockets as there are.
    heard: Notify,
}

impl Fanout {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        if self.common.peer == Peer::Echo {
            return Err("an echo server has nobody else to tell".into());
        }
        let mut sender = self.common.open(vec![Seat::New], "the sender").await?;
        let sender = sender.pop().ok_or("the sender did not connect")?;
        let seat = Seat::Join(sender.greeting.clone());
        let watchers = self.common.open(vec![seat; self.watchers], "watchers").await?;

        let window = Window::opens_now(&self.common);
        let tally = Tally::new(window)?;
        let room = Arc::new(Room {
            peer: self.common.peer,
            watchers: self.watchers as u64,
            window,
            sent: Mutex::default(),
            delivered: AtomicU64::new(0),
            heard: Notify::new(),
        });
        let mut connections = JoinSet::new();
        for watcher in watchers {
            let (room, tally) = (room.clone(), tally.clone());
            connections.spawn(async move { room.watch(watcher, &tally).await });
        }
        let in_flight = self.in_flight;
        connections.spawn(async move { room.speak(sender, in_flight).await });
        let name = format!("fan-out to {} sockets", self.watchers);
        let measured = tally.finish(&name, &self.common, connections).await?;
        Ok(Measured { connections: self.watchers, ..measured })
    }
}

impl Room {
    async fn speak(&self, mut sender: Client, in_flight: u64) -> Result<(), Failure> {
        let mut over = std::pin::pin!(tokio::time::sleep_until(self.window.end()));
        for k in 0.. {
            while self.delivered.load(Ordering::Relaxed) + in_flight * self.watchers <= k * self.watchers {
                tokio::select! {
                    () = self.heard.notified() => {}
                    frame = sender.next() => frame::refuse_error(&frame?)?,
                    () = &mut over => return Ok(()),
                }
            }
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
            sender.socket.send(sender.frames.message(k, frame::PAYLOAD)).await?;
        }
        Ok(())
    }

    async fn watch(&self, mut watcher: Client, tally: &Tally) -> Result<(), Failure> {
        let mut over = std::pin::pin!(tokio::time::sleep_until(self.window.end()));
        loop {
            let frame = tokio::select! {
                frame = watcher.next() => frame?,
                () = &mut over => return Ok(()),
            };
            if !frame::is_customer_message(&frame, self.peer) {
                frame::refuse_error(&frame)?;
                continue;
            }
            let k = frame::number(&frame).and_then(|k| usize::try_from(k).ok());
            let sent = k.and_then(|k| self.sent.lock().unwrap_or_else(PoisonError::into_inner).get(k).copied());
            tally.saw(sent.ok_or("a message that nobody sent")?);
            if (self.delivered.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(self.watchers) {
                self.heard.notify_one();
            }
        }
    }
}
