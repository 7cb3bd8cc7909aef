//! Outgoing webhooks: what a receiver gets, whatever it does and whenever the server is killed; and what administrators see of it.

mod faults;
mod hearing;
mod killed;
mod receiver;
mod setup;
mod unreached;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use switchboard::auth::SigningSecret;
use switchboard::config::Config;

use crate::support::app::{API_KEY, PATIENCE, TestApp};
use crate::support::rest::{Reply, send};
use receiver::{Receiver, Taken};

/// Receivers of this machine, and no long waits.
fn quick(config: &mut Config) {
    config.webhooks.private_addresses = true;
    config.webhooks.timeout_ms = 2_000;
    config.outbox.pause_min_ms = 1;
    config.outbox.pause_max_ms = 20;
    config.outbox.retry_first_ms = 1;
}

/// What `quick` is as settings of a process.
const QUICK: [(&str, &str); 5] = [
    ("WEBHOOKS__PRIVATE_ADDRESSES", "true"),
    ("WEBHOOKS__TIMEOUT_MS", "2000"),
    ("OUTBOX__PAUSE_MIN_MS", "1"),
    ("OUTBOX__PAUSE_MAX_MS", "20"),
    ("OUTBOX__RETRY_FIRST_MS", "1"),
];

/// Asks the care dialect as the default organization's key, which has every permission.
async fn care(origin: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    care_as(origin, API_KEY, method, path, body).await
}

/// The same with another credential.
async fn care_as(origin: &str, credential: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = Client::new().request(method, format!("{origin}{path}")).bearer_auth(credential);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// `http://…` of an app.
fn origin(app: &TestApp) -> String {
    app.url("")
}

/// Makes a webhook that hears of everything; gives it with its secret.
async fn hook(origin: &str, receiver: &Receiver) -> Value {
    hook_at(origin, &receiver.url).await
}

/// The same at an address.
async fn hook_at(origin: &str, url: &str) -> Value {
    let made = care(origin, Method::POST, "/webhooks", Some(json!({ "url": url }))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

/// A webhook as it is now.
async fn shown(origin: &str, hook: &Value) -> Value {
    let reply = care(origin, Method::GET, &path(hook), None).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

/// `/webhooks/<id>`
fn path(hook: &Value) -> String {
    format!("/webhooks/{}", hook["id"].as_str().unwrap())
}

/// Its deliveries in a state.
async fn deliveries(origin: &str, hook: &Value, state: &str) -> Vec<Value> {
    let reply = care(origin, Method::GET, &format!("{}/deliveries?state={state}&limit=100", path(hook)), None).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["items"].as_array().unwrap().clone()
}

/// Waits until a webhook is so.
async fn until(origin: &str, hook: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
    let reached = async {
        loop {
            let shown = shown(origin, hook).await;
            if is_so(&shown) {
                return shown;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("it comes to that")
}

/// A customer's message; gives the answer.
async fn say(origin: &str, session: &str, text: &str) -> Reply {
    let body = json!({ "message": { "text": text }, "userId": "user123", "sessionId": session });
    let request = Client::new().post(format!("{origin}/api/core/messages")).header("X-API-Key", API_KEY);
    let reply = send(request.json(&body)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

/// The `seq` of a delivery.
fn seq(body: &Value) -> u64 {
    body["data"]["seq"].as_u64().unwrap()
}

/// Checks both signatures of a delivery as a receiver would.
fn assert_signed(taken: &Taken, secrets: &[&str]) {
    let at_s: i64 = taken.headers["webhook-timestamp"].parse().unwrap();
    let secrets: Vec<SigningSecret> = secrets.iter().map(|secret| SigningSecret::parse(secret).unwrap()).collect();
    let standard: Vec<String> = secrets.iter().map(|secret| secret.standard(&taken.id, at_s, &taken.raw)).collect();
    assert_eq!(taken.headers["webhook-signature"], standard.join(" "));
    assert_eq!(taken.headers["x-webhook-signature"], secrets[0].plain(&taken.raw));
    assert_eq!(taken.headers["content-type"], "application/json");
}

/// Each delivery once by its id, and of each conversation in order.
fn assert_each_once_in_order(taken: &[Taken]) {
    let ids: std::collections::HashSet<&str> = taken.iter().map(|taken| taken.id.as_str()).collect();
    assert_eq!(ids.len(), taken.len(), "each once");
    assert_in_order(taken);
}

/// Of each conversation in order, apart from repetitions.
fn assert_in_order(taken: &[Taken]) {
    let mut last: std::collections::HashMap<&str, u64> = std::collections::HashMap::new();
    let mut seen = std::collections::HashSet::new();
    for one in taken.iter().filter(|one| seen.insert(one.id.as_str())) {
        let session = one.body["data"]["conversation_id"].as_str().unwrap();
        let before = last.insert(session, seq(&one.body));
        assert!(before.is_none_or(|before| before < seq(&one.body)), "{session}: {before:?} before {}", one.body);
    }
}
