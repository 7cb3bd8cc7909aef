//! Events' text into checked wishes.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use socketioxide::handler::Value;

use super::wire::{JoinRoom, LeaveRoom, SendMessage, Typing};
use crate::auth::{Access, Caller, Who};
use crate::domain::{Body, ClientMessageId, Refusal, SessionId, Visitor};
use crate::http::body;
use crate::http::live::After;
use crate::http::live::visit::client_id;

/// How much of an event's name is repeated in an error, in characters.
const NAME_MAX_CHARS: usize = 64;

/// What an API key needs for rooms.
const CONVERSATIONS: &str = "conversations";

/// An event that came, in the order of its coming.
#[derive(Debug)]
pub(super) struct Arrived {
    /// Under which number it wants to be acknowledged.
    pub ack: Option<i64>,
    /// What it was about, for errors.
    pub about: About,
    /// What is wanted, or why it can not be had.
    pub wish: Result<Wish, Refusal>,
}

/// Names an event in an error.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    /// Its name.
    pub event: Cow<'static, str>,
    /// The room that it names.
    pub room: Option<SessionId>,
    /// The sender's own id for it.
    pub id: Option<ClientMessageId>,
}

/// What a client may want.
#[derive(Debug)]
pub(super) enum Wish {
    /// Hear what is said in a room.
    Join { room: SessionId, after: Option<After> },
    /// Hear it no more.
    Leave { room: SessionId },
    /// Say something.
    Send { room: SessionId, body: Body, client_id: Option<ClientMessageId> },
    /// Say that one types, or stopped.
    Type { room: SessionId, active: bool },
}

/// As whom a caller comes into rooms.
///
/// # Errors
/// `Forbidden` for a key that may not read conversations.
pub(super) fn visitor(caller: &Caller) -> Result<Visitor, Refusal> {
    match (&caller.who, caller.customer()) {
        (_, Some(customer)) => Ok(Visitor::Customer(customer)),
        (Who::User { id, name, .. }, None) => Ok(Visitor::Staff { user: *id, name: name.clone() }),
        (Who::Key { .. } | Who::Customer { .. }, None) => {
            caller.require_scope(CONVERSATIONS, Access::Read).map(|()| Visitor::Service)
        }
    }
}

/// Reads an event: `["name", {...}]`.
pub(super) fn event(value: &Value, ack: Option<i64>) -> Arrived {
    let mut about = About::default();
    let wish = wish(value, &mut about);
    Arrived { ack, about, wish }
}

fn wish(value: &Value, about: &mut About) -> Result<Wish, Refusal> {
    let Value::Str(text, attachments) = value else { return Err(Refusal::invalid("event", "must be text")) };
    let parts: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| malformed())?;
    let name: Cow<'_, str> =
        parts.first().and_then(|name| serde_json::from_str(name.get()).ok()).ok_or_else(malformed)?;
    about.event = name.chars().take(NAME_MAX_CHARS).collect::<String>().into();
    if attachments.as_ref().is_some_and(|attachments| !attachments.is_empty()) {
        return Err(Refusal::invalid("attachments", "are not accepted"));
    }
    let payload = parts.get(1).map_or("", |payload| payload.get());
    match name.as_ref() {
        "join_room" => join(parse(payload)?, about),
        "leave_room" => leave(&parse(payload)?, about),
        "send_message" => send(&parse(payload)?, about),
        "typing" => typing(&parse(payload)?, about),
        _ => Err(Refusal::invalid("event", "is not an event of this protocol")),
    }
}

fn join(wanted: JoinRoom<'_>, about: &mut About) -> Result<Wish, Refusal> {
    let room = room(&wanted.room, about)?;
    let after = wanted.after.map(|after| After::parse(&format!("{}:{}", after.epoch, after.seq))).transpose()?;
    Ok(Wish::Join { room, after })
}

fn leave(wanted: &LeaveRoom<'_>, about: &mut About) -> Result<Wish, Refusal> {
    Ok(Wish::Leave { room: room(&wanted.room, about)? })
}

fn send(wanted: &SendMessage<'_>, about: &mut About) -> Result<Wish, Refusal> {
    let room = room(&wanted.room, about)?;
    let client_id = client_id(wanted.id.as_deref())?;
    about.id.clone_from(&client_id);
    Ok(Wish::Send { room, body: Body::parse("message", &wanted.message)?, client_id })
}

fn typing(wanted: &Typing<'_>, about: &mut About) -> Result<Wish, Refusal> {
    Ok(Wish::Type { room: room(&wanted.room, about)?, active: wanted.is_typing })
}

fn room(text: &str, about: &mut About) -> Result<SessionId, Refusal> {
    let room = SessionId::parse(text).map_err(|refusal| match refusal {
        Refusal::Invalid { why, .. } => Refusal::Invalid { field: "room".into(), why },
        other => other,
    })?;
    about.room = Some(room.clone());
    Ok(room)
}

fn parse<'a, T: Deserialize<'a>>(payload: &'a str) -> Result<T, Refusal> {
    if payload.is_empty() {
        return Err(Refusal::invalid("payload", "is required"));
    }
    body::parse(payload.as_bytes())
}

fn malformed() -> Refusal {
    Refusal::invalid("event", "must be a list of a name and an object")
}
