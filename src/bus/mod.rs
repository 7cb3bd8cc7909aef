//! Committed events to live subscribers: who is told, right after the store has it.
//!
//! Imports `domain` only. Every subscriber has an [`Outbox`], bounded by items and bytes; over the bound it is closed as
//! lagged and its reader resumes from the store, so nothing is ever skipped in silence. An entry is rendered once per
//! dialect and the bytes are shared by all of its readers. Deliberately absent: any storage, any JSON.

mod desks;
mod draft;
mod news;
mod people;
mod presence;
mod subscription;
mod watch;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use dashmap::DashMap;
use foldhash::quality::RandomState;
use futures_util::task::AtomicWaker;

pub use draft::{Draft, DraftPiece, DraftReader};
pub use news::News;
pub use people::{Attendance, concerned};
pub use subscription::Subscription;
pub use watch::Watch;

use watch::Extent;

use crate::domain::typing::TypingChange;
use crate::domain::{Case, DeskEvent, Event, OrganizationId, Outcome, Refusal, SessionKey, Timestamp, UserId};

/// How many ways of rendering an entry are shared. Each dialect claims its own slots.
pub const RENDER_SLOTS: usize = 8;

/// A connection, as the engine tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectionId(u64);

impl std::fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

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
    /// Whose session.
    pub key: SessionKey,
    /// When it was decided.
    pub at: Timestamp,
    /// Which log.
    pub stream: u64,
    /// In order.
    pub events: Vec<Committed>,
    /// The session after it, where people have to do with it or somebody watches the whole organization.
    pub case: Option<Arc<Case>>,
    position: AtomicU64,
    rendered: [OnceLock<Rendered>; RENDER_SLOTS],
}

/// The frames of an entry: one place per event, empty where the dialect has no word for it.
pub type Rendered = Vec<Option<Bytes>>;

impl Entry {
    /// An entry that nobody has rendered yet.
    pub fn new(key: SessionKey, at: Timestamp, stream: u64, events: Vec<Committed>, case: Option<Arc<Case>>) -> Self {
        Self { key, at, stream, events, case, position: AtomicU64::new(0), rendered: Default::default() }
    }

    /// The feed's position behind it, once it is durable.
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// It is durable, and the feed goes on at this position.
    pub fn settle(&self, position: u64) {
        self.position.store(position, Ordering::Relaxed);
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
            Event::Desk(DeskEvent::Noted(note)) => note.body.as_str().len(),
            Event::Desk(_) => 0,
            Event::Suggested(suggestion) => suggestion.text.as_ref().map_or(0, String::len),
            Event::Condensed(condensed) => condensed.text.len(),
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
    /// More of the answer that the assistant is making.
    Draft(DraftPiece),
    /// That answer is thrown away, or about to come as a message.
    DraftEnded {
        /// The turn that it answered.
        turn: u64,
        /// Which try.
        attempt: u64,
        /// Who saw it.
        reader: DraftReader,
    },
    /// Where the waiting customer stands in the queue.
    Place {
        /// From 1.
        place: u32,
        /// How long it will take, in seconds, where that can be told.
        estimated_wait_s: Option<u32>,
        /// Whether it is within business hours.
        open: bool,
    },
}

impl Signal {
    fn weight(&self) -> usize {
        match self {
            Self::Draft(piece) => ITEM_BYTES + piece.text.len(),
            Self::Typing { .. } | Self::DraftEnded { .. } | Self::Place { .. } => ITEM_BYTES,
        }
    }
}

/// One thing for a subscriber.
#[derive(Debug, Clone)]
pub enum Item {
    /// Durable.
    Entry(Arc<Entry>),
    /// Passing, in the session that it names.
    Signal(SessionKey, Arc<Signal>),
    /// The answer to a command of this very subscriber.
    Answer {
        /// The subscriber's own number for it.
        tag: u64,
        /// What became of it.
        result: Result<Outcome, Refusal>,
    },
    /// What the desk tells the staff.
    Desk(Arc<News>),
    /// Every commit up to this position of the feed came before this, as far as the queue was to hear of it.
    Told(u64),
    /// What this subscriber's voice note says.
    Transcribed {
        /// The text.
        text: Arc<str>,
    },
    /// What was worked out beside the connection, ready to be sent.
    Frame {
        /// The subscriber's own number for the command that it answers, if it answers one.
        answers: Option<u64>,
        /// The frame.
        bytes: Bytes,
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
    /// How many there are.
    readers: Arc<AtomicUsize>,
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.readers.fetch_sub(1, Ordering::Relaxed);
    }
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
            Item::Signal(_, signal) => signal.weight(),
            Item::Frame { bytes, .. } => ITEM_BYTES + bytes.len(),
            Item::Desk(news) => news.weight(),
            Item::Answer { .. } | Item::Told(_) | Item::Transcribed { .. } => ITEM_BYTES,
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

