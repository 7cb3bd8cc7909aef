//! `/api/channels/whatsapp/webhook` and `/api/channels/health`: what Meta brings comes into one session per person, once and whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::channels::mac;
use switchboard::clock::{Clock, SystemClock};
use switchboard::config::Config;
use switchboard::domain::{Author, Event, SessionKey, Timestamp};
use switchboard::store::{FjallKv, Store, StoreError, StoreLimits, Write};

use crate::support::app::{PATIENCE, TestApp};
use crate::support::kv::TappedKv;
use crate::support::rest::{Reply, admin_token, get, get_as, post, send};
use crate::support::said::{customers_words, messages, sessions_of, until_said};

const WEBHOOK: &str = "/api/channels/whatsapp/webhook";
const SECRET: &str = "app-secret-1";
const NUMBER: &str = "900000000000001";

fn set_up(config: &mut Config) {
    config.whatsapp.verify_token = SecretString::from("verify-me");
    config.whatsapp.app_secret = SecretString::from(SECRET);
    config.whatsapp.phone_number_id = NUMBER.to_owned();
}

async fn bring_signed(app: &TestApp, body: Vec<u8>, signature: &str) -> Reply {
    let request = reqwest::Client::new().post(app.url(WEBHOOK)).header("content-type", "application/json");
    send(request.header("x-hub-signature-256", signature).body(body)).await
}

async fn bring(app: &TestApp, payload: &Value) -> Reply {
    let body = payload.to_string().into_bytes();
    let signature = format!("sha256={}", mac::sha256_hex(SECRET.as_bytes(), &body).unwrap());
    bring_signed(app, body, &signature).await
}

fn payload(number: &str, contacts: &Value, messages: &Value) -> Value {
    json!({ "object": "whatsapp_business_account", "entry": [change(number, contacts, messages)] })
}

fn change(number: &str, contacts: &Value, messages: &Value) -> Value {
    json!({ "id": "WABA", "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550001111", "phone_number_id": number },
        "contacts": contacts, "messages": messages,
    } }] })
}

fn contact(phone: &str, name: &str) -> Value {
    json!({ "profile": { "name": name }, "wa_id": phone })
}

fn now() -> Timestamp {
    SystemClock.now()
}

/// A text, written so many seconds ago.
fn text(from: &str, id: &str, seconds_ago: i64, body: &str) -> Value {
    let at = now().as_ms() / 1_000 - seconds_ago;
    json!({ "from": from, "id": id, "timestamp": at.to_string(), "type": "text", "text": { "body": body } })
}

fn ann(messages: &Value) -> Value {
    payload(NUMBER, &json!([contact("15550002222", "Ann")]), messages)
}

/// Waits until the customer's turn has ended.
async fn answered(app: &TestApp, key: &SessionKey, turns: usize) {
    let ended = || {
        let events = app.sessions().events_after(key, 0, 1_000).unwrap();
        events.iter().filter(|committed| matches!(committed.event, Event::TurnEnded { .. })).count() >= turns
    };
    until_said(app, "the turn ends", ended).await;
}

#[tokio::test]
async fn metas_handshake_is_answered_with_its_challenge_alone() {
    let app = TestApp::start_with(set_up).await;
    let ask = |token: &str| {
        let query = format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
        reqwest::Client::new().get(app.url(&format!("{WEBHOOK}?{query}")))
    };
    let answer = ask("verify-me").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(answer.text().await.unwrap(), "1158201444");
    let refused = send(ask("guess")).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (403, &json!("authorization_error")));
    let nobody = TestApp::start().await;
    let of_no_token = format!("{WEBHOOK}?hub.mode=subscribe&hub.verify_token=&hub.challenge=1");
    assert_eq!(send(reqwest::Client::new().get(nobody.url(&of_no_token))).await.status, 403);
}

#[tokio::test]
async fn only_what_meta_signed_is_read() {
    let app = TestApp::start_with(set_up).await;
    let body = ann(&json!([text("15550002222", "wamid.1", 0, "Hello")])).to_string().into_bytes();
    let of_another_body = format!("sha256={}", mac::sha256_hex(SECRET.as_bytes(), b"{}").unwrap());
    for signature in ["", "sha256=", "nonsense", &of_another_body] {
        let refused = bring_signed(&app, body.clone(), signature).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (401, &json!("authentication_error")));
    }
    let without = send(reqwest::Client::new().post(app.url(WEBHOOK)).body(body.clone())).await;
    assert_eq!(without.status, 401);
    let nobody = TestApp::start().await;
    let of_no_key = format!("sha256={}", mac::sha256_hex(b"x", &body).unwrap());
    assert_eq!(bring_signed(&nobody, body, &of_no_key).await.status, 401);
    assert_eq!(sessions_of(&app, "+15550002222"), []);
}

