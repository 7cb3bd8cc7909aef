//! Domain into the events' shapes.

use bytes::Bytes;
use serde::Serialize;

use super::wire::{AiAnalysis, NewMessage, Position, Sent};
use crate::bus::Committed;
use crate::domain::typing::Typist;
use crate::domain::{Author, CustomerId, Event, Message, Notice, Receipt, SessionKey};
use crate::engine::Sessions;
use crate::http::rooms::intent;
use crate::http::rooms::render::{author_id, is_ai_generated};

/// The suggestion where the assistant would not answer.
const TAKE_OVER: &str = "Answer yourself: the assistant asks for a human.";

/// Events that are looked at for the end of a turn: it follows its answer closely.
const TURN_END_EVENTS: usize = 8;

/// `new_message`, for an event that is one.
pub(super) fn message(committed: &Committed, stream: u64, key: &SessionKey, customer: &CustomerId) -> Option<Bytes> {
    let Event::Posted(message) = &committed.event else { return None };
    let (user_type, user) = match &message.author {
        Author::Customer => ("customer", None),
        Author::Agent { name, .. } => ("admin", Some(name.as_str())),
        Author::Assistant | Author::Notice(_) => ("admin", None),
    };
    payload(&NewMessage {
        message: message.body.as_str(),
        user_type,
        timestamp: message.at.to_string(),
        room: key.session.as_str(),
        message_id: message.id.to_string(),
        user_id: author_id(&message.author, customer),
        user,
        is_ai_generated: is_ai_generated(message),
        seq: committed.seq,
        epoch: stream,
        id: message.client_id.as_ref().map(|id| id.as_str()),
    })
}

/// `ai_analysis`, for an event that says how a customer's words were understood: an answer, a handover, or a suggestion for
/// the staff. `beside` are the events around it, as far as they are known.
pub(super) fn analysis(
    committed: &Committed,
    beside: &[Committed],
    key: &SessionKey,
    sessions: &Sessions,
) -> Option<Bytes> {
    let (reading, suggestion, upto) = match &committed.event {
        Event::Suggested(suggested) => {
            (&suggested.reading, suggested.text.as_deref().unwrap_or(TAKE_OVER), Some(suggested.upto))
        }
        Event::Posted(answer) => match answer.author {
            Author::Assistant => (answer.reading.as_ref()?, answer.body.as_str(), None),
            Author::Notice(Notice::Handover) if !is_suggested(committed.seq, beside) => {
                (answer.reading.as_ref()?, TAKE_OVER, None)
            }
            Author::Notice(_) | Author::Customer | Author::Agent { .. } => return None,
        },
        Event::Started(_)
        | Event::OwnerMoved { .. }
        | Event::TurnEnded { .. }
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. }
        | Event::Desk(_) => return None,
    };
    // Nothing was understood, because nothing came of the work.
    if reading.intent.is_empty() && suggestion == TAKE_OVER {
        return None;
    }
    let asked = asked(upto.or_else(|| turn_end(committed.seq, beside, key, sessions))?, key, sessions)?;
    payload(&AiAnalysis {
        room: key.session.as_str(),
        message: asked.body.as_str(),
        intent: intent::word(&reading.intent),
        suggestion,
        confidence: (f64::from(reading.confidence) * 100.0).round() / 100.0,
        message_id: asked.id.to_string(),
    })
}

/// What the acknowledgement of a message says.
pub(super) fn sent(receipt: &Receipt) -> Sent {
    let Receipt { message, seq, stream, duplicate, awaits_turn: _ } = receipt;
    Sent { ok: true, message_id: message.to_string(), seq: *seq, epoch: *stream, duplicate: *duplicate }
}

/// A position as the wire has it.
pub(super) const fn position(stream: u64, seq: u64) -> Position {
    Position { epoch: stream, seq }
}

/// Who types, in the document's words, and whether it is the assistant.
pub(super) const fn typist(who: Typist) -> (&'static str, bool) {
    match who {
        Typist::Customer => ("customer", false),
        Typist::Agent(_) => ("admin", false),
        Typist::Assistant => ("admin", true),
    }
}

/// Whether a handover's notice comes with the answer that was kept back, which says more: it stands two places before.
fn is_suggested(notice: u64, beside: &[Committed]) -> bool {
    let with_it = |committed: &&Committed| committed.seq < notice && committed.seq + 2 >= notice;
    beside.iter().filter(with_it).any(|committed| matches!(committed.event, Event::Suggested(_)))
}

/// The newest message that an answer has taken in: its turn ends right behind it.
fn turn_end(answer: u64, beside: &[Committed], key: &SessionKey, sessions: &Sessions) -> Option<u64> {
    let end = |events: &[Committed]| {
        events.iter().filter(|committed| committed.seq > answer).find_map(|committed| match &committed.event {
            Event::TurnEnded { upto, .. } => Some(*upto),
            Event::Started(_)
            | Event::Posted(_)
            | Event::OwnerMoved { .. }
            | Event::Suggested(_)
            | Event::Condensed(_)
            | Event::ContextReset { .. }
            | Event::CommandParked { .. }
            | Event::Desk(_) => None,
        })
    };
    end(beside).or_else(|| end(&sessions.events_after(key, answer, TURN_END_EVENTS).ok()?))
}

/// The customer's message at this place.
fn asked(seq: u64, key: &SessionKey, sessions: &Sessions) -> Option<Message> {
    let found = sessions.events_after(key, seq.checked_sub(1)?, 1).ok()?;
    match found.into_iter().next()?.event {
        Event::Posted(message) if message.author == Author::Customer => Some(message),
        _ => None,
    }
}

fn payload<T: Serialize>(payload: &T) -> Option<Bytes> {
    serde_json::to_vec(payload).ok().map(Bytes::from)
}
