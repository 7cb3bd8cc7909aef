//! Files that customers send by `WhatsApp`: each stands in the conversation once, whatever Meta does and whenever the process ends;
//! what was spoken is written down and answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use switchboard::app::World;
use switchboard::assistant::{Audio, Transcriber};
use switchboard::clock::{Clock as _, SystemClock};
use switchboard::domain::{Author, Command, Message, Owner, PersonName, Refusal, UserId, Visitor};
use switchboard::store::{Direction, KeyRange, Store, StoreLimits, StoreUrl};

use super::{ANN, messages_of, origin, session_of};
use crate::support::app::{Process, TestApp};
use crate::support::clock::HandClock;
use crate::support::meta::{Meta, NUMBER, TOKEN, bring, changed, messages, seconds_ago, text};
use crate::support::provider::{Does, Provider, Request};
use crate::support::rest::{Parrot, get};
use crate::support::said::{until_kept, until_said};

pub(super) const GIF: &str = "GIF89a\u{1}\u{0}\u{1}\u{0}a small picture";
pub(super) const NOTE: &str = "OggS\u{0}\u{2}a voice note";
pub(super) const WORDS: &str = "Where is my order?";

/// Hears the same in everything; or nothing, so many times.
pub(super) struct Typist {
    deaf: AtomicUsize,
    why: Refusal,
    calls: Arc<AtomicUsize>,
}

impl Transcriber for Typist {
    fn transcribe(&self, _: Audio, _: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let is_deaf = self.deaf.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |deaf| deaf.checked_sub(1)).is_ok();
        let heard = if is_deaf { Err(self.why.clone()) } else { Ok(WORDS.to_owned()) };
        std::future::ready(heard).boxed()
    }
}

/// A transcriber that fails so often, and how often it was asked.
pub(super) fn typist(deaf: usize, why: Refusal) -> (Typist, Arc<AtomicUsize>) {
    let calls = Arc::<AtomicUsize>::default();
    (Typist { deaf: AtomicUsize::new(deaf), why, calls: Arc::clone(&calls) }, calls)
}

pub(super) fn answer(status: u16, body: &str) -> Does {
    Does::Answer(status, "", body.to_owned())
}

/// Where Meta says that a file is.
fn place(base: &str, id: &str, file: &str) -> Value {
    json!({ "messaging_product": "whatsapp", "url": format!("{base}/files/{id}"), "sha256": sha256(file), "file_size": file.len(), "id": id })
}

