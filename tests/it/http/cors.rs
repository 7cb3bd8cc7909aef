//! Pages of other origins, on every dialect's doors: what a browser asks before, what it may read after.

use std::collections::BTreeSet;

use reqwest::{Client, Method};
use switchboard::config::Config;

use crate::support::app::{API_KEY, TestApp};
use crate::support::rest::{Reply, send};
use crate::support::socketio::Poller;
use crate::support::ws;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const SHOP: &str = "https://shop.example";

/// An endpoint that wants credentials, one that is public, one that is none, and one that a socket opens at, of each dialect.
const DOORS: [[&str; 4]; 3] = [
    ["/api/core/messages", "/api/core/health", "/api/core/nothing", "/ws?userId=ann"],
    ["/v1/conversations", "/health", "/v1/nothing", "/ws/conversations/x"],
    ["/api/chat/rooms", "/api/auth/login", "/api/chat/nothing", "/socket.io/?EIO=4&transport=polling"],
];

fn with_shop(config: &mut Config) {
    config.server.allowed_origins.0 = vec![SHOP.to_owned()];
}

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Reply {
    let asked = Client::new().request(Method::OPTIONS, app.url(path)).header("Origin", origin);
    let asked = asked.header("Access-Control-Request-Method", "POST");
    send(asked.header("Access-Control-Request-Headers", "authorization,content-type")).await
}

async fn from(app: &TestApp, path: &str, origin: &str) -> Reply {
    send(Client::new().get(app.url(path)).header("Origin", origin)).await
}

fn words(reply: &Reply, header: &str) -> BTreeSet<String> {
    let lines = reply.headers.get_all(header).iter().map(|line| line.to_str().unwrap().to_lowercase());
    lines.flat_map(|line| line.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>()).collect()
}

fn has(reply: &Reply, header: &str, wanted: &[&str]) -> bool {
    let words = words(reply, header);
    wanted.iter().all(|word| words.contains(*word))
}

