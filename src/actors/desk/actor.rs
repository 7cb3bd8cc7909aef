//! The desk's actor: takes in what it hears and is asked, then settles, tells the staff and sends the orders, once per message.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{Histogram, counter, histogram};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinHandle};
use uuid::Uuid;

use super::hook::Hook;
use super::message::{Answer, Ask, Message};
use super::reload::{self, Begin};
use super::room::{Here, Room, Unanswered};
use super::{DeskParts, OUTBOX, duty, tell};
use crate::actors::cell::{Envelope, Reply, Request};
use crate::actors::load::newest_message;
use crate::bus::{Entry, Item, Outbox, Signal, Watch};
use crate::domain::desk::Board;
use crate::domain::desk::board::{Arrival, HookQuestion, Order, OrderId, Orders, concerns_people};
use crate::domain::desk::event::OfferEnd;
use crate::domain::{Case, Command, DeskEvent, Event, Outcome, Refusal, SessionId, SessionKey, Timestamp, UserId};
use crate::store::StoreError;

/// How often what needs no exact moment is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The least time between two tellings of how lists stand. Everybody at work is told of every change, so what changes again
/// at once is told once; who is asked is told without delay.
const LISTS_EVERY: Duration = Duration::from_millis(100);

/// See the module.
pub(super) struct DeskActor;

/// The actor's own.
pub(super) struct Live {
    parts: DeskParts,
    room: Arc<Room>,
    board: Board,
    ears: Ears,
    hook: Hook,
    due: Option<(Timestamp, AbortHandle)>,
    lists_told: Option<Instant>,
    lists_wait: bool,
    decided_in: Histogram,
    me: ActorRef<Message>,
}

/// How it hears of its organization.
struct Ears {
    outbox: Arc<Outbox>,
    _watch: Watch,
    pump: JoinHandle<()>,
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

impl Actor for DeskActor {
    type Msg = Message;
    type State = Live;
    type Arguments = (DeskParts, Arc<Room>);

    async fn pre_start(
        &self,
        me: ActorRef<Message>,
        (parts, room): Self::Arguments,
    ) -> Result<Live, ActorProcessingErr> {
        let settings = Arc::clone(&parts.policies.of(&room.organization).desk);
        let board = Board::new(room.organization.clone(), settings, room.next_order(), parts.clock.now());
        let (ears, hook) = (Ears::open(&parts, &room, &me), Hook::new(&parts.hook));
        let decided_in = histogram!("switchboard_desk_decision_seconds");
        Ok(Live { parts, room, board, ears, hook, due: None, lists_told: None, lists_wait: false, decided_in, me })
    }

    async fn post_start(&self, me: ActorRef<Message>, live: &mut Live) -> Result<(), ActorProcessingErr> {
        live.begin().await?;
        me.send_interval(EVERY, || Message::Second);
        live.round();
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Message>, message: Message, live: &mut Live) -> Result<(), ActorProcessingErr> {
        let (now, began) = (live.parts.clock.now(), Instant::now());
        let mut heard = None;
        match message {
            Message::Heard(items, taken) => {
                live.heard(items, now);
                heard = Some(taken);
            }
            Message::Fell => live.begin_anew().await?,
            Message::Ask(ask, credit) => {
                live.asked(ask, now);
                drop(credit);
            }
            Message::Vanished(user) => live.look_for(user, now),
            Message::Hooked(id, answer) => {
                live.room.orders().remove(&id.0);
                live.board.hook_answered(id, answer, now);
            }
            Message::Second => live.second(now),
            Message::Lists => live.lists_wait = false,
            Message::Due => {
                live.due = None;
                live.board.tick(now);
            }
        }
        live.round();
        live.decided_in.record(began.elapsed());
        if let Some(taken) = heard {
            // The pump goes on; if it has ended, there is nothing to tell it.
            let _ = taken.send(());
        }
        Ok(())
    }
}

impl Ears {
    fn open(parts: &DeskParts, room: &Arc<Room>, me: &ActorRef<Message>) -> Self {
        let outbox = parts.bus.outbox(OUTBOX);
        let watch = parts.bus.oversee(&room.organization, &outbox);
        let pump = tokio::spawn(pump(Arc::clone(&outbox), me.clone()));
        Self { outbox, _watch: watch, pump }
    }
}

/// Brings what the bus has, one batch at a time: what waits is bounded by the outbox, not by the mailbox.
async fn pump(outbox: Arc<Outbox>, desk: ActorRef<Message>) {
    let mut items = VecDeque::new();
    while outbox.take(&mut items).await.is_ok() {
        let (taken, through) = oneshot::channel();
        let batch = std::mem::take(&mut items);
        if desk.cast(Message::Heard(batch, taken)).is_err() || through.await.is_err() {
            return;
        }
    }
    drop(desk.cast(Message::Fell));
}

impl Live {
    /// Takes in what the store and the room have.
    async fn begin(&mut self) -> Result<(), ActorProcessingErr> {
        let (store, organization) = (self.parts.store.clone(), self.room.organization.clone());
        let read = tokio::task::spawn_blocking(move || reload::begin(&store, &organization)).await?;
        let Begin { cases, profiles, teams, at_work } = read?;
        let now = self.parts.clock.now();
        profiles.into_iter().for_each(|profile| self.board.set_profile(profile));
        self.board.set_teams(teams, now);
        for person in at_work.into_iter().filter(|person| person.there) {
            let mut people = self.room.people();
            let here = || Here { name: person.name.clone(), status: person.status, connections: Vec::new() };
            people.entry(person.user).or_insert_with(here);
        }
        for (user, here) in self.room.people().iter() {
            let arrival = if here.connections.is_empty() { Arrival::Awaited } else { Arrival::Connected };
            self.board.came(*user, here.name.clone(), arrival(here.status), now);
        }
        // People first: an offer to somebody whom the board does not know would be withdrawn.
        cases.iter().for_each(|case| self.board.see(case, &[], now));
        self.board.leave_untold();
        self.room.begin_anew();
        self.probe(now);
        Ok(())
    }

