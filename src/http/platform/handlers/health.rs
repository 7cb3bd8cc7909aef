//! `GET /api/core/health`: public, and true.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::guard::Fault;
use crate::http::platform::wire::{Dependencies, Health};

/// The state of what the core rests on. The document's names stand for the part that does that work here: `openai` for
/// whoever answers, `redis` for the live sessions, `memory_engine` for what is remembered.
#[utoipa::path(
    get, path = "/api/core/health", operation_id = "getCoreHealth",
    summary = "Health Check", tag = "Chatbot Core", security(()),
    responses(
        (status = 200, body = Health, description = "It serves, if degraded"),
        (status = 503, body = Health, description = "The store takes no writes"),
    )
)]
pub(crate) async fn core(State(doors): State<SharedDoors>) -> Result<Response, Fault> {
    let health = doors.engine.health();
    let word = |well: bool| if well { "healthy" } else { "unhealthy" };
    let well = health.store && health.sessions && health.assistant;
    let body = Health {
        status: if well { "healthy" } else { "degraded" },
        version: env!("CARGO_PKG_VERSION"),
        dependencies: Dependencies {
            openai: word(health.assistant),
            redis: word(health.sessions),
            memory_engine: word(health.store),
            store: word(health.store),
        },
    };
    json(if health.store { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}
