//! `/conversations`: beginning one, and the caller's own.

use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::Visitor;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::care::wire::Conversation;
use crate::http::care::{decode, render};
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::query::Query;

/// Nothing is read from the body, but one that is no JSON object is a mistake that somebody should hear of.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct Nothing {}

/// Begins a conversation.
#[utoipa::path(
    post, path = "/conversations", operation_id = "startConversation",
    summary = "Start a Conversation", tag = "Conversations", params(IdempotencyKey),
    request_body = Option<Nothing>,
    responses((status = 201, body = Conversation, description = "The new conversation"))
)]
pub(crate) async fn start(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let user = decode::user(&caller)?;
    let (Nothing {}, bytes) = body::optional_json(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let name = idempotency::name(&doors, &caller, &parts, &bytes).await?;
    let key = decode::new_conversation(&caller.organization, name);
    let visitor = Visitor::Customer(user);
    doors.engine.sessions.enter(&key, visitor.clone(), Some(decode::opening())).await?;
    json(StatusCode::CREATED, &render::conversation(&doors.engine.sessions.read(&key, &visitor)?))
}

/// The caller's own conversations, oldest first.
#[utoipa::path(
    get, path = "/conversations", operation_id = "listConversations",
    summary = "List Conversations", tag = "Conversations",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, description = "Conversations at most: 20 unless given, cut to 100"),
        ("offset" = Option<u64>, Query, minimum = 0, description = "Conversations before them"),
    ),
    responses((status = 200, body = [Conversation], description = "A page", headers(
        ("X-Total-Count" = u64, description = "Conversations in all"),
        ("X-Page-Size" = u64, description = "`limit` as it was taken"),
        ("X-Page" = u64, description = "`offset / limit + 1`"),
        ("X-Total-Pages" = u64, description = "Pages in all"),
    )))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let user = decode::user(&caller)?;
    let slice = decode::slice(&Query::of(request.uri()))?;
    let (limit, offset) = (slice.limit, slice.offset);
    let (found, total) = doors.engine.sessions.slice_of_customer(&caller.organization, &user, offset, limit)?;
    let rows: Vec<_> = found.iter().map(render::conversation).collect();
    let pages = [
        ("x-total-count", total),
        ("x-page-size", limit),
        ("x-page", offset / limit + 1),
        ("x-total-pages", total.div_ceil(limit)),
    ];
    let headers = pages.map(|(name, number)| (HeaderName::from_static(name), number.to_string()));
    Ok((axum::response::AppendHeaders(headers), json(StatusCode::OK, &rows)?).into_response())
}
