//! All doors under one router: a line per dialect, and the process's own routes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use tower::{Service, ServiceExt, service_fn};

use super::{SharedDoors, care, platform};

/// The dialects' names in metrics.
pub const DIALECTS: [&str; 2] = ["platform", "care"];

/// A dialect's router, and the paths that it answers for, known or not.
type Dialect = (fn(&str) -> bool, Router);

/// The whole router. A path that no other dialect answers for is the platform's, to serve or to refuse.
pub fn build(doors: &SharedDoors, metrics: PrometheusHandle) -> Router {
    let own = Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(move |doors: State<SharedDoors>| std::future::ready(measured(&doors, &metrics))))
        .with_state(doors.clone());
    let dialects = [(care::owns as fn(&str) -> bool, care::router(doors))];
    own.fallback_service(by_path(dialects.into(), platform::router(doors)))
}

/// Hands a request to the dialect that answers for its path.
fn by_path(
    dialects: Arc<[Dialect]>,
    otherwise: Router,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync {
    service_fn(move |request: Request| {
        let path = request.uri().path();
        let owner = dialects.iter().find(|(owns, _)| owns(path)).map_or(&otherwise, |(_, router)| router);
        owner.clone().oneshot(request)
    })
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
