//! `POST /api/chat/analyze`: what the assistant makes of a text. Nothing is stored.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::Access;
use crate::domain::Body;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::{Authenticated, Fault};
use crate::http::rooms::wire::{Analyze, Analyzed};
use crate::http::rooms::{CONVERSATIONS, render};

/// Reads the text as the first message of a room.
#[utoipa::path(
    post, path = "/api/chat/analyze", operation_id = "analyze",
    summary = "Analyze a Text", tag = "Chat",
    request_body = Analyze,
    responses((status = 200, body = Analyzed<'static>, description = "What the assistant makes of it"))
)]
pub(crate) async fn analyze(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Read)?;
    let (parts, body) = request.into_parts();
    let wanted: Analyze = body::json(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let text = Body::parse("message", &wanted.message)?;
    let engine = &doors.engine;
    let advised = engine.advice.on(&caller.organization, &text).await?;
    let settings = engine.settings.assistant(&caller.organization);
    json(StatusCode::OK, &render::analyzed(text.as_str(), &advised, &settings, render::caller_type(&caller)))
}
