//! The frames of `/ws` as a customer's client reads and writes them. Unknown types and fields are passed over.

use serde::{Deserialize, Serialize};

/// A place in a session's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Position {
    pub(super) epoch: u64,
    pub(super) seq: u64,
}

/// A frame from the server.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(super) enum Incoming {
    ConnectionEstablished {
        session_id: String,
        resume_secret: Option<String>,
        position: Option<Position>,
    },
    Message(Posted),
    HandoverInitiated {
        message: String,
        message_id: Option<String>,
        seq: Option<u64>,
        epoch: Option<u64>,
    },
    TypingStart {},
    TypingStop {},
    Ack {
        id: Option<String>,
        message_id: String,
        seq: u64,
        epoch: u64,
    },
    Error {
        message: String,
        code: String,
        id: Option<String>,
    },
    Resync {
        position: Position,
    },
    #[serde(other)]
    Unknown,
}

/// A message of anybody.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Posted {
    pub(super) text: String,
    pub(super) message_id: String,
    pub(super) sender: String,
    pub(super) agent_name: Option<String>,
    pub(super) notice: Option<String>,
    pub(super) id: Option<String>,
    pub(super) seq: Option<u64>,
    pub(super) epoch: Option<u64>,
}

/// A frame to the server.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    Text { text: &'a str, id: &'a str },
    HandoverRequest,
}

impl Outgoing<'_> {
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
