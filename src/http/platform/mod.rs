//! The platform dialect: `/api/core/*` over REST and `/ws` live. Its document is the first of the seeds; what it leaves
//! open is in `docs/dialects/platform.md`, with the extension fields.

mod decode;
mod error;
mod handlers;
mod render;
mod socket;
mod wire;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::SharedDoors;
use super::guard::{self, Asking, Dialect, Fault, guard};
use crate::auth::Quota;
use crate::domain::Refusal;

const DIALECT: Dialect = Dialect { name: "platform", render: error::render, quota };

/// Where live connections come in.
pub const LIVE_PATH: &str = "/ws";

/// The dialect's routes, with everything else under its paths refused in its envelope.
pub fn router(doors: &SharedDoors) -> Router {
    Router::new()
        .route("/api/core/messages", post(handlers::messages::process))
        .route("/api/core/messages/audio", post(handlers::audio::process))
        .route("/api/core/sessions/{session}/context", get(handlers::sessions::context))
        .route("/api/core/sessions/{session}/reset", post(handlers::sessions::reset))
        .route("/api/core/health", get(handlers::health::core))
        .route("/api/admin/parked", get(handlers::parked::list))
        .route(LIVE_PATH, get(handlers::live::connect))
        .fallback(|| async { Fault::from(Refusal::NotFound { what: "resource" }) })
        .method_not_allowed_fallback(|| async { Fault::MethodNotAllowed })
        .layer(from_fn_with_state((doors.clone(), DIALECT), guard))
        .with_state(doors.clone())
}

/// A hundred a minute and caller, as documented; sockets have limits of their own.
fn quota(doors: &SharedDoors, request: &Request, asking: &Asking) -> Option<(&'static str, String, Quota)> {
    if request.uri().path() == LIVE_PATH {
        return Some(guard::upgrades("platform-live", doors, asking));
    }
    let limits = &doors.config.limits;
    let quota = Quota { limit: limits.platform_requests, window_s: limits.platform_window_s };
    Some(("platform", asking.rate_key(), quota))
}
