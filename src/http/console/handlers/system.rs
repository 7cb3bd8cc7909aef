//! What runs inside the process, and work that was set aside. For administrators.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::domain::Refusal;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::console::wire::{ErrorEnvelope, IdPath, Listing, PageQuery, ParkedRow, SystemState};
use crate::http::console::{decode, render};
use crate::http::guard::{Administrator, Authenticated, Fault};
use crate::http::query::{Query, Segment};

/// What runs inside the process.
#[utoipa::path(
    get, path = "/api/console/system", operation_id = "getSystem",
    summary = "Get the System's State", tag = "System",
    responses((status = 200, body = SystemState, description = "Actors, queues, sockets, restarts"))
)]
pub(crate) async fn read(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    let report = doors.engine.system.report(&admin.caller);
    json(StatusCode::OK, &render::system::state(&report, doors.viewers.connected()))
}

/// Work that was set aside, newest first.
#[utoipa::path(
    get, path = "/api/console/parked", operation_id = "listParked",
    summary = "List Parked Work", tag = "System",
    params(PageQuery),
    responses((status = 200, body = Listing<ParkedRow>, description = "A page, newest first"))
)]
pub(crate) async fn parked(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (cursor, limit) = (decode::cursor(&query)?, decode::limit(&query)?);
    let (found, next) = doors.engine.sessions.parked_page(&caller, cursor.as_ref(), limit)?;
    let items = found.iter().map(render::system::parked).collect();
    json(StatusCode::OK, &Listing { items, next: next.map(|next| next.to_text()) })
}

/// Posts a message that was set aside, once.
#[utoipa::path(
    post, path = "/api/console/parked/{id}/replay", operation_id = "replayParked",
    summary = "Replay Parked Work", tag = "System",
    params(IdPath),
    responses(
        (status = 204, description = "It is done and no longer parked"),
        (status = 409, body = ErrorEnvelope, description = "It can not be done again"),
    )
)]
pub(crate) async fn replay(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.sessions.replay(admin.acting(), parked_id(&id)?, doors.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes away what was set aside.
#[utoipa::path(
    delete, path = "/api/console/parked/{id}", operation_id = "discardParked",
    summary = "Discard Parked Work", tag = "System",
    params(IdPath),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn discard(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.sessions.discard(admin.acting(), parked_id(&id)?, doors.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn parked_id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::NotFound { what: "parked command" })
}
