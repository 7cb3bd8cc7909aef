//! Platform's wire text into checked domain types.

pub(super) mod admin;
pub(super) mod email;
pub(super) mod memory;

use serde_json::Value;

use super::wire::IncomingMessage;
use crate::auth::{Caller, Who};
use crate::domain::attachment::body_with;
use crate::domain::customer::LANGUAGE_MAX_BYTES;
use crate::domain::{
    Attachment, Body, Channel, ClientMessageId, Contact, CustomerId, Draft, Email, MessageId, Opening, OrganizationId,
    PersonName, Phone, Refusal, SessionId, SessionKey, Visitor,
};

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
    let Contact { name, language, .. } = contact(metadata);
    Ok(Opening { channel: self::channel(channel)?, resume: None, language, name })
}

/// The most characters of a rating's comment.
const COMMENT_MAX_CHARS: usize = 2_000;

/// How it was. A blank comment is none.
///
/// # Errors
/// `Invalid` on `score` or `comment`.
pub(super) fn rating(score: i64, comment: Option<&str>) -> Result<(u8, Option<Body>), Refusal> {
    let score = u8::try_from(score).ok().filter(|score| (1..=5).contains(score));
    let score = score.ok_or_else(|| Refusal::invalid("score", "must be a whole number from 1 to 5"))?;
    let comment = comment.filter(|comment| !comment.trim().is_empty());
    if comment.is_some_and(|comment| comment.chars().count() > COMMENT_MAX_CHARS) {
        return Err(Refusal::invalid("comment", format!("must be at most {COMMENT_MAX_CHARS} characters")));
    }
    Ok((score, comment.map(|comment| Body::parse("comment", comment)).transpose()?))
}

/// What a message says of its sender. A value that can not be one is kept with the message, and nothing else.
pub(super) fn contact(metadata: Option<&Value>) -> Contact {
    let text = |name: &str| metadata.and_then(|metadata| metadata.get(name)).and_then(Value::as_str);
    let language = text("language").filter(|tag| (1..=LANGUAGE_MAX_BYTES).contains(&tag.len())).map(str::to_owned);
    Contact {
        name: text("name").and_then(|name| PersonName::parse("metadata.name", name).ok()),
        email: text("email").and_then(|email| Email::parse(email).ok()),
        phone: text("phone").and_then(|phone| Phone::parse("metadata.phone", phone).ok()),
        language,
    }
}

/// A message of a request. Only text is a message; audio has its own route.
///
/// # Errors
/// `Invalid` on `message.type`, `message.text` or `message.id`; `TooLarge`.
pub(super) fn draft(
    message: &IncomingMessage,
    metadata: Option<Value>,
    attachments: Vec<Attachment>,
) -> Result<Draft, Refusal> {
    if message.kind.as_deref().is_some_and(|kind| kind != "text") {
        return Err(Refusal::invalid("message.type", "must be text"));
    }
    let client_id = message.id.as_deref().map(ClientMessageId::parse).transpose()?;
    let body = body_with("message.text", &message.text, &attachments)?;
    let id = MessageId(uuid::Uuid::now_v7());
    Ok(Draft { id, body, client_id, metadata, quiet: false, sent_at: None, attachments })
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_metadata_says_of_its_sender_is_taken_and_what_it_can_not_say_is_left() {
        let said = contact(Some(&json!({
            "name": " Alice Johnson ", "email": "Alice@Example.com", "phone": "+1 (234) 567-890", "language": "en"
        })));
        let (name, email) = (said.name.unwrap(), said.email.unwrap());
        assert_eq!((name.as_str(), email.as_str()), ("Alice Johnson", "alice@example.com"));
        assert_eq!((said.phone.unwrap().as_str(), said.language.as_deref()), ("+1234567890", Some("en")));
        let bad = json!({ "name": 7, "email": "nowhere", "phone": ["1"], "language": "" });
        assert!(contact(Some(&bad)).is_empty() && contact(None).is_empty());
    }
}
