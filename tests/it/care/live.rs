//! `/ws/conversations/{conversation_id}`

use std::sync::Arc;

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::config::Provider;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Request;

use super::{User, agent, conversation, customer, foreigner, request, say, send};
use crate::support::app::{API_KEY, TestApp};
use crate::support::llm::{Llm, Move, done, finish, ok, text};
use crate::support::ws::Client;

/// The address of a conversation's socket, for somebody.
fn url(app: &TestApp, user: &User, conversation: &str, rest: &str) -> String {
    app.ws_url(&format!("/ws/conversations/{conversation}?token={}{rest}", user.token))
}

async fn connect(app: &TestApp, user: &User, conversation: &str) -> Client {
    Client::connect(url(app, user, conversation, "")).await
}

async fn follow(app: &TestApp, user: &User, conversation: &str, after: &str) -> Client {
    Client::connect(url(app, user, conversation, &format!("&after={after}"))).await
}

fn hello() -> Value {
    json!({ "type": "message", "content": "Hello, bot!" })
}

fn position(frame: &Value) -> String {
    format!("{}:{}", frame["epoch"], frame["seq"])
}

#[tokio::test]
async fn a_client_of_the_document_gets_documented_frames_and_no_others() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let mut client = connect(&app, &user, &id).await;
    let mut other = connect(&app, &user, &id).await;
    for client in [&mut client, &mut other] {
        client.send(json!({ "type": "typing", "is_typing": true })).await;
    }
    client.send(hello()).await;
    for client in [&mut client, &mut other] {
        let frame = client.next().await;
        assert_json_snapshot!("message_frame", frame, {
            ".content" => "[text]",
            ".timestamp" => "[time]",
            ".metadata.confidence" => "[0..1]",
        });
    }
    client.send(json!({ "type": "message", "content": "What is your return policy?" })).await;
    assert_eq!(other.next().await["metadata"]["intent"], "return_policy");
}

#[tokio::test]
async fn the_token_may_come_in_the_query_a_subprotocol_or_the_header_and_the_path_under_v1() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let path = format!("/v1/ws/conversations/{id}");
    let ask = |name: &'static str, value: String| -> Request<()> {
        let mut request = app.ws_url(&path).into_client_request().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let protocols = format!("switchboard.v1, bearer.{}", user.token);
    for request in [
        app.ws_url(&format!("{path}?token={}", user.token)).into_client_request().unwrap(),
        ask("sec-websocket-protocol", protocols),
        ask("authorization", format!("Bearer {}", user.token)),
    ] {
        let mut client = Client::connect(request).await;
        client.send(hello()).await;
        assert_eq!(client.next().await["metadata"]["intent"], "greeting");
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_right() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let refused = async |user: &User, id: &str, rest: &str| {
        Client::try_connect(url(&app, user, id, rest)).await.err().expect("it is refused")
    };
    let with = |token: &str| User { id: String::new(), token: token.to_owned() };
    assert_eq!(refused(&with("nonsense"), &id, "").await, 401);
    assert_eq!(refused(&with(""), &id, "").await, 401);
    assert_eq!(refused(&with(API_KEY), &id, "").await, 403);
    assert_eq!(refused(&customer(&app, "other").await, &id, "").await, 404);
    assert_eq!(refused(&foreigner(&app, &user.id).await, &id, "").await, 404);
    assert_eq!(refused(&agent(&app).await, "unknown", "").await, 404);
    assert_eq!(refused(&user, "unknown", "").await, 404);
    assert_eq!(refused(&user, &"x".repeat(129), "").await, 400);
    assert_eq!(refused(&user, &id, "&after=then").await, 400);
    let mut foreign = url(&app, &user, &id, "").into_client_request().unwrap();
    foreign.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert_eq!(Client::try_connect(foreign).await.err(), Some(403));
    let plain = request(&app, Method::GET, &format!("/ws/conversations/{id}")).bearer_auth(&user.token);
    send(plain).await.refused(426);
}

