//! Vectors and transcriptions are paid for too.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::assistant::{Audio, Transcriber};
use switchboard::domain::Refusal;
use switchboard::knowledge::embed::EmbedError;
use switchboard::knowledge::{Embedded, Embedder, Hashing};

use super::{console, read};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::rest::{post, send};

const DIMENSIONS: usize = 64;

/// Makes what hashing makes, and says that each call took a million tokens.
struct Paid {
    hashing: Hashing,
    calls: Arc<AtomicUsize>,
}

impl Embedder for Paid {
    fn id(&self) -> String {
        "paid".to_owned()
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        self.hashing.embed(texts)
    }

    fn embed_paid<'a>(
        &'a self,
        texts: &'a [&'a str],
        paid: &'a (dyn Fn(Embedded) + Send + Sync),
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        paid(Embedded { model: "text-embedding-3-small".to_owned(), tokens: 1_000_000, estimated: false });
        self.hashing.embed(texts)
    }

    fn costs(&self) -> bool {
        true
    }
}

/// Hears the same in everything, for money.
struct Typist;

impl Transcriber for Typist {
    fn transcribe(&self, _: Audio, _: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        Box::pin(std::future::ready(Ok("Hello there".to_owned())))
    }

    fn paid_as(&self) -> Option<&str> {
        Some("gpt-4o-mini")
    }
}

async fn search(app: &TestApp) {
    let query = json!({ "query": "harpsichords" });
    let found = console(app, Method::POST, "/knowledge/search", Some(query)).await;
    assert_eq!((found.status, found.body["hits"].as_array().map(Vec::len)), (200, Some(1)), "{}", found.body);
}

/// The row of a service, once it has so many calls: vectors of what is indexed are made beside the requests.
async fn row(app: &TestApp, service: &str, calls: usize) -> Value {
    let waited = async {
        loop {
            let costs = read(app, "/costs?group_by=service").await;
            let rows = costs["rows"].as_array().unwrap();
            if let Some(row) = rows.iter().find(|row| row["key"] == service && row["calls"] == calls) {
                return row.clone();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.unwrap_or_else(|_| panic!("{service} never has {calls} calls"))
}

#[tokio::test]
async fn vectors_of_knowledge_and_questions_are_in_the_ledger_and_without_a_budget_words_are_searched_by() {
    let calls = Arc::new(AtomicUsize::new(0));
    let paid = Paid { hashing: Hashing::new(DIMENSIONS), calls: Arc::clone(&calls) };
    let world = World { embedder: Some(Arc::new(paid)), ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let faq = json!({ "question": "Do you tune harpsichords?", "answer": "Yes, every Tuesday." });
    assert_eq!(console(&app, Method::POST, "/knowledge/faqs", Some(faq)).await.status, 201);
    let indexed = row(&app, "embedding", 1).await;
    assert_eq!((&indexed["prompt_tokens"], &indexed["cost"]), (&json!(1_000_000), &json!(0.02)), "{indexed}");
    search(&app).await;
    assert_eq!(row(&app, "embedding", 2).await["cost"], 0.04);
    let budget = json!({ "monthly": 0.01 });
    assert_eq!(console(&app, Method::PUT, "/costs/budget", Some(budget)).await.status, 200);
    search(&app).await;
    assert_eq!(calls.load(Ordering::SeqCst), 2, "nothing is left, and the question is still answered");
    app.stop().await;
}

#[tokio::test]
async fn a_transcription_is_in_the_ledger_as_an_estimate() {
    let app = TestApp::start_in_world(|_| {}, World { transcriber: Some(Arc::new(Typist)), ..World::default() }).await;
    let note = json!({ "audio": format!("T2dnUwAA{}", "A".repeat(63_992)), "format": "ogg", "channel": "web", "userId": "u", "sessionId": "s" });
    let heard = send(post(&app, "/api/core/messages/audio").json(&note)).await;
    assert_eq!(heard.status, 200, "{}", heard.body);
    let row = row(&app, "transcription", 1).await;
    assert_eq!((&row["prompt_tokens"], &row["completion_tokens"]), (&json!(204), &json!(3)), "twelve seconds: {row}");
    assert_eq!(row["estimated_micros"], row["cost_micros"]);
    app.stop().await;
}
