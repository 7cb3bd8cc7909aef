//! The session actor: a thin shell around the rules. It takes what waits in its cell, lets the rules decide, gives the
//! events to the store as one durable batch, and starts work beside itself. It keeps one batch on its way at a time, so
//! what it believes is never more than one batch ahead of the disk, and a refused batch costs one reload.
//!
//! When the batch is durable the bus is told first, then those who asked.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::task::AbortHandle;

use super::after_commit::{AfterCommit, Answer, Stage};
use super::alarm::Alarms;
use super::cell::{Cell, Envelope, Request};
use super::condense::{Condenser, Destination};
use super::drafting::Drafting;
use super::hand::Hand;
use super::load::{HEADER_EVERY_EVENTS, Loaded, header, load};
use super::receipts::{client_id_of, stored_receipt};
use super::work::{self, Assignment};
use super::{Directory, ERASING, Fences, Parts, park};
use crate::bus::{Committed, ConnectionId, Draft, Entry, Signal};
use crate::domain::desk::case::Preview;
use crate::domain::session::Purpose;
use crate::domain::turn::{self, Step};
use crate::domain::typing::{Typing, TypingChange, Typist};
use crate::domain::{
    Author, Case, Command, Event, Failure, Moment, Outcome, Owner, Policy, Refusal, SessionKey, State, Timestamp,
    evolve,
};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, FeedEntry, StoreError, StoreHealth, idempotency, log};
use crate::telemetry::TurnMeters;

/// What a live session takes in memory besides its lines: the actor, its state, its queues. Measured, in bytes.
const SESSION_BYTES: usize = 10 * 1024;

/// How long a session rests after a refused batch before it takes up an open turn again, in milliseconds.
const COME_BACK_MS: i64 = 500;

/// The doorbell: look into the cell.
#[derive(Debug)]
pub(super) struct Knock;

/// What all session actors share.
pub(super) struct Shared {
    /// The engine's parts.
    pub parts: Parts,
    /// Who rings at a moment.
    pub alarms: Alarms,
    /// The way in.
    pub directory: Weak<Directory>,
    /// Sessions that are being erased.
    pub fences: Arc<Fences>,
    /// How turns end.
    pub turns: Arc<TurnMeters>,
}

/// See the module.
pub(super) struct SessionActor;

/// A session actor's own.
pub(super) struct Live {
    shared: Arc<Shared>,
    cell: Arc<Cell>,
    /// As it was when the actor last looked up.
    policy: Arc<Policy>,
    loaded: Option<Loaded>,
    has_loaded: bool,
    typing: Typing,
    assistant_types: bool,
    work: Option<AbortHandle>,
    /// What there is of the answer that the work is to become.
    draft: Option<Arc<Draft>>,
    condenser: Condenser,
    alarm_at: Option<Timestamp>,
    /// When to look for an open turn in the store, after a refused batch.
    come_back_at: Option<Timestamp>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.throw_work_away();
        self.stop_assistant_typing();
    }
}

impl Actor for SessionActor {
    type Msg = Knock;
    type State = Live;
    type Arguments = (Arc<Shared>, Arc<Cell>);

    async fn pre_start(
        &self,
        _myself: ActorRef<Knock>,
        (shared, cell): Self::Arguments,
    ) -> Result<Live, ActorProcessingErr> {
        let typing = Typing::default();
        let policy = Arc::clone(shared.parts.policies.base());
        Ok(Live {
            shared,
            policy,
            cell,
            loaded: None,
            has_loaded: false,
            typing,
            assistant_types: false,
            work: None,
            draft: None,
            condenser: Condenser::default(),
            alarm_at: None,
            come_back_at: None,
        })
    }

    async fn handle(&self, myself: ActorRef<Knock>, _: Knock, live: &mut Live) -> Result<(), ActorProcessingErr> {
        live.answer();
        live.cell.went_well();
        if live.is_idle() && live.cell.may_stop() {
            myself.stop(None);
        }
        Ok(())
    }
}

/// What the rules made of the requests in the hand, before any of it is durable.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) events: Vec<Committed>,
    results: Vec<Result<Outcome, Refusal>>,
    pub(super) batch: Batch,
}