#[tokio::test]
async fn a_bad_frame_is_answered_with_an_error_and_the_connection_stays() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let mut client = connect(&app, &user, &id).await;
    for (frame, code, field) in [
        (Message::text("nonsense"), "400", "body"),
        (Message::text(r#"["message","hi"]"#), "400", "body"),
        (Message::text(r#"{"content":"hi"}"#), "400", "type"),
        (Message::text(r#"{"type":"dance"}"#), "400", "type"),
        (Message::text(r#"{"type":7}"#), "400", "type"),
        (Message::text(r#"{"type":"message"}"#), "400", "content"),
        (Message::text(r#"{"type":"message","content":" "}"#), "400", "content"),
        (Message::text(r#"{"type":"message","content":{}}"#), "400", "content"),
        (Message::text(r#"{"type":"message","content":"hi","id":""}"#), "400", "id"),
        (Message::text(r#"{"type":"typing"}"#), "400", "is_typing"),
        (Message::text(json!({ "type": "message", "content": "x".repeat(1024 * 1024) }).to_string()), "413", "message"),
        (Message::binary(vec![1, 2, 3]), "400", "frame"),
    ] {
        client.send_raw(frame).await;
        let answer = client.next().await;
        assert_eq!((&answer["type"], &answer["error"]["code"]), (&json!("error"), &json!(code)), "{answer}");
        assert!(answer["error"]["details"][field].is_string(), "{answer}");
        assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    }
    client.send(json!({ "type": "message" })).await;
    assert_json_snapshot!("error_frame", client.next().await);
    client.send(hello()).await;
    assert_eq!(client.next().await["type"], "message");
}

#[tokio::test]
async fn a_user_has_ten_connections_and_the_eleventh_is_refused_until_one_ends() {
    let app = TestApp::start().await;
    let (user, other) = (customer(&app, "user").await, customer(&app, "other").await);
    let id = conversation(&app, &user).await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(connect(&app, &user, &id).await);
    }
    let eleventh = || Client::try_connect(url(&app, &user, &id, ""));
    assert_eq!(eleventh().await.err(), Some(429));
    let at = url(&app, &user, &id, "").replace(&app.ws_url(""), "");
    let handshake = request(&app, Method::GET, &at).header("connection", "upgrade").header("upgrade", "websocket");
    let refused = send(handshake).await;
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    refused.refused(429);
    connect(&app, &other, &conversation(&app, &other).await).await;
    open.pop();
    let again = async {
        while eleventh().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::app::PATIENCE, again).await.expect("there is a place again");
}

#[tokio::test]
async fn a_follower_is_acknowledged_and_resumes_exactly_where_it_stopped() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let mut client = follow(&app, &user, &id, "0").await;
    assert_json_snapshot!("connected", client.next().await, { ".position.epoch" => "[epoch]" });
    client.send(json!({ "type": "message", "content": " ", "id": "m0" })).await;
    let refused = client.wait_for_type("error").await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!("m0"), &json!("400")));
    client.send(json!({ "type": "message", "content": "Hello", "id": "m1" })).await;
    let ack = client.wait_for_type("ack").await;
    assert_json_snapshot!("ack", ack, { ".message_id" => "[id]", ".epoch" => "[epoch]" });
    let reply = client.wait_for_type("message").await;
    assert_json_snapshot!("followed_message", reply, {
        ".content" => "[text]",
        ".timestamp" => "[time]",
        ".metadata.confidence" => "[0..1]",
        ".message_id" => "[id]",
        ".epoch" => "[epoch]",
    });
    client.vanish();
    say(&app, &user, &id, "What is your return policy?").await;
    let mut again = follow(&app, &user, &id, &position(&reply)).await;
    assert_eq!(again.next().await["type"], "connected");
    let (question, answer) = (again.next().await, again.next().await);
    assert_eq!((&question["sender"], &question["content"]), (&json!("user"), &json!("What is your return policy?")));
    assert_eq!((&answer["sender"], &answer["metadata"]["intent"]), (&json!("assistant"), &json!("return_policy")));
    let mut bare = follow(&app, &user, &id, &answer["seq"].to_string()).await;
    assert_eq!(bare.next().await["position"]["epoch"], answer["epoch"]);
    bare.send(json!({ "type": "message", "content": "Hello", "id": "m1" })).await;
    let repeated = bare.next().await;
    assert_eq!((&repeated["duplicate"], &repeated["seq"]), (&json!(true), &ack["seq"]));
}

#[tokio::test]
async fn a_position_that_does_not_fit_is_answered_with_resync_and_everything() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    say(&app, &user, &id, "Hello").await;
    for after in ["1:1", "999"] {
        let mut client = follow(&app, &user, &id, after).await;
        let (connected, resync, first) = (client.next().await, client.next().await, client.next().await);
        assert_eq!((&connected["type"], &resync["type"]), (&json!("connected"), &json!("resync")), "{after}");
        assert_eq!(connected["position"], resync["position"]);
        assert_eq!((&first["sender"], &first["content"]), (&json!("user"), &json!("Hello")));
    }
}

#[tokio::test]
async fn the_users_other_devices_see_what_they_write_and_that_they_type() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let (mut phone, mut desk) = (follow(&app, &user, &id, "0").await, follow(&app, &user, &id, "0").await);
    phone.send(json!({ "type": "typing", "is_typing": true })).await;
    let typing = desk.wait_for_type("typing").await;
    assert_json_snapshot!("typing", typing, { ".timestamp" => "[time]" });
    phone.send(json!({ "type": "message", "content": "Hello", "id": "m1" })).await;
    let seen = desk.wait_for_type("message").await;
    assert_eq!((&seen["sender"], &seen["content"], &seen["id"]), (&json!("user"), &json!("Hello"), &json!("m1")));
    let mine = phone.wait_for_type("message").await;
    assert_eq!(mine["sender"], "assistant", "a device does not get its own message back");
}

#[tokio::test]
async fn an_agent_joins_takes_over_and_reads_what_the_user_writes() {
    let app = TestApp::start().await;
    let (user, agent) = (customer(&app, "user").await, agent(&app).await);
    let id = conversation(&app, &user).await;
    let (mut client, mut desk) = (connect(&app, &user, &id).await, connect(&app, &agent, &id).await);
    desk.send(json!({ "type": "message", "content": "This is Ada" })).await;
    let frame = client.next().await;
    assert_json_snapshot!("agent_frame", frame, { ".timestamp" => "[time]" });
    client.send(hello()).await;
    let heard = desk.next().await;
    assert_eq!((&heard["sender"], &heard["content"]), (&json!("user"), &json!("Hello, bot!")));
    desk.send(json!({ "type": "message", "content": "I read that" })).await;
    assert_eq!(client.next().await["content"], "I read that", "the assistant is silent");
}

#[tokio::test]
async fn one_id_sent_a_hundred_times_over_the_socket_and_over_rest_is_one_message() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let mut client = follow(&app, &user, &id, "0").await;
    let path = format!("/conversations/{id}/messages");
    let rest = futures_util::future::join_all((0..50).map(|_| {
        let post = request(&app, Method::POST, &path).bearer_auth(&user.token);
        send(post.header("Idempotency-Key", "same").json(&json!({ "message": "Hello" })))
    }));
    let socket = async {
        for _ in 0..50 {
            client.send(json!({ "type": "message", "content": "Hello", "id": "same" })).await;
        }
        let mut acks = Vec::new();
        while acks.len() < 50 {
            acks.push(client.wait_for_type("ack").await["message_id"].clone());
        }
        acks
    };
    let (sent, acks) = tokio::join!(rest, socket);
    for reply in &sent {
        assert_eq!((reply.status, &reply.body["message_id"]), (201, &acks[0]));
        assert_eq!(reply.body["response"]["intent"], "greet");
    }
    assert!(acks.iter().all(|ack| *ack == acks[0]));
    let next = say(&app, &user, &id, "Hello again").await;
    let mut reader = follow(&app, &user, &id, "0").await;
    let mut mine = Vec::new();
    while mine.last() != Some(&next["message_id"]) {
        mine.push(reader.wait_for(|frame| frame["sender"] == "user").await["message_id"].clone());
    }
    assert_eq!(mine, [acks[0].clone(), next["message_id"].clone()]);
}

#[tokio::test]
async fn a_follower_sees_the_answer_grow_and_a_client_of_the_document_gets_it_whole() {
    let more = Arc::new(Notify::new());
    let script = vec![ok(), text("Surely gladly "), Move::Wait(Arc::clone(&more)), text("so."), finish("stop"), done()];
    let llm = Llm::start(vec![script]).await;
    let base_url = llm.base_url.clone();
    let app = TestApp::start_with(|config| {
        config.assistant.provider = Provider::Openai;
        config.assistant.openai_base_url = base_url;
    })
    .await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    let (mut ann, mut plain) = (follow(&app, &user, &id, "0").await, connect(&app, &user, &id).await);
    ann.send(json!({ "type": "message", "content": "What is your return policy?", "id": "m1" })).await;
    let first = ann.wait_for_type("draft").await;
    assert_eq!((&first["offset"], &first["content"]), (&json!(0), &json!("Surely ")));
    let mut late = follow(&app, &user, &id, "0").await;
    assert_eq!(late.wait_for_type("draft").await, first, "whoever comes in the middle gets the text so far");
    more.notify_one();
    for client in [&mut ann, &mut late] {
        let end = client.wait_for_type("draft_end").await;
        assert_eq!(end, json!({ "type": "draft_end", "turn": first["turn"] }));
        assert_eq!(client.wait_for_type("message").await["content"], "Surely gladly so.");
    }
    let whole = plain.next().await;
    assert_eq!((&whole["type"], &whole["content"]), (&json!("message"), &json!("Surely gladly so.")));
}
