//! Voice notes over `/ws`: one note is written down once, and nobody fills the disk with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::assistant::{Audio, Transcriber};
use switchboard::domain::Refusal;
use switchboard::store::{Direction, KeyRange};
use tokio::sync::Semaphore;

use super::{follower, say};
use crate::support::app::TestApp;
use crate::support::ws::Client;

const NOTE_BYTES: usize = 600;
const BUDGET_BYTES: usize = 1_000;

/// Says how often it was asked; can be held up, fail or break once.
struct Typist {
    calls: AtomicUsize,
    gate: Semaphore,
    fails: AtomicBool,
    breaks: AtomicBool,
}

impl Typist {
    fn new(permits: usize) -> Arc<Self> {
        let (fails, breaks) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { calls: AtomicUsize::new(0), gate: Semaphore::new(permits), fails, breaks })
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// As the app holds it.
struct Shared(Arc<Typist>);

impl Transcriber for Shared {
    fn transcribe(&self, _: Audio, _: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        let typist = Arc::clone(&self.0);
        let call = typist.calls.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            typist.gate.acquire().await.unwrap().forget();
            assert!(!typist.breaks.swap(false, Ordering::SeqCst), "injected");
            if typist.fails.swap(false, Ordering::SeqCst) {
                return Err(Refusal::Unavailable { part: "transcriber" });
            }
            Ok(format!("call {call}"))
        }
        .boxed()
    }
}

async fn with(typist: &Arc<Typist>) -> TestApp {
    let world = World { transcriber: Some(Arc::new(Shared(Arc::clone(typist)))), ..World::default() };
    TestApp::start_in_world(|config| config.limits.session_audio_bytes = BUDGET_BYTES, world).await
}

fn note(id: &str) -> Value {
    note_of(id, 16)
}

fn note_of(id: &str, bytes: usize) -> Value {
    let mut audio = b"ID3".to_vec();
    audio.resize(bytes, 7);
    json!({ "type": "audio", "audio": STANDARD.encode(audio), "format": "mp3", "id": id })
}

/// What a note is answered with: its words, and the acknowledgement of its message.
async fn heard(client: &mut Client, id: &str) -> (Value, Value) {
    let words = client.wait_for_type("transcription").await["text"].clone();
    let ack = client.wait_for(|frame| frame["type"] == "ack" && frame["id"] == id).await;
    (words, ack)
}

fn kept(app: &TestApp) -> usize {
    app.store().scan(KeyRange::prefix("audio/default/"), 100, Direction::Forward).unwrap().len()
}

#[tokio::test]
async fn a_note_that_is_sent_again_gets_the_first_answer_and_is_not_written_down_again() {
    let typist = Typist::new(10);
    let app = with(&typist).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    client.send(note("a1")).await;
    let (words, ack) = heard(&mut client, "a1").await;
    client.send(note("a1")).await;
    let (again, repeated) = heard(&mut client, "a1").await;
    assert_eq!((words, &again), (json!("call 1"), &json!("call 1")));
    assert_eq!((&repeated["messageId"], &repeated["seq"]), (&ack["messageId"], &ack["seq"]));
    assert_eq!(repeated["duplicate"], true);
    client.vanish();
    let mut back = follower(&app, "ann", "s", &ack["seq"].to_string()).await;
    back.send(note("a1")).await;
    assert_eq!(heard(&mut back, "a1").await.0, "call 1");
    assert_eq!((typist.calls(), kept(&app)), (1, 1));
    back.send(note("a2")).await;
    assert_eq!(heard(&mut back, "a2").await.0, "call 2", "another note is another one");
}

