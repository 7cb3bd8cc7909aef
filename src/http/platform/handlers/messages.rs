//! `POST /api/core/messages`: a customer's message, and the answer that its turn ends with.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::json;
use crate::domain::{CustomerId, Refusal};
use crate::http::SharedDoors;
use crate::http::body;
use crate::http::guard::{Authenticated, Fault};
use crate::http::platform::wire::ProcessMessage;
use crate::http::platform::{decode, render};

/// The longest `Idempotency-Key`, in characters; it serves as the message's id where the message has none.
const IDEMPOTENCY_KEY_MAX_CHARS: usize = 128;

/// Posts the message and waits for the turn's end, up to the turn's deadline.
pub(crate) async fn process(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let wanted: ProcessMessage = body::json(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let customer = CustomerId::parse(&wanted.user_id)?;
    let visitor = decode::writer(&caller, customer)?;
    let key = decode::session_key(&caller.organization, wanted.session_id.as_deref())?;
    let opening = decode::opening(wanted.channel.as_deref(), wanted.metadata.as_ref())?;
    let draft = decode::draft(&wanted.message, idempotency_key(&parts.headers)?.as_deref(), wanted.metadata)?;
    let sessions = &doors.engine.sessions;
    let answered = sessions.converse(&key, visitor, Some(opening), draft).await?;
    json(StatusCode::OK, &render::processed(key.session.as_str(), &answered, sessions.policy()))
}

/// The header's value, bare or as a structured-field string in double quotes.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let refused = || Refusal::invalid("Idempotency-Key", "must be 1 to 128 printable characters");
    let text = value.to_str().map_err(|_| refused())?.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if text.is_empty() || text.chars().count() > IDEMPOTENCY_KEY_MAX_CHARS {
        return Err(refused());
    }
    Ok(Some(text.to_owned()))
}
