//! `/ws`: the platform dialect over a live socket, both directions, with resume by position as an extension.

use std::borrow::Cow;
use std::sync::Arc;

use super::error::code;
use super::handlers::audio::note;
use super::render::{self, Audience};
use super::wire::{ClientFrame, ServerFrame};
use crate::bus::{Committed, ConnectionId, Entry, Item, Outbox, RenderSlot, Signal};
use crate::clock::SharedClock;
use crate::domain::typing::Typist;
use crate::domain::{
    Author, Body, ClientMessageId, Command, Draft, Event, MessageId, Outcome, Position, Refusal, SessionKey, Visitor,
};
use crate::engine::{Sessions, VoiceNotes};
use crate::http::live::{Ending, Frames, Protocol};

const CUSTOMERS: RenderSlot = RenderSlot(0);
const FOLLOWERS: RenderSlot = RenderSlot(1);
const STAFF: RenderSlot = RenderSlot(2);

/// Events of one page of what a client missed.
const PAGE_EVENTS: usize = 500;

/// A connection's own.
#[derive(Debug)]
pub(super) struct PlatformSocket {
    /// The conversations.
    pub sessions: Sessions,
    /// Voice notes.
    pub audio: VoiceNotes,
    /// The time.
    pub clock: SharedClock,
    /// The session it is in.
    pub key: SessionKey,
    /// Who sits at the other end.
    pub visitor: Visitor,
    /// What they are sent.
    pub audience: Audience,
    /// Its own queue, where answers come in.
    pub outbox: Arc<Outbox>,
    /// The newest event that it has, or that it was not to have.
    pub seen: u64,
    /// Where the log ended when it came.
    pub position: Position,
    /// Messages that wait for their acknowledgement.
    pub pending: Vec<Pending>,
    /// The number of its last command.
    pub last_tag: u64,
}

/// A command that was sent and not answered yet.
#[derive(Debug)]
pub(super) struct Pending {
    tag: u64,
    client_id: Option<ClientMessageId>,
}

impl Protocol for PlatformSocket {
    fn missed(&mut self, out: &mut Frames) -> Result<(), Ending> {
        while self.seen < self.position.seq && out.is_empty() {
            let page = self.sessions.events_after(&self.key, self.seen, PAGE_EVENTS);
            let page = page.map_err(|_| Ending::Unavailable)?;
            let Some(last) = page.last().map(|committed| committed.seq) else { return Ok(()) };
            out.extend(page.iter().filter_map(|one| render::event(one, self.position.stream, self.audience)));
            self.seen = last;
        }
        Ok(())
    }

    fn text(&mut self, frame: &str, out: &mut Frames) {
        let refused = match crate::http::body::parse::<ClientFrame<'_>>(frame.as_bytes()) {
            Ok(frame) => self.frame(&frame).err().map(|refusal| (refusal, frame.id.map(Cow::into_owned))),
            Err(refusal) => Some((refusal, None)),
        };
        if let Some((refusal, id)) = refused {
            out.extend(self.error(&refusal, id.as_deref()));
        }
    }

    fn binary(&mut self, out: &mut Frames) {
        out.extend(self.error(&Refusal::invalid("frame", "must be text"), None));
    }

    fn item(&mut self, item: Item, out: &mut Frames) {
        match item {
            Item::Entry(entry) => self.entry(&entry, out),
            Item::Signal(signal) => out.extend(self.signal(&signal)),
            Item::Answer { tag, result } => out.extend(self.answer(tag, result)),
            Item::Transcribed { text } => out.extend(render::transcription(&text, self.clock.now())),
        }
    }

    fn pending(&self) -> usize {
        self.pending.len()
    }
}

impl PlatformSocket {
    fn frame(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        match frame.kind.as_ref() {
            "text" => self.post(frame),
            "typing" => {
                let active = frame.is_typing.ok_or_else(|| Refusal::invalid("isTyping", "is required"))?;
                self.sessions.typing(&self.key, self.typist(), active, Some(self.outbox.id()));
                Ok(())
            }
            "handover_request" => {
                self.send(Command::RequestHuman { visitor: self.visitor.clone() }, None);
                Ok(())
            }
            "audio" => self.take_audio(frame),
            _ => Err(Refusal::invalid("type", "is not a type of message")),
        }
    }

