//! Every refusal and every fallback in the documented envelope.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::assistant::{Audio, Transcriber};
use switchboard::domain::Refusal;

use crate::support::app::{API_KEY, TestApp};
use crate::support::rest::{Reply, Silent, get, message, post, send};

const PATH: &str = "/api/core/messages";

fn assert_envelope(answer: &Reply, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{:?}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    let error = &answer.body["error"];
    assert_eq!(error["code"], code);
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    assert!(error["details"].as_str().is_some_and(|text| !text.is_empty()), "a string: {error}");
    assert!(answer.body["requestId"].as_str().is_some_and(|id| id.starts_with("req-")));
    assert_eq!(answer.body["requestId"], answer.header("x-request-id"));
    assert!(!answer.header("x-ratelimit-limit").is_empty());
}

async fn with_body(app: &TestApp, body: impl Into<reqwest::Body>) -> Reply {
    send(post(app, PATH).header("Content-Type", "application/json").body(body)).await
}

#[tokio::test]
async fn what_is_not_there_is_refused_in_the_envelope() {
    let app = TestApp::start().await;
    for path in ["/nothing", "/api/core", "/api/core/messages/", "/ws/x", "/api"] {
        assert_envelope(&send(get(&app, path)).await, 404, "resource_not_found");
    }
}

#[tokio::test]
async fn a_wrong_method_is_refused_and_told_the_right_ones() {
    let app = TestApp::start().await;
    let refused = send(get(&app, PATH)).await;
    assert_envelope(&refused, 405, "invalid_request");
    assert_eq!(refused.header("allow"), "POST");
    let refused = send(post(&app, "/api/core/health")).await;
    assert_envelope(&refused, 405, "invalid_request");
    assert_eq!(refused.header("allow"), "GET,HEAD");
    assert_eq!(send(post(&app, "/livez")).await.status, 405);
}

#[tokio::test]
async fn a_missing_field_is_named_in_the_documents_words() {
    let app = TestApp::start().await;
    let refused = send(post(&app, PATH).json(&json!({ "userId": "user123" }))).await;
    assert_envelope(&refused, 400, "invalid_request");
    insta::assert_json_snapshot!(refused.body, { ".requestId" => "[id]" });
}

