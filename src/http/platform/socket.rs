//! `/ws`: the platform dialect over a live socket, both directions, with resume by position as an extension.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::error::code;
use super::handlers::audio::note;
use super::render::{self, Audience};
use super::wire::{ClientFrame, ServerFrame};
use crate::bus::{Entry, Item, RenderSlot, Signal};
use crate::clock::SharedClock;
use crate::domain::typing::Typist;
use crate::domain::{Body, ClientMessageId, Command, Draft, MessageId, Outcome, Refusal};
use crate::engine::VoiceNotes;
use crate::http::live::follow::frame;
use crate::http::live::visit::client_id;
use crate::http::live::{Ending, Frames, Protocol, Visit};

const CUSTOMERS: RenderSlot = RenderSlot(0);
const FOLLOWERS: RenderSlot = RenderSlot(1);
const STAFF: RenderSlot = RenderSlot(2);

/// A connection's own.
#[derive(Debug)]
pub(super) struct PlatformSocket {
    /// Its stay in the session.
    pub visit: Visit,
    /// Voice notes.
    pub audio: VoiceNotes,
    /// The time.
    pub clock: SharedClock,
    /// What the other end is sent.
    pub audience: Audience,
}

impl Protocol for PlatformSocket {
    fn missed(&mut self, out: &mut Frames) -> Result<(), Ending> {
        let audience = self.audience;
        self.visit.missed(out, |committed, stream| render::event(committed, stream, audience))
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

    fn refuse(&mut self, refusal: &Refusal, out: &mut Frames) {
        out.extend(self.error(refusal, None));
    }

    fn pending(&self) -> usize {
        self.visit.pending()
    }
}

impl PlatformSocket {
    fn frame(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        match frame.kind.as_ref() {
            "text" => self.post(frame),
            "typing" => {
                let active = frame.is_typing.ok_or_else(|| Refusal::invalid("isTyping", "is required"))?;
                self.visit.types(active);
                Ok(())
            }
            "handover_request" => {
                self.visit.send(Command::RequestHuman { visitor: self.visit.visitor().clone() }, None);
                Ok(())
            }
            "audio" => self.take_audio(frame),
            _ => Err(Refusal::invalid("type", "is not a type of message")),
        }
    }

    fn post(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        let text = frame.text.as_deref().ok_or_else(|| Refusal::invalid("text", "is required"))?;
        let id = client_id(frame.id.as_deref())?;
        self.visit.post(Body::parse("text", text)?, id);
        Ok(())
    }

    /// Keeps a voice note and posts what it says; both beside the connection, which goes on meanwhile.
    fn take_audio(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        let note = note(frame.audio.as_deref(), frame.format.as_deref(), frame.id.as_deref())?;
        let tag = self.visit.expect_answer(note.client_id.clone());
        let (audio, sessions) = (self.audio.clone(), self.visit.sessions().clone());
        let (key, visitor) = (self.visit.key().clone(), self.visit.visitor().clone());
        let outbox = Arc::clone(self.visit.outbox());
        tokio::spawn(async move {
            let (id, client_id) = (MessageId(note.id), note.client_id.clone());
            let posted = async {
                // Held until the message is durable.
                let heard = audio.take_in(&key, &visitor, note).await?;
                let body = Body::parse("audio", &heard.text)?;
                outbox.push(Item::Transcribed { text: body.shared() });
                let draft = Draft { id, body, client_id, metadata: None };
                sessions.post_from(&key, visitor, draft, outbox.id()).await
            };
            // Nobody else would answer the frame.
            let posted = AssertUnwindSafe(posted).catch_unwind().await;
            let result = posted.unwrap_or(Err(Refusal::Unavailable { part: "transcriber" })).map(Outcome::Posted);
            outbox.push(Item::Answer { tag, result });
        });
        Ok(())
    }

    fn answer(&mut self, tag: u64, result: Result<Outcome, Refusal>) -> Option<bytes::Bytes> {
        let client_id = self.visit.answered(tag)?.client_id;
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
        self.visit.news(entry, slot, |committed, stream| render::event(committed, stream, audience), out);
    }

    fn signal(&self, signal: &Signal) -> Option<bytes::Bytes> {
        let Signal::Typing { change, .. } = signal;
        let shown = match change.who {
            Typist::Customer => self.audience != Audience::Customer,
            Typist::Assistant | Typist::Agent(_) => true,
        };
        if !shown || !self.visit.is_others(signal) {
            return None;
        }
        render::typing(change.active, self.clock.now())
    }

    fn error(&self, refusal: &Refusal, id: Option<&str>) -> Option<bytes::Bytes> {
        frame(&ServerFrame::Error {
            message: refusal.to_string().into(),
            code: code(refusal),
            timestamp: self.clock.now().to_string(),
            id: id.filter(|_| self.audience == Audience::Follower),
        })
    }
}
