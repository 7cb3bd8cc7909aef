//! `/ws/conversations/{id}`: the care dialect over a live socket, both directions, with resume by position as an extension.

use std::borrow::Cow;

use super::error;
use super::render::{self, Audience};
use super::wire::{ClientFrame, ServerFrame};
use crate::auth::Connection;
use crate::bus::{DraftReader, Item, RenderSlot, Signal};
use crate::clock::SharedClock;
use crate::domain::{Body, ClientMessageId, Outcome, Refusal};
use crate::http::body;
use crate::http::live::follow::frame;
use crate::http::live::visit::client_id;
use crate::http::live::{DraftView, Ending, Frames, Protocol, Visit};

const PLAIN: RenderSlot = RenderSlot(3);
const FULL: RenderSlot = RenderSlot(4);

/// A connection's own.
#[derive(Debug)]
pub(super) struct CareSocket {
    /// Its stay in the conversation.
    pub visit: Visit,
    /// The time.
    pub clock: SharedClock,
    /// What the other end is sent.
    pub audience: Audience,
    /// Whether it named a position, and so knows what an acknowledgement is.
    pub follows: bool,
    /// What it has of the answer that the assistant is making.
    pub drafts: DraftView,
    /// Whether it has been told what passes: there is no other way to come by it.
    pub is_up_to_date: bool,
    /// Its place among the connections that the user may have.
    #[expect(dead_code, reason = "held, not read")]
    pub place: Connection,
}

impl Protocol for CareSocket {
    fn missed(&mut self, out: &mut Frames) -> Result<(), Ending> {
        let audience = self.audience;
        self.visit.missed(out, |committed, stream| render::event(committed, stream, audience))?;
        if out.is_empty() && !std::mem::replace(&mut self.is_up_to_date, true) {
            let so_far = self.visit.sessions().draft(self.visit.key()).map(Signal::Draft);
            out.extend(so_far.and_then(|signal| self.signal(&signal)));
        }
        Ok(())
    }

    fn text(&mut self, frame: &str, out: &mut Frames) {
        let (refused, id) = match body::parse::<ClientFrame<'_>>(frame.as_bytes()) {
            Ok(frame) => (self.frame(&frame).err(), frame.id.map(Cow::into_owned)),
            Err(refusal) => (Some(refusal), None),
        };
        out.extend(refused.and_then(|refusal| self.error(&refusal, id.as_deref())));
    }

    fn binary(&mut self, out: &mut Frames) {
        out.extend(self.error(&Refusal::invalid("frame", "must be text"), None));
    }

    fn item(&mut self, item: Item, out: &mut Frames) {
        match item {
            Item::Entry(entry) => {
                let audience = self.audience;
                let slot = match audience {
                    Audience::Plain => PLAIN,
                    Audience::Full => FULL,
                };
                self.visit.news(&entry, slot, |committed, stream| render::event(committed, stream, audience), out);
            }
            Item::Signal(_, signal) => out.extend(self.signal(&signal)),
            Item::Answer { tag, result } => out.extend(self.answer(tag, result)),
            Item::Frame { answers, bytes } => out.extend(self.visit.ready(answers, bytes)),
            // No frame of this dialect carries audio or the desk.
            Item::Transcribed { .. } | Item::Desk(_) | Item::Told(_) => {}
        }
    }

    fn refuse(&mut self, refusal: &Refusal, out: &mut Frames) {
        out.extend(self.error(refusal, None));
    }

    fn pending(&self) -> usize {
        self.visit.pending()
    }
}

impl CareSocket {
    fn frame(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        match frame.kind.as_ref() {
            "message" => {
                let content = frame.content.as_deref().ok_or_else(|| Refusal::invalid("content", "is required"))?;
                let id = client_id(frame.id.as_deref())?;
                self.visit.post(Body::parse("content", content)?, id);
            }
            "typing" => {
                let active = frame.is_typing.ok_or_else(|| Refusal::invalid("is_typing", "is required"))?;
                self.visit.types(active);
            }
            _ => return Err(Refusal::invalid("type", "is not a type of message")),
        }
        Ok(())
    }

    fn answer(&mut self, tag: u64, result: Result<Outcome, Refusal>) -> Option<bytes::Bytes> {
        let client_id = self.visit.answered(tag)?.client_id;
        let client_id = client_id.as_ref().map(ClientMessageId::as_str);
        match result {
            Ok(Outcome::Posted(receipt)) if self.follows => render::ack(&receipt, client_id),
            Ok(Outcome::Posted(_) | Outcome::Entered { .. } | Outcome::Done) => None,
            Err(refusal) => self.error(&refusal, client_id),
        }
    }

    /// What passes is for followers: the document knows none of it.
    fn signal(&mut self, signal: &Signal) -> Option<bytes::Bytes> {
        if !self.follows || !self.visit.is_others(signal) {
            return None;
        }
        match signal {
            Signal::Typing { change, .. } => frame(&ServerFrame::Typing {
                sender: render::typist(change.who),
                is_typing: change.active,
                timestamp: self.clock.now().to_string(),
            }),
            Signal::Draft(piece) if piece.reader == DraftReader::Everybody && self.drafts.takes(piece) => {
                frame(&ServerFrame::Draft { turn: piece.turn, content: &piece.text, offset: piece.offset })
            }
            Signal::DraftEnded { turn, attempt, .. } if self.drafts.ends(*attempt) => {
                frame(&ServerFrame::DraftEnd { turn: *turn })
            }
            // Places have no word in this dialect.
            Signal::Draft(_) | Signal::DraftEnded { .. } | Signal::Place { .. } => None,
        }
    }

    fn error(&self, refusal: &Refusal, id: Option<&str>) -> Option<bytes::Bytes> {
        frame(&ServerFrame::Error { error: error::frame(refusal), id: id.filter(|_| self.follows) })
    }
}