fn sha256(file: &str) -> String {
    Sha256::digest(file).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// A Meta that has these files and takes every message, unless `instead` has something else to do.
pub(super) async fn with_files(
    files: &'static [(&'static str, &'static str)],
    instead: impl Fn(&str, &Request) -> Option<Does> + Send + Sync + 'static,
) -> Provider {
    let meta = Provider::doing(|_, _| Does::Cut).await;
    let base = meta.url.clone();
    meta.does(move |number, request| {
        if let Some(does) = instead(&base, request) {
            return does;
        }
        if request.method == "POST" {
            return answer(200, &json!({ "messages": [{ "id": format!("wamid.out.{number}") }] }).to_string());
        }
        let path = request.path.split('?').next().unwrap_or_default();
        let named = |prefix: &str| files.iter().find(|(id, _)| path == format!("{prefix}{id}"));
        match (named("/v25.0/"), named("/files/")) {
            (Some((id, file)), _) => answer(200, &place(&base, id, file).to_string()),
            (_, Some((_, file))) => answer(200, file),
            (None, None) => answer(404, r#"{"error":{"message":"(#100) no such object","code":100}}"#),
        }
    });
    meta
}

pub(super) async fn app(meta: &Provider, transcriber: Option<Typist>) -> TestApp {
    app_in(meta, transcriber, Parrot::world(None)).await
}

async fn app_in(meta: &Provider, transcriber: Option<Typist>, world: World) -> TestApp {
    let set_up = Meta::start().await;
    let transcriber = transcriber.map(|typist| Arc::new(typist) as Arc<dyn Transcriber>);
    let world = World { transcriber, ..world };
    let base_url = format!("{}/v25.0", meta.url);
    TestApp::start_in_world(
        |config| {
            set_up.set_up(config);
            config.whatsapp.base_url = base_url;
        },
        world,
    )
    .await
}

/// A message with a file, as Meta brings it.
fn sent(id: &str, kind: &str, file: &Value) -> Value {
    let message = json!({ "from": ANN, "id": id, "timestamp": seconds_ago(0), "type": kind, kind: file });
    messages(ANN, "Ann", &json!([message]))
}

pub(super) fn picture(id: &str, media: &str) -> Value {
    sent(
        id,
        "image",
        &json!({ "id": media, "mime_type": "image/gif", "sha256": sha256(GIF), "caption": "Is this right?" }),
    )
}

pub(super) fn spoken(id: &str, media: &str) -> Value {
    sent(id, "audio", &json!({ "id": media, "mime_type": "audio/ogg; codecs=opus", "voice": true }))
}

pub(super) async fn brought(app: &TestApp, payload: &Value) {
    let reply = bring(&origin(app), payload).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

/// What was said in the one session, once it is so: looked at again with each event that becomes durable.
async fn until(app: &TestApp, is_so: impl Fn(&[Message]) -> bool) -> Vec<Message> {
    let said = || messages_of(app, &session_of(app, ANN));
    until_said(app, "it is said", || is_so(&said())).await;
    said()
}

pub(super) fn with_attachment(said: &[Message]) -> Vec<&Message> {
    said.iter().filter(|message| !message.attachments.is_empty()).collect()
}

pub(super) fn of<'a>(said: &'a [Message], author: &Author) -> Vec<&'a str> {
    said.iter().filter(|message| message.author == *author).map(|message| message.body.as_str()).collect()
}

/// Waits until nothing is to be fetched any more.
pub(super) async fn nothing_to_fetch(app: &TestApp) {
    let count = || app.store().scan(KeyRange::prefix("whatsapp_file/"), 10, Direction::Forward).unwrap().len();
    until_kept("nothing is to be fetched any more", || count() == 0).await;
}

#[tokio::test]
async fn a_picture_is_answered_at_once_and_stands_in_the_conversation_when_it_has_come() {
    let meta = with_files(&[("77", GIF)], |_, _| None).await;
    let app = app(&meta, None).await;
    for _ in 0..2 {
        brought(&app, &picture("wamid.1", "77")).await;
    }
    let said = until(&app, |said| !with_attachment(said).is_empty() && !of(said, &Author::Assistant).is_empty()).await;
    assert_eq!(of(&said, &Author::Assistant), ["[image] Is this right?"], "the words below it are answered");
    let with = with_attachment(&said)[0];
    assert_eq!((with.author.clone(), with.quiet, with.attachments.len()), (Author::Customer, true, 1));
    assert_eq!(with.metadata.as_ref().unwrap()["whatsapp"]["about"], "wamid.1");
    let file = &with.attachments[0];
    assert_eq!(
        (file.media_type.as_str(), file.bytes, file.digest.as_str()),
        ("image/gif", GIF.len() as u64, sha256(GIF).as_str())
    );
    let path = format!("/api/core/sessions/{}/files/{}", session_of(&app, ANN).session, file.id);
    let handed = get(&app, &path).send().await.unwrap();
    assert_eq!((handed.status().as_u16(), handed.text().await.unwrap().as_str()), (200, GIF));
    let asked: Vec<_> = meta.asked().into_iter().filter(|request| request.method == "GET").collect();
    assert!(asked[0].path.ends_with(&format!("/77?phone_number_id={NUMBER}")), "{}", asked[0].path);
    assert!(asked.iter().all(|request| request.headers["authorization"] == format!("Bearer {TOKEN}")));
    nothing_to_fetch(&app).await;
    brought(&app, &picture("wamid.1", "77")).await;
    nothing_to_fetch(&app).await;
    assert_eq!(with_attachment(&messages_of(&app, &session_of(&app, ANN))).len(), 1, "however often it is brought");
    app.stop().await;
}

#[tokio::test]
async fn a_voice_note_is_written_down_and_its_words_are_answered_once() {
    let meta = with_files(&[("78", NOTE)], |_, _| None).await;
    let (typist, calls) = typist(1, Refusal::Busy);
    let app = app(&meta, Some(typist)).await;
    for _ in 0..2 {
        brought(&app, &spoken("wamid.1", "78")).await;
    }
    let said = until(&app, |said| !of(said, &Author::Assistant).is_empty()).await;
    assert_eq!(of(&said, &Author::Customer), ["[voice note]", "[audio: audio.ogg]", WORDS]);
    assert_eq!(of(&said, &Author::Assistant), [WORDS], "nobody answered the stand-in");
    assert_eq!(with_attachment(&said).len(), 1);
    nothing_to_fetch(&app).await;
    assert_eq!(calls.load(Ordering::SeqCst), 2, "a busy transcriber was asked again");
    app.stop().await;
}

#[tokio::test]
async fn who_is_not_understood_is_told_so_and_the_sound_is_kept() {
    for (deaf, why) in
        [(1, Refusal::invalid("audio", "holds no speech")), (9, Refusal::Unavailable { part: "transcriber" })]
    {
        let meta = with_files(&[("78", NOTE)], |_, _| None).await;
        let (typist, _) = typist(deaf, why);
        let app = app(&meta, Some(typist)).await;
        brought(&app, &spoken("wamid.1", "78")).await;
        let told = meta.until(|asked| asked.iter().any(|request| request.method == "POST")).await;
        let told: Value = told.iter().find_map(|request| serde_json::from_slice(&request.raw).ok()).unwrap();
        assert!(told["text"]["body"].as_str().unwrap().contains("write"), "{told}");
        nothing_to_fetch(&app).await;
        let said = messages_of(&app, &session_of(&app, ANN));
        assert_eq!(with_attachment(&said).len(), 1);
        assert!(of(&said, &Author::Assistant).is_empty(), "there is nothing to answer");
        app.stop().await;
    }
}

/// How often a customer was asked to write.
fn asked_to_write(said: &[Message]) -> usize {
    said.iter().filter(|message| message.body.as_str().contains("Please write")).count()
}

/// A world whose clock goes on by hand.
fn by_hand() -> (Arc<HandClock>, World) {
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().as_ms()));
    (Arc::clone(&clock), World { clock, ..Parrot::world(None) })
}

