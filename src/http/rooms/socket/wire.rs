//! The events' exact shapes. What is not in the document is an extension, and said so.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A place in a room's log (extension).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Position {
    pub epoch: u64,
    pub seq: u64,
}

/// `join_room`. `user` and `user_type` are the document's, and give nothing: the token says who it is.
#[derive(Debug, Deserialize)]
pub(super) struct JoinRoom<'a> {
    #[serde(borrow)]
    pub room: Cow<'a, str>,
    /// Extension: what the client has already.
    #[serde(default)]
    pub after: Option<Position>,
}

/// `send_message`. `user_type` and `timestamp` give nothing: both are the server's to say.
#[derive(Debug, Deserialize)]
pub(super) struct SendMessage<'a> {
    #[serde(borrow)]
    pub room: Cow<'a, str>,
    #[serde(borrow)]
    pub message: Cow<'a, str>,
    /// Extension: the client's own id; the same one twice is one message.
    #[serde(borrow, default)]
    pub id: Option<Cow<'a, str>>,
}

/// `typing` (extension).
#[derive(Debug, Deserialize)]
pub(super) struct Typing<'a> {
    #[serde(borrow)]
    pub room: Cow<'a, str>,
    pub is_typing: bool,
}

/// `leave_room` (extension).
#[derive(Debug, Deserialize)]
pub(super) struct LeaveRoom<'a> {
    #[serde(borrow)]
    pub room: Cow<'a, str>,
}

/// Acknowledges `join_room`.
#[derive(Debug, Serialize)]
pub(super) struct Joined<'a> {
    pub ok: bool,
    pub room: &'a str,
    pub position: Position,
    /// `after` did not fit this log: everything follows from its start.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resync: bool,
}

/// Acknowledges `leave_room` and `typing`.
#[derive(Debug, Serialize)]
pub(super) struct Done<'a> {
    pub ok: bool,
    pub room: &'a str,
}

/// Acknowledges `send_message`: the message is durable.
#[derive(Debug, Serialize)]
pub(super) struct Sent {
    pub ok: bool,
    pub message_id: String,
    pub seq: u64,
    pub epoch: u64,
    pub duplicate: bool,
}

/// Acknowledges what was refused.
#[derive(Debug, Serialize)]
pub(super) struct Failed<'a> {
    pub error: Reason<'a>,
}

/// Why.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Reason<'a> {
    pub code: &'a str,
    pub detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// `error` (extension): what was refused, and why.
#[derive(Debug, Serialize)]
pub(super) struct Error<'a> {
    #[serde(flatten)]
    pub reason: Reason<'a>,
    pub event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
}

/// `new_message`: the document's three, then extensions.
#[derive(Debug, Serialize)]
pub(super) struct NewMessage<'a> {
    pub message: &'a str,
    pub user_type: &'static str,
    pub timestamp: String,
    pub room: &'a str,
    pub message_id: String,
    pub user_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'a str>,
    pub is_ai_generated: bool,
    pub seq: u64,
    pub epoch: u64,
    /// The sender's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
}

/// `ai_analysis`: the document's four, then extensions.
#[derive(Debug, Serialize)]
pub(super) struct AiAnalysis<'a> {
    pub room: &'a str,
    pub message: &'a str,
    pub intent: &'static str,
    pub suggestion: &'a str,
    pub confidence: f64,
    /// The message that was read.
    pub message_id: String,
}

/// `typing` (extension).
#[derive(Debug, Serialize)]
pub(super) struct Types<'a> {
    pub room: &'a str,
    pub user_type: &'static str,
    pub is_typing: bool,
    pub is_ai_generated: bool,
}

/// `draft` (extension): more of the answer that the assistant is making.
#[derive(Debug, Serialize)]
pub(super) struct Drafted<'a> {
    pub room: &'a str,
    pub turn: u64,
    pub text: &'a str,
    pub offset: usize,
}

/// `draft_end` (extension): that answer is thrown away, or its message comes.
#[derive(Debug, Serialize)]
pub(super) struct DraftEnd<'a> {
    pub room: &'a str,
    pub turn: u64,
}

/// `resync` (extension): forget what you have of the room, everything follows from its start.
#[derive(Debug, Serialize)]
pub(super) struct Resync<'a> {
    pub room: &'a str,
    pub position: Position,
}
