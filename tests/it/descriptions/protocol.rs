//! The pages of the live protocols beside real frames: every field that goes over a socket is on the page of its dialect, and
//! every frame that a page tells clients to send is taken.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::domain::Email;

use super::fuzz::Typist;
use super::{dialects, page, root};
use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, TestApp};
use crate::support::rest::{accounts, customer_token, post_as, send};
use crate::support::socketio::SocketIo;
use crate::support::ws::Client;

/// The frames that a page shows below a heading, up to the next one of that level. Of an event's name and payload one object
/// is made: `["typing", {...}]` becomes `{"type": "typing", ...}`.
fn examples(text: &str, heading: &str) -> Vec<Value> {
    let below = text.split_once(&format!("\n## {heading}")).unwrap_or_else(|| panic!("no {heading}")).1;
    let section = below.split_once("\n## ").map_or(below, |(section, _)| section);
    let blocks = section.split("```json\n").skip(1).map(|block| block.split_once("\n```").unwrap().0);
    let read = |block| serde_json::from_str(block).unwrap_or_else(|why| panic!("{why}: {block}"));
    blocks.map(|block| frame(read(block))).collect()
}

fn frame(shown: Value) -> Value {
    let Value::Array(mut event) = shown else { return shown };
    assert_eq!(event.len(), 2, "a name and a payload: {event:?}");
    let mut payload = event.pop().unwrap();
    payload["type"] = event.pop().unwrap();
    payload
}

/// Every path of fields in a frame.
fn fields(frame: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, value) in frame.as_object().into_iter().flatten() {
        found.insert(name.clone());
        // What `details` holds is the refusal's own.
        let inner = if name == "details" { BTreeSet::new() } else { fields(value) };
        found.extend(inner.into_iter().map(|inner| format!("{name}.{inner}")));
    }
    found
}

/// Every frame is of a type that the page shows, with no field beyond those that it shows for it.
fn all_are_on_the_page(dialect: &str, frames: &[Value]) {
    let text = std::fs::read_to_string(root().join(format!("docs/dialects/{dialect}-live.md"))).unwrap();
    let shown = [examples(&text, "Server to client"), examples(&text, "Following")].concat();
    for frame in frames {
        let of_type = shown.iter().filter(|shown| shown["type"] == frame["type"]);
        let known: BTreeSet<String> =
            of_type.flat_map(fields).filter(|field| !field.starts_with("error.details.")).collect();
        let unknown: Vec<_> = fields(frame)
            .into_iter()
            .filter(|field| !field.starts_with("error.details.") && !known.contains(field))
            .collect();
        assert!(!known.is_empty() && unknown.is_empty(), "{dialect}: {unknown:?} of {frame} is not on the page");
    }
}

/// The frames of a golden file.
fn golden(path: &str) -> Value {
    let text = std::fs::read_to_string(root().join("tests/it").join(path)).unwrap();
    serde_json::from_str(text.splitn(3, "---\n").nth(2).unwrap()).unwrap()
}

#[test]
fn every_golden_frame_is_on_its_page() {
    let name = "every_message_of_the_document_goes_both_ways_with_documented_fields_only";
    let platform = golden(&format!("realtime/snapshots/it__realtime__protocol__{name}.snap"));
    let seen = ["customer", "agent"].map(|who| platform[who].as_array().unwrap().clone()).concat();
    all_are_on_the_page("platform", &seen);
    let frames = ["ack", "agent_frame", "connected", "error_frame", "followed_message", "message_frame", "typing"];
    let care = frames.map(|frame| golden(&format!("care/snapshots/it__care__live__{frame}.snap")));
    all_are_on_the_page("care", &care);
}

/// Sends every frame that the page shows; the last one is a message, whose acknowledgement ends the test.
async fn rehearse(mut client: Client, dialect: &str, last: Value) {
    let text = std::fs::read_to_string(root().join(format!("docs/dialects/{dialect}-live.md"))).unwrap();
    let shown = examples(&text, "Client to server");
    assert!(shown.len() >= 2, "{dialect}");
    for frame in shown {
        client.send(frame).await;
    }
    client.send(last).await;
    let mut seen = Vec::new();
    loop {
        let frame = client.next().await;
        assert_ne!(frame["type"], "error", "{dialect}: {frame}");
        let over = frame["type"] == "ack" && frame["id"] == "last";
        seen.push(frame);
        if over {
            break;
        }
    }
    assert!(seen.iter().filter(|frame| frame["type"] == "ack").count() >= 2, "{seen:?}");
    all_are_on_the_page(dialect, &seen);
}

#[tokio::test]
async fn what_the_platforms_page_shows_is_taken_and_answered_as_it_shows() {
    let app = TestApp::start_in_world(|_| {}, World { transcriber: Some(Arc::new(Typist)), ..World::default() }).await;
    let token = customer_token(&app, "user123").await;
    let client = Client::connect(app.ws_url(&format!("/ws?userId=user123&token={token}&after=0"))).await;
    rehearse(client, "platform", json!({ "type": "text", "text": "What is your return policy?", "id": "last" })).await;
    app.stop().await;
}