#[tokio::test]
async fn who_is_not_heard_for_minutes_is_asked_to_write_and_the_note_that_comes_later_is_not_answered() {
    let fails = Arc::new(AtomicBool::new(true));
    let is_failing = Arc::clone(&fails);
    let meta = with_files(&[("77", GIF), ("78", NOTE)], move |_, request| {
        (request.path.ends_with("/files/78") && is_failing.load(Ordering::SeqCst)).then(|| answer(500, "later"))
    })
    .await;
    let (typist, _) = typist(0, Refusal::Busy);
    let (clock, world) = by_hand();
    let app = app_in(&meta, Some(typist), world).await;
    brought(&app, &spoken("wamid.1", "78")).await;
    meta.until(|asked| asked.iter().any(|request| request.path.ends_with("/files/78"))).await;
    // Whatever else is brought wakes who looks for what is due.
    clock.forward_s(2 * 60);
    brought(&app, &picture("wamid.2", "77")).await;
    let said = until(&app, |said| with_attachment(said).len() == 1).await;
    assert_eq!(asked_to_write(&said), 0, "it may still come");
    clock.forward_s(60);
    brought(&app, &picture("wamid.3", "77")).await;
    until(&app, |said| asked_to_write(said) == 1).await;
    let is_told = |text: &Value| text["text"]["body"].as_str().is_some_and(|body| body.contains("Please write"));
    meta.until(|asked| texts(asked).iter().any(is_told)).await;

    fails.store(false, Ordering::SeqCst);
    clock.forward_s(60 * 60);
    brought(&app, &picture("wamid.4", "77")).await;
    let said = until(&app, |said| of(said, &Author::Customer).contains(&WORDS)).await;
    assert!(with_attachment(&said).iter().any(|message| message.attachments[0].name.as_str() == "audio.ogg"));
    nothing_to_fetch(&app).await;
    let thanks = text(ANN, "wamid.5", -(63 * 60), "Thanks");
    brought(&app, &messages(ANN, "Ann", &json!([thanks]))).await;
    let answers = |said: &[Message], to: &str| of(said, &Author::Assistant).iter().any(|text| text.contains(to));
    let said = until(&app, |said| answers(said, "Thanks")).await;
    assert!(!answers(&said, WORDS), "{said:?}");
    assert_eq!(asked_to_write(&said), 1);
    assert_eq!(of(&said, &Author::Customer).iter().filter(|text| **text == WORDS).count(), 1);
    app.stop().await;
}