#[tokio::test]
async fn everything_in_a_payload_comes_into_one_session_per_person_once() {
    let app = TestApp::start_with(set_up).await;
    let bo = json!([contact("15550003333", "Bo")]);
    let sticker = json!({ "from": "15550003333", "id": "wamid.b2", "timestamp": "1700000000", "type": "hologram", "hologram": {} });
    let both = json!({ "object": "whatsapp_business_account", "entry": [
        change(NUMBER, &json!([contact("15550002222", "Ann")]), &json!([
            text("15550002222", "wamid.a2", 1, "Where is my order?"), text("15550002222", "wamid.a1", 3, "Hello"),
        ])),
        change("900000000000009", &bo, &json!([text("15550003333", "wamid.x", 0, "To another number")])),
        change(NUMBER, &bo, &json!([text("15550003333", "wamid.b1", 1, "Hi there"), sticker])),
    ] });
    let (one, other) = tokio::join!(bring(&app, &both), bring(&app, &both));
    assert_eq!((one.status, &one.body, other.status), (200, &json!({ "status": "received" }), 200));
    assert_eq!(bring(&app, &both).await.status, 200);
    let (of_ann, of_bo) = (sessions_of(&app, "+15550002222"), sessions_of(&app, "+15550003333"));
    assert_eq!((of_ann.len(), of_bo.len()), (1, 1));
    assert_eq!(
        customers_words(&app, &of_ann[0]),
        ["Hello", "Where is my order?"],
        "in the order in which they were written"
    );
    let bos = customers_words(&app, &of_bo[0]);
    assert!(bos.contains(&"Hi there".to_owned()) && bos.iter().any(|words| words.contains("hologram")), "{bos:?}");
    assert_eq!(bos.len(), 2);
    answered(&app, &of_ann[0], 1).await;
    let details = send(get(&app, &format!("/api/admin/sessions/{}", of_ann[0].session))).await;
    let details = &details.body["session"];
    assert_eq!(details["channel"], "whatsapp");
    assert_eq!(
        (&details["customerInfo"]["name"], &details["customerInfo"]["phone"]),
        (&json!("Ann"), &json!("+15550002222"))
    );
    assert_eq!(bring(&app, &ann(&json!([text("15550002222", "wamid.a3", 0, "Thanks")]))).await.status, 200);
    assert_eq!(sessions_of(&app, "+15550002222"), of_ann, "the sender's one session goes on");
}

#[tokio::test]
async fn what_comes_late_or_is_a_reaction_stands_there_and_wakes_nobody() {
    let app = TestApp::start_with(set_up).await;
    bring(&app, &ann(&json!([text("15550002222", "wamid.2", 5, "Do you ship to France?")]))).await;
    let session = sessions_of(&app, "+15550002222").remove(0);
    answered(&app, &session, 1).await;
    let reaction = json!({ "from": "15550002222", "id": "wamid.3", "timestamp": now().as_ms().div_euclid(1_000).to_string(),
        "type": "reaction", "reaction": { "message_id": "wamid.2", "emoji": "\u{1f44d}" } });
    bring(&app, &ann(&json!([text("15550002222", "wamid.1", 7_200, "Hello?"), reaction]))).await;
    let quiet: Vec<(String, bool)> = messages(&app, &session)
        .into_iter()
        .filter(|message| message.author == Author::Customer)
        .map(|message| (message.body.as_str().to_owned(), message.quiet))
        .collect();
    let said = |text: &str, quiet| (text.to_owned(), quiet);
    let all = [said("Do you ship to France?", false), said("Hello?", true), said("[reaction] \u{1f44d}", true)];
    assert_eq!(quiet, all);
    let path = format!("/api/console/sessions/{}/events", session.session);
    let log = send(get_as(&app, &admin_token(&app).await, &path)).await;
    let shown = |text: &str| {
        let events = log.body["items"].as_array().unwrap();
        let event = events.iter().find(|event| event["text"] == text).unwrap();
        (event["late"].clone(), event["sent_at"].as_str().map(str::to_owned), event["at"].as_str().map(str::to_owned))
    };
    let (is_late, sent_at, at) = shown("Hello?");
    assert_eq!(is_late, json!(true), "the staff sees that it is old: {}", log.body);
    assert!(sent_at.unwrap() < at.unwrap());
    let (is_late, sent_at, _) = shown("Do you ship to France?");
    assert!(is_late.is_null() && sent_at.is_some(), "{}", log.body);
    bring(&app, &ann(&json!([text("15550002222", "wamid.4", 0, "And to Spain?")]))).await;
    answered(&app, &session, 2).await;
}

