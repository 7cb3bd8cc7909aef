//! Files of messages, out by `WhatsApp`: each goes once, as what Meta shows, behind the words; whatever Meta makes of an upload and whenever the
//! process ends. One that can not go is named in its place, and the staff sees why.

use std::sync::Arc;

use reqwest::Client as Http;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::clock::{Clock, SystemClock};
use switchboard::domain::{FileId, SessionKey};
use switchboard::engine::channels::outward::{Dispatch, SentFile};
use switchboard::store::files::{self, Scan};
use switchboard::store::{Batch, record};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use uuid::Uuid;

use super::{ANN, dispatches, origin, parrot, session_of, until, went};
use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, API_KEY, Process, TestApp};
use crate::support::clock::HandClock;
use crate::support::meta::{Asked, Does, Meta, NUMBER, TOKEN, bring, status, statuses, write};
use crate::support::rest::{Parrot, get_as, send};
use crate::support::ws::Client;

pub(super) const PDF: &[u8] = b"%PDF-1.7 a bill\r\n\r\n--with\0everything\xff in it\r\n";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a picture";
const WEBP: &[u8] = b"RIFF\x10\0\0\0WEBPVP8 a picture of another kind";
const ZIP: &[u8] = b"PK\x03\x04 an archive";
const CSV: &[u8] = b"order,price\n1,2\n";

/// An Ogg file with this as its first packet.
fn ogg(packet: &[u8]) -> Vec<u8> {
    [&b"OggS\0\x02"[..], &[0; 22], packet, &[7; 40]].concat()
}

/// A colleague at work at a server.
pub(in crate::platform) struct Colleague {
    origin: String,
    token: String,
    socket: Client,
    sent: u32,
}

impl Colleague {
    pub(in crate::platform) async fn at(origin: &str) -> Self {
        let login = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD });
        let reply = send(Http::new().post(format!("{origin}/api/console/login")).json(&login)).await;
        let token = reply.body["token"].as_str().unwrap_or_else(|| panic!("{}", reply.body)).to_owned();
        let mut request = format!("{}/ws/agent", origin.replace("http", "ws")).into_client_request().unwrap();
        let protocol = format!("switchboard.agent.v1, bearer.{token}");
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        let mut socket = Client::connect(request).await;
        socket.send(json!({ "type": "hello" })).await;
        socket.wait_for(|frame| frame["type"] == "desk").await;
        Self { origin: origin.to_owned(), token, socket, sent: 0 }
    }

    /// Brings a file and gives its id.
    pub(super) async fn brings(&self, session: &str, name: &str, bytes: &[u8]) -> String {
        let url = format!("{}/api/console/sessions/{session}/files?name={name}", self.origin);
        let reply = send(Http::new().post(url).bearer_auth(&self.token).body(bytes.to_vec())).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.body["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn says(&mut self, session: &str, text: &str, files: &[String]) {
        self.sent += 1;
        let (id, client) = (format!("c{}", self.sent), Uuid::now_v7().to_string());
        let frame = json!({ "type": "send", "id": id, "session": session, "text": text, "attachments": files, "client_id": client });
        self.socket.send(frame).await;
        let answer = self.socket.wait_for(|frame| frame["id"] == id.as_str()).await;
        assert_eq!(answer["type"], "ack", "{answer}");
    }

    /// Says something with one file.
    pub(in crate::platform) async fn shows(&mut self, session: &str, text: &str, (name, bytes): (&str, &[u8])) {
        let file = self.brings(session, name, bytes).await;
        self.says(session, text, &[file]).await;
    }
}

