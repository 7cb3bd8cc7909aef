//! The accept loop: slow senders, many requests on one connection, bounds, and the drain.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use switchboard::app::World;
use switchboard::store::{FjallKv, Store, StoreLimits, Write};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::app::{API_KEY, PATIENCE, Process, TestApp};
use crate::support::kv::TappedKv;
use crate::support::rest::{Parrot, Wire, get, message, post, send};
use crate::support::ws::Client;

const GET: &str = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

/// A message as bytes, with whatever content length.
fn posted(session: &str, length: Option<usize>) -> String {
    let body = message(session, "Hello").to_string();
    let length = length.unwrap_or(body.len());
    format!(
        "POST /api/core/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: {API_KEY}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_connection_that_does_not_finish_its_headers_is_cut() {
    let app = TestApp::start_with(|config| config.server.header_timeout_s = 1).await;
    let mut wire = Wire::connect(app.address()).await;
    wire.send("GET /livez HTTP/1.1\r\nHost: ").await;
    let said = wire.wait_for_end().await;
    assert!(!said.contains("200 OK"), "{said}");
    let silent = Wire::connect(app.address()).await;
    silent.wait_for_end().await;
}

#[tokio::test]
async fn a_connection_that_does_not_read_its_answers_is_cut() {
    let app = TestApp::start_with(|config| {
        config.server.write_timeout_s = 1;
        config.server.connections_max = 1;
    })
    .await;
    let mut asks = Wire::connect(app.address()).await;
    asks.send(&"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50)).await;
    let (http, begun) = (reqwest::Client::new(), Instant::now());
    while http.get(app.url("/health")).send().await.unwrap().status() == 503 {
        assert!(begun.elapsed() < PATIENCE, "its place is never free again");
    }
    drop(asks);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_at_the_deadline() {
    let app = TestApp::start_with(|config| config.server.request_timeout_s = 1).await;
    let mut wire = Wire::connect(app.address()).await;
    wire.send(&posted("s", Some(10_000))).await;
    let said = wire.wait_for_end().await;
    assert!(said.starts_with("HTTP/1.1 504") && said.contains("\"service_unavailable\""), "{said}");
}

#[tokio::test]
async fn one_connection_serves_many_requests_one_after_the_other() {
    let app = TestApp::start().await;
    let mut wire = Wire::connect(app.address()).await;
    for times in 1..=3 {
        wire.send(&posted("s", None)).await;
        wire.wait_for("\"sessionId\":\"s\"", times).await;
    }
    wire.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(wire.wait_for_end().await.ends_with("ok"));
}

#[tokio::test]
async fn ten_thousand_requests_in_one_go_are_all_answered_in_order() {
    let app = TestApp::start().await;
    let mut wire = Wire::connect(app.address()).await;
    let (mut some, mut sent) = (String::new(), 0);
    while sent < 10_000 {
        some.clear();
        for _ in 0..500 {
            some.push_str(GET);
        }
        sent += 500;
        wire.send(&some).await;
    }
    wire.send("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let said = wire.wait_for_end().await;
    assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 10_000);
    assert!(said.rfind("HTTP/1.1 200 OK") < said.find("HTTP/1.1 404"), "in order");
}

#[tokio::test]
async fn a_head_above_its_limit_is_refused() {
    let app = TestApp::start().await;
    let mut wire = Wire::connect(app.address()).await;
    wire.send(&format!("GET /livez HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024))).await;
    let said = wire.wait_for_end().await;
    assert!(said.starts_with("HTTP/1.1 431"), "{said}");
}

/// What a connection of its own is told.
async fn told(app: &TestApp, path: &str) -> String {
    let mut wire = Wire::connect(app.address()).await;
    wire.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    wire.wait_for_end().await
}

/// Connections that are open and were served.
async fn open_connections(app: &TestApp, count: usize) -> Vec<Wire> {
    let mut open = Vec::new();
    for _ in 0..count {
        let mut wire = Wire::connect(app.address()).await;
        wire.send(GET).await;
        wire.wait_for("ok", 1).await;
        open.push(wire);
    }
    open
}

#[tokio::test]
async fn beyond_the_cap_a_connection_is_told_so_and_the_process_still_says_that_it_lives() {
    let app = TestApp::start_with(|config| config.server.connections_max = 2).await;
    let mut open = open_connections(&app, 2).await;
    let refused = told(&app, "/api/core/health").await;
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("\"code\":\"service_unavailable\""), "{refused}");
    assert!(refused.contains("retry-after: 1\r\n") && refused.contains("connection: close\r\n"), "{refused}");
    let of_care = told(&app, "/health").await;
    assert!(of_care.starts_with("HTTP/1.1 503") && of_care.contains("\"code\":\"503\""), "{of_care}");
    for path in ["/livez", "/readyz", "/metrics"] {
        let said = told(&app, path).await;
        assert!(said.starts_with("HTTP/1.1 200") && said.contains("connection: close\r\n"), "{path}: {said}");
    }
    open.pop();
    while !told(&app, "/nothing HTTP/1.1\r\nConnection: close\r\nX:").await.starts_with("HTTP/1.1 404") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn connections_that_say_nothing_beyond_the_cap_take_only_the_spare_places() {
    let app = TestApp::start_with(|config| config.server.connections_max = 1).await;
    let mut open = open_connections(&app, 1).await;
    let silent = futures_util::future::join_all((0..64).map(|_| Wire::connect(app.address()))).await;
    assert_eq!(Wire::connect(app.address()).await.wait_for_end().await, "", "it is closed without a word");
    open[0].send(GET).await;
    open[0].wait_for("HTTP/1.1 200 OK", 2).await;
    drop((open, silent));
    while !told(&app, "/livez HTTP/1.1\r\nConnection: close\r\nX:").await.starts_with("HTTP/1.1 200") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_address_has_only_so_many_connections_and_the_next_is_told_so() {
    let bound = |enabled| {
        TestApp::start_with(move |config| {
            (config.limits.enabled, config.limits.connections_per_address) = (enabled, 2);
        })
    };
    let app = bound(true).await;
    let mut open = open_connections(&app, 2).await;
    for (path, code) in [("/api/core/health", "\"code\":\"rate_limit_exceeded\""), ("/health", "\"code\":\"429\"")] {
        let refused = told(&app, path).await;
        assert!(refused.starts_with("HTTP/1.1 429") && refused.contains(code), "{refused}");
        assert!(refused.contains("retry-after: 5\r\n"), "{refused}");
    }
    assert_eq!(Client::try_connect(app.ws_url("/ws?userId=user123")).await.err(), Some(429));
    open.pop();
    let mut socket = loop {
        match Client::try_connect(app.ws_url("/ws?userId=user123")).await {
            Ok(socket) => break socket,
            Err(status) => assert_eq!(status, 429),
        }
    };
    socket.wait_for_type("connection_established").await;
    assert!(told(&app, "/health").await.starts_with("HTTP/1.1 429"), "a socket counts as long as it lives");
    let unbounded = bound(false).await;
    assert_eq!(open_connections(&unbounded, 5).await.len(), 5);
}

#[tokio::test]
async fn an_open_request_ends_well_while_the_server_stops_and_nothing_new_comes_in() {
    let gate = Arc::new(Notify::new());
    let app = TestApp::start_in_world(|_| {}, Parrot::world(Some(Arc::clone(&gate)))).await;
    let address = app.address();
    let open = tokio::spawn(send(post(&app, "/api/core/messages").json(&message("s", "Hello"))));
    while send(get(&app, "/api/core/sessions/s/context")).await.status != 200 {
        tokio::task::yield_now().await;
    }
    let mut idle = Wire::connect(address).await;
    idle.send(GET).await;
    idle.wait_for("ok", 1).await;
    let stopped = tokio::spawn(app.stop());
    idle.wait_for_end().await;
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    gate.notify_one();
    let answer = open.await.unwrap();
    assert_eq!((answer.status, &answer.body["response"]["text"]), (200, &"Hello".into()));
    stopped.await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_within_its_time_even_when_a_request_does_not() {
    let app = TestApp::start_in_world(|config| config.server.drain_s = 1, Parrot::world(Some(Arc::default()))).await;
    let open = tokio::spawn(post(&app, "/api/core/messages").json(&message("s", "Hello")).send());
    while send(get(&app, "/api/core/sessions/s/context")).await.status != 200 {
        tokio::task::yield_now().await;
    }
    app.stop().await;
    open.abort();
}

#[tokio::test]
async fn a_disk_that_stalls_does_not_hold_the_stop_beyond_its_one_deadline() {
    const DRAIN_S: u64 = 2;
    let (free, stalls) = mpsc::channel::<()>();
    let (stalls, stalling) = (Mutex::new(stalls), Arc::new(AtomicBool::new(false)));
    let data = tempfile::tempdir().unwrap();
    let stall = Arc::clone(&stalling);
    let before = move |_: &[Write]| {
        if stall.load(Ordering::SeqCst) {
            // Until the test lets go of the other end.
            stalls.lock().unwrap().recv().unwrap_err();
        }
        Ok(())
    };
    let kv = TappedKv { inner: FjallKv::open(data.path()).unwrap(), before };
    let store = Store::over(Arc::new(kv), StoreLimits::default()).unwrap();
    let world = World { store: Some(store), ..World::default() };
    let app = TestApp::start_in_world(|config| config.server.drain_s = DRAIN_S, world).await;
    assert_eq!(send(post(&app, "/api/core/messages").json(&message("s", "Hello"))).await.status, 200);
    stalling.store(true, Ordering::SeqCst);
    let open = tokio::spawn(post(&app, "/api/core/messages").json(&message("s", "Hello again")).send());
    while app.store().depth() == 0 {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    app.stop().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(DRAIN_S) + Duration::from_millis(900), "it took {took:?}");
    drop(free);
    open.abort();
}

#[tokio::test]
async fn sigterm_ends_the_program_in_order_and_everything_answered_is_there_afterwards() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(data.path(), &[("SERVER__DRAIN_S", "2")]).await;
    let client = reqwest::Client::new();
    let url = format!("http://{}/api/core", server.address());
    let request = client.post(format!("{url}/messages")).header("X-API-Key", API_KEY);
    assert_eq!(send(request.json(&message("s", "Hello"))).await.status, 200);
    assert_eq!(server.terminate(), Some(0));
    server.start_again().await;
    let client = reqwest::Client::new();
    let answer = send(client.get(format!("{url}/sessions/s/context")).header("X-API-Key", API_KEY)).await;
    assert_eq!(answer.body["context"]["conversation_history"].as_array().unwrap().len(), 2);
    server.kill();
    server.start_again().await;
    let client = reqwest::Client::new();
    let again = send(client.get(format!("{url}/sessions/s/context")).header("X-API-Key", API_KEY)).await;
    assert_eq!(again.body, answer.body, "a kill is as safe");
}
