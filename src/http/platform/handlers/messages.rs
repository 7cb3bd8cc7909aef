//! `POST /api/core/messages`: a customer's message, and the answer that its turn ends with.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::CONVERSATIONS;
use crate::auth::Access;
use crate::domain::CustomerId;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::platform::wire::ProcessMessage;
use crate::http::platform::{decode, render};

/// Posts the message and waits for the turn's end, up to the turn's deadline.
pub(crate) async fn process(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Write)?;
    let (parts, body) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let wanted: ProcessMessage = body::parse(&bytes)?;
    let visitor = decode::writer(&caller, CustomerId::parse(&wanted.user_id)?)?;
    let opening = decode::opening(wanted.channel.as_deref(), wanted.metadata.as_ref())?;
    let mut draft = decode::draft(&wanted.message.0, wanted.metadata)?;
    let mut key = decode::session_key(&caller.organization, wanted.session_id.as_deref())?;
    if let Some(name) = idempotency::name(&doors, &caller, &parts, &bytes).await? {
        let given = wanted.session_id.is_some();
        idempotency::rename(name, &mut draft, (!given).then_some(&mut key));
    }
    let sessions = &doors.engine.sessions;
    let answered = sessions.converse(&key, visitor.clone(), Some(opening), draft).await?;
    let otherwise = sessions.standing_text(&key, &visitor, &answered)?;
    json(StatusCode::OK, &render::processed(key.session.as_str(), &answered, otherwise))
}
