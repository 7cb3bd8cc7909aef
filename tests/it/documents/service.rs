//! Documents as administrators bring them, through the console's routes: until they are found, and until they are gone.

use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::config::Config;
use switchboard::domain::reading::READING_ATTEMPTS_MAX;

use super::files::{docx, paragraph, pdf};
use crate::support::app::{API_KEY, PATIENCE, TestApp};
use crate::support::rest::{Reply, key_of, send};

const BASE: &str = "/api/console/knowledge";

async fn ask(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> Reply {
    ask_as(app, API_KEY, method, path, body).await
}

async fn ask_as(app: &TestApp, key: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = Client::new().request(method, app.url(&format!("{BASE}{path}"))).header("X-API-Key", key);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

async fn upload(app: &TestApp, method: Method, path: &str, kind: &str, bytes: Vec<u8>) -> Reply {
    let request = Client::new().request(method, app.url(&format!("{BASE}{path}"))).header("X-API-Key", API_KEY);
    send(request.header("Content-Type", kind).body(bytes)).await
}

fn id(reply: &Reply) -> String {
    assert!(reply.status < 300, "{}", reply.body);
    reply.body["id"].as_str().unwrap().to_owned()
}

/// Waits until a document is as it should be.
async fn until(app: &TestApp, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let document = ask(app, Method::GET, &format!("/documents/{id}"), None).await;
        assert_eq!(document.status, 200, "{}", document.body);
        if is_so(&document.body) {
            return document.body;
        }
        assert!(begun.elapsed() < PATIENCE * 3, "{}", document.body);
        tokio::task::yield_now().await;
    }
}

async fn ready(app: &TestApp, id: &str) -> Value {
    until(app, id, |document| document["state"] == "ready" || document["state"] == "error").await
}

async fn hits(app: &TestApp, query: &str) -> Vec<Value> {
    let found = ask(app, Method::POST, "/search", Some(json!({ "query": query }))).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found.body["hits"].as_array().unwrap().clone()
}

/// The texts of a document that a search finds.
async fn texts_of(app: &TestApp, id: &str, query: &str) -> Vec<String> {
    let found = hits(app, query).await;
    found.iter().filter(|hit| hit["document"] == id).map(|hit| hit["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_uploaded_pdf_is_read_found_and_pointed_to() {
    let app = TestApp::start().await;
    let file = pdf(&[&["Parcels take three days."], &["Returns are free for thirty days."]]);
    let added = upload(&app, Method::POST, "/files?file_name=terms.pdf", "application/pdf", file.clone()).await;
    assert_eq!((added.status, &added.body["state"], &added.body["kind"]), (201, &"waiting".into(), &"pdf".into()));
    let id = id(&added);
    let document = ready(&app, &id).await;
    assert_eq!((&document["state"], &document["live"]), (&"ready".into(), &1.into()), "{document}");
    assert_eq!((&document["title"], &document["author"]), (&"Terms of delivery".into(), &"The shop".into()));
    assert_eq!(document["chunks_done"], document["chunks"]);
    assert_eq!(document["bytes"], file.len());

    let hit = hits(&app, "how long are returns free?").await.remove(0);
    assert_eq!((&hit["document"], &hit["kind"]), (&Value::from(id.as_str()), &"chunk".into()));
    let text = ask(&app, Method::GET, &format!("/documents/{id}/text"), None).await.body;
    let whole: Vec<char> = text["text"].as_str().unwrap().chars().collect();
    let place = |range: &Value| range["start"].as_u64().unwrap() as usize..range["end"].as_u64().unwrap() as usize;
    let chunk: Vec<char> = hit["text"].as_str().unwrap().chars().collect();
    assert_eq!(whole[place(&hit["span"])], chunk, "the passage is where it is said to be");
    let pointed: Vec<String> =
        hit["highlights"].as_array().unwrap().iter().map(|range| chunk[place(range)].iter().collect()).collect();
    assert!(pointed.contains(&"Returns".to_owned()) && pointed.contains(&"free".to_owned()), "{pointed:?}");
    let second = text["pages"][1].as_u64().unwrap() as usize;
    assert!(whole[second..].iter().collect::<String>().starts_with("Returns"), "{text}");
    let part = ask(&app, Method::GET, &format!("/documents/{id}/text?start={second}&end={}", second + 7), None).await;
    assert_eq!((&part.body["text"], &part.body["start"]), (&"Returns".into(), &second.into()));

    let chunks = ask(&app, Method::GET, &format!("/documents/{id}/chunks"), None).await.body;
    assert_eq!(chunks["items"][0]["start"], 0);
    let stats = ask(&app, Method::GET, "/stats", None).await.body;
    assert_eq!((&stats["documents"]["ready"], &stats["index"]), (&1.into(), &"ready".into()), "{stats}");
}

#[tokio::test]
async fn every_form_in_which_a_document_comes_is_taken() {
    let app = TestApp::start().await;
    let file = STANDARD.encode(docx(&paragraph("Parcels to islands take nine days.")));
    let bodies = [
        json!({ "text": "Gift cards never expire." }),
        json!({ "title": "Repairs", "kind": "markdown", "text": "# Repairs\n\nRepairs take two weeks.", "chunk_chars": 60 }),
        json!({ "kind": "html", "text": "<title>Shops</title><p>Our shops open at nine.</p>" }),
        json!({ "file": file, "file_name": "islands.docx" }),
    ];
    let mut titles = Vec::new();
    for body in bodies {
        let added = id(&ask(&app, Method::POST, "/documents", Some(body)).await);
        let document = ready(&app, &added).await;
        assert_eq!(document["state"], "ready", "{document}");
        titles.push(document["title"].as_str().unwrap().to_owned());
    }
    assert_eq!(titles, ["Untitled", "Repairs", "Shops", "Terms & conditions"]);
    for (query, answer) in [("do gift cards expire", "never expire"), ("how long does it take to islands", "nine days")]
    {
        assert!(hits(&app, query).await[0]["text"].as_str().unwrap().contains(answer), "{query}");
    }
    let listed = ask(&app, Method::GET, "/documents?limit=3", None).await.body;
    let next = listed["next"].as_str().unwrap();
    let rest = ask(&app, Method::GET, &format!("/documents?limit=3&cursor={next}"), None).await.body;
    assert_eq!((listed["items"].as_array().unwrap().len(), rest["items"][0]["title"].as_str()), (3, Some("Untitled")));
    let found = ask(&app, Method::GET, "/documents?q=REPAIR&state=ready", None).await.body;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);

    for (body, field) in [
        (json!({}), "text"),
        (json!({ "text": "a", "url": "https://example.com" }), "text"),
        (json!({ "text": " " }), "text"),
        (json!({ "text": "a", "kind": "pdf" }), "kind"),
        (json!({ "file": "%%%", "file_name": "a.pdf" }), "file"),
        (json!({ "file": "aaaa", "file_name": "a.exe" }), "content_type"),
        (json!({ "url": "file:///etc/passwd" }), "url"),
        (json!({ "text": "a", "chunk_chars": 49 }), "chunk_chars"),
        (json!({ "text": "a", "chunk_chars": 100, "overlap_chars": 100 }), "overlap_chars"),
        (json!({ "text": "a", "title": "a\nb" }), "title"),
    ] {
        let refused = ask(&app, Method::POST, "/documents", Some(body)).await;
        assert_eq!((refused.status, &refused.body["error"]["field"]), (400, &field.into()), "{}", refused.body);
    }
}

#[tokio::test]
async fn a_file_that_can_not_be_read_says_why_and_the_server_is_unharmed() {
    let app = TestApp::start_with(|config| config.documents.unpacked_max_bytes = 1024 * 1024).await;
    let bomb = super::files::zip(&[("word/document.xml", &vec![b' '; 8 * 1024 * 1024])]);
    let cut = pdf(&[&["x"]])[..60].to_vec();
    let mut ids = Vec::new();
    for (name, bytes) in [("bomb.docx", bomb), ("cut.pdf", cut), ("noise.docx", vec![7; 5_000])] {
        let added =
            upload(&app, Method::POST, &format!("/files?file_name={name}"), "application/octet-stream", bytes).await;
        ids.push(id(&added));
        assert_eq!(send(Client::new().get(app.url("/livez"))).await.status, 200);
    }
    for id in &ids {
        let document = ready(&app, id).await;
        assert_eq!((&document["state"], &document["live"]), (&"error".into(), &Value::Null), "{document}");
        assert!(document["fault"].as_str().unwrap().starts_with("the file could not be read: it"), "{document}");
    }
    let again = ask(&app, Method::POST, &format!("/documents/{}/retry", ids[1]), None).await;
    assert_eq!((again.status, &again.body["version"]), (200, &2.into()), "{}", again.body);
    assert_eq!(until(&app, &ids[1], |document| document["state"] == "error").await["version"], 2);
    assert_eq!(send(Client::new().get(app.url("/livez"))).await.status, 200);
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_old_one_in_one_step() {
    let app = Arc::new(TestApp::start().await);
    let text = |days: &str| json!({ "text": format!("Returns are possible for {days} days.\n\n").repeat(60), "chunk_chars": 60 });
    let id = id(&ask(&app, Method::POST, "/documents", Some(text("thirty"))).await);
    ready(&app, &id).await;
    let replaced = ask(&app, Method::PUT, &format!("/documents/{id}"), Some(text("ninety"))).await;
    assert_eq!((replaced.status, &replaced.body["version"], &replaced.body["live"]), (200, &2.into(), &1.into()));
    let (mut seen_old, mut seen_new) = (0, 0);
    let begun = Instant::now();
    while seen_new == 0 {
        assert!(begun.elapsed() < PATIENCE * 3);
        let found = texts_of(&app, &id, "for how many days are returns possible").await;
        let old = found.iter().filter(|text| text.contains("thirty")).count();
        let new = found.iter().filter(|text| text.contains("ninety")).count();
        assert!(old == 0 || new == 0, "never both: {found:?}");
        assert!(old + new > 0, "never neither");
        seen_old += usize::from(old > 0);
        seen_new += usize::from(new > 0);
    }
    assert!(seen_old > 0, "the old one is found until the new one is");
    let document = ready(&app, &id).await;
    assert_eq!((&document["version"], &document["live"]), (&2.into(), &2.into()));
    let bad =
        upload(&app, Method::PUT, &format!("/documents/{id}/file?file_name=a.pdf"), "application/pdf", vec![1; 9])
            .await;
    assert_eq!(bad.status, 200, "{}", bad.body);
    let document = ready_again(&app, &id, 3).await;
    assert_eq!((&document["state"], &document["live"]), (&"error".into(), &2.into()), "what was found is found on");
    assert!(!texts_of(&app, &id, "for how many days are returns possible").await.is_empty());
}

async fn ready_again(app: &TestApp, id: &str, version: u32) -> Value {
    until(app, id, |document| document["version"] == version && document["state"] == "error").await
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_everywhere_also_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let reader = slow_reader(&folder);
    let app = TestApp::start_in_world(|_| {}, World { reader: Some(reader), ..World::default() }).await;
    let text = json!({ "title": "Secret", "text": "The heliotrope code opens the vault." });
    let id = id(&ask(&app, Method::POST, "/documents", Some(text)).await);
    ready(&app, &id).await;
    assert_eq!(texts_of(&app, &id, "heliotrope").await.len(), 1);
    let added = upload(&app, Method::POST, "/files?file_name=a.pdf", "application/pdf", pdf(&[&["x"]])).await;
    let slow = self::id(&added);
    until(&app, &slow, |document| document["state"] == "reading").await;
    for gone in [&id, &slow] {
        assert_eq!(ask(&app, Method::DELETE, &format!("/documents/{gone}"), None).await.status, 204);
        assert_eq!(ask(&app, Method::DELETE, &format!("/documents/{gone}"), None).await.status, 404);
        assert_eq!(ask(&app, Method::GET, &format!("/documents/{gone}/text"), None).await.status, 404);
    }
    assert!(texts_of(&app, &id, "heliotrope").await.is_empty());
    // The slow one's reader may end now.
    std::fs::write(folder.path().join("go"), "").unwrap();
    let next = self::id(&upload(&app, Method::POST, "/files?file_name=b.pdf", "application/pdf", pdf(&[&["x"]])).await);
    assert_eq!(ready(&app, &next).await["state"], "ready");
    assert_eq!(ask(&app, Method::GET, &format!("/documents/{slow}"), None).await.status, 404);
    let acts = send(Client::new().get(app.url("/api/admin/audit")).header("X-API-Key", API_KEY)).await.body;
    let acts: Vec<&str> =
        acts["entries"].as_array().unwrap().iter().filter_map(|entry| entry["action"].as_str()).collect();
    assert_eq!(acts.iter().filter(|act| **act == "document.deleted").count(), 2, "{acts:?}");
    assert_eq!(acts.iter().filter(|act| **act == "document.added").count(), 3, "{acts:?}");
}

/// A reader that waits for a file `go` beside it, and then says that it read something.
fn slow_reader(folder: &tempfile::TempDir) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let (program, go) = (folder.path().join("reader"), folder.path().join("go"));
    let answer = r#"{"read":{"text":"Slowly read.","title":null,"author":null,"language":null,"pages":[]}}"#;
    let script =
        format!("#!/bin/sh\nwhile [ ! -e {} ]; do /bin/sleep 0.05; done\nprintf '\\n%s' '{answer}'\n", go.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[tokio::test]
async fn what_was_being_read_when_the_server_ended_is_read_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut app =
        TestApp::start_in_world(|_| {}, World { reader: Some(slow_reader(&folder)), ..World::default() }).await;
    let mut ids = Vec::new();
    for name in ["a.pdf", "b.pdf", "c.pdf", "d.pdf"] {
        let path = format!("/files?file_name={name}");
        ids.push(
            id(&upload(&app, Method::POST, &path, "application/pdf", pdf(&[&["Parcels take three days."]])).await),
        );
    }
    until(&app, &ids[0], |document| document["state"] == "reading").await;
    until(&app, &ids[3], |document| document["state"] == "waiting").await;
    app = app.restart_with(|_| {}).await;
    for id in &ids {
        let document = ready(&app, id).await;
        assert_eq!(
            (&document["state"], &document["title"]),
            (&"ready".into(), &"Terms of delivery".into()),
            "{document}"
        );
    }
    assert_eq!(hits(&app, "how many days do parcels take").await.len(), 4);
}

#[tokio::test]
async fn a_stop_is_no_try_to_read_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let world = || World { reader: Some(slow_reader(&folder)), ..World::default() };
    let mut app = TestApp::start_in_world(|_| {}, world()).await;
    let id = id(&upload(&app, Method::POST, "/files?file_name=a.pdf", "application/pdf", pdf(&[&["x"]])).await);
    for _ in 0..=READING_ATTEMPTS_MAX {
        until(&app, &id, |document| document["state"] == "reading").await;
        app = app.restart_in_world(|_| {}, world()).await;
    }
    std::fs::write(folder.path().join("go"), "").unwrap();
    let document = ready(&app, &id).await;
    assert_eq!(document["state"], "ready", "{document}");
    app.stop().await;
}

#[tokio::test]
async fn an_organization_has_as_much_as_it_may_and_nothing_of_anothers() {
    let few = |config: &mut Config| {
        config.documents.documents_max = 2;
        config.documents.file_max_bytes = 1_000;
        config.documents.documents_max_bytes = 1_200;
        config.documents.faqs_max = 1;
    };
    let app = TestApp::start_with(few).await;
    let text = |length: usize| json!({ "text": "a ".repeat(length / 2) });
    let big = ask(&app, Method::POST, "/documents", Some(text(1_002))).await;
    assert_eq!((big.status, &big.body["error"]["code"]), (413, &"too_large".into()));
    let first = id(&ask(&app, Method::POST, "/documents", Some(text(1_000))).await);
    let full = ask(&app, Method::POST, "/documents", Some(text(202))).await;
    assert_eq!((full.status, &full.body["error"]["code"]), (409, &"conflict".into()));
    id(&ask(&app, Method::POST, "/documents", Some(text(100))).await);
    assert_eq!(ask(&app, Method::POST, "/documents", Some(text(10))).await.status, 409);

    let other = key_of(&app, "other", &["*"]).await;
    let theirs = |method, path: String, body| {
        let (app, other) = (&app, &other);
        async move { ask_as(app, other, method, &path, body).await.status }
    };
    for path in ["", "/text", "/chunks"] {
        assert_eq!(theirs(Method::GET, format!("/documents/{first}{path}"), None).await, 404);
    }
    assert_eq!(theirs(Method::PUT, format!("/documents/{first}"), Some(text(10))).await, 404);
    assert_eq!(theirs(Method::POST, format!("/documents/{first}/retry"), None).await, 404);
    assert_eq!(theirs(Method::DELETE, format!("/documents/{first}"), None).await, 404);
    assert_eq!(theirs(Method::GET, "/documents/nonsense".to_owned(), None).await, 404);
    let listed = ask_as(&app, &other, Method::GET, "/documents", None).await.body;
    assert_eq!(listed["items"], json!([]));

    let faq = json!({ "question": "Why?", "answer": "Because." });
    let faq_id = id(&ask(&app, Method::POST, "/faqs", Some(faq.clone())).await);
    assert_eq!(ask(&app, Method::POST, "/faqs", Some(faq.clone())).await.status, 409);
    assert_eq!(theirs(Method::PUT, format!("/faqs/{faq_id}"), Some(faq)).await, 404);
    assert_eq!(theirs(Method::DELETE, format!("/faqs/{faq_id}"), None).await, 404);
    let found = ask_as(&app, &other, Method::POST, "/search", Some(json!({ "query": "Why?" }))).await;
    assert_eq!(found.body["hits"], json!([]));
    let reader = key_of(&app, "default", &["knowledge:read"]).await;
    assert_eq!(ask_as(&app, &reader, Method::DELETE, &format!("/documents/{first}"), None).await.status, 403);
}

#[tokio::test]
async fn a_question_or_a_variant_of_it_is_found_as_surely_as_can_be_until_it_is_gone() {
    let app = TestApp::start().await;
    let faq = json!({ "question": "How long do parcels take?", "variants": ["When does my parcel come?"], "answer": "Three days." });
    let id = id(&ask(&app, Method::POST, "/faqs", Some(faq)).await);
    for query in ["how long do PARCELS take", "When does my parcel come?!"] {
        let hit = hits(&app, query).await.remove(0);
        assert_eq!((&hit["faq"], hit["relevance"].as_f64()), (&Value::from(id.as_str()), Some(1.0)), "{hit}");
    }
    let other =
        json!({ "question": "What does shipping cost?", "answer": "Nothing.", "url": "https://example.com/shipping" });
    let changed = ask(&app, Method::PUT, &format!("/faqs/{id}"), Some(other)).await;
    assert_eq!((changed.status, &changed.body["variants"]), (200, &json!([])));
    let hit = hits(&app, "what does shipping cost").await.remove(0);
    assert_eq!((&hit["text"], &hit["url"]), (&"Nothing.".into(), &"https://example.com/shipping".into()));
    let listed = ask(&app, Method::GET, "/faqs?q=SHIPPING", None).await.body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(ask(&app, Method::DELETE, &format!("/faqs/{id}"), None).await.status, 204);
    assert!(hits(&app, "what does shipping cost").await.is_empty());
    let refused =
        ask(&app, Method::POST, "/faqs", Some(json!({ "question": "a", "variants": [" "], "answer": "b" }))).await;
    assert_eq!((refused.status, &refused.body["error"]["field"]), (400, &"variants[0]".into()));
}

#[tokio::test]
async fn a_document_is_called_and_cut_otherwise_without_its_text_being_given_again() {
    let app = TestApp::start().await;
    let file =
        pdf(&[&["Parcels take three days.", "Letters take one day."], &["Returns are free of charge for a year."]]);
    let id = id(&upload(&app, Method::POST, "/files?file_name=a.pdf", "application/pdf", file).await);
    let first = ready(&app, &id).await;
    assert_eq!((&first["state"], &first["chunks"]), (&"ready".into(), &1.into()), "{first}");
    let text = ask(&app, Method::GET, &format!("/documents/{id}/text"), None).await.body;
    let path = format!("/documents/{id}");
    let change = |body: Value| ask(&app, Method::PUT, &path, Some(body));
    let changed = change(json!({ "title": "Delivery", "chunk_chars": 50, "overlap_chars": 0 })).await;
    assert_eq!((changed.status, &changed.body["live"]), (200, &1.into()), "{}", changed.body);
    let second = until(&app, &id, |document| document["live"] == 2).await;
    assert!(second["chunks"].as_u64().unwrap() >= 2, "{second}");
    assert_eq!(
        (&second["title"], &second["bytes"], &second["kind"]),
        (&"Delivery".into(), &first["bytes"], &"pdf".into())
    );
    let mut kept = ask(&app, Method::GET, &format!("/documents/{id}/text"), None).await.body;
    kept["version"] = 1.into();
    assert_eq!(kept, text, "its text and pages are what they were");
    let hit = hits(&app, "are returns free").await.remove(0);
    assert_eq!(
        (&hit["title"], hit["text"].as_str().unwrap().contains("three days")),
        (&"Delivery".into(), false),
        "{hit}"
    );

    let none = change(json!({})).await;
    assert_eq!((none.status, &none.body["error"]["field"]), (400, &"text".into()), "{}", none.body);
    let bad = change(json!({ "chunk_chars": 49 })).await;
    assert_eq!((bad.status, &bad.body["error"]["field"]), (400, &"chunk_chars".into()), "{}", bad.body);
    let new = ask(&app, Method::POST, "/documents", Some(json!({ "title": "Nothing", "chunk_chars": 60 }))).await;
    assert_eq!(new.status, 400, "a new one has no text to keep: {}", new.body);
}

#[tokio::test]
async fn a_document_that_could_not_be_read_is_tried_again_when_it_is_changed() {
    let app = TestApp::start().await;
    let noise = upload(&app, Method::POST, "/files?file_name=noise.docx", "application/octet-stream", vec![7; 5_000]);
    let id = id(&noise.await);
    assert_eq!(ready(&app, &id).await["state"], "error");
    let changed = ask(&app, Method::PUT, &format!("/documents/{id}"), Some(json!({ "title": "Noise" }))).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &2.into()), "{}", changed.body);
    let document = ready_again(&app, &id, 2).await;
    assert_eq!((&document["title"], &document["live"]), (&"Noise".into(), &Value::Null), "{document}");
}