impl Live {
    fn answer(&mut self) {
        let now = self.shared.parts.clock.now();
        self.policy = self.shared.parts.policies.of(&self.cell.key.organization);
        if self.cell.heard() {
            self.forget(now);
        }
        if self.cell.is_committing() {
            return;
        }
        loop {
            let comes_back = self.come_back_at.take_if(|at| *at <= now || now.plus_ms(COME_BACK_MS) < *at).is_some();
            let hand = self.cell.take(self.shared.parts.limits.batch_max);
            if self.shared.fences.is_shut(&self.cell.key) {
                if !self.turn_away(hand) {
                    return;
                }
                continue;
            }
            if hand.is_some() || comes_back {
                if let Err(error) = self.ensure_loaded(now) {
                    tracing::error!(session = ?self.cell.key, %error, "session does not load");
                    drop(hand);
                    self.cell.give_up(&Refusal::Unavailable { part: "store" });
                    return;
                }
                if hand.is_some_and(|hand| self.decide_all(hand, now)) {
                    return;
                }
            }
            if !self.step(now) {
                return;
            }
        }
    }

    /// Whether nothing is under way that only this actor knows of.
    fn is_idle(&self) -> bool {
        self.work.is_none()
            && self.come_back_at.is_none()
            && self.typing.next_expiry().is_none()
            && self
                .loaded
                .as_ref()
                .is_none_or(|Loaded { state, .. }| state.turn.is_none() && !turn::wants_suggestion(state, &self.policy))
    }

    /// The last batch was refused: what was believed is not so. An open turn is taken up again after a pause, unless the
    /// store takes no writes at all; then nothing could end it.
    fn forget(&mut self, now: Timestamp) {
        self.loaded = None;
        self.throw_work_away();
        self.stop_assistant_typing();
        if self.shared.parts.store.health() == StoreHealth::Writable {
            let at = now.plus_ms(COME_BACK_MS);
            self.come_back_at = Some(at);
            self.ring_at(at, now);
        }
    }

    /// The session is being erased: nothing of it is known here any more, and whoever wants something of it is to come
    /// again. Tells whether there was anybody.
    fn turn_away(&mut self, hand: Option<Hand>) -> bool {
        self.loaded = None;
        self.come_back_at = None;
        self.typing = Typing::default();
        self.throw_work_away();
        self.stop_assistant_typing();
        let Some(hand) = hand else { return false };
        for envelope in hand.decided(false) {
            envelope.reply.send(Err(ERASING));
        }
        true
    }

    fn ensure_loaded(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if self.loaded.is_none() {
            let mut loaded = load(&self.shared.parts.store, &self.cell.key)?;
            // Only a start gives an open turn its time again: a batch that was refused must not, or it would never end.
            if !std::mem::replace(&mut self.has_loaded, true) {
                turn::resume(&mut loaded.state, now);
            }
            self.loaded = Some(loaded);
        }
        Ok(())
    }

    /// Decides on everything in the hand. Tells whether a batch is on its way.
    fn decide_all(&mut self, mut hand: Hand, now: Timestamp) -> bool {
        let mut decided = Decided::default();
        hand.decide_each(|envelope| {
            let result = match &envelope.request {
                Request::Command(command) => self.decide(command, envelope, &mut decided, now),
                Request::Typing { who, active } => {
                    self.note_typing(*who, *active, envelope.origin, now);
                    Ok(Outcome::Done)
                }
            };
            decided.results.push(result);
        });
        let Some(loaded) = &self.loaded else { return false };
        self.cell.used(now, SESSION_BYTES + loaded.state.memory.bytes() + loaded.ids.bytes());
        let commits = !decided.events.is_empty() || !decided.batch.is_empty();
        let answers = hand.decided(commits).into_iter().zip(std::mem::take(&mut decided.results));
        let answers: VecDeque<Answer> = answers.map(|(envelope, result)| Answer { envelope, result }).collect();
        if commits {
            self.commit(decided, answers, now);
        } else {
            answers.into_iter().for_each(Answer::send);
        }
        commits
    }

    fn decide(
        &mut self,
        command: &Command,
        envelope: &Envelope,
        decided: &mut Decided,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let Some(Loaded { state, .. }) = &mut self.loaded else { return Err(Refusal::Unavailable { part: "store" }) };
        let parts = &self.shared.parts;
        if self.shared.fences.keeps_out(&self.cell.key, command) {
            return Err(ERASING);
        }
        if envelope.attempts > parts.limits.attempts_max {
            park::park(parts, state, command, envelope, decided, now);
            return Err(Refusal::Unavailable { part: "session" });
        }
        // An id that the session has let go of is caught when the batch is refused; only then is it looked for.
        if envelope.conflicts > 0
            && let Some(receipt) = stored_receipt(parts, state, command)?
        {
            return Ok(Outcome::Posted(receipt));
        }
        let moment = Moment { now, policy: &self.policy, fresh_id: uuid::Uuid::now_v7 };
        let decision = (parts.rules)(state, command, moment)?;
        take_in(state, decision.events, envelope.origin, decided);
        Ok(decision.outcome)
    }

