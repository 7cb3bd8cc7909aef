//! Domain into care's wire shapes.

use bytes::Bytes;

use super::wire::{
    BucketCount, Conversation, ConversationAnalytics, Entity, IntentCount, Metadata, Place, Response, SentMessage,
    ServerFrame,
};
use crate::bus::Committed;
use crate::domain::typing::Typist;
use crate::domain::{Author, Event, Message, Notice, Reading, Receipt, SessionKey, State};
use crate::engine::analytics::ConversationReport;
use crate::http::live::follow::{Ack, frame};

/// The intent of what nobody read anything into.
const NO_INTENT: &str = "unknown";

/// The kinds of the document, in its order.
const KINDS: [&str; 5] = ["greeting", "question", "complaint", "feedback", "other"];

/// Who reads a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// A client of the document alone.
    Plain,
    /// A client that resumes by position, or somebody of the staff: it also gets who said what, and what the user said.
    Full,
}

/// A conversation, new or listed.
pub(super) fn conversation(state: &State) -> Conversation {
    Conversation { conversation_id: state.key.session.to_string(), created_at: state.started_at.to_string() }
}

/// A stored message, and what was answered.
pub(super) fn sent(key: &SessionKey, sender: String, message: &Message, response: Option<Response>) -> SentMessage {
    SentMessage {
        message_id: message.id.to_string(),
        conversation_id: key.session.to_string(),
        sender,
        message: message.body.as_str().to_owned(),
        timestamp: message.at.to_string(),
        response,
    }
}

/// What the turn said. Its first text answers; the rest (a notice of the queue after a handover) goes out live.
pub(super) fn response(said: &[Message]) -> Option<Response> {
    let first = said.first()?;
    let reading = said.iter().find_map(|message| message.reading.as_ref());
    Some(reading.map_or_else(
        || plain_response(first.body.as_str()),
        |reading| Response {
            text: first.body.as_str().to_owned(),
            intent: reading.intent.clone(),
            confidence: rounded(reading.confidence),
            entities: entities(reading),
        },
    ))
}

/// A text that rests on nothing that was read.
pub(super) fn plain_response(text: &str) -> Response {
    Response { text: text.to_owned(), intent: NO_INTENT.to_owned(), confidence: 0.0, entities: Vec::new() }
}

/// The report in the document's words.
pub(super) fn analytics(report: &ConversationReport) -> ConversationAnalytics {
    let per_conversation = match report.conversations {
        0 => 0.0,
        conversations => two_decimals(report.messages as f64 / conversations as f64),
    };
    let count = |wanted: &str| {
        let of_kind = report.intents.iter().filter(|(intent, _)| kind(intent.as_deref()) == wanted);
        of_kind.map(|(_, count)| count).sum()
    };
    ConversationAnalytics {
        total_conversations: report.conversations,
        active_users: report.active_customers,
        messages_per_conversation: per_conversation,
        intent_distribution: KINDS.map(|intent| IntentCount { intent, count: count(intent) }).into(),
        time_series: report
            .started
            .iter()
            .map(|(start, count)| BucketCount { timestamp: start.to_string(), count: *count })
            .collect(),
    }
}

/// A durable event as a frame, if the dialect has a word for it.
pub(super) fn event(committed: &Committed, stream: u64, audience: Audience) -> Option<Bytes> {
    let Event::Posted(message) = &committed.event else { return None };
    posted(message, committed.seq, stream, audience)
}

/// Extension: the message is durable.
pub(super) fn ack(receipt: &Receipt, client_id: Option<&str>) -> Option<Bytes> {
    Ack { receipt, client_id, message_id_name: "message_id" }.frame()
}

/// Who types, in the document's words.
pub(super) const fn typist(who: Typist) -> &'static str {
    match who {
        Typist::Customer => "user",
        Typist::Assistant => "assistant",
        Typist::Agent(_) => "agent",
    }
}

fn posted(message: &Message, seq: u64, stream: u64, audience: Audience) -> Option<Bytes> {
    if audience == Audience::Plain && message.author == Author::Customer {
        return None;
    }
    let full = audience == Audience::Full;
    let reading = message.reading.as_ref();
    frame(&ServerFrame::Message {
        content: message.body.as_str(),
        timestamp: message.at.to_string(),
        metadata: Metadata {
            intent: reading.map(|reading| live_intent(&reading.intent)),
            confidence: reading.map(|reading| rounded(reading.confidence)),
        },
        place: full.then(|| place(message, seq, stream)),
    })
}

fn place(message: &Message, seq: u64, epoch: u64) -> Place<'_> {
    let (sender, agent_name, notice) = match &message.author {
        Author::Customer => ("user", None, None),
        Author::Assistant => ("assistant", None, None),
        Author::Agent { name, .. } => ("agent", Some(name.as_str()), None),
        Author::Notice(notice) => ("assistant", None, Some(notice_word(*notice))),
    };
    let id = message.client_id.as_ref().map(|id| id.as_str());
    Place { sender, agent_name, notice, id, message_id: message.id.to_string(), seq, epoch }
}

const fn notice_word(notice: Notice) -> &'static str {
    match notice {
        Notice::Queued => "queued",
        Notice::Fallback => "fallback",
        Notice::Handover => "handover",
        Notice::OutOfHours => "out_of_hours",
        Notice::Service => "service",
    }
}

fn entities(reading: &Reading) -> Vec<Entity> {
    let wire = |entity: &crate::domain::Entity| Entity { entity: entity.kind.clone(), value: entity.value.clone() };
    reading.entities.iter().map(wire).collect()
}

/// The document says `greet` in its REST answer and `greeting` over the socket.
fn live_intent(intent: &str) -> &str {
    if intent == "greet" { "greeting" } else { intent }
}

/// Which of the document's five kinds an intent is. Whatever has a topic of its own is a question about it.
fn kind(intent: Option<&str>) -> &'static str {
    match intent {
        Some("greet" | "greeting") => "greeting",
        Some("complaint" | "damaged_item" | "payment_problem") => "complaint",
        Some("feedback" | "thanks") => "feedback",
        None | Some("" | NO_INTENT | "other" | "goodbye" | "affirm" | "deny" | "request_human") => "other",
        Some(_) => "question",
    }
}

fn rounded(confidence: f32) -> f64 {
    two_decimals(f64::from(confidence))
}

fn two_decimals(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn every_intent_is_of_one_documented_kind() {
        for (intent, expected) in [
            (Some("greet"), "greeting"),
            (Some("return_policy"), "question"),
            (Some("order_status"), "question"),
            (Some("complaint"), "complaint"),
            (Some("thanks"), "feedback"),
            (Some("request_human"), "other"),
            (Some("unknown"), "other"),
            (None, "other"),
        ] {
            assert_eq!(kind(intent), expected, "{intent:?}");
        }
    }
}
