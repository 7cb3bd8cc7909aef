//! Where a target's courier is found, also while it is started again: its address, and whether there is news.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ractor::{ActorProcessingErr, ActorRef, SpawnErr};

use super::courier::{Courier, Message};
use super::{CourierParts, CourierState, SUPERVISOR};
use crate::actors::keeper::Place;
use crate::domain::SessionId;
use crate::domain::outbox::{TargetKey, Via};

/// See the module.
#[derive(Debug)]
pub(super) struct Post {
    pub target: TargetKey,
    pub via: Via,
    actor: Mutex<Option<ActorRef<Message>>>,
    /// Whether the courier was told of something that it has not looked at: it is told once.
    news: AtomicBool,
    ended: AtomicBool,
    failures: AtomicU32,
    flying: AtomicUsize,
}

impl Post {
    pub(super) const fn new(target: TargetKey, via: Via) -> Self {
        Self {
            target,
            via,
            actor: Mutex::new(None),
            news: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            flying: AtomicUsize::new(0),
        }
    }

    /// There are new deliveries.
    pub(super) fn news(&self) {
        if !self.news.swap(true, Ordering::AcqRel) {
            self.tell(Message::News);
        }
    }

    /// The courier looks at the news now.
    pub(super) fn looks(&self) {
        self.news.store(false, Ordering::Release);
    }

    /// Something else than new deliveries changed.
    pub(super) fn look_again(&self) {
        self.tell(Message::LookAgain);
    }

    /// What a session's first delivery waits for has come.
    pub(super) fn free(&self, session: SessionId) {
        self.tell(Message::Free(session));
    }

    /// The process ends.
    pub(super) fn drain(&self) {
        self.tell(Message::Drain);
    }

    /// Whether the courier has something under way, or to write down.
    pub(super) fn is_busy(&self) -> bool {
        self.actor().is_some() && self.flying.load(Ordering::Relaxed) > 0
    }

    /// The target is gone.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        if let Some(actor) = self.actor().as_ref() {
            actor.stop(None);
        }
    }

    /// The courier has delivered something, so it works.
    pub(super) fn works(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    pub(super) fn set_flying(&self, flying: usize) {
        self.flying.store(flying, Ordering::Relaxed);
    }

    pub(super) fn state(&self) -> CourierState {
        let runs = self.actor().is_some();
        CourierState { target: self.target.clone(), runs, flying: self.flying.load(Ordering::Relaxed) }
    }

    /// A courier that is not there hears nothing: it reads everything when it starts.
    fn tell(&self, message: Message) {
        if let Some(actor) = self.actor().as_ref() {
            drop(actor.cast(message));
        }
    }

    fn actor(&self) -> MutexGuard<'_, Option<ActorRef<Message>>> {
        self.actor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place for Post {
    type Parts = CourierParts;
    type Actor = Courier;

    const ACTOR: Courier = Courier;
    const RESTART_PAUSE_MS: u64 = 100;

    fn is_needed(&self) -> bool {
        !self.ended.load(Ordering::Acquire)
    }

    fn started(&self, courier: ActorRef<Message>) {
        self.looks();
        *self.actor() = Some(courier.clone());
        // The target may have gone while it started, before there was anybody to stop.
        if !self.is_needed() {
            courier.stop(None);
        }
        // What came before its address was known it was not told of.
        self.look_again();
    }

    fn ended(&self) -> u32 {
        self.looks();
        *self.actor() = None;
        self.failures.fetch_add(1, Ordering::Relaxed)
    }

    fn broke(&self, parts: &CourierParts, why: &ActorProcessingErr) {
        metrics::counter!("switchboard_outbox_restarts_total").increment(1);
        tracing::error!(error = %why, "a courier broke; starting it again");
        parts.directory.restarts().note_courier(SUPERVISOR, &self.target, &why.to_string(), parts.clock.now());
    }

    fn does_not_start(&self, why: &SpawnErr) {
        let TargetKey { organization, target } = &self.target;
        tracing::error!(%organization, %target, error = %why, "a courier does not start");
    }
}
