//! `/api/chat/rooms`: beginning a room, the rooms that are open, and one of them.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::Access;
use crate::domain::Visitor;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::query::{Query, Segment};
use crate::http::rooms::wire::{CreateRoom, NewRoom, Room, RoomPath};
use crate::http::rooms::{CONVERSATIONS, decode, render};

/// Begins a room: of the calling customer, or of a customer who is named.
#[utoipa::path(
    post, path = "/api/chat/rooms", operation_id = "createRoom",
    summary = "Create a Room", tag = "Chat",
    params(IdempotencyKey),
    request_body = CreateRoom,
    responses((status = 201, body = NewRoom, description = "The new room"))
)]
pub(crate) async fn create(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Write)?;
    let (parts, body) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let wanted: CreateRoom = body::parse(&bytes)?;
    let opening = decode::opening(&wanted.customer_name)?;
    let name = idempotency::name(&doors, &caller, &parts, &bytes).await?;
    let (key, customer) = decode::new_room(&caller, name)?;
    let visitor = Visitor::Customer(customer);
    let sessions = &doors.engine.sessions;
    sessions.enter(&key, visitor.clone(), Some(opening)).await?;
    json(StatusCode::CREATED, &render::new_room(&sessions.read(&key, &visitor)?))
}

/// The rooms that are not closed, newest activity first: a customer's own, or the organization's.
#[utoipa::path(
    get, path = "/api/chat/rooms", operation_id = "listRooms",
    summary = "List Open Rooms", tag = "Chat",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, description = "Rooms at most: 100 unless given, cut to 1,000"),
        ("skip" = Option<u64>, Query, minimum = 0, description = "Rooms before them"),
    ),
    responses((status = 200, body = [Room], description = "A page, newest activity first"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Read)?;
    let slice = decode::rows_slice(&Query::of(request.uri()))?;
    let (customer, limit) = (caller.customer(), usize::try_from(slice.limit).unwrap_or(usize::MAX));
    let open = doors.engine.sessions.open(&caller.organization, customer.as_ref(), slice.skip, limit).await?;
    json(StatusCode::OK, &open.iter().map(render::room).collect::<Vec<_>>())
}

/// A room.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room_id}", operation_id = "getRoom",
    summary = "Get a Room", tag = "Chat",
    params(RoomPath),
    responses((status = 200, body = Room, description = "The room"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(room): Segment,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Read)?;
    let key = decode::room(&caller, &room)?;
    json(StatusCode::OK, &render::room(&doors.engine.sessions.read(&key, &decode::reader(&caller))?))
}