#[tokio::test]
async fn a_note_that_is_sent_again_while_it_is_written_down_waits_for_the_same_words() {
    let typist = Typist::new(0);
    let app = with(&typist).await;
    let (mut phone, mut desk) = (follower(&app, "ann", "s", "0").await, follower(&app, "ann", "s", "0").await);
    for client in [&mut phone, &mut desk] {
        client.send(note("a1")).await;
        client.send(note("a1")).await;
        say(client, "behind it", "m").await;
    }
    typist.gate.add_permits(10);
    let mut receipts = Vec::new();
    for client in [&mut phone, &mut desk] {
        let (mut words, mut acks) = (0, 0);
        while words < 2 || acks < 2 {
            let frame = client.wait_for(|frame| frame["type"] == "transcription" || frame["id"] == "a1").await;
            if frame["type"] == "transcription" {
                assert_eq!(frame["text"], "call 1");
                words += 1;
            } else if frame["type"] == "ack" {
                receipts.push((frame["messageId"].clone(), frame["duplicate"] == true));
                acks += 1;
            }
        }
    }
    assert!(receipts.iter().all(|(message, _)| *message == receipts[0].0), "{receipts:?}");
    assert_eq!(receipts.iter().filter(|(_, duplicate)| !duplicate).count(), 1);
    assert_eq!((typist.calls(), kept(&app)), (1, 1));
}

#[tokio::test]
async fn a_note_that_could_not_be_written_down_is_tried_anew_when_it_is_sent_again() {
    let typist = Typist::new(10);
    let app = with(&typist).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    for fault in [&typist.fails, &typist.breaks] {
        fault.store(true, Ordering::SeqCst);
        client.send(note("a1")).await;
        let error = client.wait_for_type("error").await;
        assert_eq!((&error["code"], &error["id"]), (&json!("service_unavailable"), &json!("a1")));
    }
    client.send(note("a1")).await;
    assert_eq!(heard(&mut client, "a1").await.0, "call 3");
}

/// An anonymous customer's new session, and what lets them in again.
async fn anonymous(app: &TestApp) -> (Client, String) {
    let mut client = Client::connect(app.ws_url("/ws?userId=somebody&after=0")).await;
    let hello = client.next().await;
    let (session, secret) = (hello["sessionId"].as_str().unwrap(), hello["resumeSecret"].as_str().unwrap());
    (client, format!("/ws?userId=somebody&sessionId={session}&resume={secret}&after=0"))
}

async fn is_over_budget(client: &mut Client, id: &str) {
    let error = client.wait_for_type("error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("invalid_request"), &json!(id)));
    assert_eq!(error["message"], "the session's audio is larger than 1000 bytes");
}

#[tokio::test]
async fn an_anonymous_session_keeps_as_much_audio_as_it_may_also_after_a_restart() {
    let typist = Typist::new(10);
    let app = with(&typist).await;
    let (mut client, back) = anonymous(&app).await;
    client.send(note_of("a1", NOTE_BYTES)).await;
    heard(&mut client, "a1").await;
    client.send(note_of("a2", NOTE_BYTES)).await;
    is_over_budget(&mut client, "a2").await;
    say(&mut client, "Words still count", "m1").await;
    assert_eq!((typist.calls(), kept(&app)), (1, 1), "what is refused is neither kept nor written down");
    let (mut other, _) = anonymous(&app).await;
    other.send(note_of("a1", NOTE_BYTES)).await;
    heard(&mut other, "a1").await;
    client.vanish();
    other.vanish();
    let app = app.restart_with(|_| {}).await;
    let mut client = Client::connect(app.ws_url(&back)).await;
    client.send(note_of("a2", NOTE_BYTES)).await;
    is_over_budget(&mut client, "a2").await;
    client.send(note_of("a3", BUDGET_BYTES - NOTE_BYTES)).await;
    assert_eq!(client.wait_for_type("error").await["code"], "service_unavailable", "it is kept; nobody writes it down");
    assert_eq!(kept(&app), 3);
}

#[tokio::test]
async fn of_notes_that_come_together_only_those_within_the_budget_are_kept() {
    let typist = Typist::new(10);
    let app = with(&typist).await;
    let (mut client, _) = anonymous(&app).await;
    for n in 0..5 {
        client.send(note_of(&format!("a{n}"), NOTE_BYTES)).await;
    }
    let mut refused = 0;
    while refused < 4 {
        refused += usize::from(client.wait_for_type("error").await["code"] == "invalid_request");
    }
    assert_eq!((typist.calls(), kept(&app)), (1, 1));
}

#[tokio::test]
async fn a_known_customer_has_no_budget_of_audio() {
    let app = with(&Typist::new(10)).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    for n in 0..3 {
        client.send(note_of(&format!("a{n}"), NOTE_BYTES)).await;
        heard(&mut client, &format!("a{n}")).await;
    }
    assert_eq!(kept(&app), 3);
}
