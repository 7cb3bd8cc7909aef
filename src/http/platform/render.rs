//! Domain into platform's wire shapes.

pub(super) mod admin;
pub(super) mod live;
pub(super) mod memory;

use serde_json::{Map, Value};

use super::wire::{Context, HistoryLine, ProcessedMessage, ReadContext, ResponseMessage, SessionContext};
use crate::domain::memory::Speaker;
use crate::domain::{Reading, State};
use crate::engine::sessions::Answered;

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

/// Two decimals, as the documents show confidences.
pub(super) fn rounded(confidence: f32) -> f64 {
    (f64::from(confidence) * 100.0).round() / 100.0
}