    fn commit(&mut self, decided: Decided, answers: VecDeque<Answer>, now: Timestamp) {
        let Decided { events, mut batch, .. } = decided;
        let Some(Loaded { state, .. }) = &self.loaded else { return };
        let speaks = events.iter().any(|committed| ends_assistant_typing(&committed.event));
        let supersedes = speaks || events.iter().any(|committed| matches!(committed.event, Event::Posted(_)));
        let after = AfterCommit {
            bus: Arc::clone(&self.shared.parts.bus),
            turns: Arc::clone(&self.shared.turns),
            cell: Arc::clone(&self.cell),
            stops_typing: speaks && std::mem::take(&mut self.assistant_types),
            draft: self.draft.clone().filter(|_| supersedes),
            more: state.turn.is_some() || self.work.is_some() || turn::wants_suggestion(state, &self.policy),
            entry: Arc::new(self.entry(state, events, now)),
            answers,
            stage: Stage::OnItsWay,
        };
        match self.prepare(&mut batch, &after.entry.events, now) {
            Ok(()) => self.shared.parts.store.submit(batch, Box::new(move |result| after.run(result))),
            Err(error) => {
                tracing::error!(session = ?self.cell.key, %error, "batch can not be written");
                after.run(Err(CommitError::Unavailable));
            }
        }
    }

    /// What the listeners are told; who watches over sessions gets the session itself along.
    fn entry(&self, state: &State, events: Vec<Committed>, now: Timestamp) -> Entry {
        let key = self.cell.key.clone();
        let concerns_people = state.service.is_some() || matches!(state.owner, Owner::Queue | Owner::Human { .. });
        let watched = concerns_people || self.shared.parts.bus.is_watched(&key.organization);
        let said = || events.iter().rev().find_map(|committed| Preview::of(committed.seq, &committed.event));
        let case = watched.then(|| {
            Arc::new(Case::of(
                state,
                said().or_else(|| Preview::asked(state, events.iter().map(|committed| &committed.event))),
            ))
        });
        Entry::new(key, now, state.stream, events, case)
    }

    /// Fills the batch: the log entry, the client ids, the feed, and now and then the header.
    fn prepare(&mut self, batch: &mut Batch, events: &[Committed], now: Timestamp) -> Result<(), StoreError> {
        let Some(first) = events.first().map(|committed| committed.seq) else { return Ok(()) };
        let key = self.cell.key.clone();
        let plain: Vec<&Event> = events.iter().map(|committed| &committed.event).collect();
        log::append(batch, &key, first, now, &plain)?;
        let Some(Loaded { state, ids, .. }) = &mut self.loaded else { return Ok(()) };
        for committed in events {
            if let Some((user, client_id, message)) = client_id_of(&committed.event) {
                let unused = ids.take_in(state, user, client_id);
                let remember = if unused { idempotency::remember_unused } else { idempotency::remember };
                remember(batch, &key, user, client_id, message, committed.seq);
            }
        }
        self.save_header(batch, events)?;
        let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
        let SessionKey { organization, session } = key;
        batch.announce(FeedEntry { organization, session, first, count });
        Ok(())
    }

    fn save_header(&mut self, batch: &mut Batch, events: &[Committed]) -> Result<(), StoreError> {
        let Some(Loaded { state, saved, .. }) = &mut self.loaded else { return Ok(()) };
        let changes = |committed: &Committed| matches!(committed.event, Event::Started(_) | Event::OwnerMoved { .. });
        let record = || header(state);
        let version = match saved.as_deref() {
            None => {
                let record = record();
                record::insert(batch, &record)?;
                *saved = Some(Box::new(Versioned { record, version: record::FIRST_VERSION }));
                return Ok(());
            }
            Some(old) if events.iter().any(changes) || state.next_seq - old.record.next_seq >= HEADER_EVERY_EVENTS => {
                record::update(batch, old, &record())?
            }
            Some(_) => return Ok(()),
        };
        *saved = Some(Box::new(version));
        Ok(())
    }

