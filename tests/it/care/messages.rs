//! `POST /conversations/{conversation_id}/messages`

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{User, administrator, agent, conversation, customer, foreigner, post, request, say, send};
use crate::support::app::TestApp;

fn path(conversation: &str) -> String {
    format!("/conversations/{conversation}/messages")
}

fn documented() -> Value {
    json!({ "message": "Hello, how can I help you today?", "metadata": { "device": "web", "language": "en" } })
}

#[tokio::test]
async fn the_documented_message_gets_the_documented_answer() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    for path in [path(&id), format!("/v1{}", path(&id))] {
        let sent = post(&app, &user, &path, &documented()).await;
        assert_eq!(sent.status, 201);
        assert_eq!((&sent.body["sender"], &sent.body["conversation_id"]), (&json!(user.id), &json!(id)));
        assert_json_snapshot!("sent", sent.body, {
            ".message_id" => "[id]",
            ".conversation_id" => "[id]",
            ".sender" => "[id]",
            ".timestamp" => "[time]",
            ".response.text" => "[text]",
            ".response.confidence" => "[0..1]",
        });
        assert!((0.0..=1.0).contains(&sent.body["response"]["confidence"].as_f64().unwrap()));
    }
}

#[tokio::test]
async fn what_was_named_comes_back_as_entities() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let sent = say(&app, &user, &id, "Where is my order 12345?").await;
    let entities = sent["response"]["entities"].as_array().unwrap();
    assert!(entities.contains(&json!({ "entity": "order_number", "value": "12345" })), "{entities:?}");
}

#[tokio::test]
async fn the_same_idempotency_key_sends_one_message_and_gets_the_same_answer() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let once = |text: &str| {
        let request = request(&app, Method::POST, &path(&id)).bearer_auth(&user.token);
        send(request.header("Idempotency-Key", "\"once\"").json(&json!({ "message": text })))
    };
    let replies = futures_util::future::join_all((0..20).map(|_| once("Hello"))).await;
    for reply in &replies {
        assert_eq!((reply.status, &reply.body), (201, &replies[0].body));
    }
    assert_eq!(once("something else").await.body, replies[0].body);
    let long = request(&app, Method::POST, &path(&id)).bearer_auth(&user.token);
    let long = long.header("Idempotency-Key", "x".repeat(129)).json(&documented());
    assert_eq!(send(long).await.wrong_field(), "Idempotency-Key");
}

#[tokio::test]
async fn a_conversation_of_somebody_else_is_as_unknown_as_none() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let other = customer(&app, "other").await;
    let elsewhere = foreigner(&app, &user.id).await;
    let unknown = post(&app, &user, &path("no-such-conversation"), &documented()).await.refused(404);
    for stranger in [&other, &elsewhere] {
        assert_eq!(post(&app, stranger, &path(&id), &documented()).await.refused(404), unknown);
    }
    assert_json_snapshot!("unknown_conversation", unknown);
}

#[tokio::test]
async fn a_malformed_id_or_message_is_refused_with_the_fields_name() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    for bad in ["x".repeat(129), "a%20b".to_owned(), "a%00b".to_owned()] {
        assert_eq!(post(&app, &user, &path(&bad), &documented()).await.wrong_field(), "conversation_id", "{bad}");
    }
    for (body, field) in [
        (json!({}), "message"),
        (json!({ "message": null }), "message"),
        (json!({ "message": 7 }), "message"),
        (json!({ "message": { "text": "hi" } }), "message"),
        (json!({ "message": " \n" }), "message"),
        (json!({ "message": "hi", "metadata": [1] }), "metadata"),
        (json!({ "message": "hi", "metadata": "web" }), "metadata"),
        (json!("hi"), "body"),
        (json!(["hi"]), "body"),
    ] {
        assert_eq!(post(&app, &user, &path(&id), &body).await.wrong_field(), field, "{body}");
    }
    let long = json!({ "message": "x".repeat(40_000) });
    assert!(post(&app, &user, &path(&id), &long).await.refused(413)["details"]["message"].is_string());
    let unknown_fields = json!({ "message": "Hello", "metadata": null, "mood": "fine" });
    assert_eq!(post(&app, &user, &path(&id), &unknown_fields).await.status, 201);
}

#[tokio::test]
async fn an_agents_message_takes_the_conversation_and_the_assistant_is_silent() {
    let app = TestApp::start().await;
    let (user, agent) = (customer(&app, "user").await, agent(&app).await);
    let id = conversation(&app, &user).await;
    let taken = say(&app, &agent, &id, "I will look into it").await;
    assert_eq!((&taken["sender"], &taken["response"]), (&json!(agent.id), &Value::Null));
    let sent = say(&app, &user, &id, "Hello").await;
    assert_eq!((&sent["sender"], &sent["response"]), (&json!(user.id), &Value::Null));
}

#[tokio::test]
async fn whoever_waits_for_a_person_is_told_so_each_time() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let handover = say(&app, &user, &id, "I want to talk to a human agent").await;
    assert_eq!(handover["response"]["intent"], "request_human");
    assert!(handover["response"]["text"].as_str().unwrap().contains("human agent"));
    for _ in 0..2 {
        let waiting = say(&app, &user, &id, "Hello?").await;
        assert!(waiting["response"]["text"].as_str().unwrap().contains("queue"), "{waiting}");
    }
}

#[tokio::test]
async fn staff_are_users_in_conversations_of_their_own() {
    let app = TestApp::start().await;
    let staff = administrator(&app).await;
    let id = conversation(&app, &staff).await;
    assert_eq!(say(&app, &staff, &id, "Hello").await["response"]["intent"], "greet");
}

#[tokio::test]
async fn a_key_is_nobody_and_sends_nothing() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let key = User { id: String::new(), token: crate::support::app::API_KEY.to_owned() };
    post(&app, &key, &path(&id), &documented()).await.refused(403);
}