/// Ann has written, and was answered; a colleague looks after her.
pub(super) async fn talking(app: &TestApp, meta: &Meta) -> (Colleague, SessionKey, String) {
    write(&origin(app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    let key = session_of(app, ANN);
    let session = key.session.to_string();
    (Colleague::at(&origin(app)).await, key, session)
}

/// What a message is, with what is in it.
pub(super) fn shown(sent: &Asked) -> Value {
    let kind = sent.body["type"].as_str().unwrap();
    if kind == "text" { json!(sent.text()) } else { json!({ kind: sent.body[kind] }) }
}

/// What the staff reads of the newest message.
pub(super) async fn told(app: &TestApp, who: &Colleague, session: &str) -> Value {
    let path = format!("/api/console/sessions/{session}/dispatches");
    send(get_as(app, &who.token, &path)).await.body["items"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_goes_as_what_whatsapp_shows_and_what_it_never_takes_is_named() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    let (mut eva, key, session) = talking(&app, &meta).await;
    let (vorbis, opus) = (ogg(b"\x01vorbis"), ogg(b"OpusHead\x01"));
    let mut files = Vec::new();
    for (name, bytes) in [
        ("bill%207.pdf", PDF),
        ("garden.jpg", JPEG),
        ("garden.webp", WEBP),
        ("all.zip", ZIP),
        ("old.ogg", &vorbis),
        ("new.ogg", &opus),
        ("orders.csv", CSV),
    ] {
        files.push(eva.brings(&session, name, bytes).await);
    }
    eva.says(&session, "See these", &files).await;
    let sent = meta.until_sent(9).await.split_off(1);
    let expected = json!([
        "See these",
        { "document": { "id": "media.0", "filename": "bill 7.pdf" } },
        { "image": { "id": "media.1" } },
        { "document": { "id": "media.2", "filename": "garden.webp" } },
        "[file: all.zip] (can not be sent here)",
        { "document": { "id": "media.3", "filename": "old.ogg" } },
        { "audio": { "id": "media.4" } },
        { "document": { "id": "media.5", "filename": "orders.csv" } },
    ]);
    assert_eq!(Value::from_iter(sent.iter().map(shown)), expected);
    let uploads = meta.uploads();
    let types: Vec<&str> = uploads.iter().map(|upload| upload.kind.as_str()).collect();
    assert_eq!(types, ["application/pdf", "image/jpeg", "image/webp", "audio/ogg", "audio/ogg", "text/plain"]);
    assert!(uploads.iter().all(|one| one.kind == one.media_type && one.product == "whatsapp" && one.token == TOKEN));
    assert_eq!((uploads[0].bytes.as_slice(), uploads[0].name.as_str()), (PDF, "file.pdf"));
    assert_eq!((uploads[4].bytes.as_slice(), uploads[5].bytes.as_slice()), (opus.as_slice(), CSV));
    assert_eq!(sent[1].path, format!("/v25.0/{NUMBER}/messages"));
    until(&app, &key, went(2)).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_goes_whole_and_words_with_one_file_stand_below_it() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    let (mut eva, _, session) = talking(&app, &meta).await;
    let large: Vec<u8> = PDF.iter().copied().cycle().take(3 * 1024 * 1024 + 17).collect();
    eva.shows(&session, "Your *bill*", ("bill.pdf", &large)).await;
    eva.says(&session, "Is it right?", &[]).await;
    let sent = meta.until_sent(3).await.split_off(1);
    let below = json!({ "document": { "id": "media.0", "filename": "bill.pdf", "caption": "Your *bill*" } });
    assert_eq!([shown(&sent[0]), shown(&sent[1])], [below, json!("Is it right?")]);
    assert!(meta.uploads()[0].bytes == large, "every byte of it");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_tried_until_it_is_there_and_the_message_goes_once_and_in_order() {
    let meta = Meta::start().await;
    meta.does_with_uploads(|number, _| match number {
        0 => Does::Refuse(429, "retry-after: 0\r\n", 130_429),
        1 => Does::Refuse(500, "", 131_000),
        2 => Does::Status(502),
        3 => Does::TakeAndCut,
        4 => Does::TakeAndBabble,
        5 => Does::TakeAndStall,
        6 => Does::Refuse(400, "", 131_053),
        _ => Does::Take,
    });
    let set_up = |config: &mut switchboard::config::Config| {
        meta.set_up(config);
        config.whatsapp.timeout_ms = 300;
    };
    let app = TestApp::start_in_world(set_up, Parrot::world(None)).await;
    let (mut eva, key, session) = talking(&app, &meta).await;
    let files = [eva.brings(&session, "a.pdf", PDF).await, eva.brings(&session, "b.jpg", JPEG).await];
    eva.says(&session, "Both", &files).await;
    eva.says(&session, "Well?", &[]).await;
    let sent = meta.until_sent(5).await.split_off(1);
    let expected = json!([
        "Both",
        { "document": { "id": "media.7", "filename": "a.pdf" } },
        { "image": { "id": "media.8" } },
        "Well?",
    ]);
    assert_eq!(Value::from_iter(sent.iter().map(shown)), expected);
    until(&app, &key, went(3)).await;
    assert_eq!((meta.asked().len(), meta.uploads().len()), (5, 9), "nothing was sent before its file was there");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_kept_for_the_next_try_and_made_anew_where_meta_does_not_know_it() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    let (mut eva, key, session) = talking(&app, &meta).await;
    meta.does(|number, _| match number {
        1 => Does::Refuse(500, "", 131_000),
        2 => Does::Refuse(400, "", 100),
        _ => Does::Take,
    });
    eva.shows(&session, "Your bill", ("bill.pdf", PDF)).await;
    let sent = meta.until_sent(2).await.remove(1);
    assert_eq!(sent.body["document"]["id"], "media.1");
    let ids: Vec<Value> = meta.asked().iter().skip(1).map(|asked| asked.body["document"]["id"].clone()).collect();
    assert_eq!(ids, ["media.0", "media.0", "media.1"], "the first was used again until it was not known");
    until(&app, &key, went(2)).await;
    app.stop().await;
}

/// What Meta never takes is named instead, with its words, and what is behind it goes.
async fn is_left_out(meta: Meta, why: &str) {
    let app = parrot(&meta).await;
    let (mut eva, key, session) = talking(&app, &meta).await;
    eva.shows(&session, "Your bill", ("bill.pdf", PDF)).await;
    eva.says(&session, "Well?", &[]).await;
    let sent = meta.until_sent(3).await.split_off(1);
    let words: Vec<&str> = sent.iter().map(Asked::text).collect();
    assert_eq!(words, ["Your bill\n[file: bill.pdf] (can not be sent here)", "Well?"]);
    until(&app, &key, went(3)).await;
    let path = format!("/api/console/sessions/{session}/dispatches");
    let told = send(get_as(&app, &eva.token, &path)).await.body["items"][1].clone();
    assert_eq!((&told["state"], told["why"].as_str()), (&json!("accepted"), Some(why)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_upload_is_refused_is_named_and_the_staff_sees_why() {
    let meta = Meta::start().await;
    meta.does_with_uploads(|_, _| Does::Refuse(400, "", 100));
    is_left_out(meta, "a file did not go: WhatsApp does not take it (100)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_refused_with_its_message_is_brought_twice_and_then_named() {
    let is_file = |asked: &Asked| asked.body["type"] != "text";
    let meta = Meta::doing(move |_, asked| match is_file(asked) {
        true => Does::Refuse(400, "", 131_053),
        false => Does::Take,
    })
    .await;
    is_left_out(meta, "a file did not go: a file is not taken (131053)").await;
}

/// Changes what the scanner said of a file.
pub(super) async fn scanned(app: &TestApp, key: &SessionKey, id: &str, scan: Scan) {
    let id = FileId(Uuid::parse_str(id).unwrap());
    let known = files::file(app.store(), key, id).unwrap().unwrap();
    let mut batch = Batch::default();
    record::update(&mut batch, &known, &files::KeptFile { scan, ..known.record.clone() }).unwrap();
    app.store().commit(batch).await.unwrap();
}

/// What is known of the file of a part, in the message with three parts.
fn file_of(known: &[Dispatch], part: usize) -> Option<&SentFile> {
    known.iter().find(|one| one.parts.len() == 3)?.parts[part].file.as_ref()
}

/// The clock goes on, and the number's courier looks at it: somebody else is answered by it, before and after.
pub(super) async fn goes_on_after(app: &TestApp, meta: &Meta, clock: &HandClock, s: u64) {
    for wait_s in [s, 0] {
        let words = Uuid::now_v7().to_string();
        write(&origin(app), "15550003333", &words, &words).await;
        let mut sent = meta.sent();
        while !sent.iter().any(|one| one.text() == words) {
            sent = meta.until_sent(sent.len() + 1).await;
        }
        clock.forward_s(wait_s);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_harm_or_may_does_not_go_and_the_words_do() {
    let meta = Meta::start().await;
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().as_ms()));
    let world = World { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Parrot::world(None) };
    let app = TestApp::start_in_world(|config| meta.set_up(config), world).await;
    let (mut eva, key, session) = talking(&app, &meta).await;
    let files = [eva.brings(&session, "bad.pdf", PDF).await, eva.brings(&session, "odd.jpg", JPEG).await];
    for id in &files {
        scanned(&app, &key, id, Scan::Held { tries: 8, next: None }).await;
    }
    eva.says(&session, "Both", &files).await;
    until(&app, &key, |known| file_of(known, 1).is_some()).await;
    let seen = told(&app, &eva, &session).await;
    let why = "a file is waited for: whether it does harm is not known";
    assert_eq!((&seen["state"], &seen["why"]), (&json!("waiting"), &json!(why)));
    scanned(&app, &key, &files[0], Scan::Infected).await;
    goes_on_after(&app, &meta, &clock, 30).await;
    until(&app, &key, |known| file_of(known, 2).is_some()).await;
    let why = "a file did not go: it was found to do harm";
    assert_eq!(told(&app, &eva, &session).await["why"], why);
    goes_on_after(&app, &meta, &clock, 4 * 60).await;
    until(&app, &key, went(2)).await;
    let to_ann = meta.sent().into_iter().filter(|sent| sent.body["to"] == ANN).skip(1);
    let words: Vec<String> = to_ann.map(|sent| sent.text().to_owned()).collect();
    let named = |name: &str| format!("[file: {name}] (can not be sent here)");
    assert_eq!(words, ["Both".to_owned(), named("bad.pdf"), named("odd.jpg")]);
    assert!(meta.uploads().is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_free_text_may_go_no_file_is_uploaded() {
    let meta = Meta::start().await;
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().as_ms()));
    let world = World { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Parrot::world(None) };
    let app = TestApp::start_in_world(|config| meta.set_up(config), world).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    clock.forward_s(25 * 60 * 60);
    let (mut eva, key) = (Colleague::at(&origin(&app)).await, session_of(&app, ANN));
    let session = key.session.to_string();
    eva.shows(&session, "Your bill", ("bill.pdf", PDF)).await;
    until(&app, &key, |known| known.iter().any(|one| one.failure.is_some())).await;
    let told = told(&app, &eva, &session).await;
    assert_eq!((&told["state"], meta.uploads().len(), meta.asked().len()), (&json!("failed"), 0, 1), "{told}");
    app.stop().await;
}

/// Brings what Meta tells later of a message: how far it came, or by which error it failed.
async fn hears(app: &TestApp, sent: &Asked, word: &str, code: Option<i64>) {
    let mut news = status(&sent.wamid, sent.ours(), word);
    if let Some(code) = code {
        news["errors"] = json!([{ "code": code, "title": "Media upload error" }]);
    }
    assert_eq!(bring(&origin(app), &statuses(&json!([news]))).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_fails_after_meta_took_it_is_told_with_the_error_whatever_the_rest_does() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    let (mut eva, key, session) = talking(&app, &meta).await;
    let files = [eva.brings(&session, "bill.pdf", PDF).await, eva.brings(&session, "odd.jpg", JPEG).await];
    eva.says(&session, "Both", &files).await;
    until(&app, &key, went(2)).await;
    let sent = meta.sent().split_off(1);
    let kinds: Vec<&str> = sent.iter().map(|sent| sent.body["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text", "document", "image"]);
    hears(&app, &sent[0], "sent", None).await;
    hears(&app, &sent[1], "failed", Some(131_053)).await;
    let seen = told(&app, &eva, &session).await;
    let why = "a file did not arrive: a file is not taken (131053)";
    assert_eq!((&seen["state"], &seen["why"]), (&json!("failed"), &json!(why)), "{seen}");
    // What comes of the rest hides nothing of it.
    for word in ["sent", "delivered", "read"] {
        hears(&app, &sent[2], word, None).await;
        hears(&app, &sent[0], word, None).await;
        let seen = told(&app, &eva, &session).await;
        assert_eq!((&seen["state"], &seen["why"]), (&json!("failed"), &json!(why)), "{word}: {seen}");
    }
    let known = dispatches(&app, &key).into_iter().find(|known| known.parts.len() == 3).unwrap();
    assert_eq!(known.parts[1].failure.as_ref().and_then(|failure| failure.code), Some(131_053));

    eva.shows(&session, "Once more", ("again.pdf", PDF)).await;
    until(&app, &key, went(3)).await;
    hears(&app, meta.sent().last().unwrap(), "failed", Some(131_026)).await;
    let seen = told(&app, &eva, &session).await;
    let why = "the provider does not take it (131026)";
    assert_eq!((&seen["state"], &seen["why"]), (&json!("failed"), &json!(why)), "{seen}");
    assert_eq!(meta.sent().len(), 1 + 3 + 1, "as a text, it is not sent once more");
    app.stop().await;
}

/// The one session of a server.
async fn only_session(origin: &str) -> String {
    let reply = send(Http::new().get(format!("{origin}/api/admin/sessions/active")).bearer_auth(API_KEY)).await;
    reply.body["sessions"][0]["id"].as_str().unwrap_or_else(|| panic!("{}", reply.body)).to_owned()
}

/// A server that is killed once `at` holds, after a colleague sent a file, and started again with everything well.
async fn killed(meta: &Meta, data: &std::path::Path, at: impl AsyncFnOnce()) -> Process {
    let settings = [meta.settings().as_slice(), &[("OUTBOX__UNCLEAR_WAIT_S", "1")]].concat();
    let mut server = Process::start(data, &settings).await;
    let origin = format!("http://{}", server.address());
    write(&origin, ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    let session = only_session(&origin).await;
    let mut eva = Colleague::at(&origin).await;
    eva.shows(&session, "Your bill", ("bill.pdf", PDF)).await;
    at().await;
    server.kill();
    meta.does(|_, _| Does::Take);
    meta.does_with_uploads(|_, _| Does::Take);
    server.start_again().await;
    server
}

/// What Ann got besides the first answer, after something more was written.
async fn got(meta: &Meta, server: &Process) -> Vec<Value> {
    meta.until_sent(2).await;
    let mut eva = Colleague::at(&format!("http://{}", server.address())).await;
    let session = only_session(&eva.origin).await;
    eva.says(&session, "Well?", &[]).await;
    meta.until_sent(3).await.iter().skip(1).map(shown).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_during_the_upload_costs_a_second_one_and_no_second_message() {
    let data = tempfile::tempdir().unwrap();
    let meta = Meta::start().await;
    meta.does_with_uploads(|_, _| Does::TakeAndStall);
    let until_there = async || drop(meta.until_uploaded(1).await);
    let server = killed(&meta, &data.path().join("db"), until_there).await;
    let document = json!({ "document": { "id": "media.1", "filename": "bill.pdf", "caption": "Your bill" } });
    assert_eq!(got(&meta, &server).await, [document, json!("Well?")]);
    assert_eq!(meta.uploads().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_the_upload_and_the_message_costs_nothing() {
    let data = tempfile::tempdir().unwrap();
    let meta = Meta::doing(|number, _| if number == 0 { Does::Take } else { Does::Refuse(503, "", 131_016) }).await;
    let until_refused = async || drop(meta.until_asked(3).await);
    let server = killed(&meta, &data.path().join("db"), until_refused).await;
    let document = json!({ "document": { "id": "media.0", "filename": "bill.pdf", "caption": "Your bill" } });
    assert_eq!(got(&meta, &server).await, [document, json!("Well?")]);
    assert_eq!(meta.uploads().len(), 1, "what was uploaded before is used");
}
