//! Platform's wire text into checked domain types.

use serde_json::Value;

use super::wire::IncomingMessage;
use crate::auth::{Caller, Who};
use crate::domain::{
    Body, Channel, ClientMessageId, CustomerId, Draft, MessageId, Opening, OrganizationId, PersonName, Refusal,
    SessionId, SessionKey, Visitor,
};

/// The longest language tag that is kept, in bytes.
const LANGUAGE_MAX_BYTES: usize = 35;

/// The session that a request names, or a new one.
///
/// # Errors
/// `Invalid` on `sessionId`.
pub(super) fn session_key(organization: &OrganizationId, session: Option<&str>) -> Result<SessionKey, Refusal> {
    let session = match session {
        Some(text) => SessionId::parse(text)?,
        None => SessionId::from_uuid(uuid::Uuid::now_v7()),
    };
    Ok(SessionKey { organization: organization.clone(), session })
}

/// What both message routes read before the message itself.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Who writes.
    pub visitor: Visitor,
    /// How the session begins, should it be new.
    pub opening: Opening,
    /// The session.
    pub key: SessionKey,
}

/// Who writes, and where.
///
/// # Errors
/// As [`writer`], [`opening`] and [`session_key`]; `Invalid` on `userId`.
pub(super) fn arrival(
    caller: &Caller,
    user_id: &str,
    session_id: Option<&str>,
    channel: Option<&str>,
    metadata: Option<&Value>,
) -> Result<Arrival, Refusal> {
    Ok(Arrival {
        visitor: writer(caller, CustomerId::parse(user_id)?)?,
        opening: opening(channel, metadata)?,
        key: session_key(&caller.organization, session_id)?,
    })
}

/// Who writes for `customer`: themselves, or a service that vouches for them. A customer writes in their own name only,
/// and somebody else's is as unknown as a session of theirs.
///
/// # Errors
/// `NotFound` when the credential is another customer's; `Forbidden` for staff, who write over `/ws`.
pub(super) fn writer(caller: &Caller, customer: CustomerId) -> Result<Visitor, Refusal> {
    match &caller.who {
        Who::Key { .. } => Ok(Visitor::Customer(customer)),
        Who::User { .. } | Who::Customer { .. } => match caller.customer() {
            Some(own) if own == customer => Ok(Visitor::Customer(customer)),
            Some(_) => Err(Refusal::NotFound { what: "user" }),
            None if caller.is_admin() => Ok(Visitor::Customer(customer)),
            None => Err(Refusal::Forbidden),
        },
    }
}

/// Who reads a session: its customer, or anybody of the organization's staff and services.
pub(super) fn reader(caller: &Caller) -> Visitor {
    match caller.customer() {
        Some(customer) => Visitor::Customer(customer),
        None => Visitor::Service,
    }
}

/// A person of the staff as a visitor.
pub(super) fn staff(caller: &Caller) -> Option<Visitor> {
    match &caller.who {
        Who::User { id, name, .. } if caller.is_staff() => {
            Some(Visitor::Staff { user: *id, name: PersonName::clone(name) })
        }
        Who::User { .. } | Who::Customer { .. } | Who::Key { .. } => None,
    }
}

/// How a session begins that a request names for the first time.
///
/// # Errors
/// `Invalid` on `channel` or `metadata`.
pub(super) fn opening(channel: Option<&str>, metadata: Option<&Value>) -> Result<Opening, Refusal> {
    if metadata.is_some_and(|metadata| !metadata.is_object()) {
        return Err(Refusal::invalid("metadata", "must be an object"));
    }
    let language = metadata.and_then(|metadata| metadata.get("language")).and_then(Value::as_str);
    let language = language.filter(|tag| (1..=LANGUAGE_MAX_BYTES).contains(&tag.len())).map(str::to_owned);
    let name = metadata.and_then(|metadata| metadata.get("name")).and_then(Value::as_str);
    // A name that is none of a person's is kept with the message, and names nobody.
    let name = name.and_then(|name| PersonName::parse("metadata.name", name).ok());
    Ok(Opening { channel: self::channel(channel)?, resume: None, language, name })
}

/// A message of a request. Only text is a message; audio has its own route.
///
/// # Errors
/// `Invalid` on `message.type`, `message.text` or `message.id`; `TooLarge`.
pub(super) fn draft(message: &IncomingMessage, metadata: Option<Value>) -> Result<Draft, Refusal> {
    if message.kind.as_deref().is_some_and(|kind| kind != "text") {
        return Err(Refusal::invalid("message.type", "must be text"));
    }
    let client_id = message.id.as_deref().map(ClientMessageId::parse).transpose()?;
    let body = Body::parse("message.text", &message.text)?;
    Ok(Draft { id: MessageId(uuid::Uuid::now_v7()), body, client_id, metadata })
}

fn channel(text: Option<&str>) -> Result<Channel, Refusal> {
    match text {
        None | Some("web" | "websocket") => Ok(Channel::Web),
        Some("whatsapp") => Ok(Channel::Whatsapp),
        Some("email") => Ok(Channel::Email),
        Some("sms") => Ok(Channel::Sms),
        Some(_) => Err(Refusal::invalid("channel", "must be web, whatsapp, email or sms")),
    }
}
