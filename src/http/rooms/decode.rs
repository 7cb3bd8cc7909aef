//! The rooms dialect's wire text into checked domain types, and who may do what in whose name.

use secrecy::SecretString;
use uuid::Uuid;

use super::wire::{ChangeConfig, Register, SendMessage, UserType};
use crate::auth::{Caller, Who};
use crate::domain::{
    AssistantSettings, Body, Channel, ClientMessageId, CustomerId, Draft, Email, FullName, Label, MessageId, Opening,
    OrganizationId, PersonName, Refusal, Role, SessionId, SessionKey, State, Username, Visitor,
};
use crate::engine::accounts::NewUser;
use crate::http::query::Query;

/// Messages on a page where the client does not say.
const MESSAGES_DEFAULT: u64 = 50;

/// The most messages of one page; more are cut to it.
const MESSAGES_MAX: u64 = 200;

/// Rooms, and customers, on a page where the client does not say; the document knows no pages of them.
const ROWS_DEFAULT: u64 = 100;

/// The most rooms or customers of one page; more are cut to it.
const ROWS_MAX: u64 = 1_000;

/// The document's names for what has limits: length, confidence and style.
const SETTINGS: [&str; 3] = ["max_response_length", "ai_confidence_threshold", "response_style_default"];

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    /// Entries before it.
    pub skip: u64,
    /// Entries of it.
    pub limit: u64,
}

/// Somebody who registers; what others see of them is their username.
///
/// # Errors
/// `Invalid` on `username` or `email`.
pub(super) fn new_user(wanted: Register, organization: OrganizationId) -> Result<NewUser, Refusal> {
    let username = Username::parse(&wanted.username)?;
    Ok(NewUser {
        organization,
        email: Email::parse(&wanted.email)?,
        name: FullName::whole(PersonName::parse("username", username.as_str())?),
        username: Some(username),
        password: SecretString::from(wanted.password),
        role: match wanted.user_type {
            UserType::Admin => Role::Admin,
            UserType::Customer => Role::Customer,
        },
    })
}

/// A room of the caller's organization.
///
/// # Errors
/// `Invalid` on `room_id`.
pub(super) fn room(caller: &Caller, text: &str) -> Result<SessionKey, Refusal> {
    let session = SessionId::parse(text).map_err(|refusal| renamed(refusal, "room_id"))?;
    Ok(SessionKey { organization: caller.organization.clone(), session })
}

/// A room that is to begin, and its customer: the caller, or, where somebody else begins it, a customer of its own, whose id
/// is the room's.
///
/// # Errors
/// `Invalid`, which a UUID never is.
pub(super) fn new_room(caller: &Caller, name: Option<Uuid>) -> Result<(SessionKey, CustomerId), Refusal> {
    let session = SessionId::from_uuid(name.unwrap_or_else(Uuid::now_v7));
    let customer = match caller.customer() {
        Some(customer) => customer,
        None => CustomerId::parse(session.as_str())?,
    };
    Ok((SessionKey { organization: caller.organization.clone(), session }, customer))
}

/// How a room begins.
///
/// # Errors
/// `Invalid` on `customer_name`.
pub(super) fn opening(customer_name: &str) -> Result<Opening, Refusal> {
    let name = PersonName::parse("customer_name", customer_name)?;
    Ok(Opening { channel: Channel::Web, resume: None, language: None, name: Some(name) })
}

/// Who reads a room: its customer, or anybody of the organization's staff and services.
pub(super) fn reader(caller: &Caller) -> Visitor {
    caller.customer().map_or(Visitor::Service, Visitor::Customer)
}

/// Who writes into a room. A customer writes as such and staff as staff; an administrator, or a service, may write for a
/// room's customer. A service is nobody of the staff.
///
/// # Errors
/// `Forbidden`.
pub(super) fn writer(caller: &Caller, as_whom: UserType, room: &State) -> Result<Visitor, Refusal> {
    match (as_whom, &caller.who, caller.customer()) {
        (UserType::Customer, _, Some(customer)) => Ok(Visitor::Customer(customer)),
        (UserType::Admin, Who::User { id, role, name }, None) if role.is_staff() => {
            Ok(Visitor::Staff { user: *id, name: name.clone() })
        }
        (UserType::Customer, Who::Key { .. }, _) if room.verified => Ok(Visitor::Customer(room.customer.clone())),
        (UserType::Customer, Who::User { .. }, None) if room.verified && caller.is_admin() => {
            Ok(Visitor::Customer(room.customer.clone()))
        }
        (UserType::Admin | UserType::Customer, ..) => Err(Refusal::Forbidden),
    }
}

/// A message of a request.
///
/// # Errors
/// `Invalid` on `content` or `id`; `TooLarge`.
pub(super) fn draft(wanted: &SendMessage) -> Result<Draft, Refusal> {
    let client_id = wanted.id.as_deref().map(ClientMessageId::parse).transpose();
    Ok(Draft {
        id: MessageId(Uuid::now_v7()),
        body: Body::parse("content", &wanted.content)?,
        client_id: client_id.map_err(|refusal| renamed(refusal, "id"))?,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    })
}

/// Changes what was sent.
///
/// # Errors
/// `Invalid` on the first field that is outside of its limits.
pub(super) fn change(settings: &mut AssistantSettings, wanted: &ChangeConfig) -> Result<(), Refusal> {
    let style = wanted.response_style_default.as_deref();
    *settings = AssistantSettings {
        auto_reply: wanted.auto_reply_enabled.unwrap_or(settings.auto_reply),
        reply_max_chars: wanted.max_response_length.unwrap_or(settings.reply_max_chars),
        confidence_floor: wanted.ai_confidence_threshold.unwrap_or(settings.confidence_floor),
        style: match style {
            Some(style) => Label::parse("response_style_default", style)?,
            None => settings.style.clone(),
        },
        ..settings.clone()
    };
    settings.check(SETTINGS)
}

/// `limit` and `skip` of a room's messages.
///
/// # Errors
/// `Invalid` on either.
pub(super) fn messages_slice(query: &Query) -> Result<Slice, Refusal> {
    slice(query, MESSAGES_DEFAULT, MESSAGES_MAX)
}

/// Extension: `limit` and `skip` of rooms and customers.
///
/// # Errors
/// `Invalid` on either.
pub(super) fn rows_slice(query: &Query) -> Result<Slice, Refusal> {
    slice(query, ROWS_DEFAULT, ROWS_MAX)
}

/// `days`: how many of the last ones, today among them. The report has a limit of its own.
///
/// # Errors
/// `Invalid` on `days`.
pub(super) fn days(query: &Query, default: u64) -> Result<u64, Refusal> {
    query.number("days", default, 1)
}

fn slice(query: &Query, default: u64, most: u64) -> Result<Slice, Refusal> {
    Ok(Slice { limit: query.number("limit", default, 1)?.min(most), skip: query.number("skip", 0, 0)? })
}

/// The refusal under the document's name for the field.
fn renamed(refusal: Refusal, field: &'static str) -> Refusal {
    match refusal {
        Refusal::Invalid { why, .. } => Refusal::Invalid { field: field.into(), why },
        other => other,
    }
}
