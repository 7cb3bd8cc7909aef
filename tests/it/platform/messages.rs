//! `POST /api/core/messages`

use std::sync::Arc;

use serde_json::json;
use switchboard::app::World;
use switchboard::config::Provider;
use switchboard::domain::{Event, OrganizationId, SessionId, SessionKey};
use switchboard::store::log;
use tokio::sync::Notify;

use crate::support::app::TestApp;
use crate::support::rest::{Parrot, Silent, always_closed, get, message, post, send, set_desk};
use crate::support::ws::Client;

const PATH: &str = "/api/core/messages";

/// What stands in a session's log.
fn events(app: &TestApp, session: &str) -> Vec<Event> {
    let organization = OrganizationId::default_organization();
    let key = SessionKey { organization, session: SessionId::parse(session).unwrap() };
    log::read::<Event>(app.store(), &key, 0, 1000).unwrap().into_iter().map(|logged| logged.event).collect()
}

#[tokio::test]
async fn the_documented_message_gets_the_documented_answer() {
    let app = TestApp::start().await;
    let body = json!({
        "message": { "text": "Hello, I need help with my order", "type": "text", "id": "msg-1234567890" },
        "channel": "whatsapp",
        "userId": "user123",
        "sessionId": "session456",
        "metadata": { "language": "en", "timezone": "America/New_York" }
    });
    let answer = send(post(&app, PATH).json(&body)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    insta::assert_json_snapshot!(answer.body, { ".response.id" => "[id]" });
}

#[tokio::test]
async fn without_a_session_a_new_one_begins_each_time() {
    let app = TestApp::start().await;
    let body = json!({ "message": { "text": "Hello" }, "userId": "user123" });
    let (one, two) = (send(post(&app, PATH).json(&body)).await, send(post(&app, PATH).json(&body)).await);
    assert_ne!(one.body["sessionId"], two.body["sessionId"]);
    let path = format!("/api/core/sessions/{}/context", one.body["sessionId"].as_str().unwrap());
    let context = send(get(&app, &path)).await;
    assert_eq!((context.status, &context.body["channel"]), (200, &"web".into()));
}

#[tokio::test]
async fn who_waits_out_of_hours_is_told_so_with_every_message() {
    let app = TestApp::start_with(|config| config.assistant.provider = Provider::None).await;
    let closed = json!({ "hours": always_closed(), "texts": { "out_of_hours": "We are closed." } });
    set_desk(&app, &closed).await;
    for text in ["Hello", "Is anybody there?"] {
        let answer = send(post(&app, PATH).json(&message("s", text))).await;
        assert_eq!(answer.body["response"]["text"], "We are closed.", "{text}");
    }
}

#[tokio::test]
async fn the_same_session_goes_on_and_remembers() {
    let app = TestApp::start().await;
    send(post(&app, PATH).json(&message("s", "Where is my order?"))).await;
    let answer = send(post(&app, PATH).json(&message("s", "12345"))).await;
    assert_eq!(answer.body["context"]["intent"], "order_status");
    assert!(answer.body["response"]["text"].as_str().unwrap().contains("12345"));
}

#[tokio::test]
async fn metadata_is_kept_with_its_message() {
    let app = TestApp::start().await;
    let mut body = message("s", "Hello");
    body["metadata"] = json!({ "language": "en", "campaign": { "id": 7 } });
    assert_eq!(send(post(&app, PATH).json(&body)).await.status, 200);
    let kept = events(&app, "s").into_iter().find_map(|event| match event {
        Event::Posted(message) => message.metadata,
        _ => None,
    });
    assert_eq!(kept, Some(body["metadata"].clone()));
}

#[tokio::test]
async fn the_answers_id_is_that_of_the_stored_message() {
    let app = TestApp::start().await;
    let answer = send(post(&app, PATH).json(&message("s", "Hello"))).await;
    let stored = events(&app, "s").into_iter().filter_map(|event| match event {
        Event::Posted(message) => Some(message.id.to_string()),
        _ => None,
    });
    assert_eq!(stored.last().as_deref(), answer.body["response"]["id"].as_str());
}

#[tokio::test]
async fn an_assistant_that_hangs_ends_in_the_fallback_within_the_deadline() {
    let world = World { responder: Some(Arc::new(Silent)), ..World::default() };
    let app = TestApp::start_in_world(|config| config.assistant.deadline_ms = 200, world).await;
    let answer = send(post(&app, PATH).json(&message("s", "Hello"))).await;
    assert_eq!(answer.status, 200);
    insta::assert_json_snapshot!(answer.body, { ".response.id" => "[id]" });
}

#[tokio::test]
async fn one_answer_may_serve_a_burst_and_has_seen_all_of_it() {
    let gate = Arc::new(Notify::new());
    let app = TestApp::start_in_world(|_| {}, Parrot::world(Some(Arc::clone(&gate)))).await;
    let burst = (0..5).map(|n| send(post(&app, PATH).json(&message("s", &format!("part {n}")))));
    let answers = tokio::spawn(futures_util::future::join_all(burst));
    while events(&app, "s").iter().filter(|event| matches!(event, Event::Posted(_))).count() < 5 {
        tokio::task::yield_now().await;
    }
    let opened = tokio::spawn(async move {
        loop {
            gate.notify_one();
            tokio::task::yield_now().await;
        }
    });
    let answers = answers.await.unwrap();
    opened.abort();
    let ids: Vec<&str> = answers.iter().map(|answer| answer.body["response"]["id"].as_str().unwrap()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "one answer: {ids:?}");
    let text = answers[0].body["response"]["text"].as_str().unwrap();
    assert!((0..5).all(|n| text.contains(&format!("part {n}"))), "{text}");
}

#[tokio::test]
async fn many_sessions_are_answered_side_by_side() {
    let app = TestApp::start().await;
    let all = (0..50).map(|n| send(post(&app, PATH).json(&message(&format!("s{n}"), "Hello"))));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!((answer.status, &answer.body["context"]["intent"]), (200, &"greet".into()));
    }
}

#[tokio::test]
async fn a_message_of_a_session_that_a_human_has_is_taken_and_says_so() {
    let app = TestApp::start().await;
    let first = send(post(&app, PATH).json(&message("s", "I want to talk to a human"))).await;
    assert_eq!(first.status, 200);
    assert!(first.body["response"]["text"].as_str().unwrap().contains("human agent"));
    let second = send(post(&app, PATH).json(&message("s", "Are you there?"))).await;
    assert_eq!(second.status, 200);
    assert!(second.body["response"]["text"].as_str().unwrap().contains("queue"), "{}", second.body);
}

#[tokio::test]
async fn an_anonymous_customer_chats_over_the_socket_and_resumes() {
    let app = TestApp::start().await;
    let mut customer = Client::connect(app.ws_url("/ws?userId=user123&after=0")).await;
    let hello = customer.next().await;
    assert_eq!(hello["type"], "connection_established");
    customer.send(json!({ "type": "text", "text": "Hello", "id": "m1" })).await;
    let ack = customer.wait_for_type("ack").await;
    assert_eq!(ack["id"], "m1");
    let reply = customer.wait_for_type("message").await;
    assert_eq!(reply["sender"], "ai");
    let (session, secret) = (hello["sessionId"].as_str().unwrap(), hello["resumeSecret"].as_str().unwrap());
    let again = format!("/ws?userId=user123&sessionId={session}&resume={secret}&after={}", ack["seq"]);
    let mut again = Client::connect(app.ws_url(&again)).await;
    assert_eq!(again.next().await["type"], "connection_established");
    assert_eq!(again.next().await, reply);
}
