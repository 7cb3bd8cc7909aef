//! The frames that the server sends.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Person;
use crate::bus::{DraftPiece, Outbox};
use crate::domain::desk::Snapshot;
use crate::domain::desk::news::Lists;
use crate::domain::typing::Typist;
use crate::domain::{Receipt, Refusal, SessionId, Timestamp};
use crate::http::console::render::event::Names;
use crate::http::console::wire::{AgentRow, Summary, Viewer};
use crate::http::console::{error, render};
use crate::http::live::follow::frame;

/// What an acknowledgement says besides.
pub(super) type Fields = Map<String, Value>;

pub(super) fn welcome(
    person: &Person,
    outbox: &Arc<Outbox>,
    position: u64,
    resumed: bool,
    now: Timestamp,
) -> Option<Bytes> {
    frame(&json!({
        "type": "welcome",
        "connection": outbox.id().to_string(),
        "agent": { "id": person.user, "name": person.name, "role": person.role.as_str() },
        "organization": person.caller.organization,
        "position": position.to_string(),
        "resumed": resumed,
        "time": now.to_string(),
    }))
}

pub(super) fn resync(position: u64, why: &str) -> Option<Bytes> {
    frame(&json!({ "type": "resync", "position": position.to_string(), "why": why }))
}

pub(super) fn position(position: u64) -> Option<Bytes> {
    frame(&json!({ "type": "position", "position": position.to_string() }))
}

pub(super) fn desk(snapshot: &Snapshot) -> Option<Bytes> {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "desk")]
    struct Desk {
        queue: Vec<Summary>,
        queue_total: usize,
        mine: Vec<Summary>,
        offers: Vec<Value>,
        agents: Vec<AgentRow>,
        open: bool,
    }
    let offer = |offered: &crate::domain::desk::news::Offered| json!({ "session": offered.case.case.key.session, "until": offered.until.to_string() });
    frame(&Desk {
        queue: snapshot.queue.iter().map(|listed| render::summary(listed)).collect(),
        queue_total: snapshot.queue_total,
        mine: snapshot.mine.iter().map(|listed| render::summary(listed)).collect(),
        offers: snapshot.offers.iter().map(offer).collect(),
        agents: snapshot.agents.iter().map(|card| render::agent(card)).collect(),
        open: snapshot.open,
    })
}

/// How sessions and people stand now.
pub(super) fn lists(lists: &Lists) -> Option<Bytes> {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "lists")]
    struct Frame {
        sessions: Vec<Summary>,
        agents: Vec<AgentRow>,
    }
    frame(&Frame {
        sessions: lists.sessions.iter().map(|listed| render::summary(listed)).collect(),
        agents: lists.agents.iter().map(|card| render::agent(card)).collect(),
    })
}

pub(super) fn offer(summary: &Summary, until: Timestamp) -> Option<Bytes> {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "offer")]
    struct Offer<'a> {
        session: &'a Summary,
        until: String,
    }
    frame(&Offer { session: summary, until: until.to_string() })
}

pub(super) fn offer_ended(session: &SessionId, how: &str) -> Option<Bytes> {
    frame(&json!({ "type": "offer_ended", "session": session, "how": how }))
}

pub(super) fn open(open: bool) -> Option<Bytes> {
    frame(&json!({ "type": "open", "open": open }))
}

pub(super) fn typing(session: &SessionId, who: Typist, active: bool, names: Names<'_>) -> Option<Bytes> {
    let who = match who {
        Typist::Customer => json!({ "kind": "customer" }),
        Typist::Assistant => json!({ "kind": "assistant" }),
        Typist::Agent(user) => json!({ "kind": "agent", "id": user, "name": names(user) }),
    };
    frame(&json!({ "type": "typing", "session": session, "who": who, "active": active }))
}

pub(in crate::http::console) fn viewers(session: &SessionId, viewers: &[Viewer]) -> Option<Bytes> {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "viewers")]
    struct Viewers<'a> {
        session: &'a str,
        viewers: &'a [Viewer],
    }
    frame(&Viewers { session: session.as_str(), viewers })
}

pub(super) fn draft(session: &SessionId, piece: &DraftPiece) -> Option<Bytes> {
    let (turn, offset, text) = (piece.turn, piece.offset, &*piece.text);
    frame(&json!({ "type": "draft", "session": session, "turn": turn, "text": text, "offset": offset }))
}

pub(super) fn draft_ended(session: &SessionId, turn: u64) -> Option<Bytes> {
    frame(&json!({ "type": "draft_ended", "session": session, "turn": turn }))
}

/// A command is done.
pub(super) fn ack(id: Option<&str>, fields: Fields) -> Option<Bytes> {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "ack")]
    struct Ack<'a> {
        id: Option<&'a str>,
        #[serde(flatten)]
        fields: Fields,
    }
    frame(&Ack { id, fields })
}

/// A command is refused, or a frame was none.
pub(super) fn error(id: Option<&str>, refusal: &Refusal) -> Option<Bytes> {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "error")]
    struct Error<'a> {
        id: Option<&'a str>,
        #[serde(flatten)]
        reason: crate::http::console::wire::Reason,
    }
    frame(&Error { id, reason: error::reason(refusal) })
}

/// What the acknowledgement of a message or a note says.
pub(super) fn receipt(id_name: &'static str, receipt: &Receipt) -> Fields {
    let mut fields = Fields::new();
    fields.insert(id_name.to_owned(), json!(receipt.message));
    fields.insert("seq".to_owned(), receipt.seq.into());
    fields.insert("duplicate".to_owned(), receipt.duplicate.into());
    fields
}

/// One field.
pub(super) fn field(name: &'static str, value: &impl Serialize) -> Fields {
    let mut fields = Fields::new();
    fields.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
    fields
}