#[tokio::test]
async fn a_person_stays_one_when_their_number_is_hidden_and_when_it_changes() {
    let app = TestApp::start_with(set_up).await;
    let bring = |contacts: Value, message: Value| {
        let payload = payload(NUMBER, &contacts, &json!([message]));
        let app = &app;
        async move { assert_eq!(bring(app, &payload).await.status, 200) }
    };
    bring(json!([contact("15550002222", "Ann")]), text("15550002222", "wamid.1", 4, "One")).await;
    let mut both = text("15550002222", "wamid.2", 3, "Two");
    both["from_user_id"] = json!("US.77");
    bring(json!([{ "profile": { "name": "Ann" }, "wa_id": "15550002222", "user_id": "US.77" }]), both).await;
    let mut hidden = text("", "wamid.3", 2, "Three");
    hidden.as_object_mut().unwrap().remove("from");
    hidden["from_user_id"] = json!("US.77");
    bring(json!([{ "profile": { "name": "Ann" }, "user_id": "US.77" }]), hidden).await;
    let moved = json!({ "from": "15550002222", "id": "wamid.4", "timestamp": (now().as_ms() / 1_000 - 1).to_string(), "type": "system",
        "system": { "type": "user_changed_number", "body": "Ann changed from 15550002222 to 15550004444", "wa_id": "15550004444" } });
    bring(json!([]), moved).await;
    bring(json!([contact("15550004444", "Ann")]), text("15550004444", "wamid.5", 0, "Five")).await;
    let sessions = sessions_of(&app, "+15550002222");
    assert_eq!(sessions.len(), 1);
    let words = customers_words(&app, &sessions[0]);
    assert_eq!(
        (&words[..3], words.last().unwrap().as_str()),
        (&["One", "Two", "Three"].map(str::to_owned)[..], "Five")
    );
    assert_eq!(sessions_of(&app, "+15550004444"), []);
}

/// A text of somebody who has an id beside their number.
fn text_of(user: &str, phone: &str, id: &str, seconds_ago: i64, body: &str) -> Value {
    let mut message = text(phone, id, seconds_ago, body);
    message["from_user_id"] = json!(user);
    let contact = json!({ "profile": { "name": user }, "wa_id": phone, "user_id": user });
    payload(NUMBER, &json!([contact]), &json!([message]))
}

#[tokio::test]
async fn whoever_is_given_anothers_number_does_not_come_into_their_conversation() {
    let app = TestApp::start_with(set_up).await;
    assert_eq!(bring(&app, &text_of("US.1", "15550002222", "wamid.1", 30, "My order A-1 is late")).await.status, 200);
    assert_eq!(bring(&app, &text_of("US.2", "15550002222", "wamid.2", 20, "Hello, who is this?")).await.status, 200);
    let (first, second) = (sessions_of(&app, "+15550002222"), sessions_of(&app, "US.2"));
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
    assert_eq!(customers_words(&app, &first[0]), ["My order A-1 is late"]);
    assert_eq!(customers_words(&app, &second[0]), ["Hello, who is this?"]);

    // The number alone is the new owner's; the first one is still known by their id.
    assert_eq!(
        bring(
            &app,
            &payload(
                NUMBER,
                &json!([contact("15550002222", "B")]),
                &json!([text("15550002222", "wamid.3", 10, "Me again")])
            )
        )
        .await
        .status,
        200
    );
    assert_eq!(bring(&app, &text_of("US.1", "15550005555", "wamid.4", 5, "I have a new number")).await.status, 200);
    assert_eq!(customers_words(&app, &second[0]), ["Hello, who is this?", "Me again"]);
    assert_eq!(customers_words(&app, &first[0]), ["My order A-1 is late", "I have a new number"]);
}

