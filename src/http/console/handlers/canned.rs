//! Canned replies.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::domain::Refusal;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::wire::{Canned, CannedReply, ErrorEnvelope, IdPath, Listing, PageQuery};
use crate::http::console::{decode, render};
use crate::http::guard::{Administrator, Authenticated, Fault};
use crate::http::query::{Query, Segment};

/// Canned replies by shortcut.
#[utoipa::path(
    get, path = "/api/console/canned", operation_id = "listCanned",
    summary = "List Canned Replies", tag = "Canned Replies",
    params(("q" = Option<String>, Query, max_length = 200, description = "Words of shortcut, title or text"), PageQuery),
    responses((status = 200, body = Listing<Canned>, description = "A page"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (text, limit) = (decode::search(&query)?, decode::limit(&query)?);
    let (found, next) = doors.engine.canned.search(&caller, text, query.get("cursor"), limit)?;
    json(StatusCode::OK, &Listing { items: found.iter().map(render::canned).collect(), next })
}

/// Makes one.
#[utoipa::path(
    post, path = "/api/console/canned", operation_id = "createCanned",
    summary = "Create a Canned Reply", tag = "Canned Replies",
    request_body = CannedReply,
    responses(
        (status = 201, body = Canned, description = "The new one"),
        (status = 409, body = ErrorEnvelope, description = "The shortcut is taken"),
    )
)]
pub(crate) async fn create(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(wanted): Sent<CannedReply>,
) -> Result<Response, Fault> {
    let draft = decode::canned(&wanted)?;
    json(StatusCode::CREATED, &render::canned(&doors.engine.canned.create(admin.acting(), draft).await?))
}

/// Writes one anew.
#[utoipa::path(
    put, path = "/api/console/canned/{id}", operation_id = "changeCanned",
    summary = "Change a Canned Reply", tag = "Canned Replies",
    params(IdPath),
    request_body = CannedReply,
    responses(
        (status = 200, body = Canned, description = "As it is now"),
        (status = 409, body = ErrorEnvelope, description = "The shortcut is taken"),
    )
)]
pub(crate) async fn change(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<CannedReply>,
) -> Result<Response, Fault> {
    let id = canned_id(&id)?;
    let draft = decode::canned(&wanted)?;
    json(StatusCode::OK, &render::canned(&doors.engine.canned.change(admin.acting(), id, draft).await?))
}

/// Takes one away.
#[utoipa::path(
    delete, path = "/api/console/canned/{id}", operation_id = "deleteCanned",
    summary = "Delete a Canned Reply", tag = "Canned Replies",
    params(IdPath),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn delete(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.canned.delete(admin.acting(), canned_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn canned_id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::NotFound { what: "canned reply" })
}