    fn post(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        let text = frame.text.as_deref().ok_or_else(|| Refusal::invalid("text", "is required"))?;
        let client_id = frame
            .id
            .as_deref()
            .map(ClientMessageId::parse)
            .transpose()
            .map_err(|_| Refusal::invalid("id", "must be 1 to 128 characters without control characters"))?;
        let draft = Draft {
            id: MessageId(uuid::Uuid::now_v7()),
            body: Body::parse("text", text)?,
            client_id: client_id.clone(),
            metadata: None,
        };
        self.send(Command::Post { visitor: self.visitor.clone(), opening: None, draft }, client_id);
        Ok(())
    }

    /// Keeps a voice note and posts what it says; both beside the connection, which goes on meanwhile.
    fn take_audio(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        let note = note(frame.audio.as_deref(), frame.format.as_deref(), frame.id.as_deref())?;
        let client_id = note.client_id.clone();
        let tag = self.expect_answer(client_id);
        let (audio, sessions, key) = (self.audio.clone(), self.sessions.clone(), self.key.clone());
        let (outbox, visitor) = (Arc::clone(&self.outbox), self.visitor.clone());
        tokio::spawn(async move {
            let said = audio.take_in(&key, &note).await.and_then(|text| Body::parse("audio", &text));
            match said {
                Ok(body) => {
                    outbox.push(Item::Transcribed { text: body.shared() });
                    let draft = Draft { id: MessageId(note.id), body, client_id: note.client_id, metadata: None };
                    sessions.send(&key, Command::Post { visitor, opening: None, draft }, &outbox, tag);
                }
                Err(refusal) => outbox.push(Item::Answer { tag, result: Err(refusal) }),
            }
        });
        Ok(())
    }

    fn expect_answer(&mut self, client_id: Option<ClientMessageId>) -> u64 {
        self.last_tag += 1;
        self.pending.push(Pending { tag: self.last_tag, client_id });
        self.last_tag
    }

    fn send(&mut self, command: Command, client_id: Option<ClientMessageId>) {
        let tag = self.expect_answer(client_id);
        self.sessions.send(&self.key, command, &self.outbox, tag);
    }

    fn answer(&mut self, tag: u64, result: Result<Outcome, Refusal>) -> Option<bytes::Bytes> {
        let at = self.pending.iter().position(|pending| pending.tag == tag)?;
        let client_id = self.pending.remove(at).client_id;
        let client_id = client_id.as_ref().map(ClientMessageId::as_str);
        match result {
            Ok(Outcome::Posted(receipt)) if self.audience == Audience::Follower => render::ack(&receipt, client_id),
            Ok(Outcome::Posted(_) | Outcome::Entered { .. } | Outcome::Done) => None,
            Err(refusal) => self.error(&refusal, client_id),
        }
    }

    fn entry(&mut self, entry: &Entry, out: &mut Frames) {
        let (slot, audience) = match self.audience {
            Audience::Customer => (CUSTOMERS, Audience::Customer),
            Audience::Follower => (FOLLOWERS, Audience::Follower),
            Audience::Staff => (STAFF, Audience::Staff),
        };
        let frames = entry.rendered(slot, |committed| render::event(committed, entry.stream, audience));
        for (committed, frame) in entry.events.iter().zip(frames) {
            if committed.seq > self.seen {
                self.seen = committed.seq;
                let own = is_own_post(committed, self.outbox.id());
                out.extend(frame.iter().filter(|_| !own).cloned());
            }
        }
    }

    fn signal(&self, signal: &Signal) -> Option<bytes::Bytes> {
        let Signal::Typing { change, origin } = signal;
        let shown = match change.who {
            Typist::Customer => self.audience != Audience::Customer,
            Typist::Assistant | Typist::Agent(_) => true,
        };
        if !shown || *origin == Some(self.outbox.id()) {
            return None;
        }
        render::typing(change.active, self.clock.now())
    }

    const fn typist(&self) -> Typist {
        match self.visitor.user() {
            Some(user) => Typist::Agent(user),
            None => Typist::Customer,
        }
    }

    fn error(&self, refusal: &Refusal, id: Option<&str>) -> Option<bytes::Bytes> {
        render::frame(&ServerFrame::Error {
            message: refusal.to_string().into(),
            code: code(refusal),
            timestamp: self.clock.now().to_string(),
            id: id.filter(|_| self.audience == Audience::Follower),
        })
    }
}

/// A sender gets an acknowledgement instead of its own message.
fn is_own_post(committed: &Committed, connection: ConnectionId) -> bool {
    let writer = match &committed.event {
        Event::Posted(message) => matches!(message.author, Author::Customer | Author::Agent { .. }),
        Event::Started(_)
        | Event::OwnerMoved { .. }
        | Event::TurnEnded { .. }
        | Event::ContextReset { .. }
        | Event::CommandParked { .. } => false,
    };
    writer && committed.origin == Some(connection)
}