#[tokio::test]
async fn what_cares_page_shows_is_taken_and_answered_as_it_shows() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD });
    let login = send(reqwest::Client::new().post(app.url("/auth/login")).json(&wanted)).await;
    let token = login.body["access_token"].as_str().unwrap();
    let begun = send(reqwest::Client::new().post(app.url("/conversations")).bearer_auth(token)).await;
    let id = begun.body["conversation_id"].as_str().unwrap();
    let client = Client::connect(app.ws_url(&format!("/ws/conversations/{id}?token={token}&after=0"))).await;
    rehearse(client, "care", json!({ "type": "message", "content": "What is your return policy?", "id": "last" }))
        .await;
    app.stop().await;
}

/// What a client of rooms has sent, and got for it.
struct Rehearsal {
    client: SocketIo,
    room: String,
    /// Events as [`frame`] makes them.
    heard: Vec<Value>,
}

impl Rehearsal {
    /// A client that was in the room from its start.
    async fn of(app: &TestApp, token: &str, room: &str) -> Self {
        let mut client = SocketIo::connect(app.address(), token).await;
        client.join(room).await;
        Self { client, room: room.to_owned(), heard: Vec::new() }
    }

    /// Sends every event that the page shows into the room, messages under this id, and holds each acknowledgement against the one below it.
    async fn send_all(&mut self, shown: &[Value], id: &str) {
        for pair in shown.chunks(2) {
            let [event, ack] = pair else { panic!("an event without its acknowledgement: {pair:?}") };
            let (name, mut payload) = (event["type"].as_str().unwrap(), event.clone());
            payload.as_object_mut().unwrap().remove("type");
            payload["room"] = self.room.as_str().into();
            if let Some(shown) = payload.get_mut("id") {
                *shown = id.into();
            }
            let given = self.client.call(name, payload).await;
            assert_eq!(given["ok"], true, "{event}: {given}");
            assert_eq!(fields(&given), fields(ack), "{event}: {given}");
        }
    }

    /// Hears everything up to the first event of this name that `ends` holds for.
    async fn hear_until(&mut self, name: &str, ends: impl Fn(&Value) -> bool) {
        while !self.heard.last().is_some_and(|event| event["type"] == name && ends(event)) {
            self.heard.push(frame(self.client.any_event().await));
        }
    }
}

/// Everything that the page shows is sent by a customer and by an agent, and another one of each listens.
#[tokio::test]
async fn what_the_page_of_rooms_shows_is_taken_and_answered_as_it_shows() {
    let app = TestApp::start().await;
    let text = std::fs::read_to_string(root().join("docs/dialects/rooms-live.md")).unwrap();
    let shown = examples(&text, "Client to server");
    let customer = customer_token(&app, "user123").await;
    let agent = accounts(&app).await.issue_user_token(&Email::parse(ADMIN_EMAIL).unwrap()).unwrap().token;
    let wanted = json!({ "customer_name": "Alice Johnson" });
    let begun = send(post_as(&app, &customer, "/api/chat/rooms").json(&wanted)).await;
    let room = begun.body["room_id"].as_str().unwrap();
    let mut listening = Rehearsal::of(&app, &customer, room).await;
    let mut staff = Rehearsal::of(&app, &agent, room).await;

    Rehearsal::of(&app, &customer, room).await.send_all(&shown, "m-1").await;
    staff.hear_until("ai_analysis", |event| event["message"] == "What is your return policy?").await;
    Rehearsal::of(&app, &agent, room).await.send_all(&shown, "a-1").await;
    listening.hear_until("new_message", |event| event.get("user").is_some() && event.get("id").is_some()).await;
    // To a room that is nobody's, under a name: `error` says all that it can.
    let nowhere = json!({ "room": "nowhere", "message": "Hello", "id": "m-2" });
    let refused = listening.client.call("send_message", nowhere).await;
    listening.hear_until("error", |_| true).await;
    let known = examples(&text, "Server to client").into_iter().find(|shown| shown.get("error").is_some()).unwrap();
    assert!(fields(&refused).is_subset(&fields(&known)) && refused["error"]["code"] == "not_found", "{refused}");

    let heard = [staff.heard, listening.heard].concat();
    all_are_on_the_page("rooms", &heard);
    all_is_heard(&text, &heard);
    app.stop().await;
}

/// Every event of the page has come, with every field that the page shows; but for drafts, which only a model has
/// (`rooms/socket/drafts.rs`).
fn all_is_heard(text: &str, heard: &[Value]) {
    let comes = |shown: &&Value| shown["type"].as_str().is_some_and(|event| !event.starts_with("draft"));
    for shown in examples(text, "Server to client").iter().filter(comes) {
        let of_type = heard.iter().filter(|event| event["type"] == shown["type"]);
        let mut missing = fields(shown);
        // Only of those who have sent too much.
        missing.remove("retry_after");
        for field in of_type.flat_map(fields) {
            missing.remove(&field);
        }
        assert!(missing.is_empty(), "{missing:?} of {shown} never came");
    }
}

#[tokio::test]
async fn every_dialect_serves_its_page() {
    let app = TestApp::start().await;
    for dialect in dialects() {
        let (status, headers, text) = page(&app, &format!("/docs/{dialect}-live.md")).await;
        assert_eq!((status, &headers["content-type"]), (200, &"text/plain; charset=utf-8".parse().unwrap()));
        assert!(text.starts_with("# The "), "{dialect}: {text:.40}");
        let (_, _, docs) = page(&app, "/docs").await;
        assert!(docs.contains(&format!("/docs/{dialect}-live.md")));
    }
    app.stop().await;
}
