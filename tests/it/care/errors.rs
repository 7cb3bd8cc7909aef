//! The envelope is the same for every refusal and every fallback.

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{customer, request, send};
use crate::support::app::TestApp;
use crate::support::ws::Client;

#[tokio::test]
async fn unknown_routes_of_this_dialect_answer_in_its_envelope_and_others_in_their_own() {
    let app = TestApp::start().await;
    for path in [
        "/v1",
        "/v1/",
        "/v1/nowhere",
        "/auth",
        "/auth/logout",
        "/conversations/",
        "/conversations/a",
        "/analytics",
        "/analytics/users",
        "/health/",
        "/ws/conversations",
        "/v1/ws/conversations/",
    ] {
        send(request(&app, Method::GET, path)).await.refused(404);
    }
    for path in ["/nowhere", "/api/core/nowhere", "/conversation", "/healthz"] {
        let other = send(request(&app, Method::GET, path)).await;
        assert_eq!((other.status, other.body["requestId"].is_string()), (404, true), "{path}");
    }
    assert_eq!(send(request(&app, Method::GET, "/livez")).await.body, "ok");
}

#[tokio::test]
async fn a_wrong_method_is_405() {
    let app = TestApp::start().await;
    for (method, path) in [
        (Method::DELETE, "/health"),
        (Method::GET, "/auth/register"),
        (Method::PUT, "/v1/auth/login"),
        (Method::PATCH, "/conversations"),
        (Method::GET, "/conversations/a/messages"),
        (Method::POST, "/analytics/conversations"),
        (Method::POST, "/ws/conversations/a"),
    ] {
        send(request(&app, method, path)).await.refused(405);
    }
}

#[tokio::test]
async fn bodies_that_can_not_be_read_are_refused_in_the_envelope() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let login = || request(&app, Method::POST, "/auth/login");
    let json = || login().header("content-type", "application/json");
    send(login().body("email=a")).await.refused(415);
    send(login().header("content-type", "text/plain").body("{}")).await.refused(415);
    for bad in ["", "{", "[]", "null", r#"{"email":"a","email":"b","password":"c"}"#, "{\"email\":\"\u{0}"] {
        send(json().body(bad)).await.refused(400);
    }
    send(json().body(b"{\"email\":\"\xff\"}".to_vec())).await.refused(400);
    send(json().body("[".repeat(100_000))).await.refused(400);
    let large = format!(r#"{{"email":"{}"}}"#, "x".repeat(1024 * 1024));
    assert_json_snapshot!("too_large", send(json().body(large)).await.refused(413));
    let path = "/conversations/a/messages";
    let charset = request(&app, Method::POST, path).bearer_auth(&user.token);
    send(charset.header("content-type", "application/json; charset=utf-8").body(r#"{"message":"hi"}"#))
        .await
        .refused(404);
}

#[tokio::test]
async fn a_list_is_no_object_wherever_an_object_is_read() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = super::conversation(&app, &user).await;
    let messages = format!("/conversations/{id}/messages");
    for (path, list) in [
        ("/auth/register", json!(["new@example.com", "securepassword123", "New"])),
        ("/auth/login", json!(["user@example.com", "securepassword123"])),
        ("/conversations", json!([])),
        (&messages, json!(["hi", null])),
    ] {
        for path in [path.to_owned(), format!("/v1{path}")] {
            let request = request(&app, Method::POST, &path).bearer_auth(&user.token);
            assert_eq!(send(request.json(&list)).await.wrong_field(), "body", "{path}");
        }
    }
    for (body, field) in [
        (json!({ "message": ["hi"] }), "message"),
        (json!({ "message": "hi", "metadata": ["web", "en"] }), "metadata"),
        (json!({ "message": "hi", "metadata": [] }), "metadata"),
    ] {
        assert_eq!(super::post(&app, &user, &messages, &body).await.wrong_field(), field, "{body}");
    }
    let socket = app.ws_url(&format!("/ws/conversations/{id}?token={}", user.token));
    let mut client = Client::connect(socket).await;
    for (frame, field) in [
        (json!(["message", "hi", null, null]), "body"),
        (json!([]), "body"),
        (json!([{ "type": "message", "content": "hi" }]), "body"),
        (json!({ "type": ["message"], "content": "hi" }), "type"),
        (json!({ "type": "message", "content": ["hi"] }), "content"),
        (json!({ "type": "typing", "is_typing": [true] }), "is_typing"),
    ] {
        client.send(frame.clone()).await;
        let error = client.wait_for_type("error").await;
        assert!(error["error"]["details"][field].is_string(), "{frame}: {error}");
    }
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let app = TestApp::start().await;
    let (one, two) =
        (send(request(&app, Method::GET, "/health")).await, send(request(&app, Method::GET, "/v1/x")).await);
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
    assert_eq!(two.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_in_the_envelope() {
    let app = TestApp::start_with(|config| config.server.request_timeout_s = 1).await;
    let mut stalled = TcpStream::connect(app.address()).await.unwrap();
    let head = "POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n";
    stalled.write_all(head.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    let body = loop {
        assert!(stalled.read_buf(&mut read).await.unwrap() > 0, "{}", String::from_utf8_lossy(&read));
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str::<Value>(body)
        {
            assert!(head.starts_with("HTTP/1.1 504"), "{head}");
            break body;
        }
    };
    assert_eq!(body["error"]["code"], "504");
}
