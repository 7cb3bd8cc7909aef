//! All doors under one router: a line per dialect, and the process's own routes.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;

use super::{SharedDoors, platform};

/// The dialects' names in metrics.
pub const DIALECTS: [&str; 2] = ["platform", "care"];

/// The whole router. What no dialect has a route for is refused by the platform dialect.
pub fn build(doors: &SharedDoors, metrics: PrometheusHandle) -> Router {
    let own = Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(move |doors: State<SharedDoors>| std::future::ready(measured(&doors, &metrics))))
        .with_state(doors.clone());
    own.merge(platform::router(doors))
}

/// What was counted, and the depths as they are now.
fn measured(doors: &SharedDoors, metrics: &PrometheusHandle) -> String {
    let engine = &doors.engine;
    gauge!("switchboard_sessions_live").set(engine.sessions.live() as f64);
    gauge!("switchboard_commands_waiting").set(engine.sessions.waiting() as f64);
    gauge!("switchboard_commit_queue_batches").set(engine.store.depth() as f64);
    metrics.render()
}

/// Ready when sessions take commands and the store takes writes.
async fn ready(State(doors): State<SharedDoors>) -> Response {
    let health = doors.engine.health();
    if health.store && health.sessions && !*doors.stopping.borrow() {
        return "ready".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "not ready").into_response()
}