#[tokio::test]
async fn notes_that_stall_keep_nobody_from_being_asked_to_write() {
    let meta =
        with_files(&[("78", NOTE)], |_, request| request.path.ends_with("/files/78").then_some(Does::Stall)).await;
    let (typist, _) = typist(0, Refusal::Busy);
    let (clock, world) = by_hand();
    let app = app_in(&meta, Some(typist), world).await;
    for number in 1..=6 {
        brought(&app, &spoken(&format!("wamid.{number}"), "78")).await;
    }
    meta.until(|asked| asked.iter().any(|request| request.path.ends_with("/files/78"))).await;
    clock.forward_s(3 * 60);
    brought(&app, &spoken("wamid.7", "78")).await;
    let said = until(&app, |said| asked_to_write(said) == 6).await;
    assert!(of(&said, &Author::Assistant).is_empty(), "there is nothing to answer");
    app.stop().await;
}

#[tokio::test]
async fn what_passes_at_meta_is_tried_again_with_a_new_address() {
    let count = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&count);
    let meta = with_files(&[("77", GIF)], move |base, request| {
        let is_place = request.path.contains("/77?");
        let is_file = request.path.ends_with("/files/77");
        let number = if is_place || is_file { counted.fetch_add(1, Ordering::SeqCst) } else { usize::MAX };
        // Each answer to where it is counts one, and so does each to the file.
        match number {
            0 => Some(answer(500, "<html>")),
            1 => Some(answer(200, "<html>")),
            2 => Some(Does::Cut),
            4 => Some(answer(403, "expired")),
            6 => Some(Does::Reset),
            7 => Some(answer(200, &place(base, "77", "another file").to_string())),
            9 => Some(Does::Answer(429, "retry-after: 0\r\n", String::new())),
            _ => None,
        }
    })
    .await;
    let app = app(&meta, None).await;
    brought(&app, &picture("wamid.1", "77")).await;
    until(&app, |said| !with_attachment(said).is_empty()).await;
    nothing_to_fetch(&app).await;
    assert!(count.load(Ordering::SeqCst) > 9);
    app.stop().await;
}

