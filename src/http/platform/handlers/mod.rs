//! One file per noun.

pub(super) mod admin;
pub(super) mod audio;
pub(super) mod channels;
pub(super) mod email;
pub(super) mod files;
pub(super) mod health;
pub(super) mod knowledge;
pub(super) mod live;
pub(super) mod memory;
pub(super) mod messages;
pub(super) mod onward;
pub(super) mod sessions;
pub(super) mod signed;
pub(super) mod sms;
pub(super) mod whatsapp;
pub(super) mod widget;

use axum::extract::Request;
use axum::http::request::Parts;
use bytes::Bytes;

use crate::auth::{Access, Caller};
use crate::domain::{Contact, SessionKey, Visitor};
use crate::http::SharedDoors;
use crate::http::body;
use crate::http::guard::Fault;

/// The noun of an API key's scopes on these routes: `conversations:read`, `conversations:write`.
const CONVERSATIONS: &str = "conversations";

/// Notes what a message says of its sender, beside the message: it is taken also where that can not be kept.
async fn introduce(doors: &SharedDoors, key: &SessionKey, visitor: &Visitor, contact: &Contact) {
    let Visitor::Customer(customer) = visitor else { return };
    if let Err(why) = doors.engine.customers.learn(&key.organization, customer, contact).await {
        tracing::warn!(%why, "what a message says of its sender is not kept");
    }
}

/// What a route that writes reads first: whether its caller may, then its JSON, of which the bytes count too.
async fn written(caller: &Caller, request: Request, max_bytes: usize) -> Result<(Parts, Bytes), Fault> {
    caller.require_scope(CONVERSATIONS, Access::Write)?;
    let (parts, body) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, body, max_bytes).await?;
    Ok((parts, bytes))
}
