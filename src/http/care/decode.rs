//! Care's wire text into checked domain types.

use secrecy::SecretString;
use serde_json::Value;

use super::wire::{Register, SendMessage};
use crate::auth::{Caller, Who};
use crate::domain::{
    Body, Channel, ClientMessageId, CustomerId, Draft, Email, FullName, MessageId, Opening, OrganizationId, PersonName,
    Refusal, Role, SessionId, SessionKey, Visitor,
};
use crate::engine::accounts::NewUser;
use crate::engine::analytics::Bucket;
use crate::http::query::Query;

/// Conversations on a page where the client does not say.
const PAGE_DEFAULT: u64 = 20;

/// The most conversations of one page; more are cut to it.
const PAGE_MAX: u64 = 100;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    /// Entries before it.
    pub offset: u64,
    /// Entries of it.
    pub limit: u64,
}

/// Whoever registers by themselves is a customer of the default organization.
///
/// # Errors
/// `Invalid` on `email` or `name`.
pub(super) fn new_user(wanted: Register) -> Result<NewUser, Refusal> {
    Ok(NewUser {
        organization: OrganizationId::default_organization(),
        email: Email::parse(&wanted.email)?,
        username: None,
        password: SecretString::from(wanted.password),
        name: FullName::whole(PersonName::parse("name", &wanted.name)?),
        role: Role::Customer,
    })
}

/// The user that a caller converses as. Everybody with an account has conversations of their own, staff too; a key is
/// nobody.
///
/// # Errors
/// `Forbidden` for keys.
pub(super) fn user(caller: &Caller) -> Result<CustomerId, Refusal> {
    match &caller.who {
        Who::User { id, .. } => Ok(CustomerId::of_user(*id)),
        Who::Customer { id } => Ok(id.clone()),
        Who::Key { .. } => Err(Refusal::Forbidden),
    }
}

/// Who comes into a conversation of `owner`: its own user, or somebody of the staff. Anybody else is let in nowhere.
///
/// # Errors
/// `Forbidden` for keys, which are nobody.
pub(super) fn visitor(caller: &Caller, owner: Option<&CustomerId>) -> Result<Visitor, Refusal> {
    let user = user(caller)?;
    match &caller.who {
        Who::User { id, role, name } if role.is_staff() && owner != Some(&user) => {
            Ok(Visitor::Staff { user: *id, name: name.clone() })
        }
        Who::User { .. } | Who::Customer { .. } | Who::Key { .. } => Ok(Visitor::Customer(user)),
    }
}

/// A conversation of the caller's organization.
///
/// # Errors
/// `Invalid` on `conversation_id`.
pub(super) fn conversation(caller: &Caller, text: &str) -> Result<SessionKey, Refusal> {
    let session = SessionId::parse(text).map_err(|refusal| renamed(refusal, "conversation_id"))?;
    Ok(SessionKey { organization: caller.organization.clone(), session })
}

/// A conversation that is to begin, under the request's name where it has one.
pub(super) fn new_conversation(organization: &OrganizationId, name: Option<uuid::Uuid>) -> SessionKey {
    let session = SessionId::from_uuid(name.unwrap_or_else(uuid::Uuid::now_v7));
    SessionKey { organization: organization.clone(), session }
}

/// How a conversation begins.
pub(super) const fn opening() -> Opening {
    Opening { channel: Channel::Web, resume: None, language: None, name: None }
}

/// A message of a request, under the id that its client gave it.
///
/// # Errors
/// `Invalid` on `message` or `metadata`; `TooLarge`.
pub(super) fn draft(wanted: SendMessage, client_id: Option<ClientMessageId>) -> Result<Draft, Refusal> {
    if wanted.metadata.as_ref().is_some_and(|metadata| !metadata.is_object()) {
        return Err(Refusal::invalid("metadata", "must be an object"));
    }
    Ok(Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body: Body::parse("message", &wanted.message)?,
        client_id,
        metadata: wanted.metadata.filter(|metadata| *metadata != Value::Null),
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    })
}

/// `limit` and `offset`.
///
/// # Errors
/// `Invalid` on either.
pub(super) fn slice(query: &Query) -> Result<Slice, Refusal> {
    let limit = query.number("limit", PAGE_DEFAULT, 1)?.min(PAGE_MAX);
    Ok(Slice { offset: query.number("offset", 0, 0)?, limit })
}

/// `timeframe`; a day where the client does not say.
///
/// # Errors
/// `Invalid` on `timeframe`.
pub(super) fn timeframe(text: Option<&str>) -> Result<Bucket, Refusal> {
    match text {
        None | Some("daily") => Ok(Bucket::Day),
        Some("hourly") => Ok(Bucket::Hour),
        Some("weekly") => Ok(Bucket::Week),
        Some("monthly") => Ok(Bucket::Month),
        Some(_) => Err(Refusal::invalid("timeframe", "must be hourly, daily, weekly or monthly")),
    }
}

/// The refusal under the document's name for the field.
fn renamed(refusal: Refusal, field: &'static str) -> Refusal {
    match refusal {
        Refusal::Invalid { why, .. } => Refusal::Invalid { field: field.into(), why },
        other => other,
    }
}
