//! Tools of the organization's own, and its model: for administrators. Secrets are taken and never shown.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::seen::unchanged;
use crate::domain::Refusal;
use crate::engine::tools::ModelReport;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::wire::{
    ChangeModel, ErrorEnvelope, IdPath, Listing, Model, Tool, ToolAnswer, ToolWanted, TryTool,
};
use crate::http::console::{decode, render};
use crate::http::guard::{Administrator, Fault};
use crate::http::query::Segment;

/// Tools, oldest first.
#[utoipa::path(
    get, path = "/api/console/tools", operation_id = "listTools",
    summary = "List Tools", tag = "Tools",
    responses((status = 200, body = Listing<Tool>, description = "All of them"))
)]
pub(crate) async fn list(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    let tools = doors.engine.tools.all(admin.acting().caller)?;
    json(StatusCode::OK, &Listing { items: tools.iter().map(render::tool).collect(), next: None })
}

/// Makes one.
#[utoipa::path(
    post, path = "/api/console/tools", operation_id = "createTool",
    summary = "Create a Tool", tag = "Tools",
    request_body = ToolWanted,
    responses(
        (status = 201, body = Tool, description = "The new one"),
        (status = 409, body = ErrorEnvelope, description = "The name is taken, or there are as many as there may be"),
    )
)]
pub(crate) async fn create(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(wanted): Sent<ToolWanted>,
) -> Result<Response, Fault> {
    let draft = decode::tool(wanted)?;
    json(StatusCode::CREATED, &render::tool(&doors.engine.tools.create(admin.acting(), draft).await?))
}

/// Writes one anew.
#[utoipa::path(
    put, path = "/api/console/tools/{id}", operation_id = "changeTool",
    summary = "Change a Tool", tag = "Tools",
    params(IdPath),
    request_body = ToolWanted,
    responses(
        (status = 200, body = Tool, description = "As it is now"),
        (status = 409, body = ErrorEnvelope, description = "The name is taken, or it is no longer as it was seen"),
    )
)]
pub(crate) async fn change(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<ToolWanted>,
) -> Result<Response, Fault> {
    let (id, draft) = (tool_id(&id)?, decode::tool(wanted)?);
    json(StatusCode::OK, &render::tool(&doors.engine.tools.change(admin.acting(), id, draft).await?))
}

/// Takes one away.
#[utoipa::path(
    delete, path = "/api/console/tools/{id}", operation_id = "deleteTool",
    summary = "Delete a Tool", tag = "Tools",
    params(IdPath),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn delete(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.tools.delete(admin.acting(), tool_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Uses one as an assistant would.
#[utoipa::path(
    post, path = "/api/console/tools/{id}/try", operation_id = "tryTool",
    summary = "Try a Tool", tag = "Tools",
    params(IdPath),
    request_body = TryTool,
    responses((status = 200, body = ToolAnswer, description = "What it answered, or why it did not"))
)]
pub(crate) async fn try_out(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<TryTool>,
) -> Result<Response, Fault> {
    let tools = &doors.engine.tools;
    let answered = tools.try_out(admin.acting(), tool_id(&id)?, &wanted.arguments).await?;
    json(StatusCode::OK, &render::tool_answer(answered))
}

/// The organization's model.
#[utoipa::path(
    get, path = "/api/console/model", operation_id = "getModel",
    summary = "Get the Model", tag = "Tools",
    responses((status = 200, body = Model, description = "What the organization has set"))
)]
pub(crate) async fn model(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    json(StatusCode::OK, &render::model(&doors.engine.tools.model(admin.acting().caller)?))
}

/// Changes it.
#[utoipa::path(
    put, path = "/api/console/model", operation_id = "changeModel",
    summary = "Change the Model", tag = "Tools",
    request_body = ChangeModel,
    responses(
        (status = 200, body = Model, description = "As it is now"),
        (status = 409, body = ErrorEnvelope, description = "It is no longer as `was` says"),
    )
)]
pub(crate) async fn change_model(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(wanted): Sent<ChangeModel>,
) -> Result<Response, Fault> {
    let was = wanted.was.clone();
    let change = decode::model(wanted)?;
    let seen = |now: &ModelReport| {
        let now = serde_json::to_value(render::model(now)).unwrap_or_default();
        unchanged(&now, was.as_ref())
    };
    json(StatusCode::OK, &render::model(&doors.engine.tools.change_model(admin.acting(), change, seen).await?))
}

fn tool_id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::NotFound { what: "tool" })
}