#[tokio::test]
async fn every_field_that_is_missing_or_wrong_is_named() {
    let app = TestApp::start().await;
    let long = "x".repeat(129);
    let wrong = |change: fn(&mut Value)| {
        let mut body = message("s", "Hello");
        change(&mut body);
        body
    };
    let bad: Vec<(Value, &str)> = vec![
        (wrong(|body| body["message"] = json!({})), "message.text"),
        (wrong(|body| body["message"] = "Hello".into()), "message"),
        (wrong(|body| body["message"] = Value::Null), "message"),
        (wrong(|body| body["message"] = json!(["Hello", null, null])), "message"),
        (wrong(|body| body["message"]["text"] = 7.into()), "message.text"),
        (wrong(|body| body["message"]["text"] = "   ".into()), "message.text"),
        (wrong(|body| body["message"]["type"] = "video".into()), "message.type"),
        (wrong(|body| body["message"]["id"] = "".into()), "message.id"),
        (wrong(|body| body["message"]["id"] = "a\nb".into()), "message.id"),
        (wrong(|body| body["userId"] = Value::Null), "userId"),
        (wrong(|body| body["userId"] = "".into()), "userId"),
        (wrong(|body| body["userId"] = "a b".into()), "userId"),
        (wrong(|body| body["sessionId"] = "a\u{0}b".into()), "sessionId"),
        (wrong(|body| body["sessionId"] = 7.into()), "sessionId"),
        (wrong(|body| body["channel"] = "fax".into()), "channel"),
        (wrong(|body| body["metadata"] = json!([1])), "metadata"),
        (message(&long, "Hello"), "sessionId"),
        (json!([]), "body"),
        (json!([{ "text": "Hello" }, "user123", null, null, null]), "body"),
        (json!("Hello"), "body"),
    ];
    for (body, field) in bad {
        let refused = send(post(&app, PATH).json(&body)).await;
        assert_envelope(&refused, 400, "invalid_request");
        let details = refused.body["error"]["details"].as_str().unwrap();
        assert!(details.contains(field), "{details}: {body}");
    }
    let mut extra = message("s", "Hello");
    extra["unknown"] = json!({ "is": "ignored" });
    assert_eq!(send(post(&app, PATH).json(&extra)).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let app = TestApp::start().await;
    let deep = "[".repeat(100_000);
    let bad: [&[u8]; 7] = [
        b"",
        b"{",
        b"{\"message\":{\"text\":\"a\"},\"userId\":\"u\"} x",
        b"{\"message\":{\"text\":\"\xFF\"},\"userId\":\"u\"}",
        b"{\"message\":{\"text\":\"a\",\"text\":\"b\"},\"userId\":\"u\"}",
        b"{\"message\":{\"text\":\"a\"},\"userId\":\"u\",\"userId\":\"v\"}",
        deep.as_bytes(),
    ];
    for body in bad {
        assert_envelope(&with_body(&app, body.to_vec()).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let app = TestApp::start().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"] {
        let request = post(&app, PATH).header("Content-Type", kind).body(message("s", "Hello").to_string());
        assert_envelope(&send(request).await, 415, "invalid_request");
    }
    let bare = post(&app, PATH).body(message("s", "Hello").to_string());
    assert_envelope(&send(bare).await, 415, "invalid_request");
    let kind = "Application/JSON; charset=utf-8";
    let request = post(&app, PATH).header("Content-Type", kind).body(message("s", "Hello").to_string());
    assert_eq!(send(request).await.status, 200);
}

#[tokio::test]
async fn a_megabyte_is_too_large_and_the_connection_is_kept() {
    let app = TestApp::start().await;
    let client = reqwest::Client::builder().pool_max_idle_per_host(1).build().unwrap();
    for _ in 0..3 {
        let request = client.post(app.url(PATH)).header("X-API-Key", API_KEY);
        let refused = send(request.json(&message("s", &"x".repeat(1024 * 1024)))).await;
        assert_envelope(&refused, 413, "invalid_request");
        assert_ne!(refused.header("connection"), "close");
    }
    let refused = send(post(&app, PATH).json(&message("s", &"x".repeat(40 * 1024)))).await;
    assert_envelope(&refused, 413, "invalid_request");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_so() {
    let world = World { responder: Some(Arc::new(Silent)), ..World::default() };
    let app = TestApp::start_in_world(|config| config.server.request_timeout_s = 1, world).await;
    let refused = send(post(&app, PATH).json(&message("s", "Hello"))).await;
    assert_envelope(&refused, 504, "service_unavailable");
    let context = send(get(&app, "/api/core/sessions/s/context")).await;
    assert_eq!(context.body["context"]["conversation_history"][0]["content"], "Hello", "the message is kept");
}

/// Breaks.
struct Broken;

impl Transcriber for Broken {
    fn transcribe(&self, _: Audio, _: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        panic!("the transcriber breaks")
    }
}

#[tokio::test]
async fn a_panic_in_a_handler_is_answered_and_the_server_goes_on() {
    let app = TestApp::start_in_world(|_| {}, World { transcriber: Some(Arc::new(Broken)), ..World::default() }).await;
    let body = json!({ "audio": "//uQ", "format": "mp3", "userId": "user123" });
    let refused = send(post(&app, "/api/core/messages/audio").json(&body)).await;
    assert_envelope(&refused, 500, "internal_error");
    assert!(!refused.body.to_string().contains("transcriber"), "the reason is for the log");
    assert_eq!(send(post(&app, PATH).json(&message("s", "Hello"))).await.status, 200);
}

#[tokio::test]
async fn a_plain_request_for_the_socket_is_told_to_upgrade() {
    let app = TestApp::start().await;
    let refused = send(get(&app, "/ws?userId=user123")).await;
    assert_eq!((refused.status, refused.header("upgrade")), (426, "websocket"));
    assert_eq!(refused.body["error"]["code"], "invalid_request");
}

#[tokio::test]
async fn every_request_has_a_name_of_its_own() {
    let app = TestApp::start().await;
    let mut seen = HashSet::new();
    for _ in 0..20 {
        assert!(seen.insert(send(get(&app, "/nothing")).await.body["requestId"].to_string()));
    }
    let answer = send(get(&app, "/api/core/health").header("X-Request-Id", "mine")).await;
    assert!(answer.header("x-request-id").starts_with("req-"), "{:?}", answer.headers);
}
