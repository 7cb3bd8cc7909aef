//! Sessions: enter, post, wait for a turn, listen, read.

mod active;
mod pages;
mod parked;
pub mod search;
pub mod standing;
mod texts;
pub mod trail;
mod understood;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::actors::Directory;
use crate::actors::cell::{Envelope, Reply, Request};
use crate::actors::load::load;
use crate::actors::policies::Policies;
use crate::bus::{Bus, Committed, ConnectionId, DraftPiece, Item, Lagged, Outbox, OutboxLimits, Subscription};
use crate::clock::SharedClock;
use crate::domain::event::TurnOutcome;
use crate::domain::typing::Typist;
use crate::domain::{
    Author, ClientMessageId, Command, CustomerId, Draft, Event, Message, Notice, Opening, OrganizationId, Outcome,
    Owner, Policy, Position, Receipt, Refusal, SessionKey, State, Timestamp, UserId, Visitor,
};
use crate::store::index::{Cursor, Match, Page};
use crate::store::{Direction, Store, StoreError, idempotency, log, record, session};

/// What a caller waits beyond the turn's own deadline, for the last batch to become durable.
const TURN_GRACE: Duration = Duration::from_secs(5);

/// Events that are read at once when an answer is looked for in the log.
const SCAN_EVENTS: usize = 256;

/// The most events of one decision that come before the end of its turn: the fallback or a suggestion, the move, two
/// notices, the routing and the summary.
const SAID_MAX_EVENTS: usize = 6;

/// The most sessions of one customer that a list counts.
pub const SESSIONS_COUNTED_MAX: usize = 100_000;

/// Sessions that are passed over at a time on the way to a page.
const STRIDE: usize = 128;

pub use crate::store::parked::Parked;
pub use active::ACTIVE_PAGE_MAX;
pub use pages::{OPEN_LISTED_MAX, OPEN_SCANNED_MAX, Transcript};

/// See the module.
#[derive(Debug, Clone)]
pub struct Sessions {
    directory: Arc<Directory>,
    bus: Arc<Bus>,
    store: Store,
    policy: Arc<Policy>,
    policies: Arc<Policies>,
    clock: SharedClock,
}

/// What became of a posted message.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Where the message stands.
    pub receipt: Receipt,
    /// How its turn ended; none where no turn waits for an answer (a human has the session, or the queue).
    pub ending: Option<Ending>,
}

/// The end of a turn.
#[derive(Debug, Clone)]
pub struct Ending {
    /// How.
    pub outcome: TurnOutcome,
    /// What was posted with it, in order: an answer, or notices.
    pub said: Vec<Message>,
}

/// A listener inside a session.
#[derive(Debug)]
pub struct Entered {
    /// What comes from now on.
    pub subscription: Subscription,
    /// Where the log ended when the listener came in. What is beyond it comes through the subscription.
    pub position: Position,
    /// Whose session it is.
    pub customer: CustomerId,
    /// Whether this call began the session.
    pub begun: bool,
    /// Who owned it then.
    pub owner: Owner,
}

impl Sessions {
    /// Wires the service.
    pub fn new(
        directory: Arc<Directory>,
        bus: Arc<Bus>,
        store: Store,
        policies: Arc<Policies>,
        clock: SharedClock,
    ) -> Self {
        let policy = Arc::clone(policies.base());
        Self { directory, bus, store, policy, policies, clock }
    }

    /// How sessions are run.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether sessions take commands: not while the process stops.
    pub fn are_open(&self) -> bool {
        self.directory.is_open()
    }

    /// Sessions in memory.
    pub fn live(&self) -> usize {
        self.directory.sessions()
    }

    /// Sessions that somebody listens to.
    pub fn listened(&self) -> usize {
        self.bus.sessions()
    }

    /// Commands that wait, in all sessions together.
    pub fn waiting(&self) -> usize {
        self.directory.waiting()
    }

