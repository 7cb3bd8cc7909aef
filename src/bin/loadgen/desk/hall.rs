//! What everybody in a measure of the desk shares: which customer is with whom, what was sent and seen, who waits.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures_util::SinkExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::waits::Waits;
use crate::Failure;
use crate::duplex::Schedule;
use crate::frame::{Frames, PAYLOAD};
use crate::measured::DeskFigures;
use crate::tally::Tally;
use crate::wire::Writer;

/// See the module.
pub(super) struct Hall {
    /// Who waits, and who has room.
    pub(super) waits: Mutex<Waits>,
    seats: Mutex<Seats>,
    measured: OnceLock<(Arc<Tally>, Schedule)>,
    sent: AtomicU64,
    seen: AtomicU64,
    /// Frames to people of the staff while it was measured.
    frames: AtomicU64,
    /// Commands that were refused because the session had moved on.
    pub(super) conflicts: AtomicU64,
    /// Times that somebody of the staff was told to begin anew.
    pub(super) resyncs: AtomicU64,
    failed: mpsc::UnboundedSender<Failure>,
    is_over: watch::Receiver<bool>,
}

/// Who sits where.
#[derive(Default)]
struct Seats {
    customers: HashMap<String, Customer>,
    /// Sessions that somebody has, in no order that means anything.
    served: VecDeque<String>,
    /// The way to each person of the staff.
    people: Vec<mpsc::UnboundedSender<String>>,
}

struct Customer {
    /// Away while it writes.
    writer: Option<Writer>,
    frames: Frames,
    with: Option<usize>,
}

impl Hall {
    pub(super) fn new(
        places: usize,
        failed: mpsc::UnboundedSender<Failure>,
        is_over: watch::Receiver<bool>,
    ) -> Arc<Self> {
        Arc::new(Self {
            waits: Mutex::new(Waits::new(places)),
            seats: Mutex::default(),
            measured: OnceLock::new(),
            sent: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            conflicts: AtomicU64::new(0),
            resyncs: AtomicU64::new(0),
            failed,
            is_over,
        })
    }

    /// From now on it is measured.
    pub(super) fn begin(&self, tally: &Arc<Tally>, schedule: Schedule) {
        // It begins once.
        let _ = self.measured.set((Arc::clone(tally), schedule));
        self.waits().begin();
    }

    /// Told when everybody may go.
    pub(super) fn until_over(&self) -> watch::Receiver<bool> {
        self.is_over.clone()
    }

    /// A connection that ended too early ends the measure.
    pub(super) fn ended(&self, how: Result<(), Failure>) {
        if let Err(failure) = how
            && !*self.is_over.borrow()
        {
            // Whoever listened has a failure already.
            let _ = self.failed.send(failure);
        }
    }

    pub(super) fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person comes to work; what is given there are sessions to close.
    #[expect(clippy::disallowed_methods, reason = "a person has at most their capacity of sessions to close")]
    pub(super) fn takes_place(&self) -> (usize, mpsc::UnboundedReceiver<String>) {
        let (orders, wanted) = mpsc::unbounded_channel();
        let mut seats = self.seats();
        seats.people.push(orders);
        (seats.people.len() - 1, wanted)
    }

    /// A customer is connected.
    pub(super) fn comes(&self, session: &str, writer: Writer, frames: Frames) {
        let mut seats = self.seats();
        let waiting = seats.customers.remove(session);
        let with = waiting.and_then(|customer| customer.with);
        seats.customers.insert(session.to_owned(), Customer { writer: Some(writer), frames, with });
        if with.is_some() {
            seats.served.push_back(session.to_owned());
        }
    }

    /// A person has the session. Their connection may be faster than the customer's own greeting.
    pub(super) fn is_taken(&self, session: &str, by: usize) {
        let mut seats = self.seats();
        let unseated = || Customer { writer: None, frames: Frames::new(session), with: None };
        let customer = seats.customers.entry(session.to_owned()).or_insert_with(unseated);
        let before = customer.with.replace(by);
        if before.is_none() && customer.writer.is_some() {
            seats.served.push_back(session.to_owned());
        }
    }

    /// The session is closed, and its customer's connection with it.
    pub(super) fn is_closed(&self, session: &str) {
        self.waits().is_free(Instant::now());
        drop(self.seats().customers.remove(session));
    }

    /// Sessions that somebody has.
    pub(super) fn served(&self) -> usize {
        self.seats().served.len()
    }

    /// Whoever has a session is to close it.
    pub(super) fn close_one(&self) {
        let mut seats = self.seats();
        let Some(session) = seats.served.pop_front() else { return };
        let person = seats.customers.get(&session).and_then(|customer| customer.with);
        if let Some(orders) = person.and_then(|person| seats.people.get(person)) {
            // A person who is gone has ended the measure.
            let _ = orders.send(session);
        }
    }

    /// A customer writes the measure's message number `k`.
    pub(super) async fn write_one(&self, k: u64) -> Result<(), Failure> {
        let Some((session, mut writer, message)) = self.next_to_write(k) else { return Ok(()) };
        self.sent.fetch_add(1, Ordering::Relaxed);
        writer.send(message).await?;
        if let Some(customer) = self.seats().customers.get_mut(&session) {
            customer.writer = Some(writer);
        }
        Ok(())
    }

    fn next_to_write(&self, k: u64) -> Option<(String, Writer, tokio_tungstenite::tungstenite::Message)> {
        let mut seats = self.seats();
        let session = seats.served.pop_front()?;
        seats.served.push_back(session.clone());
        let customer = seats.customers.get_mut(&session)?;
        let message = customer.frames.message(k, PAYLOAD);
        Some((session, customer.writer.take()?, message))
    }

    /// Message number `k` is at a person's socket.
    pub(super) fn saw(&self, k: u64) {
        self.seen.fetch_add(1, Ordering::Relaxed);
        if let Some((tally, schedule)) = self.measured.get() {
            tally.saw(schedule.due(k));
        }
    }

    pub(super) fn count_frame(&self) {
        if self.measured.get().is_some() && !*self.is_over.borrow() {
            self.frames.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Messages that nobody has seen.
    pub(super) fn unseen(&self) -> u64 {
        self.sent.load(Ordering::Relaxed).saturating_sub(self.seen.load(Ordering::Relaxed))
    }

    /// Who waits at the end counts with what they have waited.
    pub(super) fn count_who_waits(&self) {
        self.waits().end(Instant::now());
    }

    pub(super) fn hang_up(&self) {
        self.seats().people.clear();
    }

    pub(super) fn figures(&self, seconds: f64) -> DeskFigures {
        let mut figures = self.waits().figures();
        figures.frames_per_s = self.frames.load(Ordering::Relaxed) as f64 / seconds.max(1.0);
        figures.conflicts = self.conflicts.load(Ordering::Relaxed);
        figures.resyncs = self.resyncs.load(Ordering::Relaxed);
        figures
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
