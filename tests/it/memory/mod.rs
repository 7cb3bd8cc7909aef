//! What is remembered of customers: stored and asked for by programs, learnt from conversations, recalled in the next one,
//! corrected by the staff, forgotten on request.

mod api;
mod console;
mod killed;
mod learning;
mod limits;

use std::time::Instant;

use reqwest::{Client as Http, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::app::{API_KEY, PATIENCE, TestApp};
use crate::support::rest::{Reply, get, post, send};
use crate::support::ws::Client;

const MEMORIES: &str = "/api/memory/memories";

/// The body of `POST /api/memory/memories` as the document has it.
fn preferences(user: &str) -> Value {
    json!({
        "userId": user, "type": "long_term", "key": "order_preferences",
        "value": { "preferred_shipping": "express", "previous_orders": ["SKU123", "SKU456"] },
        "metadata": { "importance": 0.8, "source": "conversation" }
    })
}

async fn store(app: &TestApp, memory: &Value) -> Reply {
    send(post(app, MEMORIES).json(memory)).await
}

/// What is remembered of a user.
async fn of(app: &TestApp, user: &str, query: &str) -> Vec<Value> {
    let reply = send(get(app, &format!("{MEMORIES}/{user}{query}"))).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body["userId"], user);
    reply.body["memories"].as_array().unwrap().clone()
}

/// What is remembered of a user under a key, as soon as `holds` holds of it.
async fn learnt(app: &TestApp, user: &str, key: &str, holds: impl Fn(Option<&Value>) -> bool) {
    let began = Instant::now();
    loop {
        let found = of(app, user, &format!("?type=long_term&key={key}")).await;
        if holds(found.first().map(|memory| &memory["value"])) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{user} {key}: {found:?}");
        tokio::task::yield_now().await;
    }
}

fn is(expected: &str) -> impl Fn(Option<&Value>) -> bool {
    move |value| value.is_some_and(|value| value == expected)
}

/// A customer's socket, whom the service vouches for.
async fn customer(app: &TestApp, user: &str, session: &str) -> Client {
    let path = format!("/ws?userId={user}&sessionId={session}&token={API_KEY}");
    Client::connect(app.ws_url(&path)).await
}

/// Says something, and gives the assistant's answer.
async fn asks(socket: &mut Client, text: &str) -> String {
    socket.send(json!({ "type": "text", "text": text })).await;
    let answer = socket.wait_for(|frame| frame["type"] == "message" && frame["sender"] == "ai").await;
    answer["text"].as_str().unwrap().to_owned()
}

fn as_whom(app: &TestApp, credential: &str, method: Method, path: &str) -> RequestBuilder {
    Http::new().request(method, app.url(path)).bearer_auth(credential)
}
