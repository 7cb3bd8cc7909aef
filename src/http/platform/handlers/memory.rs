//! `/api/memory/memories`: what is remembered of a customer. Forgetting is an extension of the document.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::Access;
use crate::domain::memories::Wanted;
use crate::engine::audit::Acting;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::{Asking, Authenticated, Fault};
use crate::http::platform::decode::memory as decode;
use crate::http::platform::render::memory as render;
use crate::http::platform::wire::memory::{
    ForgottenMemories, Memories, MemoriesOf, MemoriesWanted, StoreMemory, StoredMemory,
};
use crate::http::query::{Query, Segment};

/// The noun of an API key's scopes on these routes.
const MEMORIES: &str = "memories";

/// Stores a memory, or over the one of its type and key.
#[utoipa::path(
    post, path = "/api/memory/memories", operation_id = "storeMemory",
    summary = "Store Memory", tag = "Memory Engine", request_body = StoreMemory,
    responses(
        (status = 201, body = StoredMemory, description = "There was none of this type and key"),
        (status = 200, body = StoredMemory, description = "It is stored over the one there was, under its id"),
        (status = 409, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "The organization has as many memories as it may"),
    )
)]
pub(crate) async fn store(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_scope(MEMORIES, Access::Write)?;
    let (parts, body) = request.into_parts();
    let wanted: StoreMemory = body::json(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let customer = decode::owner(&caller, &wanted.user_id)?;
    let draft = decode::draft(&caller, wanted)?;
    let stored = doors.engine.memories.store(&caller.organization, &customer, draft).await?;
    let status = if stored.is_new { StatusCode::CREATED } else { StatusCode::OK };
    json(status, &render::stored(&stored.memory, customer.to_string()))
}

/// What is remembered of a customer, the first stored first; nobody's memories are none.
#[utoipa::path(
    get, path = "/api/memory/memories/{userId}", operation_id = "retrieveMemories",
    summary = "Retrieve Memory", tag = "Memory Engine", params(MemoriesOf, MemoriesWanted),
    responses((status = 200, body = Memories, description = "What is remembered"))
)]
pub(crate) async fn retrieve(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(user): Segment,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_scope(MEMORIES, Access::Read)?;
    let customer = decode::owner(&caller, &user)?;
    let wanted = decode::wanted(&Query::of(request.uri()))?;
    let found = doors.engine.memories.retrieve(&caller.organization, &customer, &wanted)?;
    let memories = found.into_iter().map(render::memory).collect();
    json(StatusCode::OK, &Memories { user_id: customer.to_string(), memories })
}

/// Forgets what is remembered of a customer: all of it, or of a type or key. Twice is once.
#[utoipa::path(
    delete, path = "/api/memory/memories/{userId}", operation_id = "forgetMemories",
    summary = "Forget Memory", tag = "Memory Engine", params(MemoriesOf, MemoriesWanted),
    responses(
        (status = 200, body = ForgottenMemories, description = "It is forgotten"),
        (status = 409, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "A legal hold stands on the customer"),
    )
)]
pub(crate) async fn forget(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(user): Segment,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_scope(MEMORIES, Access::Write)?;
    let customer = decode::owner(&caller, &user)?;
    let wanted = decode::wanted(&Query::of(request.uri()))?;
    let (memories, organization) = (&doors.engine.memories, &caller.organization);
    // Whoever forgets everything of somebody else is noted.
    let notes = wanted == Wanted::default() && caller.customer().is_none();
    let deleted = if notes {
        let address = request.extensions().get::<Asking>().map(|asking| asking.address);
        memories.forget_everything(Acting { caller: &caller, address }, &customer).await?
    } else {
        memories.forget(organization, &customer, &wanted).await?
    };
    json(StatusCode::OK, &ForgottenMemories { user_id: customer.to_string(), status: "deleted", deleted })
}
