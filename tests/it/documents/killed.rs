//! `kill -9` in the middle of a reading, and a program that is replaced while it runs.

use std::time::Instant;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::files::pdf;
use crate::support::app::{API_KEY, PATIENCE, Process};
use crate::support::rest::{Reply, send};

/// How often it is killed; below what a reading may be begun.
const KILLS: u64 = 1;

async fn ask(server: &Process, method: Method, path: &str, body: Option<Value>) -> Reply {
    let url = format!("http://{}/api/console/knowledge{path}", server.address());
    let request = Client::new().request(method, url).header("X-API-Key", API_KEY);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// The document, once it is as it should be.
async fn until(server: &Process, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let document = ask(server, Method::GET, &format!("/documents/{id}"), None).await.body;
        if is_so(&document) {
            return document;
        }
        assert!(began.elapsed() < PATIENCE * 9, "{document}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_was_killed_in_its_middle_is_made_once_and_found_once() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(&data.path().join("db"), &[("KNOWLEDGE__DIMENSIONS", "64")]).await;
    let text: String =
        (0..300).map(|n| format!("Article {n} of the handbook is kept on shelf number s{n}.\n\n")).collect();
    let faq = json!({ "question": "Where is the handbook?", "answer": "In the hall." });
    assert_eq!(ask(&server, Method::POST, "/faqs", Some(faq)).await.status, 201);
    let body = json!({ "title": "Handbook", "text": text, "chunk_chars": 60, "overlap_chars": 0 });
    let added = ask(&server, Method::POST, "/documents", Some(body)).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let id = added.body["id"].as_str().unwrap().to_owned();
    for kill in 0..KILLS {
        let is_amid = |document: &Value| {
            let done = document["chunks_done"].as_u64().unwrap_or(0);
            document["state"] == "ready" || (document["state"] == "indexing" && done >= 200 * (kill + 1))
        };
        assert_eq!(until(&server, &id, is_amid).await["state"], "indexing", "it is killed in the middle");
        server.kill();
        server.start_again().await;
    }
    let document = until(&server, &id, |document| document["state"] == "ready" || document["state"] == "error").await;
    let told = (&document["state"], &document["version"], &document["live"], &document["chunks"]);
    assert_eq!(told, (&"ready".into(), &1.into(), &1.into(), &300.into()), "{document}");
    for n in [3, 199, 200, 299] {
        let query = json!({ "query": format!("which article is on shelf s{n}") });
        let hits = ask(&server, Method::POST, "/search", Some(query)).await.body;
        let named = |hit: &&Value| hit["text"].as_str().is_some_and(|text| text.ends_with(&format!(" s{n}.")));
        assert_eq!(hits["hits"].as_array().unwrap().iter().filter(named).count(), 1, "{hits}");
    }
    let stats = ask(&server, Method::GET, "/stats", None).await.body;
    assert_eq!((&stats["indexed"], &stats["chunks"]), (&301.into(), &300.into()), "each is there once: {stats}");
    let again = ask(&server, Method::POST, &format!("/documents/{id}/retry"), None).await;
    assert_eq!(again.status, 409, "what it was read from is gone: {}", again.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_read_also_after_the_program_was_replaced() {
    let data = tempfile::tempdir().unwrap();
    let copy = data.path().join("switchboard");
    let server = Process::start_copy(&data.path().join("db"), &[("KNOWLEDGE__DIMENSIONS", "64")], &copy).await;
    std::fs::remove_file(&copy).unwrap();
    std::fs::write(&copy, "another program").unwrap();
    let url = format!("http://{}/api/console/knowledge/files?file_name=a.pdf", server.address());
    let file = pdf(&[&["Parcels take three days."]]);
    let request = Client::new().post(url).header("X-API-Key", API_KEY).header("content-type", "application/pdf");
    let added = send(request.body(file)).await;
    let id = added.body["id"].as_str().unwrap_or_else(|| panic!("{}", added.body)).to_owned();
    let document = until(&server, &id, |document| document["state"] == "ready" || document["state"] == "error").await;
    assert_eq!((&document["state"], &document["title"]), (&"ready".into(), &"Terms of delivery".into()), "{document}");
}
