//! `POST /api/core/messages/audio`

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::assistant::{Audio, Transcriber};
use switchboard::domain::Refusal;
use switchboard::store::{Direction, KeyRange};

use crate::support::app::TestApp;
use crate::support::rest::{Reply, get, post, send};

const PATH: &str = "/api/core/messages/audio";
const SAID: &str = "I need help with my recent order number 12345";

/// Hears the same in everything.
struct Typist;

impl Transcriber for Typist {
    fn transcribe(&self, audio: Audio, _: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        let heard = if audio.bytes().as_ref() == b"OggSnoise" {
            Err(Refusal::invalid("audio", "holds no speech"))
        } else {
            Ok(SAID.to_owned())
        };
        Box::pin(std::future::ready(heard))
    }
}

async fn with_typist() -> TestApp {
    TestApp::start_in_world(|_| {}, World { transcriber: Some(Arc::new(Typist)), ..World::default() }).await
}

fn note(audio: &str, format: &str) -> Value {
    json!({
        "audio": audio, "format": format, "channel": "whatsapp", "userId": "user123", "sessionId": "session456",
        "metadata": { "language": "en", "timezone": "America/New_York" }
    })
}

fn kept(app: &TestApp) -> Vec<Value> {
    let pairs = app.store().scan(KeyRange::prefix("audio/default/session456/"), 100, Direction::Forward).unwrap();
    pairs.iter().map(|(_, value)| serde_json::from_slice(value).unwrap()).collect()
}

async fn sent(app: &TestApp, body: &Value) -> Reply {
    send(post(app, PATH).json(body)).await
}

#[tokio::test]
async fn a_voice_note_is_written_down_and_answered_as_documented() {
    let app = with_typist().await;
    let answer = sent(&app, &note("SUQzBAA=", "mp3")).await;
    assert_eq!(answer.status, 200);
    insta::assert_json_snapshot!(answer.body, { ".response.id" => "[id]" });
    let context = send(get(&app, "/api/core/sessions/session456/context")).await.body;
    assert_eq!(context["context"]["conversation_history"][0]["content"], SAID);
    assert_eq!(context["channel"], "whatsapp");
}

#[tokio::test]
async fn without_a_transcriber_it_is_said_and_the_audio_is_kept() {
    let app = TestApp::start().await;
    let bytes: Vec<u8> = b"OggS".iter().copied().chain((0..300_000_u32).map(|n| (n % 251) as u8)).collect();
    let audio = STANDARD.encode(&bytes);
    let refused = sent(&app, &note(&audio, "audio/mpeg; of=another")).await;
    assert_eq!(refused.status, 503);
    insta::assert_json_snapshot!(refused.body, { ".requestId" => "[id]" });
    let kept = kept(&app);
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0]["format"], kept[0]["audio"].as_str()), (&"ogg".into(), Some(audio.as_str())), "what it is");
}

#[tokio::test]
async fn audio_that_is_none_is_refused_by_field() {
    let app = with_typist().await;
    let bad = [
        (note("not base64!", "mp3"), "audio"),
        (note("QUI", "mp3"), "audio"),
        (note("", "mp3"), "audio"),
        (note("QUJD", "mp3"), "audio"),
        (note("UklG", "wav"), "audio"),
        (note(&STANDARD.encode("%PDF-1.7 and so on"), "mp3"), "audio"),
        (note("//uQ", "exe"), "format"),
        (json!({ "format": "mp3", "userId": "user123" }), "audio"),
        (json!({ "audio": "//uQ", "userId": "user123" }), "format"),
        (json!({ "audio": "//uQ", "format": "mp3" }), "userId"),
        (json!({ "audio": 7, "format": "mp3", "userId": "user123" }), "audio"),
        (note(&STANDARD.encode("OggSnoise"), "mp3"), "audio"),
    ];
    for (body, field) in bad {
        let refused = sent(&app, &body).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &"invalid_request".into()), "{body}");
        assert!(refused.body["error"]["details"].as_str().unwrap().contains(field), "{}", refused.body);
    }
}

#[tokio::test]
async fn audio_above_the_limit_is_refused_in_the_envelope() {
    let app = TestApp::start_with(|config| config.server.audio_body_max_bytes = 4096).await;
    let refused = sent(&app, &note(&"A".repeat(500_000), "mp3")).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (413, &"invalid_request".into()));
    assert!(kept(&app).is_empty());
}

#[tokio::test]
async fn a_larger_body_than_a_messages_is_taken_for_audio() {
    let app = with_typist().await;
    let mut audio = b"RIFF\0\0\0\0WAVE".to_vec();
    audio.resize(1_000_000, 7);
    assert_eq!(sent(&app, &note(&STANDARD.encode(audio), "wav")).await.status, 200);
}