#[tokio::test]
async fn a_preflight_is_answered_at_every_door_without_a_credential() {
    let app = TestApp::start_with(with_shop).await;
    for path in DOORS.into_iter().flatten().chain(["/openapi.json", "/docs"]) {
        let reply = preflight(&app, path, SHOP).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), SHOP, "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), "true", "{path}");
        assert!(
            has(&reply, "access-control-allow-methods", &["get", "post", "put", "patch", "delete", "options"]),
            "{path}"
        );
        let headers = ["content-type", "authorization", "x-api-key", "idempotency-key", "x-request-id"];
        assert!(has(&reply, "access-control-allow-headers", &headers), "{path}");
        assert!(reply.header("access-control-max-age").parse::<u32>().unwrap() > 0, "{path}");
        assert!(has(&reply, "vary", &["origin"]), "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn only_listed_pages_and_our_own_are_told_anything() {
    let app = TestApp::start_with(with_shop).await;
    let own = format!("http://{}", app.address());
    for path in DOORS.into_iter().flatten() {
        for origin in [SHOP, &own] {
            let reply = from(&app, path, origin).await;
            assert_eq!(reply.header("access-control-allow-origin"), origin, "{path}");
            assert_eq!(reply.header("access-control-allow-credentials"), "true", "{path}");
        }
        for origin in ["https://evil.example", "https://shop.example.evil", "http://localhost:3000", "null", "*"] {
            for reply in [from(&app, path, origin).await, preflight(&app, path, origin).await] {
                assert_eq!(reply.header("access-control-allow-origin"), "", "{path} {origin}");
                assert_eq!(reply.header("access-control-allow-credentials"), "", "{path} {origin}");
                assert!(has(&reply, "vary", &["origin"]), "{path} {origin}");
            }
        }
        let silent = send(Client::new().get(app.url(path))).await;
        assert_eq!(silent.header("access-control-allow-origin"), "", "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_page_on_port_3000_is_let_in_unless_it_is_said_otherwise() {
    let app = TestApp::start().await;
    let reply = preflight(&app, "/api/core/messages", "http://localhost:3000").await;
    assert_eq!(reply.header("access-control-allow-origin"), "http://localhost:3000");
    app.stop().await;
}

#[tokio::test]
async fn refusals_and_fallbacks_can_be_read_by_the_page() {
    let app = TestApp::start_with(|config| {
        with_shop(config);
        config.limits.enabled = true;
        config.limits.platform_requests = 4;
        config.limits.care_public_requests = 4;
        config.limits.rooms_address_requests = 4;
    })
    .await;
    for [guarded, _, unknown, _] in DOORS {
        let wrong_method = send(Client::new().delete(app.url(guarded)).header("Origin", SHOP)).await;
        // Asked for, not counted.
        for _ in 0..20 {
            assert_eq!(preflight(&app, guarded, SHOP).await.status, 200);
        }
        let no_body = send(Client::new().post(app.url(guarded)).header("Origin", SHOP)).await;
        let nowhere = from(&app, unknown, SHOP).await;
        let mut last = from(&app, unknown, SHOP).await;
        assert_eq!((wrong_method.status, no_body.status, nowhere.status, last.status), (405, 401, 404, 404));
        last = from(&app, unknown, SHOP).await;
        assert_eq!(last.status, 429);
        for reply in [wrong_method, no_body, nowhere, last] {
            assert_eq!(reply.header("access-control-allow-origin"), SHOP, "{}", reply.status);
            let exposed =
                ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id", "retry-after"];
            assert!(has(&reply, "access-control-expose-headers", &exposed), "{}", reply.status);
            assert!(!reply.header("x-ratelimit-limit").is_empty() && !reply.header("x-request-id").is_empty());
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn a_server_error_can_be_read_by_the_page() {
    let world = crate::support::rest::Parrot::world(Some(std::sync::Arc::default()));
    let app = TestApp::start_in_world(
        |config| {
            with_shop(config);
            config.server.request_timeout_s = 1;
        },
        world,
    )
    .await;
    let body = crate::support::rest::message("s1", "Hello?");
    let asked = Client::new().post(app.url("/api/core/messages")).header("X-API-Key", API_KEY).json(&body);
    let reply = send(asked.header("Origin", SHOP)).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (504, SHOP));
    app.stop().await;
}

#[tokio::test]
async fn sockets_open_for_exactly_the_pages_that_may_call() {
    let app = TestApp::start_with(with_shop).await;
    let own = format!("http://{}", app.address());
    for origin in [SHOP, &own, "https://evil.example", "null", "http://localhost:3000"] {
        let may_call = !from(&app, "/api/core/health", origin).await.header("access-control-allow-origin").is_empty();
        let mut request = app.ws_url("/ws?userId=ann").into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let opened = ws::Client::try_connect(request).await.map(drop);
        assert_eq!(opened.is_ok(), may_call, "{origin}: {opened:?}");
        assert!(may_call || opened == Err(403), "{origin}: {opened:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_page_that_may_call_polls_socket_io_and_another_one_gets_nowhere() {
    let app = TestApp::start_with(with_shop).await;
    let text = "text/plain;charset=UTF-8";
    let connect = format!("40{}", serde_json::json!({ "token": API_KEY }));
    let poller = Poller::open(app.address()).await.unwrap();
    let path = poller.url().strip_prefix(&app.url("")).unwrap().to_owned();
    let packet =
        |origin: &str| Client::new().post(app.url(&path)).header("Origin", origin).header("Content-Type", text);

    assert_eq!(preflight(&app, &path, SHOP).await.header("access-control-allow-origin"), SHOP);
    let taken = send(packet(SHOP).body(connect.clone())).await;
    let polled = from(&app, &path, SHOP).await;
    for reply in [taken, polled] {
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, SHOP));
        assert_eq!(reply.header("access-control-allow-credentials"), "true");
    }
    for origin in ["https://evil.example", "https://shop.example.evil", "null"] {
        assert_eq!(preflight(&app, &path, origin).await.header("access-control-allow-origin"), "", "{origin}");
        let opened = from(&app, "/socket.io/?EIO=4&transport=polling", origin).await;
        let stolen = from(&app, &path, origin).await;
        let sent = send(packet(origin).body("41")).await;
        for reply in [opened, stolen, sent] {
            assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, ""), "{origin}");
            assert_eq!(reply.body, serde_json::json!({ "code": 4, "message": "Forbidden" }), "{origin}");
        }
    }
    let still = send(packet(SHOP).body(r#"420["nothing",{}]"#)).await;
    assert_eq!(still.status, 200, "nobody else has ended the connection");
    app.stop().await;
}
