//! `/api/core/sessions/:sessionId`: the context as the assistant sees it, and its reset.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{CONVERSATIONS, written};
use crate::auth::Access;
use crate::domain::{Command, CustomerId, DeskCommand, Refusal, Visitor};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::{Authenticated, Fault};
use crate::http::platform::wire::{RateSession, ResetDone, SessionContext, SessionPath, SessionRated};
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
    let reader = decode::reader(&caller);
    doors.engine.sessions.act(&key, Command::Reset { visitor: reader.clone() }).await?;
    let customer = doors.engine.sessions.read(&key, &reader)?.person();
    // Whoever asks next must not find it any more; should this fail, whoever follows the log does it.
    if let Err(why) = doors.engine.memories.session_ended(&key.organization, &customer, doors.clock.now()).await {
        tracing::warn!(%why, "what was remembered for a session is not forgotten yet");
    }
    let done =
        ResetDone { status: "success", message: "Session context has been reset", session_id: key.session.to_string() };
    json(StatusCode::OK, &done)
}

/// Takes the customer's rating, once it was asked for.
#[utoipa::path(
    post, path = "/api/core/sessions/{sessionId}/rating", operation_id = "rateSession",
    summary = "Rate Session", tag = "Chatbot Core",
    params(SessionPath), request_body = RateSession,
    responses(
        (status = 200, body = SessionRated, description = "It is kept"),
        (status = 409, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "Nobody asked, or it was given"),
    )
)]
pub(crate) async fn rate(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(session): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let (_, bytes) = written(&caller, request, doors.config.server.body_max_bytes).await?;
    let rating: RateSession = body::parse(&bytes)?;
    let key = decode::session_key(&caller.organization, Some(&session))?;
    let (score, comment) = decode::rating(rating.score, rating.comment.as_deref())?;
    let visitor = match (caller.customer(), rating.user_id.as_deref()) {
        (Some(customer), None) => Visitor::Customer(customer),
        (_, Some(user)) => decode::writer(&caller, CustomerId::parse(user)?)?,
        (None, None) => return Err(Refusal::invalid("userId", "is required").into()),
    };
    doors.engine.sessions.act(&key, Command::Desk(DeskCommand::Rate { visitor, score, comment })).await?;
    json(StatusCode::OK, &SessionRated { status: "success", session_id: key.session.to_string(), score })
}
