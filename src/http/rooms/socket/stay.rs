//! A connection's stay in one room: what it has seen, what it waits for, and what it is sent. Each event goes out at most
//! once and in order; what was missed comes from the store, page by page.

use super::decode::About;
use super::out::{Gone, Out};
use super::wire::{DraftEnd, Drafted, Resync, Types};
use super::{render, wire};
use crate::bus::{Committed, DraftPiece, DraftReader, Entry, Item, RenderSlot, Signal, Subscription};
use crate::domain::typing::Typist;
use crate::domain::{
    Body, ClientMessageId, Command, CustomerId, Draft, Event, Message, MessageId, Outcome, Receipt, Refusal,
    SessionKey, Visitor,
};
use crate::engine::Sessions;
use crate::engine::sessions::Entered;
use crate::http::live::DraftView;

const MESSAGES: RenderSlot = RenderSlot(5);
const ANALYSES: RenderSlot = RenderSlot(6);

/// Events of one page of what a client missed.
const PAGE_EVENTS: usize = 200;

/// What a stay works with.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// The conversations.
    pub sessions: Sessions,
    /// The way out.
    pub out: Out,
    /// As whom the client comes into rooms.
    pub visitor: Visitor,
    /// Whether it gets to see analyses.
    pub staff: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Stay {
    key: SessionKey,
    customer: CustomerId,
    subscription: Subscription,
    stream: u64,
    /// The newest event that the client has, or was not to have.
    seen: u64,
    pending: Vec<Pending>,
    last_tag: u64,
    /// What the client has of the answer that the assistant is making.
    drafts: DraftView,
    /// The client has left; only what it waits for is still to come.
    leaving: bool,
}

/// A message that was sent and not acknowledged yet.
#[derive(Debug)]
struct Pending {
    tag: u64,
    ack: Option<i64>,
    message: MessageId,
    /// Where it stands, once its event was heard; the acknowledgement itself comes behind that.
    seq: Option<u64>,
    about: About,
}

impl Stay {
    /// Begins where the log ends.
    pub(super) fn new(key: SessionKey, entered: Entered) -> Self {
        Self {
            key,
            customer: entered.customer,
            subscription: entered.subscription,
            stream: entered.position.stream,
            seen: entered.position.seq,
            pending: Vec::new(),
            last_tag: 0,
            drafts: DraftView::default(),
            leaving: false,
        }
    }

    /// Which room.
    pub(super) const fn key(&self) -> &SessionKey {
        &self.key
    }

    /// Where the room's events come in.
    pub(super) const fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Messages that wait for their acknowledgement.
    pub(super) const fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether the client is in the room.
    pub(super) const fn is_joined(&self) -> bool {
        !self.leaving
    }

    /// Whether nothing is left to be told.
    pub(super) const fn is_over(&self) -> bool {
        self.leaving && self.pending.is_empty()
    }

    /// The client leaves.
    pub(super) const fn leave(&mut self) {
        self.leaving = true;
    }

    /// Where the client stands.
    pub(super) const fn position(&self) -> wire::Position {
        render::position(self.stream, self.seen)
    }

    /// Goes back, so that what follows `seq` goes out again.
    pub(super) fn rewind(&mut self, seq: u64) {
        self.seen = self.seen.min(seq);
    }

    /// Sends everything after what was seen, up to `upto`; to whoever left, only what became of their own messages.
    pub(super) async fn missed(&mut self, with: &Surroundings, upto: u64) -> Result<(), Gone> {
        while self.seen < upto {
            let page = with.sessions.events_after(&self.key, self.seen, PAGE_EVENTS).map_err(|_| Gone)?;
            if page.is_empty() {
                return Ok(());
            }
            for committed in &page {
                if self.is_joined() {
                    self.tell(with, committed, &page).await?;
                }
                self.seen = committed.seq;
                self.found(with, committed).await?;
            }
        }
        Ok(())
    }

    /// Sends what an event of the log is to this client.
    async fn tell(&self, with: &Surroundings, committed: &Committed, page: &[Committed]) -> Result<(), Gone> {
        let analysis = || render::analysis(committed, page, &self.key, &with.sessions);
        if let Some(analysis) = with.staff.then(analysis).flatten() {
            with.out.rendered("ai_analysis", &analysis).await?;
        }
        if let Some(message) = render::message(committed, self.stream, &self.key, &self.customer) {
            with.out.rendered("new_message", &message).await?;
        }
        Ok(())
    }

    /// Tells what came in.
    pub(super) async fn item(&mut self, with: &Surroundings, item: Item) -> Result<(), Gone> {
        match item {
            Item::Entry(entry) if self.is_joined() => self.entry(with, &entry).await,
            Item::Signal(_, signal) if self.is_joined() => self.signal(with, &signal).await,
            Item::Answer { tag, result } => self.answer(with, tag, result).await,
            // No event of this dialect carries audio or is made elsewhere; and whoever left hears nothing.
            Item::Entry(_)
            | Item::Signal(..)
            | Item::Desk(_)
            | Item::Told(_)
            | Item::Frame { .. }
            | Item::Transcribed { .. } => Ok(()),
        }
    }

    /// Posts a message; its answer comes as an item.
    pub(super) fn post(
        &mut self,
        with: &Surroundings,
        (ack, about): (Option<i64>, About),
        body: Body,
        client_id: Option<ClientMessageId>,
    ) {
        let draft = draft(body, client_id);
        self.last_tag += 1;
        self.pending.push(Pending { tag: self.last_tag, ack, message: draft.id, seq: None, about });
        let command = Command::Post { visitor: with.visitor.clone(), opening: None, draft };
        with.sessions.send(&self.key, command, self.subscription.outbox(), self.last_tag);
    }