#[tokio::test]
async fn what_can_not_be_had_is_said_to_be_lost_and_our_token_goes_to_nobody_else() {
    let stranger = Provider::doing(|_, _| answer(200, GIF)).await;
    let elsewhere = stranger.url.clone();
    let meta = with_files(&[("77", GIF)], move |base, request| {
        let large = json!({ "url": format!("{base}/files/large"), "file_size": 50 * 1024 * 1024 });
        match request.path.split(['/', '?']).nth(2) {
            Some("elsewhere") => Some(answer(200, &place(&elsewhere, "77", GIF).to_string())),
            Some("large") => Some(answer(200, &large.to_string())),
            _ => None,
        }
    })
    .await;
    let app = app(&meta, None).await;
    for (number, media) in ["gone", "elsewhere", "large"].into_iter().enumerate() {
        brought(&app, &picture(&format!("wamid.{number}"), media)).await;
    }
    let is_lost = |message: &&Message| message.quiet && message.body.as_str().starts_with("[image is lost: ");
    let said = until(&app, |said| said.iter().filter(is_lost).count() == 3).await;
    assert!(with_attachment(&said).is_empty());
    assert!(stranger.asked().is_empty(), "not even without a token");
    nothing_to_fetch(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn a_picture_that_a_colleague_sends_in_the_phones_app_is_theirs_and_takes_nothing_a_second_time() {
    let stalls = Arc::new(AtomicBool::new(true));
    let is_stalled = Arc::clone(&stalls);
    let meta = with_files(&[("77", GIF)], move |_, request| {
        (request.path.ends_with("/files/77") && is_stalled.load(Ordering::SeqCst)).then(|| answer(500, "later"))
    })
    .await;
    let app = app(&meta, None).await;
    let image = json!({ "id": "77", "mime_type": "image/gif", "sha256": sha256(GIF), "caption": "This one" });
    let echo = json!({ "from": "15550001111", "to": ANN, "id": "wamid.app.1", "timestamp": seconds_ago(0), "type": "image", "image": image });
    let echoes = changed("smb_message_echoes", &json!({ "message_echoes": [echo] }));
    for _ in 0..2 {
        brought(&app, &echoes).await;
    }
    // Before the picture comes the assistant has the session again.
    let key = session_of(&app, ANN);
    let admin = Visitor::Staff { user: UserId(uuid::Uuid::nil()), name: PersonName::parse("name", "Sam").unwrap() };
    app.sessions().act(&key, Command::HandBack { visitor: admin, if_epoch: None }).await.unwrap();
    stalls.store(false, Ordering::SeqCst);
    let said = until(&app, |said| !with_attachment(said).is_empty()).await;
    let file = with_attachment(&said)[0];
    assert!(matches!(&file.author, Author::Agent { name, .. } if name.as_str() == "WhatsApp app"), "{:?}", file.author);
    assert_eq!((file.quiet, file.attachments[0].media_type.as_str()), (true, "image/gif"));
    assert_eq!(file.metadata.as_ref().unwrap()["whatsapp"]["about"], "wamid.app.1");
    nothing_to_fetch(&app).await;
    let state = app.sessions().read(&key, &Visitor::Service).unwrap();
    assert_eq!(state.owner, Owner::Assistant);
    assert!(texts(&meta.asked()).is_empty(), "it went already, from the phone");
    app.stop().await;
}

/// The texts that a Meta was asked to hand to customers.
pub(super) fn texts(asked: &[Request]) -> Vec<Value> {
    let bodies = asked.iter().filter(|request| request.method == "POST");
    bodies
        .filter_map(|request| serde_json::from_slice::<Value>(&request.raw).ok())
        .filter(|body| body["type"] == "text")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_note_that_was_on_its_way_when_the_server_was_killed_comes_once() {
    let meta =
        with_files(&[("78", NOTE)], |_, request| request.path.ends_with("/files/78").then_some(Does::Stall)).await;
    let place_of = tempfile::tempdir().unwrap();
    let script = place_of.path().join("script");
    std::fs::write(&script, "echo Hello\n").unwrap();
    let (base_url, command) = (format!("{}/v25.0", meta.url), format!("sh,{},{{file}}", script.display()));
    let set_up = Meta::start().await;
    let mut settings = set_up.settings();
    settings.retain(|(key, _)| *key != "WHATSAPP__BASE_URL");
    settings.extend([("WHATSAPP__BASE_URL", base_url.as_str()), ("TRANSCRIPTION__COMMAND", &command)]);
    let data = place_of.path().join("db");
    let mut server = Process::start(&data, &settings).await;
    let origin = format!("http://{}", server.address());
    assert_eq!(bring(&origin, &spoken("wamid.1", "78")).await.status, 200);
    meta.until(|asked| asked.iter().any(|request| request.path.ends_with("/files/78"))).await;
    server.kill();
    let base = meta.url.clone();
    meta.does(move |number, request| match request.path.as_str() {
        "/files/78" => answer(200, NOTE),
        path if path.starts_with("/v25.0/78") => answer(200, &place(&base, "78", NOTE).to_string()),
        _ => answer(200, &json!({ "messages": [{ "id": format!("wamid.out.{number}") }] }).to_string()),
    });
    server.start_again().await;
    meta.until(|asked| texts(asked).len() == 1).await;
    assert_eq!(bring(&origin, &spoken("wamid.1", "78")).await.status, 200, "Meta brings it again");
    let text = json!({ "from": ANN, "id": "wamid.2", "timestamp": seconds_ago(0), "type": "text", "text": { "body": "Thanks" } });
    assert_eq!(bring(&origin, &messages(ANN, "Ann", &json!([text]))).await.status, 200);
    meta.until(|asked| texts(asked).len() >= 2).await;
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(texts(&meta.asked()).len(), 2, "an answer to each");
    let (store, completions) = Store::open(&StoreUrl::Fjall(data), StoreLimits::default()).unwrap();
    let completed = tokio::spawn(completions.run());
    assert_eq!(store.scan(KeyRange::prefix("file/default/"), 10, Direction::Forward).unwrap().len(), 1);
    completed.abort();
}
