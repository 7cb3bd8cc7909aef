//! Domain into platform's wire shapes.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::wire::{Context, HistoryLine, ProcessedMessage, ReadContext, ResponseMessage, ServerFrame, SessionContext};
use crate::bus::Committed;
use crate::domain::memory::Speaker;
use crate::domain::{Author, Event, Message, Notice, Reading, Receipt, State, Timestamp};
use crate::engine::sessions::Answered;
use crate::http::live::follow::{Ack, frame};

/// Who reads a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// A client of the document alone.
    Customer,
    /// A client that resumes by position: it also gets positions and what the customer's other devices sent.
    Follower,
    /// Somebody of the staff, who gets the customer's texts.
    Staff,
}

/// A durable event as a frame, if the dialect has a word for it.
pub(super) fn event(committed: &Committed, stream: u64, audience: Audience) -> Option<Bytes> {
    match &committed.event {
        Event::Posted(message) => posted(message, committed.seq, stream, audience),
        Event::Started(_)
        | Event::OwnerMoved { .. }
        | Event::TurnEnded { .. }
        | Event::Suggested(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. } => None,
    }
}

fn posted(message: &Message, seq: u64, stream: u64, audience: Audience) -> Option<Bytes> {
    let follows = audience == Audience::Follower;
    let (seq, epoch) = (follows.then_some(seq), follows.then_some(stream));
    let timestamp = message.at.to_string();
    if let Author::Notice(Notice::Handover) = message.author {
        let message_id = follows.then(|| message.id.to_string());
        return frame(&ServerFrame::HandoverInitiated {
            message: message.body.as_str(),
            timestamp,
            message_id,
            seq,
            epoch,
        });
    }
    let (sender, agent_id, agent_name) = match &message.author {
        Author::Customer if audience == Audience::Customer => return None,
        Author::Customer => ("customer", None, None),
        Author::Assistant | Author::Notice(_) => ("ai", None, None),
        Author::Agent { user, name } => ("agent", Some(user.to_string()), Some(name.as_str())),
    };
    frame(&ServerFrame::Message {
        text: message.body.as_str(),
        message_id: message.id.to_string(),
        agent_id,
        agent_name,
        timestamp,
        sender,
        id: message.client_id.as_ref().filter(|_| follows).map(|id| id.as_str()),
        notice: if follows { notice(&message.author) } else { None },
        seq,
        epoch,
    })
}

/// Somebody began or stopped typing.
pub(super) fn typing(active: bool, now: Timestamp) -> Option<Bytes> {
    let timestamp = now.to_string();
    frame(&if active { ServerFrame::TypingStart { timestamp } } else { ServerFrame::TypingStop { timestamp } })
}

/// What a voice note says.
pub(super) fn transcription(text: &str, now: Timestamp) -> Option<Bytes> {
    frame(&ServerFrame::Transcription { text, timestamp: now.to_string() })
}

/// Extension: the message is durable.
pub(super) fn ack(receipt: &Receipt, client_id: Option<&str>) -> Option<Bytes> {
    Ack { receipt, client_id, message_id_name: "messageId" }.frame()
}

/// The answer to `POST /messages`.
/// `otherwise` is what the customer reads when no turn waits for an answer.
pub(super) fn processed(session: &str, answered: &Answered, otherwise: &str) -> ProcessedMessage {
    let said = answered.ending.as_ref().map_or(&[][..], |ending| ending.said.as_slice());
    // The first text answers; a queue notice after a handover goes out over the sockets.
    let response = match said.first() {
        Some(message) => {
            ResponseMessage { text: message.body.as_str().to_owned(), id: message.id.to_string(), kind: "text" }
        }
        None => ResponseMessage { text: otherwise.to_owned(), id: answered.receipt.message.to_string(), kind: "text" },
    };
    let reading = said.iter().find_map(|message| message.reading.as_ref());
    let reading = reading.filter(|reading| !reading.intent.is_empty());
    let context = reading.map_or_else(unread_context, read_context);
    ProcessedMessage { response, session_id: session.to_owned(), context }
}

/// Nobody has understood the message yet: a human will, or the answer came too late.
fn unread_context() -> ReadContext {
    ReadContext { intent: "unknown".to_owned(), entities: Vec::new(), confidence: 0.0 }
}

fn read_context(reading: &Reading) -> ReadContext {
    ReadContext {
        intent: reading.intent.clone(),
        // The document lists kinds and values in one flat list: ["order", "12345"].
        entities: reading.entities.iter().map(|entity| entity.value.clone().unwrap_or(entity.kind.clone())).collect(),
        confidence: rounded(reading.confidence),
    }
}

/// The answer to `GET /sessions/:sessionId/context`.
pub(super) fn context(state: &State) -> SessionContext {
    let mut entities = Map::new();
    entities.insert("order_number".to_owned(), Value::Null);
    // What was only named ("my order") is known by the intent; the document lists values, and the number that is missing.
    for (kind, value) in &state.known {
        if let Some(value) = value {
            entities.insert(kind.clone(), Value::String(value.clone()));
        }
    }
    let history = state.memory.lines().filter_map(|line| {
        let role = match line.speaker {
            Speaker::Customer => "user",
            Speaker::Assistant | Speaker::Agent => "assistant",
            Speaker::Marker => return None,
        };
        Some(HistoryLine { role, content: line.text.as_ref().to_owned() })
    });
    SessionContext {
        session_id: state.key.session.to_string(),
        user_id: state.customer.to_string(),
        channel: state.channel.as_str(),
        context: Context {
            conversation_history: history.collect(),
            entities,
            intent: state.intent.clone(),
            last_interaction: Some(state.last_message_at.unwrap_or(state.started_at).to_string()),
        },
    }
}

const fn notice(author: &Author) -> Option<&'static str> {
    match author {
        Author::Notice(Notice::Queued) => Some("queued"),
        Author::Notice(Notice::Fallback) => Some("fallback"),
        Author::Notice(Notice::Handover) => Some("handover"),
        Author::Customer | Author::Assistant | Author::Agent { .. } => None,
    }
}

/// Two decimals, as the documents show confidences.
pub(super) fn rounded(confidence: f32) -> f64 {
    (f64::from(confidence) * 100.0).round() / 100.0
}
