//! Committed events to live subscribers: who is told, right after the store has it.
//!
//! Imports `domain` only. Every subscriber has an [`Outbox`], bounded by items and bytes; over the bound it is closed as
//! lagged and its reader resumes from the store, so nothing is ever skipped in silence. An entry is rendered once per
//! dialect and the bytes are shared by all of its readers. Deliberately absent: any storage, any JSON.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use dashmap::DashMap;
use foldhash::quality::RandomState;
use futures_util::task::AtomicWaker;

use crate::domain::typing::TypingChange;
use crate::domain::{Event, Outcome, Refusal, SessionKey, Timestamp};

/// How many ways of rendering an entry are shared. Each dialect claims its own slots.
pub const RENDER_SLOTS: usize = 8;

/// A connection, as the engine tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectionId(u64);

/// A place for one way of rendering, below [`RENDER_SLOTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderSlot(pub usize);

/// A durable event with its place in the log.
#[derive(Debug, Clone)]
pub struct Committed {
    /// Its place.
    pub seq: u64,
    /// What happened.
    pub event: Event,
    /// The connection whose command led to it, if one did.
    pub origin: Option<ConnectionId>,
}

/// What one decision led to, as it stands in the log.
#[derive(Debug)]
pub struct Entry {
    /// When it was decided.
    pub at: Timestamp,
    /// Which log.
    pub stream: u64,
    /// In order.
    pub events: Vec<Committed>,
    rendered: [OnceLock<Rendered>; RENDER_SLOTS],
}

/// The frames of an entry: one place per event, empty where the dialect has no word for it.
pub type Rendered = Vec<Option<Bytes>>;

impl Entry {
    /// An entry that nobody has rendered yet.
    pub fn new(at: Timestamp, stream: u64, events: Vec<Committed>) -> Self {
        Self { at, stream, events, rendered: Default::default() }
    }

    /// The frames for a slot; rendered by the first reader that asks.
    pub fn rendered(&self, slot: RenderSlot, render: impl Fn(&Committed) -> Option<Bytes>) -> &Rendered {
        let all = || self.events.iter().map(&render).collect();
        match self.rendered.get(slot.0) {
            Some(place) => place.get_or_init(all),
            None => unreachable!("render slots are constants below RENDER_SLOTS"),
        }
    }

    /// What it counts for in the queue of a reader, which is sent none of its own words.
    fn weight(&self, reader: ConnectionId) -> usize {
        let text = |event: &Event| match event {
            Event::Posted(message) => message.body.as_str().len(),
            Event::Started(_)
            | Event::OwnerMoved { .. }
            | Event::TurnEnded { .. }
            | Event::ContextReset { .. }
            | Event::CommandParked { .. } => 0,
            Event::Suggested(suggestion) => suggestion.text.as_ref().map_or(0, String::len),
        };
        let own = |committed: &Committed| committed.origin == Some(reader);
        let weight = |committed: &Committed| ITEM_BYTES + if own(committed) { 0 } else { text(&committed.event) };
        self.events.iter().map(weight).sum()
    }
}

/// Something that is not stored and has no place in the log.
#[derive(Debug, Clone)]
pub enum Signal {
    /// Somebody began or stopped typing.
    Typing {
        /// Who, and which of the two.
        change: TypingChange,
        /// The connection that said so.
        origin: Option<ConnectionId>,
    },
}

/// One thing for a subscriber.
#[derive(Debug, Clone)]
pub enum Item {
    /// Durable.
    Entry(Arc<Entry>),
    /// Passing.
    Signal(Arc<Signal>),
    /// The answer to a command of this very subscriber.
    Answer {
        /// The subscriber's own number for it.
        tag: u64,
        /// What became of it.
        result: Result<Outcome, Refusal>,
    },
    /// What this subscriber's voice note says.
    Transcribed {
        /// The text.
        text: Arc<str>,
    },
}

/// What an item without text counts for, in bytes.
const ITEM_BYTES: usize = 128;

/// How much may wait for a subscriber that does not read.
#[derive(Debug, Clone, Copy)]
pub struct OutboxLimits {
    /// Items.
    pub items_max: usize,
    /// Text and overhead, in bytes.
    pub bytes_max: usize,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self { items_max: 256, bytes_max: 256 * 1024 }
    }
}

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<Item>,
    bytes: usize,
    lagged: bool,
}

impl Waiting {
    /// One item is always taken: a subscriber that has read everything is not slow, however large a burst's entry is.
    fn is_too_much_with(&self, bytes: usize, limits: OutboxLimits) -> bool {
        let full = self.items.len() >= limits.items_max || self.bytes + bytes > limits.bytes_max;
        full && !self.items.is_empty()
    }
}

/// A subscriber's queue. Many write, one reads.
#[derive(Debug)]
pub struct Outbox {
    id: ConnectionId,
    limits: OutboxLimits,
    waiting: Mutex<Waiting>,
    waker: AtomicWaker,
}

/// Said once to a subscriber that fell behind: read the store from your last position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lagged;

impl Outbox {
    /// The connection that reads it.
    pub const fn id(&self) -> ConnectionId {
        self.id
    }

    /// Adds an item, or marks the subscriber as lagged.
    pub fn push(&self, item: Item) {
        let bytes = match &item {
            Item::Entry(entry) => entry.weight(self.id),
            Item::Signal(_) | Item::Answer { .. } | Item::Transcribed { .. } => ITEM_BYTES,
        };
        {
            let mut waiting = self.lock();
            if waiting.lagged {
                return;
            }
            if waiting.is_too_much_with(bytes, self.limits) {
                *waiting = Waiting { lagged: true, ..Waiting::default() };
            } else {
                waiting.items.push_back(item);
                waiting.bytes += bytes;
            }
        }
        self.waker.wake();
    }

