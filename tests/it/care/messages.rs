//! `POST /conversations/{conversation_id}/messages`

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::config::Provider;

use super::{User, administrator, agent, conversation, customer, foreigner, post, request, say, send};
use crate::support::app::TestApp;
use crate::support::rest::{always_closed, set_desk};
use crate::support::ws::Client;

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
async fn who_waits_out_of_hours_is_told_so_with_every_message() {
    let app = TestApp::start_with(|config| config.assistant.provider = Provider::None).await;
    let closed = json!({ "hours": always_closed(), "texts": { "out_of_hours": "We are closed." } });
    set_desk(&app, &closed).await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    for text in ["Hello", "Is anybody there?"] {
        let sent = say(&app, &user, &id, text).await;
        assert_eq!(sent["response"]["text"], "We are closed.", "{text}");
    }
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
    let other = once("something else").await.refused(409);
    assert!(other["message"].as_str().unwrap().contains("Idempotency-Key"), "{other}");
    let keyed = |key: String| {
        let request = request(&app, Method::POST, &path(&id)).bearer_auth(&user.token);
        send(request.header("Idempotency-Key", key).json(&documented()))
    };
    let long = keyed("x".repeat(255)).await;
    assert_eq!((long.status, &keyed("x".repeat(255)).await.body), (201, &long.body));
    assert_eq!(keyed("x".repeat(256)).await.wrong_field(), "Idempotency-Key");
}

#[tokio::test]
async fn a_key_that_was_another_messages_id_over_the_socket_is_refused() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let socket = format!("/ws/conversations/{id}?token={}&after=0", user.token);
    let mut client = Client::connect(app.ws_url(&socket)).await;
    client.send(json!({ "type": "message", "content": "Hello", "id": "m1" })).await;
    let ack = client.wait_for_type("ack").await;
    let keyed = |text: &str| {
        let request = request(&app, Method::POST, &path(&id)).bearer_auth(&user.token);
        send(request.header("Idempotency-Key", "m1").json(&json!({ "message": text })))
    };
    keyed("Goodbye").await.refused(409);
    // Its key now belongs to that request; the message's id is still the socket's.
    keyed("Hello").await.refused(409);
    client.send(json!({ "type": "message", "content": "Hello", "id": "m1" })).await;
    assert_eq!(client.wait_for(|frame| frame["duplicate"] == true).await["seq"], ack["seq"]);
}

#[tokio::test]
async fn what_a_client_sent_is_not_repeated_at_length_in_a_refusal() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let long = "語".repeat(30_000);
    let body = json!({ "message": "hi", "metadata": { "a": 1 }, "message ": long });
    assert_eq!(post(&app, &user, &path(&id), &body).await.status, 201, "a field that nobody knows");
    let refused = send(request(&app, Method::POST, "/auth/login").json(&json!(long))).await.refused(400);
    assert!(refused.to_string().len() < 1_000, "{} bytes", refused.to_string().len());
    let socket = format!("/ws/conversations/{id}?token={}", user.token);
    let mut client = Client::connect(app.ws_url(&socket)).await;
    client.send(json!({ "type": "typing", "is_typing": long })).await;
    let error = client.wait_for_type("error").await;
    assert!(error["error"]["details"]["is_typing"].as_str().unwrap().contains("語"), "{error}");
    assert!(error.to_string().len() < 1_000, "{} bytes", error.to_string().len());
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