#[tokio::test]
async fn a_change_to_a_number_that_was_anothers_makes_it_the_new_owners() {
    let app = TestApp::start_with(set_up).await;
    let other = payload(
        NUMBER,
        &json!([contact("15550009999", "Ben")]),
        &json!([text("15550009999", "wamid.1", 60, "Ben here")]),
    );
    assert_eq!(bring(&app, &other).await.status, 200);
    assert_eq!(bring(&app, &ann(&json!([text("15550002222", "wamid.2", 50, "Ann here")]))).await.status, 200);
    let moved = json!({ "from": "15550002222", "id": "wamid.3", "timestamp": (now().as_ms() / 1_000 - 40).to_string(), "type": "system",
        "system": { "type": "user_changed_number", "body": "Ann changed to 15550009999", "wa_id": "15550009999" } });
    assert_eq!(bring(&app, &ann(&json!([moved]))).await.status, 200);
    let after = payload(
        NUMBER,
        &json!([contact("15550009999", "Ann")]),
        &json!([text("15550009999", "wamid.4", 5, "Still Ann")]),
    );
    assert_eq!(bring(&app, &after).await.status, 200);
    assert_eq!(customers_words(&app, &sessions_of(&app, "+15550009999")[0]), ["Ben here"]);
    let hers = customers_words(&app, &sessions_of(&app, "+15550002222")[0]);
    assert_eq!(
        (hers.first().map(String::as_str), hers.last().map(String::as_str)),
        (Some("Ann here"), Some("Still Ann"))
    );
}

#[tokio::test]
async fn what_can_not_be_made_durable_is_not_said_to_be_received() {
    let data = tempfile::tempdir().unwrap();
    let failing = Arc::new(AtomicBool::new(false));
    let fails = Arc::clone(&failing);
    let before = move |_: &[Write]| match fails.load(Ordering::SeqCst) {
        true => Err(StoreError::Backend("the disk is gone".to_owned())),
        false => Ok(()),
    };
    let kv = TappedKv { inner: FjallKv::open(data.path()).unwrap(), before };
    let store = Store::over(Arc::new(kv), StoreLimits::default()).unwrap();
    let app = TestApp::start_in_world(set_up, World { store: Some(store), ..World::default() }).await;
    bring(&app, &ann(&json!([text("15550002222", "wamid.1", 1, "Hello")]))).await;
    failing.store(true, Ordering::SeqCst);
    assert_eq!(bring(&app, &ann(&json!([text("15550002222", "wamid.2", 0, "Still there?")]))).await.status, 503);
}

#[tokio::test]
async fn what_is_not_understood_is_received_all_the_same() {
    let app = TestApp::start_with(set_up).await;
    let odd = [
        json!({}),
        json!([1]),
        json!({ "object": "page" }),
        json!({ "object": "whatsapp_business_account", "entry": 7 }),
    ];
    for payload in odd.into_iter().chain([ann(&json!([{ "id": 1 }, null])), ann(&json!("no list"))]) {
        assert_eq!(bring(&app, &payload).await.status, 200, "{payload}");
    }
    let signature = format!("sha256={}", mac::sha256_hex(SECRET.as_bytes(), b"\xff{").unwrap());
    assert_eq!(bring_signed(&app, b"\xff{".to_vec(), &signature).await.status, 200, "Meta would bring it for days");
}

#[tokio::test]
async fn erasing_a_customer_forgets_their_names_on_the_channel() {
    let app = TestApp::start_with(set_up).await;
    bring(&app, &ann(&json!([text("15550002222", "wamid.1", 1, "Hello")]))).await;
    let key = sessions_of(&app, "+15550002222").remove(0);
    answered(&app, &key, 1).await;
    let names = || switchboard::engine::channels::of_session(app.store(), &key, 10).unwrap().len();
    assert_eq!(names(), 1);
    let erase = post(&app, "/api/console/customers/+15550002222/erase").json(&json!({ "confirm": "+15550002222" }));
    assert_eq!(send(erase).await.status, 202);
    let gone = async {
        while names() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("the names go");
}

#[tokio::test]
async fn the_channels_health_is_public_and_says_what_is_set_up() {
    let app = TestApp::start_with(set_up).await;
    let health = send(reqwest::Client::new().get(app.url("/api/channels/health"))).await;
    assert_eq!(health.status, 200);
    insta::assert_json_snapshot!(health.body, { ".version" => "[version]" });
}
