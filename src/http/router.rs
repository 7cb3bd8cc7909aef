//! All doors under one router: a line per dialect, and the process's own routes.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::{SharedDoors, platform};

/// The whole router. What no dialect has a route for is refused by the platform dialect.
pub fn build(doors: &SharedDoors, metrics: PrometheusHandle) -> Router {
    let own = Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .with_state(doors.clone())
        .route("/metrics", get(move || std::future::ready(metrics.render())));
    own.merge(platform::router(doors))
}

/// Ready when sessions take commands and the store takes writes.
async fn ready(State(doors): State<SharedDoors>) -> Response {
    let health = doors.engine.health();
    if health.store && health.sessions && !*doors.stopping.borrow() {
        return "ready".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "not ready").into_response()
}
