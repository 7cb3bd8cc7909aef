//! What an organization's desk must not lose when its actor breaks: who is connected, which orders are not answered, and the
//! actor's address.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ractor::{ActorProcessingErr, ActorRef, SpawnErr};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::actor::DeskActor;
use super::message::{Answer, Ask, Message};
use super::{ASKS_MAX, CONNECTIONS_MAX, DeskParts, DeskState, START_WAIT, SUPERVISOR};
use crate::actors::cell::Credit;
use crate::actors::keeper::Place;
use crate::bus::{ConnectionId, Outbox};
use crate::domain::desk::{Availability, Scope};
use crate::domain::{OrganizationId, PersonName, Refusal, SessionId, Timestamp, UserId};

const NO_DESK: Refusal = Refusal::Unavailable { part: "desk" };

/// See the module.
pub(super) struct Room {
    pub organization: OrganizationId,
    people: Mutex<BTreeMap<UserId, Here>>,
    orders: Mutex<HashMap<u64, Unanswered>>,
    actor: watch::Sender<Option<ActorRef<Message>>>,
    asks: Arc<AtomicUsize>,
    next_order: AtomicU64,
    /// Held while it is written down who is at work: what is written last is so.
    pub register: tokio::sync::Mutex<()>,
    has_begun: AtomicBool,
    failures: AtomicU32,
    waiting: AtomicUsize,
    oldest_ms: AtomicI64,
}

/// A person at work.
#[derive(Debug)]
pub(super) struct Here {
    pub name: PersonName,
    pub status: Availability,
    pub connections: Vec<Connection>,
}

/// One connection of theirs.
#[derive(Debug)]
pub(super) struct Connection {
    pub outbox: Arc<Outbox>,
    pub scope: Scope,
    pub watched: HashSet<SessionId>,
}

/// An order that is under way.
pub(super) struct Unanswered {
    pub session: SessionId,
    /// Whom it gives the session.
    pub reserve: Option<UserId>,
    /// Who waits for it.
    pub answer: Option<Answer<()>>,
    /// Whether its own answer was lost, and the session was only asked whether it is through.
    pub probed: bool,
    /// Whether it is a question to the organization's service, and no order for a session.
    pub is_question: bool,
}

impl Room {
    pub(super) fn new(organization: OrganizationId) -> Self {
        Self {
            organization,
            people: Mutex::default(),
            orders: Mutex::default(),
            actor: watch::Sender::new(None),
            asks: Arc::default(),
            next_order: AtomicU64::new(1),
            register: tokio::sync::Mutex::default(),
            has_begun: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            waiting: AtomicUsize::new(0),
            oldest_ms: AtomicI64::new(i64::MAX),
        }
    }

    /// The board was made; a board before it may have told less than happened, so each connection looks anew.
    pub(super) fn begin_anew(&self) {
        if self.has_begun.swap(true, Ordering::Relaxed) {
            self.people().values().flat_map(|here| &here.connections).for_each(|one| one.outbox.lag());
        }
    }

