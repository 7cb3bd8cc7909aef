//! What is remembered of a customer: everybody of the staff reads it, corrects it and forgets it.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Colleague;
use crate::domain::memories::Wanted;
use crate::engine::audit::Acting;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::wire::{
    ChangeMemory, ErrorEnvelope, Forgotten, IdPath, Listing, MemoryPath, MemoryRow, NewMemory,
};
use crate::http::console::{decode, render};
use crate::http::guard::{Asking, Fault};
use crate::http::query::{Segment, Segments};

/// All of it: a customer has so few that they are one page.
#[utoipa::path(
    get, path = "/api/console/customers/{id}/memories", operation_id = "listMemories",
    summary = "List a Customer's Memories", tag = "Customers",
    params(IdPath),
    responses((status = 200, body = Listing<MemoryRow>, description = "All of them, the first stored first"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let id = decode::customer(&id)?;
    doors.engine.customers.get(&caller.organization, &id)?;
    let found = doors.engine.memories.list(&caller.organization, &id, &Wanted::default())?;
    json(StatusCode::OK, &Listing { items: found.into_iter().map(render::memory).collect(), next: None })
}

/// Notes something, or over what there was of its type and key. No message changes it then.
#[utoipa::path(
    post, path = "/api/console/customers/{id}/memories", operation_id = "addMemory",
    summary = "Add a Memory", tag = "Customers",
    params(IdPath),
    request_body = NewMemory,
    responses(
        (status = 201, body = MemoryRow, description = "The memory"),
        (status = 409, body = ErrorEnvelope, description = "The organization has as many as it may"),
    )
)]
pub(crate) async fn add(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segment(id): Segment,
    Sent(wanted): Sent<NewMemory>,
) -> Result<Response, Fault> {
    let id = decode::customer(&id)?;
    doors.engine.customers.get(&caller.organization, &id)?;
    let draft = decode::memory(wanted)?;
    let stored = doors.engine.memories.store(&caller.organization, &id, draft).await?;
    json(StatusCode::CREATED, &render::memory(stored.memory))
}

/// Corrects one. No message changes it then.
#[utoipa::path(
    patch, path = "/api/console/customers/{id}/memories/{memory}", operation_id = "changeMemory",
    summary = "Change a Memory", tag = "Customers",
    params(MemoryPath),
    request_body = ChangeMemory,
    responses((status = 200, body = MemoryRow, description = "As it is now"))
)]
pub(crate) async fn change(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segments(id, memory): Segments,
    Sent(wanted): Sent<ChangeMemory>,
) -> Result<Response, Fault> {
    let (id, memory) = (decode::customer(&id)?, decode::memory_id(&memory)?);
    let change = decode::memory_change(wanted)?;
    let changed = doors.engine.memories.change(&caller.organization, &id, memory, change).await?;
    json(StatusCode::OK, &render::memory(changed))
}

/// Forgets one.
#[utoipa::path(
    delete, path = "/api/console/customers/{id}/memories/{memory}", operation_id = "forgetMemory",
    summary = "Forget a Memory", tag = "Customers",
    params(MemoryPath),
    responses(
        (status = 204, description = "It is forgotten"),
        (status = 409, body = ErrorEnvelope, description = "A legal hold stands on the customer"),
    )
)]
pub(crate) async fn forget(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segments(id, memory): Segments,
) -> Result<Response, Fault> {
    let (id, memory) = (decode::customer(&id)?, decode::memory_id(&memory)?);
    doors.engine.memories.forget_one(&caller.organization, &id, memory).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Forgets all of it; the audit log says who did.
#[utoipa::path(
    delete, path = "/api/console/customers/{id}/memories", operation_id = "forgetAllMemories",
    summary = "Forget a Customer's Memories", tag = "Customers",
    params(IdPath),
    responses(
        (status = 200, body = Forgotten, description = "They are forgotten"),
        (status = 409, body = ErrorEnvelope, description = "A legal hold stands on the customer"),
    )
)]
pub(crate) async fn forget_all(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let id = decode::customer(&id)?;
    doors.engine.customers.get(&caller.organization, &id)?;
    let address = request.extensions().get::<Asking>().map(|asking| asking.address);
    let acting = Acting { caller: &caller, address };
    let forgotten = doors.engine.memories.forget_everything(acting, &id).await?;
    json(StatusCode::OK, &Forgotten { forgotten })
}