    /// Says that this side types, or stopped.
    pub(super) fn types(&self, with: &Surroundings, active: bool) {
        let who = with.visitor.user().map_or(Typist::Customer, Typist::Agent);
        with.sessions.typing(&self.key, who, active, Some(self.subscription.outbox().id()));
    }

    /// Goes on from the log after the bus gave up on this reader: nothing is skipped, and what became of its own messages
    /// is found there too.
    pub(super) async fn resume(&mut self, with: &Surroundings, entered: Entered) -> Result<(), Gone> {
        let position = entered.position;
        self.subscription = entered.subscription;
        if position.stream != self.stream {
            (self.stream, self.seen) = (position.stream, 0);
            let position = render::position(position.stream, position.seq);
            if self.is_joined() {
                with.out.event("resync", &Resync { room: self.key.session.as_str(), position }).await?;
            }
        }
        self.missed(with, position.seq).await?;
        self.draft_so_far(with).await?;
        for pending in std::mem::take(&mut self.pending) {
            if let Some(seq) = pending.seq {
                self.acknowledge(with, &pending, seq).await?;
                continue;
            }
            let unknown = Refusal::Unavailable { part: "acknowledgement" };
            with.out.refuse(pending.ack, &pending.about, &unknown).await?;
        }
        Ok(())
    }

    async fn entry(&mut self, with: &Surroundings, entry: &Entry) -> Result<(), Gone> {
        for (at, committed) in entry.events.iter().enumerate() {
            self.note(committed);
            if committed.seq <= self.seen {
                continue;
            }
            if with.staff {
                let analysis =
                    |committed: &Committed| render::analysis(committed, &entry.events, &self.key, &with.sessions);
                if let Some(Some(analysis)) = entry.rendered(ANALYSES, analysis).get(at) {
                    with.out.rendered("ai_analysis", analysis).await?;
                }
            }
            let message = |committed: &Committed| render::message(committed, entry.stream, &self.key, &self.customer);
            if let Some(Some(message)) = entry.rendered(MESSAGES, message).get(at) {
                with.out.rendered("new_message", message).await?;
            }
            self.seen = committed.seq;
        }
        Ok(())
    }

    async fn signal(&mut self, with: &Surroundings, signal: &Signal) -> Result<(), Gone> {
        let room = self.key.session.as_str();
        match signal {
            Signal::Typing { origin, .. } if *origin == Some(self.subscription.outbox().id()) => Ok(()),
            Signal::Typing { change, .. } => {
                let (user_type, is_ai_generated) = render::typist(change.who);
                with.out.event("typing", &Types { room, user_type, is_typing: change.active, is_ai_generated }).await
            }
            Signal::Draft(piece) => self.draft(with, piece).await,
            Signal::DraftEnded { turn, attempt, .. } if self.drafts.ends(*attempt) => {
                with.out.event("draft_end", &DraftEnd { room, turn: *turn }).await
            }
            // Places have no word in this dialect.
            Signal::DraftEnded { .. } | Signal::Place { .. } => Ok(()),
        }
    }

    /// What there is already of the answer that the assistant is making, for whoever comes in the middle.
    pub(super) async fn draft_so_far(&mut self, with: &Surroundings) -> Result<(), Gone> {
        match with.sessions.draft(&self.key) {
            Some(piece) if self.is_joined() => self.draft(with, &piece).await,
            Some(_) | None => Ok(()),
        }
    }

    async fn draft(&mut self, with: &Surroundings, piece: &DraftPiece) -> Result<(), Gone> {
        if piece.reader != DraftReader::Everybody || !self.drafts.takes(piece) {
            return Ok(());
        }
        let room = self.key.session.as_str();
        let drafted = Drafted { room, turn: piece.turn, text: &piece.text, offset: piece.offset };
        with.out.event("draft", &drafted).await
    }

    async fn answer(&mut self, with: &Surroundings, tag: u64, result: Result<Outcome, Refusal>) -> Result<(), Gone> {
        let Some(at) = self.pending.iter().position(|pending| pending.tag == tag) else { return Ok(()) };
        let Pending { ack, about, .. } = self.pending.remove(at);
        match result {
            Ok(Outcome::Posted(receipt)) => with.out.ack(ack, &render::sent(&receipt)).await,
            Ok(Outcome::Entered { .. } | Outcome::Done) => Ok(()),
            Err(refusal) => with.out.refuse(ack, &about, &refusal).await,
        }
    }

    /// A message of this connection that was found in the log is durable.
    async fn found(&mut self, with: &Surroundings, committed: &Committed) -> Result<(), Gone> {
        let Event::Posted(Message { id, .. }) = &committed.event else { return Ok(()) };
        let Some(at) = self.pending.iter().position(|pending| pending.message == *id) else { return Ok(()) };
        let pending = self.pending.remove(at);
        self.acknowledge(with, &pending, committed.seq).await
    }

    /// Remembers where a message of this connection stands: its acknowledgement may be lost when the bus gives up on this
    /// reader between the two.
    fn note(&mut self, committed: &Committed) {
        let Event::Posted(Message { id, .. }) = &committed.event else { return };
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.message == *id) {
            pending.seq = Some(committed.seq);
        }
    }

    async fn acknowledge(&self, with: &Surroundings, pending: &Pending, seq: u64) -> Result<(), Gone> {
        let (message, stream) = (pending.message, self.stream);
        let receipt = Receipt { message, seq, stream, duplicate: false, awaits_turn: false };
        with.out.ack(pending.ack, &render::sent(&receipt)).await
    }
}

/// A message with an id of its own.
pub(super) fn draft(body: Body, client_id: Option<ClientMessageId>) -> Draft {
    Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body,
        client_id,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    }
}
