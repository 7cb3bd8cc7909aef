//! A session's place in the directory: the commands that wait for it, and whether its actor is there. It outlives the
//! actor, so a panic or a stop loses no command, and a command knows how often it was tried.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ractor::ActorRef;
use tokio::sync::oneshot;

use crate::bus::{ConnectionId, Item, Outbox};
use crate::domain::typing::Typist;
use crate::domain::{Command, Outcome, Refusal, SessionKey, Timestamp};

use super::hand::Hand;
use super::session::Knock;

/// Where the answer to a command goes.
#[derive(Debug)]
pub enum Reply {
    /// Nobody waits.
    Nobody,
    /// To one caller.
    Caller(oneshot::Sender<Result<Outcome, Refusal>>),
    /// Into a connection's queue, behind everything that was published before.
    Connection {
        /// The queue.
        outbox: Arc<Outbox>,
        /// The connection's own number for the command.
        tag: u64,
    },
}

impl Reply {
    /// Tells whoever waits. A caller that went away is no error.
    pub fn send(self, result: Result<Outcome, Refusal>) {
        match self {
            Self::Nobody => {}
            Self::Caller(caller) => drop(caller.send(result)),
            Self::Connection { outbox, tag } => outbox.push(Item::Answer { tag, result }),
        }
    }
}

/// What a session is asked.
#[expect(clippy::large_enum_variant, reason = "nearly all are commands: a box would cost each of them an allocation")]
#[derive(Debug)]
pub enum Request {
    /// Something that the rules decide.
    Command(Command),
    /// Somebody types, or stopped. Passes without a trace.
    Typing {
        /// Who.
        who: Typist,
        /// Whether they type.
        active: bool,
    },
}

/// A request on its way.
#[derive(Debug)]
pub struct Envelope {
    /// What is asked.
    pub request: Request,
    /// The connection that asks, if one does.
    pub origin: Option<ConnectionId>,
    /// Where the answer goes.
    pub reply: Reply,
    /// How often it has broken the session.
    pub attempts: u32,
    /// How often the store refused it because the log was not what the session believed.
    pub conflicts: u32,
    /// Its share of what may wait in all sessions; given back when it is answered.
    pub credit: Option<Credit>,
}

impl Envelope {
    /// A request that has not been tried yet.
    pub const fn new(request: Request, origin: Option<ConnectionId>, reply: Reply) -> Self {
        Self { request, origin, reply, attempts: 0, conflicts: 0, credit: None }
    }

    /// A command that nobody waits for.
    pub const fn internal(command: Command) -> Self {
        Self::new(Request::Command(command), None, Reply::Nobody)
    }
}

/// One of a bounded number of places; dropping it gives the place back.
#[derive(Debug)]
pub struct Credit(Arc<AtomicUsize>);