    /// Missed something of the bus: what was believed may be wrong. The board is made anew; what people said is kept.
    async fn begin_anew(&mut self) -> Result<(), ActorProcessingErr> {
        counter!("switchboard_desk_reloads_total").increment(1);
        let (now, next) = (self.parts.clock.now(), self.board.next_order());
        self.ears = Ears::open(&self.parts, &self.room, &self.me);
        self.board = Board::new(self.room.organization.clone(), Arc::clone(self.board.settings()), next, now);
        self.begin().await
    }

    /// Orders whose answers went to another outbox: once the session has answered what comes behind them, it is through with
    /// them. What became of them is in the store then.
    fn probe(&mut self, now: Timestamp) {
        let mut lost = Vec::new();
        self.room.orders().retain(|id, order| {
            order.probed = true;
            // Questions to the hook come back by themselves, and are of no use to a new board.
            let kept = !order.is_question;
            if kept {
                lost.push((OrderId(*id), order.session.clone(), order.reserve));
            }
            kept
        });
        for (id, session, reserve) in lost {
            self.board.adopt(id, session.clone(), reserve, now);
            self.send(id, session, Command::Tick);
        }
    }

    fn heard(&mut self, items: VecDeque<Item>, now: Timestamp) {
        for item in items {
            match item {
                Item::Entry(entry) => self.entry(&entry, now),
                Item::Answer { tag, result } => self.answered(OrderId(tag), result, now),
                Item::Signal(..) | Item::Desk(_) | Item::Told(_) | Item::Frame { .. } | Item::Transcribed { .. } => {}
            }
        }
    }

    fn entry(&mut self, entry: &Entry, now: Timestamp) {
        let ended: Vec<(UserId, OfferEnd)> =
            entry.events.iter().filter_map(|committed| offer_end(&committed.event)).collect();
        for (_, how) in &ended {
            counter!("switchboard_desk_offers_total", "end" => how.as_str()).increment(1);
        }
        let Some(case) = &entry.case else { return };
        // What was said before it came to people is in the log only.
        if case.last.is_none() && concerns_people(case) && !self.board.knows(&case.key.session) {
            let last = newest_message(&self.parts.store, &case.key).unwrap_or_else(|error| {
                tracing::error!(session = ?case.key, %error, "the newest message does not read");
                None
            });
            self.board.see(&Arc::new(Case { last, ..Case::clone(case) }), &ended, now);
        } else {
            self.board.see(case, &ended, now);
        }
    }

