//! Who writes down voice notes: a server, a program of this machine, and a real recogniser where one is installed.

mod command;
mod hosted;
mod killed;
mod real;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use switchboard::store::{Direction, KeyRange};

use crate::support::app::TestApp;
use crate::support::rest::{Reply, post, send};

const PATH: &str = "/api/core/messages/audio";

/// A note as a telephone sends it: bytes that begin as Ogg does.
const NOTE: &[u8] = b"OggS\x00\x02 and something that was said";

fn note_of(audio: &[u8], session: &str) -> Value {
    json!({ "audio": STANDARD.encode(audio), "format": "mp3", "userId": "ann", "sessionId": session })
}

/// Sends a note by REST.
async fn sent(app: &TestApp, session: &str) -> Reply {
    send(post(app, PATH).json(&note_of(NOTE, session))).await
}

/// How many notes of a session are kept.
fn kept(app: &TestApp, session: &str) -> usize {
    let range = KeyRange::prefix(format!("audio/default/{session}/"));
    app.store().scan(range, 100, Direction::Forward).unwrap().len()
}

fn assert_unavailable(reply: &Reply, what: &str) {
    let told = (reply.status, reply.body["error"]["code"].as_str());
    assert_eq!(told, (503, Some("service_unavailable")), "{what}: {}", reply.body);
}

fn assert_not_heard(reply: &Reply, what: &str) {
    let told = (reply.status, reply.body["error"]["code"].as_str());
    assert_eq!(told, (400, Some("invalid_request")), "{what}: {}", reply.body);
    assert!(reply.body["error"]["details"].as_str().unwrap().contains("audio"), "{}", reply.body);
}
