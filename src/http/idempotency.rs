//! `Idempotency-Key`: the same request twice has one effect and gets one answer; another request under the same key is
//! refused. It means the same on every route that creates something.
//!
//! Where what a request makes has a name of ours, the key and the body become that name, durable before anything else
//! happens: a repeat, at the same time or after a crash, finds what the first one made.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use uuid::Uuid;

use super::SharedDoors;
use super::guard::Fault;
use crate::auth::Caller;
use crate::domain::{ClientMessageId, Draft, MessageId, Refusal, SessionId, SessionKey};
use crate::engine::accounts::RequestKey;

/// The header's name, as refusals name it.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A caller's key, if they may repeat the request.
///
/// # Errors
/// As [`key`].
pub fn callers_key(caller: &Caller, parts: &Parts, body: &[u8]) -> Result<Option<RequestKey>, Refusal> {
    key(parts, &format!("{}/{}", caller.organization, caller.rate_key()), body)
}

/// The request's key, if its client may repeat it. `whose` is whoever asks: keys of two of them never meet.
///
/// # Errors
/// `Invalid` for a bad key.
pub fn key(parts: &Parts, whose: &str, body: &[u8]) -> Result<Option<RequestKey>, Refusal> {
    let Some(value) = header(&parts.headers)? else { return Ok(None) };
    let route = format!("POST {}", parts.uri.path());
    let scope = format!("{whose}/{route}");
    RequestKey::new(value, scope, RequestKey::fingerprint_of(&route, body)).map(Some)
}

/// The name of what the request makes, if its client may repeat it.
///
/// # Errors
/// `Invalid` for a bad key, `Conflict` when it came with another body before.
pub async fn name(doors: &SharedDoors, caller: &Caller, parts: &Parts, body: &[u8]) -> Result<Option<Uuid>, Fault> {
    let Some(key) = callers_key(caller, parts, body)? else { return Ok(None) };
    Ok(Some(doors.engine.accounts.name_request(&key).await?))
}

/// Puts the name where the client gave none of its own.
pub fn rename(name: Uuid, draft: &mut Draft, session: Option<&mut SessionKey>) {
    draft.id = MessageId(name);
    draft.client_id.get_or_insert_with(|| ClientMessageId::from_uuid(name));
    if let Some(key) = session {
        key.session = SessionId::from_uuid(name);
    }
}

/// The key as a message's own id, where a dialect has no other field for it; `None` when it can not be one.
///
/// # Errors
/// `Invalid` for a bad key.
pub fn message_id(headers: &HeaderMap) -> Result<Option<ClientMessageId>, Refusal> {
    let key = header(headers)?.map(RequestKey::read).transpose()?;
    Ok(key.and_then(|key| ClientMessageId::parse(&key).ok()))
}

fn header(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let value = headers.get(IDEMPOTENCY_KEY).map(|value| value.to_str());
    value.transpose().map_err(|_| Refusal::invalid(IDEMPOTENCY_KEY, "must be printable ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<String>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, value.parse().unwrap());
        Ok(message_id(&headers)?.map(|id| id.as_str().to_owned()))
    }

    #[test]
    fn a_key_is_a_messages_id_bare_or_quoted_where_it_can_be_one() {
        assert_eq!(message_id(&HeaderMap::new()), Ok(None));
        assert_eq!(read(" a-1 "), Ok(Some("a-1".to_owned())));
        assert_eq!(read("\"a-1\""), Ok(Some("a-1".to_owned())));
        assert_eq!(read(&"x".repeat(255)), Ok(None), "longer than a message's id");
        for bad in ["", "\"\"", &"x".repeat(256), "a\tb"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
