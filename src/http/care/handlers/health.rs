//! `GET /health`: public.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::care::wire::Health;
use crate::http::guard::Fault;

/// Whether the API runs: it does while the store takes writes.
#[utoipa::path(
    get, path = "/health", operation_id = "getHealth",
    summary = "Check Health", tag = "Health Check", security(()),
    responses(
        (status = 200, body = Health, description = "It runs"),
        (status = 503, body = Health, description = "The store takes no writes"),
    )
)]
pub(crate) async fn check(State(doors): State<SharedDoors>) -> Result<Response, Fault> {
    let well = doors.engine.health().store;
    let body = Health {
        status: if well { "ok" } else { "error" },
        version: env!("CARGO_PKG_VERSION"),
        timestamp: doors.clock.now().to_string(),
    };
    json(if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}
