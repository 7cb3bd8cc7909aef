//! The same request twice has one effect: the message's own id, and `Idempotency-Key`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{BoxFuture, join_all};
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::assistant::{Audio, Transcriber};
use switchboard::domain::Refusal;

use crate::support::app::TestApp;
use crate::support::rest::{Reply, customer_token, get, message, post, post_as, send};

const PATH: &str = "/api/core/messages";

async fn keyed(app: &TestApp, key: &str, body: &Value) -> Reply {
    send(post(app, PATH).header("Idempotency-Key", key).json(body)).await
}

async fn lines(app: &TestApp, session: &Value) -> usize {
    let path = format!("/api/core/sessions/{}/context", session.as_str().unwrap());
    send(get(app, &path)).await.body["context"]["conversation_history"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer_and_session() {
    let app = TestApp::start().await;
    let body = json!({ "message": { "text": "Hello" }, "userId": "user123" });
    let first = keyed(&app, "8e03978e-40d5-43dd-bc93", &body).await;
    assert_eq!(first.status, 200);
    let again = keyed(&app, "8e03978e-40d5-43dd-bc93", &body).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let quoted = keyed(&app, "\"8e03978e-40d5-43dd-bc93\"", &body).await;
    assert_eq!((quoted.status, &quoted.body), (200, &first.body));
    assert_eq!(lines(&app, &first.body["sessionId"]).await, 2);
    assert_ne!(keyed(&app, "another-key", &body).await.body["sessionId"], first.body["sessionId"]);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_a_conflict() {
    let app = TestApp::start().await;
    assert_eq!(keyed(&app, "k", &message("s", "Hello")).await.status, 200);
    let refused = keyed(&app, "k", &message("s", "Goodbye")).await;
    assert_eq!(refused.status, 409);
    insta::assert_json_snapshot!(refused.body, { ".requestId" => "[id]" });
    assert_eq!(lines(&app, &"s".into()).await, 2);
}

#[tokio::test]
async fn a_key_outlives_a_restart() {
    let app = TestApp::start().await;
    let body = json!({ "message": { "text": "Hello" }, "userId": "user123" });
    let first = keyed(&app, "k", &body).await;
    let app = app.restart_with(|_| {}).await;
    assert_eq!(keyed(&app, "k", &body).await.body, first.body);
    assert_eq!(keyed(&app, "k", &message("s", "Goodbye")).await.status, 409);
}

#[tokio::test]
async fn the_same_key_at_the_same_time_makes_one_message() {
    let app = TestApp::start().await;
    let body = json!({ "message": { "text": "Hello" }, "userId": "user123" });
    let answers = join_all((0..20).map(|_| keyed(&app, "k", &body))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
    }
    assert_eq!(lines(&app, &answers[0].body["sessionId"]).await, 2);
}

#[tokio::test]
async fn two_callers_keys_never_meet() {
    let app = TestApp::start().await;
    let body = json!({ "message": { "text": "Hello" }, "userId": "user123" });
    let by_service = keyed(&app, "k", &body).await;
    let token = customer_token(&app, "user123").await;
    let by_customer = send(post_as(&app, &token, PATH).header("Idempotency-Key", "k").json(&body)).await;
    assert_eq!(by_customer.status, 200);
    assert_ne!(by_customer.body["sessionId"], by_service.body["sessionId"]);
}

#[tokio::test]
async fn a_bad_key_is_refused() {
    let app = TestApp::start().await;
    let long = "k".repeat(256);
    for bad in ["", "\"open", long.as_str()] {
        let refused = keyed(&app, bad, &message("s", "Hello")).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &"invalid_request".into()), "{bad}");
        assert!(refused.body["error"]["details"].as_str().unwrap().contains("Idempotency-Key"));
    }
}

#[tokio::test]
async fn a_request_that_was_refused_leaves_its_key_free() {
    let app = TestApp::start().await;
    assert_eq!(keyed(&app, "k", &message("s", "")).await.status, 400);
    assert_eq!(keyed(&app, "k", &message("s", "Hello")).await.status, 200);
}

#[tokio::test]
async fn the_same_message_id_counts_once_however_often_it_is_sent() {
    let app = TestApp::start().await;
    let mut body = message("s", "Hello");
    body["message"]["id"] = "m1".into();
    let answers = join_all((0..100).map(|_| send(post(&app, PATH).json(&body)))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
    }
    assert_eq!(lines(&app, &"s".into()).await, 2);
}

/// Counts how often it was asked, and says another thing each time.
struct Counting(Arc<AtomicUsize>);

impl Transcriber for Counting {
    fn transcribe(&self, _: Audio, _: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        let time = self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(Ok(format!("Hello, time {time}"))))
    }
}

#[tokio::test]
async fn a_voice_note_with_a_key_is_heard_once() {
    let heard = Arc::new(AtomicUsize::new(0));
    let world = World { transcriber: Some(Arc::new(Counting(Arc::clone(&heard)))), ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let body = json!({ "audio": "//uQ", "format": "mp3", "userId": "user123" });
    let note = |body: &Value| send(post(&app, "/api/core/messages/audio").header("Idempotency-Key", "k").json(body));
    let first = note(&body).await;
    assert_eq!((first.status, &first.body["transcription"]), (200, &"Hello, time 0".into()));
    let again = note(&body).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(heard.load(Ordering::SeqCst), 1);
    let other = json!({ "audio": "//uR", "format": "mp3", "userId": "user123" });
    assert_eq!(note(&other).await.status, 409);
    let text = json!({ "message": { "text": "Hello" }, "userId": "user123" });
    assert_eq!(keyed(&app, "k", &text).await.status, 200, "keys of two routes never meet");
}