    /// The actor has worked for a while.
    pub(super) fn went_well(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    /// Asks the desk, which may be on its way.
    pub(super) async fn ask<T>(&self, ask: impl FnOnce(Answer<T>) -> Ask) -> Result<T, Refusal> {
        let credit = Credit::take(&self.asks, ASKS_MAX).ok_or(Refusal::Busy)?;
        let mut actors = self.actor.subscribe();
        let found = timeout(START_WAIT, actors.wait_for(Option::is_some)).await;
        let actor = found.ok().and_then(Result::ok).and_then(|actor| actor.clone()).ok_or(NO_DESK)?;
        let (answer, answered) = oneshot::channel();
        actor.cast(Message::Ask(ask(answer), credit)).map_err(|_| NO_DESK)?;
        answered.await.unwrap_or(Err(NO_DESK))
    }

    /// Tells the desk, if it is there; one that is started later looks for itself.
    pub(super) fn tell(&self, message: Message) {
        let actor = self.actor.borrow().clone();
        if let Some(actor) = actor {
            drop(actor.cast(message));
        }
    }

    /// Takes in a connection.
    pub(super) fn enter(
        &self,
        user: UserId,
        name: PersonName,
        outbox: &Arc<Outbox>,
        scope: Scope,
    ) -> Result<(), Refusal> {
        let mut people = self.people();
        let open: usize = people.values().map(|here| here.connections.len()).sum();
        if open >= CONNECTIONS_MAX {
            return Err(Refusal::Busy);
        }
        let here = people.entry(user).or_insert_with(|| Here {
            name: name.clone(),
            status: Availability::default(),
            connections: Vec::new(),
        });
        here.name = name;
        here.connections.push(Connection { outbox: Arc::clone(outbox), scope, watched: HashSet::new() });
        Ok(())
    }

    /// Takes a connection away.
    pub(super) fn leave(&self, user: UserId, connection: ConnectionId) {
        let left = {
            let mut people = self.people();
            let Some(here) = people.get_mut(&user) else { return };
            let before = here.connections.len();
            here.connections.retain(|one| one.outbox.id() != connection);
            before > 0 && here.connections.is_empty()
        };
        if left {
            self.tell(Message::Vanished(user));
        }
    }

    /// Keeps what a person says of themselves; gives their name, if they are at work.
    pub(super) fn set_status(&self, user: UserId, status: Availability) -> Option<PersonName> {
        let mut people = self.people();
        let here = people.get_mut(&user)?;
        here.status = status;
        Some(here.name.clone())
    }

    /// Whether a connection of theirs is open.
    pub(super) fn is_there(&self, user: UserId) -> bool {
        self.people().get(&user).is_some_and(|here| !here.connections.is_empty())
    }

    pub(super) fn change(&self, user: UserId, connection: ConnectionId, change: impl FnOnce(&mut Connection)) {
        let mut people = self.people();
        let connections = people.get_mut(&user).into_iter().flat_map(|here| here.connections.iter_mut());
        if let Some(found) = connections.into_iter().find(|one| one.outbox.id() == connection) {
            change(found);
        }
    }

    pub(super) fn people(&self) -> MutexGuard<'_, BTreeMap<UserId, Here>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn orders(&self) -> MutexGuard<'_, HashMap<u64, Unanswered>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> DeskState {
        DeskState {
            organization: self.organization.clone(),
            runs: self.actor.borrow().is_some(),
            asks: self.asks.load(Ordering::Relaxed),
            orders: self.orders().len(),
        }
    }

    pub(super) fn next_order(&self) -> u64 {
        self.next_order.load(Ordering::Relaxed)
    }

    /// Remembers how far the numbers have come, and how much waits.
    pub(super) fn note(&self, next_order: u64, waiting: usize, oldest: Option<Timestamp>) {
        self.next_order.store(next_order, Ordering::Relaxed);
        self.waiting.store(waiting, Ordering::Relaxed);
        self.oldest_ms.store(oldest.map_or(i64::MAX, Timestamp::as_ms), Ordering::Relaxed);
    }

    /// How many wait, and how long the first of them, in seconds.
    pub(super) fn waiting(&self, now: Timestamp) -> (usize, u64) {
        let oldest = Timestamp::from_ms(self.oldest_ms.load(Ordering::Relaxed));
        (self.waiting.load(Ordering::Relaxed), now.since_ms(oldest) / 1_000)
    }
}

impl Place for Room {
    type Parts = DeskParts;
    type Actor = DeskActor;

    const ACTOR: DeskActor = DeskActor;
    const RESTART_PAUSE_MS: u64 = 20;

    fn is_needed(&self) -> bool {
        true
    }

    fn started(&self, desk: ActorRef<Message>) {
        self.actor.send_replace(Some(desk));
    }

    fn ended(&self) -> u32 {
        self.actor.send_replace(None);
        self.failures.fetch_add(1, Ordering::Relaxed)
    }

    fn broke(&self, parts: &DeskParts, why: &ActorProcessingErr) {
        metrics::counter!("switchboard_desk_restarts_total").increment(1);
        tracing::error!(error = %why, "a desk broke; starting it again");
        parts.directory.restarts().note_desk(SUPERVISOR, &self.organization, &why.to_string(), parts.clock.now());
    }

    fn does_not_start(&self, why: &SpawnErr) {
        tracing::error!(organization = %self.organization, error = %why, "the desk does not start");
    }
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Room").field("organization", &self.organization).finish_non_exhaustive()
    }
}
