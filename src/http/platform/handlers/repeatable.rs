//! `Idempotency-Key`: the same request twice has one effect and gets one answer.
//!
//! The key and the body become a name, durable before anything else happens. The message and, where the request names none,
//! its session are made under that name, so a repeat, at the same time or after a crash, finds what the first one made.

use axum::http::request::Parts;
use uuid::Uuid;

use crate::auth::Caller;
use crate::domain::{ClientMessageId, Draft, MessageId, Refusal, SessionId, SessionKey};
use crate::engine::accounts::RequestKey;
use crate::http::SharedDoors;
use crate::http::guard::Fault;

/// The header's name.
const HEADER: &str = "idempotency-key";

/// The name of what the request makes, if its client may repeat it.
///
/// # Errors
/// `Invalid` for a bad key, `Conflict` when it came with another body before.
pub(super) async fn name(
    doors: &SharedDoors,
    caller: &Caller,
    parts: &Parts,
    body: &[u8],
) -> Result<Option<Uuid>, Fault> {
    let Some(value) = parts.headers.get(HEADER) else { return Ok(None) };
    let value = value.to_str().map_err(|_| Refusal::invalid("Idempotency-Key", "must be printable ASCII"))?;
    let route = format!("POST {}", parts.uri.path());
    let scope = format!("{}/{}/{route}", caller.organization, caller.rate_key());
    let key = RequestKey::new(value, scope, RequestKey::fingerprint_of(&route, body))?;
    Ok(Some(doors.engine.accounts.name_request(&key).await?))
}

/// Puts the name where the client gave none of its own.
pub(super) fn rename(name: Uuid, draft: &mut Draft, session: Option<&mut SessionKey>) {
    draft.id = MessageId(name);
    draft.client_id.get_or_insert_with(|| ClientMessageId::from_uuid(name));
    if let Some(key) = session {
        key.session = SessionId::from_uuid(name);
    }
}
