//! `/ws`: the platform dialect over a live socket, both directions, with resume by position as an extension.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::decode;
use super::error::code;
use super::handlers::audio::note;
use super::reading_pace::ReadingPace;
use super::render::live::{self as render, Audience};
use super::wire::live::{ClientFrame, ServerFrame};
use crate::bus::{DraftReader, Entry, Item, RenderSlot, Signal};
use crate::clock::SharedClock;
use crate::domain::attachment::body_with;
use crate::domain::typing::Typist;
use crate::domain::{Body, ClientMessageId, Command, DeskCommand, Draft, MessageId, Outcome, Refusal};
use crate::engine::channels::email::Onward;
use crate::engine::{Files, VoiceNotes};
use crate::http::files;
use crate::http::live::follow::frame;
use crate::http::live::visit::client_id;
use crate::http::live::{DraftView, Ending, Frames, Protocol, Visit};

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
    /// Files of sessions.
    pub files: Files,
    /// The time.
    pub clock: SharedClock,
    /// What the other end is sent.
    pub audience: Audience,
    /// What it has of the answer that is being made.
    pub drafts: DraftView,
    /// Whether it has been told what passes: there is no other way to come by it.
    pub is_up_to_date: bool,
    /// What it has read.
    pub reading: ReadingPace,
    /// Who keeps what the customer has read, where it would go by mail otherwise.
    pub onward: Onward,
}

impl Protocol for PlatformSocket {
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
            Item::Signal(_, signal) => out.extend(self.signal(&signal)),
            Item::Answer { tag, result } => out.extend(self.answer(tag, result)),
            Item::Frame { answers, bytes } => out.extend(self.visit.ready(answers, bytes)),
            // The desk speaks to the staff at their own socket.
            Item::Desk(_) | Item::Told(_) => {}
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
            "handover_request" => self.request_human(frame),
            "audio" => self.take_audio(frame),
            "rate" => self.rate(frame),
            "read" => self.read(frame),
            _ => Err(Refusal::invalid("type", "is not a type of message")),
        }
    }

    fn post(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        let id = client_id(frame.id.as_deref())?;
        if !frame.attachments.is_empty() {
            return self.post_with_files(frame, id);
        }
        let text = frame.text.as_deref().ok_or_else(|| Refusal::invalid("text", "is required"))?;
        self.visit.post(Body::parse("text", text)?, id);
        Ok(())
    }

    /// Has the session keep the files, then posts; both beside the connection, which goes on meanwhile.
    fn post_with_files(&mut self, frame: &ClientFrame<'_>, client_id: Option<ClientMessageId>) -> Result<(), Refusal> {
        let ids = files::ids("attachments", frame.attachments.iter().map(AsRef::as_ref))?;
        let text = frame.text.as_deref().unwrap_or_default().to_owned();
        let tag = self.visit.expect_answer(client_id.clone());
        let (kept, sessions) = (self.files.clone(), self.visit.sessions().clone());
        let (key, visitor) = (self.visit.key().clone(), self.visit.visitor().clone());
        let outbox = Arc::clone(self.visit.outbox());
        let mut turn = self.visit.turn();
        tokio::spawn(async move {
            let posted = async {
                turn.comes().await;
                let attachments = kept.claim(&key, files::uploader(&visitor), &ids).await?;
                let body = body_with("text", &text, &attachments)?;
                let (id, metadata) = (MessageId(uuid::Uuid::now_v7()), None);
                let draft = Draft { id, body, client_id, metadata, quiet: false, sent_at: None, attachments };
                sessions.post_from(&key, visitor, draft, outbox.id()).await
            };
            // Nobody else would answer the frame.
            let posted = AssertUnwindSafe(posted).catch_unwind().await;
            let result = posted.unwrap_or(Err(Refusal::Unavailable { part: "file store" })).map(Outcome::Posted);
            outbox.push(Item::Answer { tag, result });
        });
        Ok(())
    }

    fn request_human(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        let id = client_id(frame.id.as_deref())?;
        self.visit.send(Command::RequestHuman { visitor: self.visit.visitor().clone() }, id);
        Ok(())
    }

    fn rate(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        let score = frame.score.ok_or_else(|| Refusal::invalid("score", "is required"))?;
        let (score, comment) = decode::rating(score, frame.comment.as_deref())?;
        let id = client_id(frame.id.as_deref())?;
        let visitor = self.visit.visitor().clone();
        self.visit.send(Command::Desk(DeskCommand::Rate { visitor, score, comment }), id);
        Ok(())
    }

    fn read(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        let upto = frame.seq.ok_or_else(|| Refusal::invalid("seq", "is required"))?;
        self.reading.read(&mut self.visit, &self.onward, upto);
        Ok(())
    }

    /// Keeps a voice note and posts what it says; both beside the connection, which goes on meanwhile.
    fn take_audio(&mut self, frame: &ClientFrame<'_>) -> Result<(), Refusal> {
        let note = note(frame.audio.as_deref(), frame.format.as_deref(), frame.id.as_deref())?;
        let note = note.named(self.visit.key(), self.visit.visitor().user());
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
                let draft =
                    Draft { id, body, client_id, metadata: None, quiet: false, sent_at: None, attachments: Vec::new() };
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
            Ok(Outcome::Done) if self.audience == Audience::Follower => render::done(client_id?),
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

    fn signal(&mut self, signal: &Signal) -> Option<bytes::Bytes> {
        let follows = self.audience == Audience::Follower;
        match signal {
            Signal::Typing { change, .. } => {
                let shown = match change.who {
                    Typist::Customer => self.audience != Audience::Customer,
                    Typist::Assistant | Typist::Agent(_) => true,
                };
                if !shown || !self.visit.is_others(signal) {
                    return None;
                }
                render::typing(change.active, self.clock.now())
            }
            Signal::Draft(piece) if follows && piece.reader == DraftReader::Everybody => {
                if self.drafts.takes(piece) {
                    render::draft(piece)
                } else {
                    None
                }
            }
            Signal::DraftEnded { turn, attempt, .. } if follows && self.drafts.ends(*attempt) => {
                render::draft_end(*turn)
            }
            Signal::Place { place, estimated_wait_s, open } if follows => {
                render::place(*place, *estimated_wait_s, *open, self.clock.now())
            }
            Signal::Draft(_) | Signal::DraftEnded { .. } | Signal::Place { .. } => None,
        }
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