    fn answered(&mut self, id: OrderId, result: Result<Outcome, Refusal>, now: Timestamp) {
        let Some(order) = self.room.orders().remove(&id.0) else { return };
        let done = result.is_ok() && !order.probed;
        if let Some(session) = self.board.answered(id, done, now) {
            self.read_anew(&session, now);
        }
        let Some(answer) = order.answer else { return };
        let told = if order.probed { self.became(&order.session, order.reserve) } else { result.map(drop) };
        // Whoever asked may have gone.
        let _ = answer.send(told);
    }

    /// What became of an order whose own answer was lost.
    fn became(&self, session: &SessionId, reserve: Option<UserId>) -> Result<(), Refusal> {
        let owner = self.board.owner_of(session);
        if owner.is_some() && owner == reserve { Ok(()) } else { Err(Refusal::Busy) }
    }

    fn read_anew(&mut self, session: &SessionId, now: Timestamp) {
        match reload::case(&self.parts.store, &self.key(session)) {
            Ok(Some(case)) => self.board.see(&Arc::new(case), &[], now),
            Ok(None) => self.board.forget(session),
            Err(error) => tracing::error!(?session, %error, "a session does not come to the desk"),
        }
    }

    fn asked(&mut self, ask: Ask, now: Timestamp) {
        match ask {
            Ask::Came { user, name, status, answer } => {
                self.board.came(user, name, Arrival::Connected(status), now);
                // Their connection may be gone already.
                self.look_for(user, now);
                say(answer, Ok(()));
            }
            Ask::Status { user, status, answer } => {
                self.board.set_status(user, status, now);
                say(answer, Ok(()));
            }
            Ask::Dismiss { user, answer } => {
                self.board.dismissed(user, now);
                say(answer, Ok(()));
            }
            Ask::Accept { session, user, name, epoch, answer } => {
                let id = self.board.accept(&session, user, name, epoch, now);
                self.await_order(id, session, Some(user), answer);
            }
            Ask::Claim { session, user, name, epoch, insistence, answer } => {
                match self.board.claim(&session, user, name, epoch, insistence, now) {
                    Ok(id) => self.await_order(id, session, Some(user), answer),
                    Err(refusal) => say(answer, Err(refusal)),
                }
            }
            Ask::Transfer { session, visitor, to, note, epoch, answer } => {
                let note = note.map(|body| (Uuid::now_v7(), body));
                match self.board.transfer(&session, visitor, to, note, epoch, now) {
                    Ok(id) => self.await_order(id, session, Some(to), answer),
                    Err(refusal) => say(answer, Err(refusal)),
                }
            }
            Ask::Profile { profile, answer } => {
                self.board.set_profile(profile);
                say(answer, Ok(()));
            }
            Ask::Teams { answer } => say(answer, self.read_teams(now)),
            Ask::Snapshot { user, answer } => say(answer, Ok(self.board.snapshot(user, now))),
            Ask::Place { session, answer } => say(answer, Ok(self.board.place(&session, now))),
            Ask::Lists { cases, answer } => {
                say(answer, Ok(self.board.list(&cases, now)));
            }
            Ask::Cards { people, answer } => {
                say(answer, Ok(people.iter().map(|(user, name)| self.board.card(*user, name)).collect()));
            }
        }
    }

    fn await_order(&self, id: OrderId, session: SessionId, reserve: Option<UserId>, answer: Answer<()>) {
        let order = Unanswered { session, reserve, answer: Some(answer), probed: false, is_question: false };
        self.room.orders().insert(id.0, order);
    }

    fn read_teams(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let unreadable = |error: StoreError| {
            tracing::error!(%error, "teams do not read");
            Refusal::Unavailable { part: "store" }
        };
        let teams = reload::teams(&self.parts.store, &self.room.organization).map_err(unreadable)?;
        self.board.set_teams(teams, now);
        Ok(())
    }

    /// A person whose connection is gone, unless another one came meanwhile.
    fn look_for(&mut self, user: UserId, now: Timestamp) {
        if !self.room.is_there(user) {
            self.board.vanished(user, now);
        }
    }

    fn second(&mut self, now: Timestamp) {
        self.room.went_well();
        let settings = &self.parts.policies.of(&self.room.organization).desk;
        if !Arc::ptr_eq(settings, self.board.settings()) && **settings != **self.board.settings() {
            self.board.set_settings(Arc::clone(settings), now);
        }
        self.board.tick(now);
        for (session, place) in self.board.places_changed(now) {
            let signal =
                Signal::Place { place: place.place, estimated_wait_s: place.estimated_wait_s, open: place.open };
            self.parts.bus.signal(&self.key(&session), signal);
        }
    }