    /// Gives up on what waits: the reader begins anew.
    pub(crate) fn lag(&self) {
        *self.lock() = Waiting { lagged: true, ..Waiting::default() };
        self.waker.wake();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room that an empty outbox keeps, in items: an idle connection must be cheap.
const ITEMS_KEPT: usize = 2;

type Hub = Vec<Arc<Outbox>>;

/// Who listens to which session, and who to every session of an organization.
#[derive(Debug, Default)]
pub struct Bus {
    hubs: DashMap<SessionKey, Hub, RandomState>,
    watchers: DashMap<OrganizationId, Hub, RandomState>,
    overseers: DashMap<OrganizationId, Hub, RandomState>,
    people: DashMap<(OrganizationId, UserId), Hub, RandomState>,
    desks: desks::Desks,
    drafts: DashMap<SessionKey, Arc<Draft>, RandomState>,
    last_id: AtomicU64,
    last_attempt: AtomicU64,
    told: AtomicU64,
    present: presence::Presence,
    readers: Arc<AtomicUsize>,
}

impl Bus {
    /// Listens to a session from now on. What was committed before is in the store.
    pub fn subscribe(self: &Arc<Self>, key: &SessionKey, limits: OutboxLimits) -> Subscription {
        let outbox = self.outbox(limits);
        self.join(key, &outbox)
    }

    /// A queue that listens to nothing yet.
    pub fn outbox(&self, limits: OutboxLimits) -> Arc<Outbox> {
        let id = ConnectionId(self.last_id.fetch_add(1, Ordering::Relaxed) + 1);
        self.readers.fetch_add(1, Ordering::Relaxed);
        let readers = Arc::clone(&self.readers);
        Arc::new(Outbox { id, limits, waiting: Mutex::new(Waiting::default()), waker: AtomicWaker::new(), readers })
    }

    /// Listens to a session, from now on, with a queue that may listen to others too. What comes of them all is in the
    /// order of the commits.
    pub fn join(self: &Arc<Self>, key: &SessionKey, outbox: &Arc<Outbox>) -> Subscription {
        self.hubs.entry(key.clone()).or_default().push(Arc::clone(outbox));
        Subscription { bus: Arc::clone(self), key: key.clone(), outbox: Arc::clone(outbox), is_customers: false }
    }

    /// Tells a session's listeners, and who watches its organization, what is durable now.
    pub fn publish(&self, entry: &Arc<Entry>) {
        let tell = |hub: &Hub| hub.iter().for_each(|outbox| outbox.push(Item::Entry(Arc::clone(entry))));
        if let Some(hub) = self.hubs.get(&entry.key) {
            tell(&hub);
        }
        if !self.watchers.is_empty()
            && let Some(hub) = self.watchers.get(&entry.key.organization)
        {
            tell(&hub);
        }
        if entry.case.is_some()
            && let Some(hub) = self.overseers.get(&entry.key.organization)
        {
            tell(&hub);
        }
        self.desks.look_at(entry);
        if !self.people.is_empty() {
            self.tell_people(entry);
        }
        self.told.fetch_max(entry.position(), Ordering::Release);
    }

    /// Up to which position of the feed everybody was told. Whatever is up to it stands in each queue that was to hear of it.
    pub fn told(&self) -> u64 {
        self.told.load(Ordering::Acquire)
    }

    /// Tells a session's listeners something that passes.
    pub fn signal(&self, key: &SessionKey, signal: Signal) {
        if let Some(hub) = self.hubs.get(key) {
            let signal = Arc::new(signal);
            for outbox in hub.iter() {
                outbox.push(Item::Signal(key.clone(), Arc::clone(&signal)));
            }
        }
    }

    /// A new try of the assistant's at an answer; nobody is told before its first text.
    pub fn begin_draft(self: &Arc<Self>, key: &SessionKey, turn: u64) -> Arc<Draft> {
        Arc::new(Draft::new(Arc::clone(self), key.clone(), turn, self.next_attempt()))
    }

    fn next_attempt(&self) -> u64 {
        self.last_attempt.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// What there is of the answer that is being made, for whoever listens already: what follows comes as signals.
    pub fn draft(&self, key: &SessionKey) -> Option<DraftPiece> {
        let draft = self.drafts.get(key).map(|draft| Arc::clone(&draft))?;
        draft.so_far()
    }

    /// How many answers are being made that somebody could see.
    pub fn drafts(&self) -> usize {
        self.drafts.len()
    }

    /// Tells a session's listeners that they may have missed something: each reads the store from its own position.
    pub fn interrupt(&self, key: &SessionKey) {
        if let Some(hub) = self.hubs.get(key) {
            hub.iter().for_each(|outbox| outbox.lag());
        }
        for extent in [Extent::Whole, Extent::People] {
            if let Some(hub) = self.watching(extent).get(&key.organization) {
                hub.iter().for_each(|outbox| outbox.lag());
            }
        }
        let people = self.people.iter().filter(|person| person.key().0 == key.organization);
        people.for_each(|hub| hub.iter().for_each(|outbox| outbox.lag()));
    }

    /// The session is gone: whoever listens to it is to come again.
    pub fn dismiss(&self, key: &SessionKey) {
        if let Some(hub) = self.hubs.get(key) {
            hub.iter().for_each(|outbox| outbox.lag());
        }
    }

    /// Whether the session's customer has a connection to it.
    pub fn has_customer(&self, key: &SessionKey) -> bool {
        self.present.has(key)
    }

    /// How many queues there are that somebody reads.
    pub fn readers(&self) -> usize {
        self.readers.load(Ordering::Relaxed)
    }

    /// How many sessions have listeners.
    pub fn sessions(&self) -> usize {
        self.hubs.len()
    }
}

/// Takes an outbox out of a hub, and lets go of a hub that nobody is left in.
fn leave<K: Eq + std::hash::Hash>(hubs: &DashMap<K, Hub, RandomState>, key: &K, outbox: &Arc<Outbox>) {
    let left_alone = hubs.get_mut(key).is_some_and(|mut hub| {
        if let Some(at) = hub.iter().position(|other| Arc::ptr_eq(other, outbox)) {
            hub.remove(at);
        }
        hub.is_empty()
    });
    if left_alone {
        hubs.remove_if(key, |_, hub| hub.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationId, SessionId};

    fn entry(seq: u64) -> Arc<Entry> {
        let events = vec![Committed { seq, event: Event::ContextReset { keep_from: 1 }, origin: None }];
        Arc::new(Entry::new(key(), Timestamp::default(), 1, events, None))
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
            bus.publish(&entry(seq));
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
            bus.publish(&entry(seq));
            reader.outbox().take(&mut got).await.unwrap();
        }
        assert_eq!(got.len(), 2);
        bus.publish(&entry(3));
        bus.publish(&entry(4));
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
