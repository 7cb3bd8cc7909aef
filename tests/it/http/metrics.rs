//! `GET /metrics`, of the real program.

use switchboard::config::{Config, MetricsFor};

use crate::support::app::{API_KEY, PATIENCE, Process, TestApp};
use crate::support::rest::{message, send};
use crate::support::ws::Client;

/// The value of a series.
fn value(page: &str, series: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
}

#[tokio::test]
async fn the_page_shows_sessions_queues_turns_and_latencies() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]).await;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://{}{path}", server.address());
    for session in ["one", "two"] {
        let request = client.post(url("/api/core/messages")).header("X-API-Key", API_KEY);
        assert_eq!(send(request.json(&message(session, "Hello"))).await.status, 200);
    }
    let mut customer = Client::connect(format!("ws://{}/ws?userId=user123", server.address())).await;
    customer.wait_for_type("connection_established").await;
    let page = client.get(url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert_eq!(value(&page, "switchboard_sessions_live"), Some(3.0), "{page}");
    assert_eq!(value(&page, "switchboard_commands_waiting"), Some(0.0));
    assert!(value(&page, "switchboard_commit_queue_batches").is_some());
    assert_eq!(value(&page, "switchboard_turns_total{outcome=\"replied\"}"), Some(2.0));
    assert_eq!(value(&page, "switchboard_turns_total{outcome=\"fallback\"}"), Some(0.0));
    assert_eq!(value(&page, "switchboard_http_request_seconds_count{dialect=\"platform\"}"), Some(3.0));
    assert_eq!(value(&page, "switchboard_sockets"), Some(1.0));
    customer.vanish();
    let gone = async {
        loop {
            let page = client.get(url("/metrics")).send().await.unwrap().text().await.unwrap();
            if value(&page, "switchboard_sockets") == Some(0.0) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("a socket that went away is not counted");
}

#[tokio::test]
async fn whoever_may_not_read_the_metrics_finds_no_such_page() {
    for (shown_to, near, passed_on) in
        [(MetricsFor::Loopback, 200, 404), (MetricsFor::Open, 200, 200), (MetricsFor::Off, 404, 404)]
    {
        let app = TestApp::start_with(|config| config.server.metrics = shown_to).await;
        let ask = || reqwest::Client::new().get(app.url("/metrics"));
        assert_eq!(send(ask()).await.status, near, "{shown_to:?}");
        let far = send(ask().header("X-Forwarded-For", "198.51.100.7")).await;
        assert_eq!(far.status, passed_on, "{shown_to:?}");
        if passed_on == 404 {
            assert_eq!(far.body["error"]["code"], "resource_not_found", "as any other page that is none");
        }
    }
    assert_eq!(Config::load(None).unwrap().server.metrics, MetricsFor::Loopback, "unless somebody asks for more");
}