impl Credit {
    /// A place, unless `max` are taken.
    pub fn take(taken: &Arc<AtomicUsize>, max: usize) -> Option<Self> {
        if taken.fetch_add(1, Ordering::Relaxed) < max {
            return Some(Self(Arc::clone(taken)));
        }
        taken.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Credit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
enum Phase {
    /// No actor; the next command starts one.
    Cold,
    /// An actor is on its way, or will be after a pause.
    Starting,
    /// The actor, and whether its doorbell has been rung and not yet heard.
    Live { actor: ActorRef<Knock>, rung: bool },
    /// The actor saves and goes; commands wait for the next one.
    Stopping,
    /// No longer in the directory.
    Gone,
}

#[derive(Debug)]
struct Inner {
    phase: Phase,
    queue: VecDeque<Envelope>,
    /// An actor decides on requests that it took and has not given to the store yet.
    hand_is_out: bool,
    /// Another actor wanted to take requests meanwhile: the one before it had not ended yet.
    turned_away: bool,
    /// A durable batch is on its way: the next decision waits for it.
    committing: bool,
    /// The last batch was refused: the actor must forget its state.
    stale: bool,
    asked_to_stop: bool,
    failures: u32,
}

/// See the module.
#[derive(Debug)]
pub struct Cell {
    /// Whose it is.
    pub key: SessionKey,
    inner: Mutex<Inner>,
    last_used_ms: AtomicI64,
    weight_bytes: AtomicUsize,
}

/// What became of an offered request.
#[derive(Debug)]
pub enum Offered {
    /// It waits, and the actor knows.
    Taken,
    /// It waits, and an actor must be started.
    Start,
    /// The session's queue is full.
    Full(Envelope),
    /// This cell is no longer in use; look again.
    Gone(Envelope),
}

/// What to do about an actor that ended.
#[derive(Debug, PartialEq, Eq)]
pub enum After {
    /// Start another one.
    Start,
    /// Start another one after a pause for this many failures in a row.
    StartAfter(u32),
    /// Nothing waits: the cell may go.
    Forget,
}

impl Cell {
    /// A session without an actor.
    pub fn new(key: SessionKey) -> Self {
        let inner = Inner {
            phase: Phase::Cold,
            queue: VecDeque::new(),
            hand_is_out: false,
            turned_away: false,
            committing: false,
            stale: false,
            asked_to_stop: false,
            failures: 0,
        };
        Self { key, inner: Mutex::new(inner), last_used_ms: AtomicI64::new(0), weight_bytes: AtomicUsize::new(0) }
    }

    /// Puts a request in the queue, unless it holds `max` already.
    pub fn offer(&self, envelope: Envelope, max: usize) -> Offered {
        let mut inner = self.lock();
        if matches!(inner.phase, Phase::Gone) {
            return Offered::Gone(envelope);
        }
        // What leaves no trace may not crowd out what is to be kept.
        let max = if matches!(envelope.request, Request::Typing { .. }) { max / 2 } else { max };
        if inner.queue.len() >= max {
            return Offered::Full(envelope);
        }
        if inner.queue.capacity() == 0 {
            // Most often nothing else comes until it is answered, and an idle session keeps no room.
            inner.queue.reserve_exact(1);
        }
        inner.queue.push_back(envelope);
        if matches!(inner.phase, Phase::Cold) {
            inner.phase = Phase::Starting;
            return Offered::Start;
        }
        inner.ring();
        Offered::Taken
    }

    /// Rings the actor's doorbell, if there is one.
    pub fn knock(&self) {
        self.lock().ring();
    }

    /// Asks the actor to stop when nothing is left to do.
    pub fn ask_to_stop(&self) {
        let mut inner = self.lock();
        inner.asked_to_stop = true;
        inner.ring();
    }

    /// The actor is there.
    pub(super) fn started(&self, actor: ActorRef<Knock>) {
        let mut inner = self.lock();
        inner.phase = Phase::Live { actor, rung: false };
        inner.asked_to_stop = false;
        inner.ring();
    }

    /// The actor heard the bell: what rings from now on rings again. Tells whether the last batch was refused.
    pub(super) fn heard(&self) -> bool {
        let mut inner = self.lock();
        if let Phase::Live { rung, .. } = &mut inner.phase {
            *rung = false;
        }
        std::mem::take(&mut inner.stale)
    }

    /// Moves up to `max` requests into the actor's hand, unless there are none, a batch is on its way, or a hand is out.
    pub(super) fn take(self: &Arc<Self>, max: usize) -> Option<Hand> {
        let mut inner = self.lock();
        inner.turned_away |= inner.hand_is_out;
        if inner.committing || inner.hand_is_out || inner.queue.is_empty() {
            return None;
        }
        inner.hand_is_out = true;
        let count = inner.queue.len().min(max);
        // Most often all of it: then nothing is copied.
        let rest = inner.queue.split_off(count);
        let envelopes = std::mem::replace(&mut inner.queue, rest);
        drop(inner);
        Some(Hand::new(Arc::clone(self), envelopes))
    }

    /// The requests of the hand are decided. With `committing` nothing more is taken until [`Cell::committed`].
    pub(super) fn decided(&self, committing: bool) {
        let mut inner = self.lock();
        inner.committing = committing;
        inner.hand_is_back();
    }

    /// The hand was let go of before its requests were decided: they are the next ones again, in their order.
    pub(super) fn put_back(&self, envelopes: VecDeque<Envelope>) {
        let mut inner = self.lock();
        envelopes.into_iter().rev().for_each(|envelope| inner.queue.push_front(envelope));
        inner.hand_is_back();
    }

    /// The actor went through a whole round: what it broke on is behind it.
    pub(super) fn went_well(&self) {
        self.lock().failures = 0;
    }

    /// The batch is durable. `more` rings the bell even when no command waits.
    pub(super) fn committed(&self, more: bool) {
        let mut inner = self.lock();
        inner.committing = false;
        if more || !inner.queue.is_empty() || inner.asked_to_stop {
            inner.ring();
        }
    }

    /// The batch was refused: what the actor knows is no longer what the store says.
    pub(super) fn refused(&self) {
        let mut inner = self.lock();
        inner.committing = false;
        inner.stale = true;
        inner.ring();
    }

    /// The batch was refused because the log is not what the actor believed: its requests are decided again, in their
    /// order, on the state as the store has it.
    pub(super) fn conflicted(&self, envelopes: VecDeque<Envelope>) {
        let mut inner = self.lock();
        for mut envelope in envelopes.into_iter().rev() {
            envelope.conflicts += 1;
            inner.queue.push_front(envelope);
        }
        inner.committing = false;
        inner.stale = true;
        inner.ring();
    }

    /// Whether a batch is on its way.
    pub(super) fn is_committing(&self) -> bool {
        self.lock().committing
    }

    /// Lets the actor go, if it was asked to and nothing waits. From then on commands wait for the next actor.
    pub(super) fn may_stop(&self) -> bool {
        let mut inner = self.lock();
        let idle = inner.asked_to_stop && inner.is_quiet();
        inner.asked_to_stop = false;
        if idle {
            inner.phase = Phase::Stopping;
        }
        idle
    }

    /// The actor stopped in order.
    pub(super) fn stopped(&self) -> After {
        let mut inner = self.lock();
        if inner.queue.is_empty() && !inner.hand_is_out {
            inner.phase = Phase::Gone;
            return After::Forget;
        }
        inner.phase = Phase::Starting;
        After::Start
    }

    /// The actor broke; what it had in hand is back in the queue. An empty queue gets a tick, so that the next actor looks
    /// at a turn that is still open.
    pub(super) fn broke(&self) -> After {
        let mut inner = self.lock();
        if inner.queue.is_empty() {
            inner.queue.push_back(Envelope::internal(Command::Tick));
        }
        inner.failures += 1;
        inner.phase = Phase::Starting;
        After::StartAfter(inner.failures)
    }

    /// Refuses everything that waits; the session could not be brought up. The next request tries to start it again.
    pub(super) fn give_up(&self, why: &Refusal) {
        let waiting = {
            let mut inner = self.lock();
            if matches!(inner.phase, Phase::Starting) {
                inner.phase = Phase::Cold;
            }
            std::mem::take(&mut inner.queue)
        };
        for envelope in waiting {
            envelope.reply.send(Err(why.clone()));
        }
    }

    /// Whether nothing waits and nothing is on its way.
    pub fn is_quiet(&self) -> bool {
        self.lock().is_quiet()
    }

    /// Commands that wait.
    pub fn depth(&self) -> usize {
        self.lock().queue.len()
    }

    /// Whether an actor is there.
    pub fn is_live(&self) -> bool {
        matches!(self.lock().phase, Phase::Live { .. })
    }

    /// Whether an actor is to be started for what waits.
    pub(super) fn awaits_actor(&self) -> bool {
        matches!(self.lock().phase, Phase::Starting)
    }

    /// Whether an actor is there, on its way, or about to go.
    pub(super) fn has_actor(&self) -> bool {
        matches!(self.lock().phase, Phase::Starting | Phase::Live { .. } | Phase::Stopping)
    }

    /// Somebody used the session.
    pub(super) fn used(&self, now: Timestamp, weight_bytes: usize) {
        self.last_used_ms.store(now.as_ms(), Ordering::Relaxed);
        self.weight_bytes.store(weight_bytes, Ordering::Relaxed);
    }

    /// When it was last used.
    pub fn last_used(&self) -> Timestamp {
        Timestamp::from_ms(self.last_used_ms.load(Ordering::Relaxed))
    }

    /// What it takes in memory, about.
    pub fn weight_bytes(&self) -> usize {
        self.weight_bytes.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn is_quiet(&self) -> bool {
        self.queue.is_empty() && !self.hand_is_out && !self.committing
    }

    fn hand_is_back(&mut self) {
        self.hand_is_out = false;
        if std::mem::take(&mut self.turned_away) {
            self.ring();
        }
    }

    fn ring(&mut self) {
        if let Phase::Live { actor, rung } = &mut self.phase
            && !*rung
        {
            *rung = actor.cast(Knock).is_ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationId, SessionId};

    fn cell() -> Arc<Cell> {
        let session = SessionId::parse("s").unwrap();
        Arc::new(Cell::new(SessionKey { organization: OrganizationId::default_organization(), session }))
    }

    fn offer(cell: &Cell, attempts: u32) {
        let envelope = Envelope { attempts, ..Envelope::internal(Command::Tick) };
        assert!(!matches!(cell.offer(envelope, 10), Offered::Full(_) | Offered::Gone(_)));
    }

    #[test]
    fn a_hand_that_is_let_go_of_puts_its_requests_back_where_they_were() {
        let cell = cell();
        (1..=3).for_each(|n| offer(&cell, n));
        let hand = cell.take(2).unwrap();
        assert!(!cell.is_quiet() && cell.depth() == 1);
        drop(hand);
        let mut again = cell.take(3).unwrap();
        let mut order = Vec::new();
        again.decide_each(|envelope| order.push(envelope.attempts - 1));
        assert_eq!(order, [1, 2, 3]);
        assert_eq!(again.decided(false).len(), 3);
        assert!(cell.is_quiet());
    }

    #[test]
    fn while_an_actor_decides_no_other_one_takes_requests_of_the_session() {
        let cell = cell();
        offer(&cell, 0);
        let hand = cell.take(1).unwrap();
        assert_eq!(cell.broke(), After::StartAfter(1), "as when its supervisor ended");
        assert!(cell.take(1).is_none());
        hand.decided(true);
        assert!(cell.take(1).is_none(), "its batch is on its way");
        cell.committed(false);
        assert!(cell.take(1).is_some());
    }
}