    /// Settles, tells the staff, sends the orders.
    fn round(&mut self) {
        let now = self.parts.clock.now();
        self.board.settle(now);
        self.put_into_words(now);
        let Orders { commands, questions, news, statuses, left } = self.board.take();
        tell::tell(&self.room, &self.parts.store, news);
        commands.into_iter().for_each(|order| self.carry_out(order));
        questions.into_iter().for_each(|question| self.ask_hook(question));
        self.remember(statuses, left);
        self.room.note(self.board.next_order(), self.board.waiting(), self.board.waits_since());
        self.ring_when_due(now);
    }

    fn put_into_words(&mut self, now: Timestamp) {
        self.board.tell_offers(now);
        if self.lists_wait || !self.board.has_news() {
            return;
        }
        let since = self.lists_told.map_or(LISTS_EVERY, |told| told.elapsed());
        if since >= LISTS_EVERY {
            self.lists_told = Some(Instant::now());
            self.board.tell(now);
        } else {
            self.lists_wait = true;
            self.me.send_after(LISTS_EVERY - since, || Message::Lists);
        }
    }

    fn carry_out(&self, Order { id, session, reserve, command }: Order) {
        self.room.orders().entry(id.0).or_insert_with(|| Unanswered {
            session: session.clone(),
            reserve,
            answer: None,
            probed: false,
            is_question: false,
        });
        self.send(id, session, command);
    }

    fn send(&self, id: OrderId, session: SessionId, command: Command) {
        let reply = Reply::Connection { outbox: Arc::clone(&self.ears.outbox), tag: id.0 };
        self.parts.directory.send(&self.key(&session), Envelope::new(Request::Command(command), None, reply));
    }

    fn ask_hook(&self, question: HookQuestion) {
        let session = question.case.key.session.clone();
        let order = Unanswered { session, reserve: None, answer: None, probed: false, is_question: true };
        self.room.orders().insert(question.id.0, order);
        let (hook, desk) = (self.hook.clone(), self.me.clone());
        let url = self.board.settings().hook_url.clone().unwrap_or_default();
        tokio::spawn(async move {
            let answer = hook.ask(&url, &question).await;
            drop(desk.cast(Message::Hooked(question.id, answer)));
        });
    }

    /// What people are said to be by the desk's doing is kept beside it.
    fn remember(&self, statuses: Vec<(UserId, crate::domain::desk::Availability)>, left: Vec<UserId>) {
        if statuses.is_empty() && left.is_empty() {
            return;
        }
        for user in &left {
            let mut people = self.room.people();
            if people.get(user).is_some_and(|here| here.connections.is_empty()) {
                people.remove(user);
            }
        }
        let (store, room) = (self.parts.store.clone(), Arc::clone(&self.room));
        tokio::spawn(async move {
            for (user, status) in statuses {
                warn(duty::remember_status(&store, &room, user, status).await);
            }
            for user in left {
                warn(duty::remember_left(&store, &room, user).await);
            }
        });
    }

    fn ring_when_due(&mut self, now: Timestamp) {
        let Some(at) = self.board.next_due() else { return };
        let in_time = Duration::from_millis(at.since_ms(now));
        if in_time >= EVERY || self.due.as_ref().is_some_and(|(set, _)| *set <= at) {
            return;
        }
        let ring = self.me.send_after(in_time, || Message::Due);
        if let Some((_, before)) = self.due.replace((at, ring.abort_handle())) {
            before.abort();
        }
    }

    fn key(&self, session: &SessionId) -> SessionKey {
        SessionKey { organization: self.room.organization.clone(), session: session.clone() }
    }
}

fn offer_end(event: &Event) -> Option<(UserId, OfferEnd)> {
    match event {
        Event::Desk(DeskEvent::OfferEnded { user, how, .. }) => Some((*user, *how)),
        Event::Desk(_)
        | Event::Started(_)
        | Event::Posted(_)
        | Event::OwnerMoved { .. }
        | Event::TurnEnded { .. }
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. } => None,
    }
}

/// Whoever asked may have gone.
fn say<T>(answer: Answer<T>, what: Result<T, Refusal>) {
    let _ = answer.send(what);
}

fn warn(kept: Result<(), Refusal>) {
    if let Err(refusal) = kept {
        tracing::warn!(%refusal, "who is at work could not be kept");
    }
}
