//! A connection's stay in one session, whatever the dialect: what it has seen, what it waits for, and what it may be sent.
//!
//! Each event is handed out at most once and in order; what was missed before comes from the store, page by page.

use std::sync::Arc;

use bytes::Bytes;

use super::{After, Ending, Frames, InTurn, Turn};
use crate::bus::{Committed, ConnectionId, Entry, Outbox, RenderSlot, Signal};
use crate::domain::typing::Typist;
use crate::domain::{
    Author, Body, ClientMessageId, Command, Draft, Event, MessageId, Position, Refusal, SessionKey, Visitor,
};
use crate::engine::Sessions;
use crate::engine::sessions::Entered;

/// Events of one page of what a client missed.
const PAGE_EVENTS: usize = 500;

/// See the module.
#[derive(Debug)]
pub struct Visit {
    sessions: Sessions,
    key: SessionKey,
    visitor: Visitor,
    outbox: Arc<Outbox>,
    /// The newest event that it has, or that it was not to have.
    seen: u64,
    /// Where the log ended when it came.
    position: Position,
    pending: Vec<Pending>,
    last_tag: u64,
    /// Messages that are posted beside it.
    beside: InTurn,
}

/// A command that was sent and not answered yet.
#[derive(Debug)]
pub struct Pending {
    tag: u64,
    /// The client's own id for it.
    pub client_id: Option<ClientMessageId>,
}

impl Visit {
    /// Begins where the client says it stopped, from the log's start where that does not fit, or from now on where it
    /// said nothing.
    pub fn new(
        sessions: &Sessions,
        key: SessionKey,
        visitor: Visitor,
        entered: &Entered,
        after: Option<After>,
    ) -> Self {
        let position = entered.position;
        Self {
            sessions: sessions.clone(),
            key,
            visitor,
            outbox: Arc::clone(entered.subscription.outbox()),
            seen: after.map_or(position.seq, |after| after.fitting(position).unwrap_or(0)),
            position,
            pending: Vec::new(),
            last_tag: 0,
            beside: InTurn::default(),
        }
    }

    /// The next page of what was missed, rendered for this log; nothing is added once there is nothing left.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn missed(
        &mut self,
        out: &mut Frames,
        render: impl Fn(&Committed, u64) -> Option<Bytes>,
    ) -> Result<(), Ending> {
        while self.seen < self.position.seq && out.is_empty() {
            let page = self.sessions.events_after(&self.key, self.seen, PAGE_EVENTS);
            let page = page.map_err(|_| Ending::Unavailable)?;
            let Some(last) = page.last().map(|committed| committed.seq) else { return Ok(()) };
            out.extend(page.iter().filter_map(|one| render(one, self.position.stream)));
            self.seen = last;
        }
        Ok(())
    }

    /// What just happened, without what this connection said itself: it gets an acknowledgement instead.
    pub fn news(
        &mut self,
        entry: &Entry,
        slot: RenderSlot,
        render: impl Fn(&Committed, u64) -> Option<Bytes>,
        out: &mut Frames,
    ) {
        let (seen, id) = (self.seen, self.outbox.id());
        let is_news = |committed: &Committed| committed.seq > seen && !is_own_post(committed, id);
        self.seen = entry.events.last().map_or(seen, |last| last.seq.max(seen));
        // Most often a connection hears only itself: then nothing is rendered at all.
        if entry.events.iter().any(is_news) {
            let frames = entry.rendered(slot, |committed| render(committed, entry.stream));
            let news = entry.events.iter().zip(frames).filter(|(committed, _)| is_news(committed));
            out.extend(news.filter_map(|(_, frame)| frame.clone()));
        }
    }

    /// Posts a message; its answer comes as an item.
    pub fn post(&mut self, body: Body, client_id: Option<ClientMessageId>) {
        let draft = Draft {
            id: MessageId(uuid::Uuid::now_v7()),
            body,
            client_id: client_id.clone(),
            metadata: None,
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        };
        self.send(Command::Post { visitor: self.visitor.clone(), opening: None, draft }, client_id);
    }

    /// Sends any command, behind what is posted beside the connection; its answer comes as an item.
    pub fn send(&mut self, command: Command, client_id: Option<ClientMessageId>) {
        let tag = self.expect_answer(client_id);
        if !self.beside.is_busy() {
            return self.sessions.send(&self.key, command, &self.outbox, tag);
        }
        let mut turn = self.beside.line_up();
        let (sessions, key, outbox) = (self.sessions.clone(), self.key.clone(), Arc::clone(&self.outbox));
        tokio::spawn(async move {
            turn.comes().await;
            sessions.send(&key, command, &outbox, tag);
        });
    }

    /// The turn of a message that is posted beside the connection: what is sent from now on goes behind it.
    pub fn turn(&mut self) -> Turn {
        self.beside.line_up()
    }

    /// The number under which an answer will come that is worked out beside the connection.
    pub fn expect_answer(&mut self, client_id: Option<ClientMessageId>) -> u64 {
        self.last_tag += 1;
        self.pending.push(Pending { tag: self.last_tag, client_id });
        self.last_tag
    }

    /// What an answer belongs to; each is taken once.
    pub fn answered(&mut self, tag: u64) -> Option<Pending> {
        let at = self.pending.iter().position(|pending| pending.tag == tag)?;
        Some(self.pending.remove(at))
    }

    /// A frame that was worked out beside the connection. One that answers a command is taken once.
    pub fn ready(&mut self, answers: Option<u64>, frame: Bytes) -> Option<Bytes> {
        match answers {
            Some(tag) => self.answered(tag).map(|_| frame),
            None => Some(frame),
        }
    }

    /// Commands that were sent and not answered yet.
    pub const fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Says that this side types, or stopped.
    pub fn types(&self, active: bool) {
        let who = self.visitor.user().map_or(Typist::Customer, Typist::Agent);
        self.sessions.typing(&self.key, who, active, Some(self.outbox.id()));
    }

    /// Whether a signal is for this connection at all: its own are not.
    pub fn is_others(&self, signal: &Signal) -> bool {
        match signal {
            Signal::Typing { origin, .. } => *origin != Some(self.outbox.id()),
            Signal::Draft(_) | Signal::DraftEnded { .. } | Signal::Place { .. } => true,
        }
    }

    /// The conversations.
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The session it is in.
    pub const fn key(&self) -> &SessionKey {
        &self.key
    }

    /// Who sits at the other end.
    pub const fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// Its own queue, where answers come in.
    pub const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }
}

/// A frame's own id for its message.
///
/// # Errors
/// `Invalid` on `id`.
pub fn client_id(text: Option<&str>) -> Result<Option<ClientMessageId>, Refusal> {
    let read = text.map(ClientMessageId::parse).transpose();
    read.map_err(|_| Refusal::invalid("id", "must be 1 to 128 characters without control characters"))
}

fn is_own_post(committed: &Committed, connection: ConnectionId) -> bool {
    let writer = match &committed.event {
        Event::Posted(message) => matches!(message.author, Author::Customer | Author::Agent { .. }),
        Event::Started(_)
        | Event::OwnerMoved { .. }
        | Event::TurnEnded { .. }
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. }
        | Event::Desk(_) => false,
    };
    writer && committed.origin == Some(connection)
}
