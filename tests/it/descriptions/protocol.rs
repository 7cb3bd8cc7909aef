//! The pages of the live protocols beside real frames: every field that goes over a socket is on the page of its dialect, and
//! every frame that a page tells clients to send is taken.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::app::World;

use super::fuzz::Typist;
use super::{dialects, page, root};
use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, TestApp};
use crate::support::rest::{customer_token, send};
use crate::support::ws::Client;

/// The frames that a page shows below a heading, up to the next one of that level.
fn examples(text: &str, heading: &str) -> Vec<Value> {
    let below = text.split_once(&format!("\n## {heading}")).unwrap_or_else(|| panic!("no {heading}")).1;
    let section = below.split_once("\n## ").map_or(below, |(section, _)| section);
    let blocks = section.split("```json\n").skip(1).map(|block| block.split_once("\n```").unwrap().0);
    blocks.map(|block| serde_json::from_str(block).unwrap_or_else(|why| panic!("{why}: {block}"))).collect()
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
    let app = TestApp::start_in_world(|_| {}, World { transcriber: Arc::new(Typist), ..World::default() }).await;
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