    /// The newest commands that were set aside, newest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn parked(&self, organization: &OrganizationId, limit: usize) -> Result<Vec<Parked>, Refusal> {
        let page = record::all::<Parked>(&self.store, organization, None, limit, Direction::Backward);
        Ok(page.map_err(unreadable)?.items.into_iter().map(|found| found.record).collect())
    }

    /// Enters a session, beginning it if an opening is given and it does not exist.
    ///
    /// # Errors
    /// `NotFound` without an opening, or when the visitor may not enter; `Busy`, `Unavailable`.
    pub async fn enter(
        &self,
        key: &SessionKey,
        visitor: Visitor,
        opening: Option<Opening>,
    ) -> Result<(Position, bool, CustomerId), Refusal> {
        let (position, begun, customer, _) = self.come_in(key, visitor, opening).await?;
        Ok((position, begun, customer))
    }

    async fn come_in(
        &self,
        key: &SessionKey,
        visitor: Visitor,
        opening: Option<Opening>,
    ) -> Result<(Position, bool, CustomerId, Owner), Refusal> {
        match self.directory.ask(key, Command::Enter { visitor, opening }).await? {
            Outcome::Entered { position, begun, customer, owner } => Ok((position, begun, customer, owner)),
            Outcome::Posted(_) | Outcome::Done => Err(Refusal::Unavailable { part: "session" }),
        }
    }

    /// Enters a session and listens to it from then on.
    ///
    /// # Errors
    /// As [`Sessions::enter`].
    pub async fn listen(
        &self,
        key: &SessionKey,
        visitor: Visitor,
        opening: Option<Opening>,
        limits: OutboxLimits,
    ) -> Result<Entered, Refusal> {
        let subscription = self.bus.subscribe(key, limits);
        let is_customers = matches!(visitor, Visitor::Customer(_) | Visitor::Anonymous { .. });
        let (position, begun, customer, owner) = self.come_in(key, visitor, opening).await?;
        let subscription = if is_customers { subscription.of_customer() } else { subscription };
        Ok(Entered { subscription, position, customer, begun, owner })
    }

    /// Posts a message; returns when it is durable.
    ///
    /// # Errors
    /// As [`Sessions::enter`], and what the message itself is refused for.
    pub async fn post(
        &self,
        key: &SessionKey,
        visitor: Visitor,
        opening: Option<Opening>,
        draft: Draft,
    ) -> Result<Receipt, Refusal> {
        receipt(self.directory.ask(key, Command::Post { visitor, opening, draft }).await?)
    }

    /// Posts a message and waits until its turn has ended. The same message again gets the same answer.
    ///
    /// # Errors
    /// As [`Sessions::post`]; `Unavailable` when the turn's end can not be seen, though the message is kept.
    pub async fn converse(
        &self,
        key: &SessionKey,
        visitor: Visitor,
        opening: Option<Opening>,
        draft: Draft,
    ) -> Result<Answered, Refusal> {
        let subscription = self.bus.subscribe(key, OutboxLimits::default());
        let receipt = self.post(key, visitor, opening, draft).await?;
        let ending = match (receipt.awaits_turn, receipt.duplicate) {
            (true, _) => Some(self.ending(key, receipt.seq, subscription).await?),
            (false, true) => self.ending_in_log(key, receipt.seq)?,
            (false, false) => None,
        };
        Ok(Answered { receipt, ending })
    }

    /// Waits for the end of the turn that took in the message at `seq`. Whoever falls behind the bus meanwhile finds what
    /// they missed in the log, and waits on.
    async fn ending(&self, key: &SessionKey, seq: u64, subscription: Subscription) -> Result<Ending, Refusal> {
        let deadline = Instant::now() + Duration::from_millis(self.policy.deadline_ms) + TURN_GRACE;
        let mut subscription = subscription;
        loop {
            if let Some(ending) = self.ending_in_log(key, seq)? {
                return Ok(ending);
            }
            match timeout_at(deadline, next_ending(subscription.outbox(), seq)).await {
                Ok(Ok(ending)) => return Ok(ending),
                Ok(Err(Lagged)) => subscription = self.bus.subscribe(key, OutboxLimits::default()),
                Err(_elapsed) => break,
            }
        }
        self.ending_in_log(key, seq)?.ok_or(Refusal::Unavailable { part: "assistant" })
    }

    /// Sends a command on behalf of a connection; the answer comes through its outbox under `tag`.
    pub fn send(&self, key: &SessionKey, command: Command, outbox: &Arc<Outbox>, tag: u64) {
        let reply = Reply::Connection { outbox: Arc::clone(outbox), tag };
        self.directory.send(key, Envelope::new(Request::Command(command), Some(outbox.id()), reply));
    }

    /// Posts a message on behalf of a connection; returns when it is durable.
    ///
    /// # Errors
    /// As [`Sessions::post`].
    pub async fn post_from(
        &self,
        key: &SessionKey,
        visitor: Visitor,
        draft: Draft,
        origin: ConnectionId,
    ) -> Result<Receipt, Refusal> {
        let command = Command::Post { visitor, opening: None, draft };
        receipt(self.directory.ask_from(key, command, Some(origin)).await?)
    }

    /// What there is of the answer that the assistant is making, for whoever listens to the session already.
    pub fn draft(&self, key: &SessionKey) -> Option<DraftPiece> {
        self.bus.draft(key)
    }

    /// How many answers are being made that somebody could see.
    pub fn drafts(&self) -> usize {
        self.bus.drafts()
    }

    /// Says that somebody types, or stopped.
    pub fn typing(&self, key: &SessionKey, who: Typist, active: bool, origin: Option<ConnectionId>) {
        self.directory.send(key, Envelope::new(Request::Typing { who, active }, origin, Reply::Nobody));
    }

    /// Does something that has no other answer than that it is done.
    ///
    /// # Errors
    /// As [`Sessions::enter`].
    pub async fn act(&self, key: &SessionKey, command: Command) -> Result<(), Refusal> {
        self.directory.ask(key, command).await.map(drop)
    }

    /// As [`Sessions::act`], for what has a place in the log.
    ///
    /// # Errors
    /// As [`Sessions::enter`].
    pub async fn receipt_of(&self, key: &SessionKey, command: Command) -> Result<Receipt, Refusal> {
        receipt(self.directory.ask(key, command).await?)
    }

    /// The session as the store has it.
    ///
    /// # Errors
    /// `NotFound` when it never began or the visitor may not enter; `Unavailable`.
    pub fn read(&self, key: &SessionKey, visitor: &Visitor) -> Result<State, Refusal> {
        let state = load(&self.store, key).map_err(unreadable)?.state;
        if !state.exists() {
            return Err(Refusal::NotFound { what: "session" });
        }
        visitor.enter(&state)?;
        Ok(state)
    }

    /// Up to `limit` events after `after`, oldest first. The caller has entered.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn events_after(&self, key: &SessionKey, after: u64, limit: usize) -> Result<Vec<Committed>, Refusal> {
        let read = log::read::<Event>(&self.store, key, after, limit).map_err(unreadable)?;
        Ok(read.into_iter().map(|logged| Committed { seq: logged.seq, event: logged.event, origin: None }).collect())
    }

    /// When the message at a place was taken in; nothing where none is there.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn said_at(&self, key: &SessionKey, seq: u64) -> Result<Option<Timestamp>, Refusal> {
        let found = self.events_after(key, seq.saturating_sub(1), 1)?.pop().filter(|found| found.seq == seq);
        Ok(found.and_then(|found| match found.event {
            Event::Posted(message) => Some(message.at),
            _ => None,
        }))
    }

    /// The message that a sender's own id became, if it did: a staff member's, or the customer's. The caller has entered.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn posted_as(
        &self,
        key: &SessionKey,
        user: Option<UserId>,
        client_id: &ClientMessageId,
    ) -> Result<Option<Message>, Refusal> {
        let found = idempotency::find(&self.store, key, user, client_id).map_err(unreadable)?;
        let Some((_, seq)) = found else { return Ok(None) };
        let events = self.events_after(key, seq.saturating_sub(1), 1)?;
        Ok(events.first().and_then(|committed| posted(&committed.event)))
    }

    /// A customer's own sessions, in the order they began.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn of_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        after: Option<&Cursor>,
        limit: usize,
        direction: Direction,
    ) -> Result<Page<State>, Refusal> {
        let prefix = format!("{customer}/");
        let wanted = Match::StartsWith(&prefix);
        record::by_index(&self.store, organization, session::BY_CUSTOMER, wanted, after, limit, direction)
            .map_err(unreadable)
    }

    /// How many sessions a customer has, counted up to `limit`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn count_of_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        limit: usize,
    ) -> Result<usize, Refusal> {
        let prefix = format!("{customer}/");
        let wanted = Match::StartsWith(&prefix);
        record::count_index::<State>(&self.store, organization, session::BY_CUSTOMER, wanted, limit).map_err(unreadable)
    }

    /// A customer's own sessions, oldest first, `limit` of them after the first `offset`, and how many there are (up to
    /// [`SESSIONS_COUNTED_MAX`]).
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn slice_of_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        offset: u64,
        limit: u64,
    ) -> Result<(Vec<State>, u64), Refusal> {
        let total = self.count_of_customer(organization, customer, SESSIONS_COUNTED_MAX)? as u64;
        let (mut skipped, mut found, mut after) = (offset, Vec::new(), None);
        while offset < total && (found.len() as u64) < limit {
            let page = self.of_customer(organization, customer, after.as_ref(), STRIDE, Direction::Forward)?;
            for state in page.items {
                match skipped {
                    0 if (found.len() as u64) < limit => found.push(state.record),
                    0 => break,
                    _ => skipped -= 1,
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok((found, total))
    }

    fn ending_in_log(&self, key: &SessionKey, seq: u64) -> Result<Option<Ending>, Refusal> {
        let (mut after, mut events) = (seq, Vec::new());
        loop {
            let page = self.events_after(key, after, SCAN_EVENTS)?;
            let Some(last) = page.last().map(|committed| committed.seq) else { return Ok(None) };
            events.extend(page);
            if let Some(ending) = ending_among(&events, seq) {
                return Ok(Some(ending));
            }
            // What is said with the end may stand on the page before it.
            events.drain(..events.len().saturating_sub(SAID_MAX_EVENTS));
            after = last;
        }
    }
}

async fn next_ending(outbox: &Outbox, seq: u64) -> Result<Ending, Lagged> {
    let mut items = VecDeque::new();
    loop {
        outbox.take(&mut items).await?;
        for item in items.drain(..) {
            if let Item::Entry(entry) = item
                && let Some(ending) = ending_among(&entry.events, seq)
            {
                return Ok(ending);
            }
        }
    }
}

/// The end of the turn that took in the message at `seq`, and what was said right before it.
fn ending_among(events: &[Committed], seq: u64) -> Option<Ending> {
    let covers = |event: &Event| match event {
        Event::TurnEnded { turn, upto, outcome } if *turn <= seq && seq <= *upto => Some(*outcome),
        Event::TurnEnded { .. }
        | Event::Started(_)
        | Event::Posted(_)
        | Event::OwnerMoved { .. }
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. }
        | Event::Desk(_) => None,
    };
    let (at, outcome) = events.iter().enumerate().find_map(|(at, committed)| Some((at, covers(&committed.event)?)))?;
    let ours = |committed: &&Committed| match &committed.event {
        // What a service says meanwhile is no answer.
        Event::Posted(message) => match message.author {
            Author::Assistant => true,
            Author::Notice(notice) => notice != Notice::Service,
            Author::Customer | Author::Agent { .. } => false,
        },
        Event::OwnerMoved { .. } | Event::Suggested(_) | Event::Condensed(_) | Event::Desk(_) => true,
        Event::Started(_) | Event::TurnEnded { .. } | Event::ContextReset { .. } | Event::CommandParked { .. } => false,
    };
    let mut said: Vec<Message> = events[..at].iter().rev().take_while(ours).filter_map(|c| posted(&c.event)).collect();
    said.reverse();
    Some(Ending { outcome, said })
}

fn posted(event: &Event) -> Option<Message> {
    match event {
        Event::Posted(message) => Some(message.clone()),
        Event::Started(_)
        | Event::OwnerMoved { .. }
        | Event::TurnEnded { .. }
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. }
        | Event::Desk(_) => None,
    }
}

fn receipt(outcome: Outcome) -> Result<Receipt, Refusal> {
    match outcome {
        Outcome::Posted(receipt) => Ok(receipt),
        Outcome::Entered { .. } | Outcome::Done => Err(Refusal::Unavailable { part: "session" }),
    }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "the store can not be read");
    Refusal::Unavailable { part: "store" }
}
