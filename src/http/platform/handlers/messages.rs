//! `POST /api/core/messages`: a customer's message, and the answer that its turn ends with.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::CustomerId;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::platform::wire::ProcessMessage;
use crate::http::platform::{decode, render};

/// Posts the message and waits for the turn's end, up to the turn's deadline.
pub async fn process(
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
    let draft = decode::draft(&wanted.message, idempotency::key(&parts.headers)?.as_deref(), wanted.metadata)?;
    let sessions = &doors.engine.sessions;
    let answered = sessions.converse(&key, visitor, Some(opening), draft).await?;
    json(StatusCode::OK, &render::processed(key.session.as_str(), &answered, sessions.policy()))
}
