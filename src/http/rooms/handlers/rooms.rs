//! `/api/chat/rooms`: beginning a room, the rooms that are open, and one of them.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::Access;
use crate::domain::Visitor;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::query::{Query, Segment};
use crate::http::rooms::wire::CreateRoom;
use crate::http::rooms::{CONVERSATIONS, decode, render};

/// Begins a room: of the calling customer, or of a customer who is named.
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
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(room): Segment,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Read)?;
    let key = decode::room(&caller, &room)?;
    json(StatusCode::OK, &render::room(&doors.engine.sessions.read(&key, &decode::reader(&caller))?))
}