    /// Moves the turn on. Tells whether there is something to decide at once.
    fn step(&mut self, now: Timestamp) -> bool {
        self.expire_typing(now);
        let Some(Loaded { state, .. }) = &mut self.loaded else { return false };
        match turn::next_step(state, &self.policy, now) {
            Step::Idle => {
                let to = Destination { directory: &self.shared.directory, cell: &self.cell };
                let responder = self.shared.parts.responder.as_ref().filter(|_| self.policy.condenses);
                self.condenser.look(state, responder, &self.policy.assistant, &to);
                self.throw_work_away();
                false
            }
            Step::Working => false,
            Step::Wait(until) => {
                self.ring_at(until, now);
                false
            }
            Step::Start(work) => {
                turn::begin(state, work);
                self.start_work(work, now);
                true
            }
            Step::Overdue => {
                self.tell_myself(Command::Tick);
                true
            }
        }
    }

    fn start_work(&mut self, work: crate::domain::session::Work, now: Timestamp) {
        self.throw_work_away();
        let Some(Loaded { state, .. }) = &self.loaded else { return };
        let Some(responder) = self.shared.parts.responder.clone() else {
            self.tell_myself(Command::Finished { work, result: Err(Failure::Broken) });
            return;
        };
        let since = state.turn.as_ref().map_or(now, |turn| turn.since);
        let deadline = Duration::from_millis(self.policy.deadline_ms.saturating_sub(now.since_ms(since)));
        let settings = &self.policy.assistant;
        let turn = work::turn_of(state, work, settings);
        let drafts = work.purpose == Purpose::Reply;
        self.draft = drafts.then(|| self.shared.parts.bus.begin_draft(&self.cell.key, work.turn));
        let drafting = self.draft.clone().map(|draft| Drafting::new(draft, Arc::clone(settings)));
        let directory = Weak::clone(&self.shared.directory);
        let assignment = Assignment { work, turn, deadline, drafting };
        self.work = Some(work::start(responder, directory, Arc::clone(&self.cell), assignment));
        if work.purpose == Purpose::Reply && !std::mem::replace(&mut self.assistant_types, true) {
            self.signal_typing(TypingChange { who: Typist::Assistant, active: true }, None);
        }
    }

    fn throw_work_away(&mut self) {
        if let Some(work) = self.work.take() {
            work.abort();
        }
        if let Some(draft) = self.draft.take() {
            draft.end();
        }
    }

    fn stop_assistant_typing(&mut self) {
        if std::mem::take(&mut self.assistant_types) {
            self.signal_typing(TypingChange { who: Typist::Assistant, active: false }, None);
        }
    }

    fn note_typing(&mut self, who: Typist, active: bool, origin: Option<ConnectionId>, now: Timestamp) {
        let change = if active { self.typing.start(who, now) } else { self.typing.stop(who) };
        if let Some(change) = change {
            self.signal_typing(change, origin);
        }
        if let Some(until) = self.typing.next_expiry() {
            self.ring_at(until, now);
        }
    }

    fn expire_typing(&mut self, now: Timestamp) {
        for change in self.typing.expire(now) {
            self.signal_typing(change, None);
        }
        if let Some(until) = self.typing.next_expiry() {
            self.ring_at(until, now);
        }
    }

    fn signal_typing(&self, change: TypingChange, origin: Option<ConnectionId>) {
        self.shared.parts.bus.signal(&self.cell.key, Signal::Typing { change, origin });
    }

    /// Sets the alarm, unless it rings early enough already.
    fn ring_at(&mut self, at: Timestamp, now: Timestamp) {
        if self.alarm_at.is_some_and(|set| now < set && set <= at) {
            return;
        }
        self.alarm_at = Some(at);
        self.shared.alarms.set(&self.cell, at.since_ms(now) + 1);
    }

    fn tell_myself(&self, command: Command) {
        if let Some(directory) = self.shared.directory.upgrade() {
            directory.tell(&self.cell, Envelope::internal(command));
        }
    }
}

pub(super) fn take_in(state: &mut State, events: Vec<Event>, origin: Option<ConnectionId>, decided: &mut Decided) {
    if decided.events.is_empty() {
        // Most often nothing else is in the batch.
        decided.events.reserve_exact(events.len());
    }
    for event in events {
        let seq = state.next_seq;
        evolve(state, &event);
        decided.events.push(Committed { seq, event, origin });
    }
}

const fn ends_assistant_typing(event: &Event) -> bool {
    match event {
        Event::Posted(message) => !matches!(message.author, Author::Customer),
        Event::TurnEnded { .. } | Event::OwnerMoved { .. } => true,
        Event::Started(_)
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. }
        | Event::Desk(_) => false,
    }
}
