//! Kept answers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Colleague;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::console::render;
use crate::http::console::wire::CacheState;
use crate::http::guard::{Administrator, Fault};

/// What is kept, and how often it served.
#[utoipa::path(
    get, path = "/api/console/cache", operation_id = "getCache",
    summary = "Get the Answer Cache", tag = "Cache",
    responses((status = 200, body = CacheState, description = "What is kept now, and the counts since the beginning"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
) -> Result<Response, Fault> {
    json(StatusCode::OK, &render::cache(&doors.engine.cache.report(&caller.organization)?))
}

/// Throws the kept answers away; the counts stay.
#[utoipa::path(
    delete, path = "/api/console/cache", operation_id = "clearCache",
    summary = "Clear the Answer Cache", tag = "Cache",
    responses((status = 204, description = "Nothing is kept"))
)]
pub(crate) async fn clear(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    doors.engine.cache.clear(admin.acting()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
