//! `/api/core/sessions/:sessionId`: the context as the assistant sees it, and its reset.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::CONVERSATIONS;
use crate::auth::Access;
use crate::domain::Command;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::guard::{Authenticated, Fault};
use crate::http::platform::wire::{ResetDone, SessionContext, SessionPath};
use crate::http::platform::{decode, render};
use crate::http::query::Segment;

/// What the assistant remembers of a session.
#[utoipa::path(
    get, path = "/api/core/sessions/{sessionId}/context", operation_id = "getSessionContext",
    summary = "Get Session Context", tag = "Chatbot Core",
    params(SessionPath), responses((status = 200, body = SessionContext, description = "What is remembered"))
)]
pub(crate) async fn context(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(session): Segment,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Read)?;
    let key = decode::session_key(&caller.organization, Some(&session))?;
    let state = doors.engine.sessions.read(&key, &decode::reader(&caller))?;
    json(StatusCode::OK, &render::context(&state))
}

/// Empties it.
#[utoipa::path(
    post, path = "/api/core/sessions/{sessionId}/reset", operation_id = "resetSession",
    summary = "Reset Session", tag = "Chatbot Core",
    params(SessionPath), responses((status = 200, body = ResetDone, description = "It is empty"))
)]
pub(crate) async fn reset(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(session): Segment,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Write)?;
    let key = decode::session_key(&caller.organization, Some(&session))?;
    doors.engine.sessions.act(&key, Command::Reset { visitor: decode::reader(&caller) }).await?;
    let done =
        ResetDone { status: "success", message: "Session context has been reset", session_id: key.session.to_string() };
    json(StatusCode::OK, &done)
}
