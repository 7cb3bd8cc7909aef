//! The accept loop: slow senders, many requests on one connection, bounds, and the drain.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::app::{API_KEY, Process, TestApp};
use crate::support::rest::{Parrot, Wire, get, message, post, send};

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

#[tokio::test]
async fn beyond_the_cap_a_connection_waits_until_another_ends() {
    let app = TestApp::start_with(|config| config.server.connections_max = 2).await;
    let (mut one, mut two) = (Wire::connect(app.address()).await, Wire::connect(app.address()).await);
    for wire in [&mut one, &mut two] {
        wire.send(GET).await;
        wire.wait_for("ok", 1).await;
    }
    let mut third = Wire::connect(app.address()).await;
    third.send(GET).await;
    two.send(GET).await;
    two.wait_for("HTTP/1.1 200 OK", 2).await;
    assert!(third.is_silent(), "nobody has accepted it");
    drop(one);
    third.wait_for("ok", 1).await;
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
