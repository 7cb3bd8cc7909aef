//! All doors under one router: a line per dialect, and the process's own routes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, get_service};
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use tower::{Service, ServiceExt, service_fn};

use super::server::Peer;
use super::{SharedDoors, care, console, cors, docs, platform, rooms, web};
use crate::config::MetricsFor;

/// The dialects' names in metrics.
pub const DIALECTS: [&str; 4] = ["platform", "care", "rooms", "console"];

/// Headers by which a proxy says that it asks for somebody else.
const PASSED_ON: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// A dialect's router, and the paths that it answers for, known or not.
type Dialect = (fn(&str) -> bool, Router);

/// The whole router. A path that no other dialect answers for is the platform's, to serve or to refuse.
pub fn build(doors: &SharedDoors, metrics: PrometheusHandle) -> Router {
    let dialects = [
        (care::owns as fn(&str) -> bool, care::router(doors)),
        (rooms::owns, rooms::router(doors)),
        (console::owns, console::router(doors)),
    ];
    let rest = by_path(dialects.into(), platform::router(doors));
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get_service(metrics_page(doors.clone(), metrics, rest.clone())))
        .with_state(doors.clone())
        .merge(docs::router(&[
            platform::description(),
            care::description(),
            rooms::description(),
            console::description(),
        ]))
        .merge(web::router())
        .fallback_service(rest)
        .layer(cors::layer(doors))
}

/// Hands a request to the dialect that answers for its path.
fn by_path(
    dialects: Arc<[Dialect]>,
    otherwise: Router,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    service_fn(move |request: Request| {
        let path = request.uri().path();
        let owner = dialects.iter().find(|(owns, _)| owns(path)).map_or(&otherwise, |(_, router)| router);
        owner.clone().oneshot(request)
    })
}

/// The metrics for those who may read them; to others there is no such page.
fn metrics_page<S>(
    doors: SharedDoors,
    metrics: PrometheusHandle,
    otherwise: S,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
{
    service_fn(move |request: Request| {
        let peer = request.extensions().get::<Peer>().copied();
        let shown = may_read(doors.config.server.metrics, peer, request.headers());
        let page = shown.then(|| (Arc::clone(&doors), metrics.clone()));
        let otherwise = otherwise.clone();
        async move {
            let Some((doors, metrics)) = page else { return otherwise.oneshot(request).await };
            // What waits is counted in the store.
            let page = tokio::task::spawn_blocking(move || measured(&doors, &metrics)).await;
            Ok(page
                .map_or_else(|_ended| StatusCode::INTERNAL_SERVER_ERROR.into_response(), IntoResponse::into_response))
        }
    })
}

fn may_read(shown_to: MetricsFor, peer: Option<Peer>, headers: &HeaderMap) -> bool {
    match shown_to {
        MetricsFor::Open => true,
        MetricsFor::Off => false,
        MetricsFor::Loopback => {
            let near = peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
            near && !PASSED_ON.iter().any(|name| headers.contains_key(*name))
        }
    }
}

/// What was counted, and the depths as they are now.
fn measured(doors: &SharedDoors, metrics: &PrometheusHandle) -> String {
    let engine = &doors.engine;
    gauge!("switchboard_sessions_live").set(engine.sessions.live() as f64);
    gauge!("switchboard_sessions_listened").set(engine.sessions.listened() as f64);
    gauge!("switchboard_commands_waiting").set(engine.sessions.waiting() as f64);
    gauge!("switchboard_commit_queue_batches").set(engine.store.depth() as f64);
    let waiting = engine.desk.waiting();
    gauge!("switchboard_desk_waiting").set(waiting.sessions as f64);
    gauge!("switchboard_desk_longest_wait_seconds").set(waiting.longest_s as f64);
    engine.costs.measure();
    engine.webhooks.measure();
    gauge!("switchboard_cache_bytes").set(engine.cache.bytes() as f64);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_are_for_this_machine_for_everybody_or_for_nobody() {
        let asks = |shown_to, from: &str, by: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(name) = by {
                headers.insert(name, "198.51.100.7".parse().unwrap());
            }
            may_read(shown_to, Some(Peer(from.parse().unwrap())), &headers)
        };
        for near in ["127.0.0.1:9", "127.8.8.8:9", "[::1]:9", "[::ffff:127.0.0.1]:9"] {
            assert!(asks(MetricsFor::Loopback, near, None), "{near}");
            for proxy in PASSED_ON {
                assert!(!asks(MetricsFor::Loopback, near, Some(proxy)), "{near} {proxy}");
            }
            assert!(!asks(MetricsFor::Off, near, None), "{near}");
        }
        for far in ["192.0.2.1:9", "10.0.0.1:9", "[2001:db8::1]:9"] {
            assert!(!asks(MetricsFor::Loopback, far, None), "{far}");
            assert!(asks(MetricsFor::Open, far, None), "{far}");
        }
        assert!(!may_read(MetricsFor::Loopback, None, &HeaderMap::new()));
    }
}
