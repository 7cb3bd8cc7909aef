//! Channels of an organization's own: any system brings messages in and gets the replies, both signed.

use std::sync::atomic::{AtomicI64, Ordering};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use switchboard::auth::SigningSecret;
use switchboard::clock::{Clock, SystemClock};
use switchboard::config::Config;

use super::whatsapp::media::Colleague;
use crate::support::app::{API_KEY, TestApp};
use crate::support::provider::{Does, Provider};
use crate::support::rest::{Parrot, Reply, key_of, send};

pub(super) const CHANNELS: &str = "/api/console/channels/webhook";

pub(super) fn quick(config: &mut Config) {
    config.webhooks.private_addresses = true;
    config.webhooks.timeout_ms = 1_000;
    config.outbox.pause_min_ms = 1;
    config.outbox.pause_max_ms = 20;
    config.outbox.retry_first_ms = 1;
}

pub(super) async fn started() -> TestApp {
    TestApp::start_in_world(quick, Parrot::world(None)).await
}

pub(super) async fn console(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> Reply {
    console_as(app, API_KEY, method, path, body).await
}

async fn console_as(app: &TestApp, key: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = Client::new().request(method, app.url(path)).header("X-API-Key", key);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// A channel whose replies go there: its id, where messages are brought, and its secret.
pub(super) async fn channel(app: &TestApp, replies: &str) -> (String, String, SigningSecret) {
    let made =
        console(app, Method::POST, CHANNELS, Some(json!({ "name": "Our shop's app", "reply_url": replies }))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let text = |name: &str| made.body[name].as_str().unwrap().to_owned();
    (text("id"), text("inbound_path"), SigningSecret::parse(&text("secret")).unwrap())
}

fn signed(app: &TestApp, path: &str, secret: &SigningSecret, id: &str, body: &Value, ago_s: i64) -> RequestBuilder {
    signed_to(&app.url(path), secret, id, body, ago_s)
}

/// A request signed so many seconds ago.
pub(super) fn signed_to(url: &str, secret: &SigningSecret, id: &str, body: &Value, ago_s: i64) -> RequestBuilder {
    let (at_s, body) = (SystemClock.now().as_s() - ago_s, body.to_string());
    let request = Client::new().post(url).header("content-type", "application/json");
    let request = request.header("webhook-id", id).header("webhook-timestamp", at_s.to_string());
    request
        .header("webhook-signature", format!("v1,nonsense {}", secret.standard(id, at_s, body.as_bytes())))
        .body(body)
}

pub(super) fn taking(_: usize, _: &crate::support::provider::Request) -> Does {
    Does::Answer(200, "", "ok".to_owned())
}

pub(super) fn hello(id: &str) -> Value {
    json!({ "customer": "shop-77", "name": "Ann", "email": "ann@example.test", "text": "Where is my order?", "message_id": id })
}

#[tokio::test]
async fn a_message_that_is_brought_is_answered_by_a_signed_reply_of_the_same_conversation() {
    let receiver = Provider::doing(taking).await;
    let app = started().await;
    let (id, path, secret) = channel(&app, &format!("{}/replies", receiver.url)).await;
    let brought = send(signed(&app, &path, &secret, "req-1", &hello("m1"), 0)).await;
    assert_eq!(brought.status, 200, "{}", brought.body);
    assert_eq!(brought.body["duplicate"], false);
    let reply = receiver.until(|asked| !asked.is_empty()).await.remove(0);
    let body: Value = serde_json::from_slice(&reply.raw).unwrap();
    assert_eq!((&body["type"], &body["data"]["text"]), (&json!("message.sent"), &json!("Where is my order?")));
    assert_eq!((&body["data"]["customer"], &body["data"]["channel_id"]), (&json!("shop-77"), &json!(id)));
    assert_eq!(body["data"]["conversation_id"], brought.body["conversation_id"]);
    let at_s: i64 = reply.headers["webhook-timestamp"].parse().unwrap();
    let signature = &reply.headers["webhook-signature"];
    assert!(secret.is_standard(&reply.headers["webhook-id"], at_s, &reply.raw, signature));
    let path = format!("/api/admin/sessions/{}", brought.body["conversation_id"].as_str().unwrap());
    let details = console(&app, Method::GET, &path, None).await;
    assert_eq!(details.body["session"]["customerInfo"]["email"], "ann@example.test");
}

#[tokio::test]
async fn a_file_of_a_reply_is_told_with_the_place_where_a_key_gets_it() {
    let receiver = Provider::doing(taking).await;
    let app = started().await;
    let (_, path, secret) = channel(&app, &receiver.url).await;
    let brought = send(signed(&app, &path, &secret, "req-1", &hello("m1"), 0)).await;
    receiver.until(|asked| !asked.is_empty()).await;
    let session = brought.body["conversation_id"].as_str().unwrap();
    Colleague::at(&app.url("")).await.shows(session, "Your bill", ("bill.txt", b"12 euros")).await;
    let has_file = |raw: &[u8]| serde_json::from_slice::<Value>(raw).unwrap()["data"]["file"].is_object();
    let asked = receiver.until(|asked| asked.iter().any(|asked| has_file(&asked.raw))).await;
    let told = asked.iter().find(|asked| has_file(&asked.raw)).unwrap();
    let told: Value = serde_json::from_slice(&told.raw).unwrap();
    assert_eq!(told["data"]["text"], "Your bill");
    let file = &told["data"]["file"];
    assert_eq!((&file["name"], &file["bytes"]), (&json!("bill.txt"), &json!(8)), "{told}");
    let request = Client::new().get(app.url(file["path"].as_str().unwrap())).header("X-API-Key", API_KEY);
    let got = request.send().await.unwrap();
    assert_eq!((got.status().as_u16(), got.text().await.unwrap()), (200, "12 euros".to_owned()));
}

#[tokio::test]
async fn the_same_message_counts_once_whatever_request_brings_it() {
    let receiver = Provider::doing(taking).await;
    let app = started().await;
    let (_, path, secret) = channel(&app, &receiver.url).await;
    let first = send(signed(&app, &path, &secret, "req-1", &hello("m1"), 0)).await;
    for request in ["req-1", "req-2"] {
        let again = send(signed(&app, &path, &secret, request, &hello("m1"), 0)).await;
        assert_eq!((again.status, &again.body["duplicate"]), (200, &json!(true)));
        assert_eq!(again.body["message_id"], first.body["message_id"]);
    }
    // Without an id of its own a message has its request's.
    let plain = json!({ "customer": "shop-77", "text": "Anybody?" });
    let one = send(signed(&app, &path, &secret, "req-3", &plain, 0)).await;
    let other = send(signed(&app, &path, &secret, "req-3", &plain, 0)).await;
    assert_eq!((&one.body["duplicate"], &other.body["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!(one.body["conversation_id"], first.body["conversation_id"]);
    assert_eq!(receiver.until(|asked| asked.len() == 2).await.len(), 2);
}

#[tokio::test]
async fn only_what_the_channels_secret_signed_just_now_is_read() {
    let app = started().await;
    let (id, path, secret) = channel(&app, "http://127.0.0.1:9/").await;
    let stranger = SigningSecret::generate();
    let body = hello("m1");
    let nowhere = path.replace(&id, "00000000-0000-7000-8000-000000000000");
    let elsewhere = path.replace("/default/", "/other/");
    for (what, request) in [
        ("another secret", signed(&app, &path, &stranger, "r", &body, 0)),
        ("too old", signed(&app, &path, &secret, "r", &body, 301)),
        ("too far ahead", signed(&app, &path, &secret, "r", &body, -600)),
        ("another body", signed(&app, &path, &secret, "r", &body, 0).body("{}")),
        ("no channel", signed(&app, &nowhere, &secret, "r", &body, 0)),
        ("another organization", signed(&app, &elsewhere, &secret, "r", &body, 0)),
        ("nothing signed", Client::new().post(app.url(&path)).json(&body)),
    ] {
        let refused = send(request).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (401, &json!("authentication_error")), "{what}");
    }
    for (field, wrong) in [("customer", json!({ "text": "x" })), ("text", json!({ "customer": "a", "text": " " }))] {
        let refused = send(signed(&app, &path, &secret, "r", &wrong, 0)).await;
        assert_eq!(refused.status, 400, "{field}: {}", refused.body);
    }
    let off = Some(json!({ "enabled": false }));
    assert_eq!(console(&app, Method::PUT, &format!("{CHANNELS}/{id}"), off).await.status, 200);
    assert_eq!(send(signed(&app, &path, &secret, "r", &body, 0)).await.status, 401);
}

#[tokio::test]
async fn a_receiver_that_fails_gets_the_reply_later_under_the_same_id() {
    let fails = AtomicI64::new(3);
    let receiver = Provider::doing(move |_, _| match fails.fetch_sub(1, Ordering::SeqCst) {
        3 => Does::Stall,
        2 => Does::Answer(500, "", String::new()),
        1 => Does::Cut,
        _ => Does::Answer(204, "", String::new()),
    });
    let receiver = receiver.await;
    let app = started().await;
    let (_, path, secret) = channel(&app, &receiver.url).await;
    send(signed(&app, &path, &secret, "req-1", &hello("m1"), 0)).await;
    let asked = receiver.until(|asked| asked.len() == 4).await;
    assert!(
        asked.iter().all(|one| one.raw == asked[0].raw && one.headers["webhook-id"] == asked[0].headers["webhook-id"])
    );
}

#[tokio::test]
async fn channels_are_the_organizations_own_and_their_secrets_are_shown_once() {
    let app = started().await;
    let (id, path, old) = channel(&app, "https://shop.example.test/replies").await;
    let listed = console(&app, Method::GET, CHANNELS, None).await;
    assert_eq!(listed.body["items"][0]["id"], json!(id));
    assert!(listed.body["items"][0].get("secret").is_none());
    let other = key_of(&app, "other", &["*"]).await;
    let theirs = console_as(&app, &other, Method::GET, CHANNELS, None).await;
    assert_eq!(theirs.body["items"], json!([]));
    for (method, path) in [(Method::PUT, format!("{CHANNELS}/{id}")), (Method::POST, format!("{CHANNELS}/{id}/secret"))]
    {
        assert_eq!(console_as(&app, &other, method, &path, Some(json!({}))).await.status, 404, "{path}");
    }
    let rotate = |key: &'static str| {
        let request = Client::new().post(app.url(&format!("{CHANNELS}/{id}/secret"))).header("X-API-Key", API_KEY);
        send(request.header("Idempotency-Key", key))
    };
    let rotated = rotate("once").await;
    assert_eq!(rotate("once").await.body, rotated.body, "a request that is repeated makes one secret");
    let new = SigningSecret::parse(rotated.body["secret"].as_str().unwrap()).unwrap();
    for secret in [&old, &new] {
        let taken = send(signed(&app, &path, secret, "req-1", &hello("m1"), 0)).await;
        assert_eq!(taken.status, 200, "for a day both hold");
    }
    assert_eq!((rotate("twice").await.status, rotate("once").await.status), (200, 409), "it was replaced since");
    for wrong in [json!({ "name": "x" }), json!({ "name": "x", "reply_url": "ftp://a.example.test" })] {
        assert_eq!(console(&app, Method::POST, CHANNELS, Some(wrong)).await.status, 400);
    }
    assert_eq!(console(&app, Method::DELETE, &format!("{CHANNELS}/{id}"), None).await.status, 204);
    assert_eq!(send(signed(&app, &path, &new, "req-2", &hello("m2"), 0)).await.status, 401);
}
