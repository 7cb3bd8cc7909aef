//! `Idempotency-Key`: the same request twice has one effect and gets one answer.
//!
//! Where what a request makes has a name of ours, the key and the body become that name, durable before anything else
//! happens: a repeat, at the same time or after a crash, finds what the first one made. Where it makes a message in a
//! session that is there, the key itself may be the message's id, which is unique where it is committed.

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

/// The longest value that may be a message's id, in characters.
const MESSAGE_ID_MAX_CHARS: usize = 128;

/// The name of what the request makes, if its client may repeat it.
///
/// # Errors
/// `Invalid` for a bad key, `Conflict` when it came with another body before.
pub async fn name(doors: &SharedDoors, caller: &Caller, parts: &Parts, body: &[u8]) -> Result<Option<Uuid>, Fault> {
    let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let value = value.to_str().map_err(|_| Refusal::invalid(IDEMPOTENCY_KEY, "must be printable ASCII"))?;
    let route = format!("POST {}", parts.uri.path());
    let scope = format!("{}/{}/{route}", caller.organization, caller.rate_key());
    let key = RequestKey::new(value, scope, RequestKey::fingerprint_of(&route, body))?;
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

/// The header's value as a message's id, bare or as a structured-field string in double quotes.
///
/// # Errors
/// `Invalid` on [`IDEMPOTENCY_KEY`].
pub fn message_id(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let refused = || Refusal::invalid(IDEMPOTENCY_KEY, "must be 1 to 128 printable characters");
    let text = value.to_str().map_err(|_| refused())?.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if text.is_empty() || text.chars().count() > MESSAGE_ID_MAX_CHARS || text.chars().any(char::is_control) {
        return Err(refused());
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<String>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, value.parse().unwrap());
        message_id(&headers)
    }

    #[test]
    fn a_key_is_read_bare_or_quoted_and_within_its_length() {
        assert_eq!(message_id(&HeaderMap::new()), Ok(None));
        assert_eq!(read(" a-1 "), Ok(Some("a-1".to_owned())));
        assert_eq!(read("\"a-1\""), Ok(Some("a-1".to_owned())));
        for bad in ["", "\"\"", &"x".repeat(129), "a\tb"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