    /// Waits until something is there and moves all of it into `into`.
    ///
    /// # Errors
    /// [`Lagged`] when the bound was passed; nothing more will come.
    pub async fn take(&self, into: &mut VecDeque<Item>) -> Result<(), Lagged> {
        poll_fn(|context| {
            self.waker.register(context.waker());
            let mut waiting = self.lock();
            if waiting.lagged {
                return Poll::Ready(Err(Lagged));
            }
            if waiting.items.is_empty() {
                return Poll::Pending;
            }
            waiting.bytes = 0;
            into.append(&mut waiting.items);
            waiting.items.shrink_to(ITEMS_KEPT);
            Poll::Ready(Ok(()))
        })
        .await
    }

    fn lag(&self) {
        *self.lock() = Waiting { lagged: true, ..Waiting::default() };
        self.waker.wake();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room that an empty outbox keeps, in items: an idle connection must be cheap.
const ITEMS_KEPT: usize = 2;

/// Who listens to which session.
#[derive(Debug, Default)]
pub struct Bus {
    hubs: DashMap<SessionKey, Vec<Arc<Outbox>>, RandomState>,
    last_id: AtomicU64,
}

impl Bus {
    /// Listens to a session from now on. What was committed before is in the store.
    pub fn subscribe(self: &Arc<Self>, key: &SessionKey, limits: OutboxLimits) -> Subscription {
        let id = ConnectionId(self.last_id.fetch_add(1, Ordering::Relaxed) + 1);
        let outbox =
            Arc::new(Outbox { id, limits, waiting: Mutex::new(Waiting::default()), waker: AtomicWaker::new() });
        self.hubs.entry(key.clone()).or_default().push(Arc::clone(&outbox));
        Subscription { bus: Arc::clone(self), key: key.clone(), outbox }
    }

    /// Tells a session's listeners what is durable now.
    pub fn publish(&self, key: &SessionKey, entry: &Arc<Entry>) {
        if let Some(hub) = self.hubs.get(key) {
            for outbox in hub.iter() {
                outbox.push(Item::Entry(Arc::clone(entry)));
            }
        }
    }

    /// Tells a session's listeners something that passes.
    pub fn signal(&self, key: &SessionKey, signal: Signal) {
        if let Some(hub) = self.hubs.get(key) {
            let signal = Arc::new(signal);
            for outbox in hub.iter() {
                outbox.push(Item::Signal(Arc::clone(&signal)));
            }
        }
    }

    /// Tells a session's listeners that they may have missed something: each reads the store from its own position.
    pub fn interrupt(&self, key: &SessionKey) {
        if let Some(hub) = self.hubs.get(key) {
            hub.iter().for_each(|outbox| outbox.lag());
        }
    }

    /// How many sessions have listeners.
    pub fn sessions(&self) -> usize {
        self.hubs.len()
    }

    fn unsubscribe(&self, key: &SessionKey, outbox: &Arc<Outbox>) {
        let left_alone = self.hubs.get_mut(key).is_some_and(|mut hub| {
            hub.retain(|other| !Arc::ptr_eq(other, outbox));
            hub.is_empty()
        });
        if left_alone {
            self.hubs.remove_if(key, |_, hub| hub.is_empty());
        }
    }
}

/// Listens until it is dropped.
#[derive(Debug)]
pub struct Subscription {
    bus: Arc<Bus>,
    key: SessionKey,
    outbox: Arc<Outbox>,
}

impl Subscription {
    /// The queue to read.
    pub const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// The session listened to.
    pub const fn key(&self) -> &SessionKey {
        &self.key
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.bus.unsubscribe(&self.key, &self.outbox);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationId, SessionId};

    fn entry(seq: u64) -> Arc<Entry> {
        let events = vec![Committed { seq, event: Event::ContextReset { keep_from: 1 }, origin: None }];
        Arc::new(Entry::new(Timestamp::default(), 1, events))
    }

    fn key() -> SessionKey {
        SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s").unwrap() }
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_once_that_it_lagged_and_others_go_on() {
        let bus = Arc::new(Bus::default());
        let slow = bus.subscribe(&key(), OutboxLimits { items_max: 2, bytes_max: 10_000 });
        let quick = bus.subscribe(&key(), OutboxLimits::default());
        for seq in 1..=3 {
            bus.publish(&key(), &entry(seq));
        }
        let mut got = VecDeque::new();
        assert_eq!(slow.outbox().take(&mut got).await, Err(Lagged));
        quick.outbox().take(&mut got).await.unwrap();
        assert_eq!(got.len(), 3);
        drop((slow, quick));
        assert_eq!(bus.sessions(), 0);
    }

    #[tokio::test]
    async fn one_entry_that_is_larger_than_the_bound_reaches_a_reader_that_is_not_behind() {
        let bus = Arc::new(Bus::default());
        let reader = bus.subscribe(&key(), OutboxLimits { items_max: 2, bytes_max: ITEM_BYTES - 1 });
        let mut got = VecDeque::new();
        for seq in 1..=2 {
            bus.publish(&key(), &entry(seq));
            reader.outbox().take(&mut got).await.unwrap();
        }
        assert_eq!(got.len(), 2);
        bus.publish(&key(), &entry(3));
        bus.publish(&key(), &entry(4));
        assert_eq!(reader.outbox().take(&mut got).await, Err(Lagged));
    }

    #[test]
    fn an_entry_is_rendered_once_per_slot() {
        let entry = entry(1);
        let first = entry.rendered(RenderSlot(0), |_| Some(Bytes::from_static(b"a")))[0].clone();
        let again = entry.rendered(RenderSlot(0), |_| Some(Bytes::from_static(b"b")))[0].clone();
        assert_eq!(first, again);
    }
}
