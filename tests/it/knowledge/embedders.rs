//! Embedders: one that costs, one that fails, one behind a server, one from files.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use switchboard::config::EmbedderKind;
use switchboard::domain::Refusal;
use switchboard::knowledge::embed::{EmbedError, Embedder, OpenAi, OpenAiSettings, Static};
use switchboard::knowledge::{Embedded, Hashing, Library};

use tokio::sync::Semaphore;

use super::support::{DIMENSIONS, Scratch, ask, organization, shop, text};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::rest::{self, send};

/// Makes what hashing makes, counts what it made, and fails while it is told to.
struct Paid {
    hashing: Hashing,
    made: AtomicUsize,
    fails: AtomicBool,
}

impl Paid {
    fn new() -> Arc<Self> {
        Arc::new(Self { hashing: Hashing::new(DIMENSIONS), made: AtomicUsize::new(0), fails: AtomicBool::new(false) })
    }
}

impl Embedder for Paid {
    fn id(&self) -> String {
        "paid".to_owned()
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        if self.fails.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(EmbedError("out of order".to_owned()))));
        }
        self.made.fetch_add(texts.len(), Ordering::Relaxed);
        self.hashing.embed(texts)
    }

    fn costs(&self) -> bool {
        true
    }
}

async fn caught_up(library: &Library) {
    library.caught_up(&organization("shop")).await.unwrap();
}

#[tokio::test]
async fn what_was_paid_for_is_not_paid_for_again() {
    let (scratch, shop_id, paid) = (Scratch::new(), organization("shop"), Paid::new());
    scratch.put(&shop_id, &shop()).await;
    let library = scratch.library_with(paid.clone());
    caught_up(&library).await;
    library.close().await;
    assert_eq!(paid.made.load(Ordering::Relaxed), 10);
    std::fs::remove_dir_all(scratch.folder.path().join("index")).unwrap();
    let library = scratch.library_with(paid.clone());
    caught_up(&library).await;
    assert_eq!((paid.made.load(Ordering::Relaxed), library.indexed(&shop_id)), (10, 10));
    scratch.put(&shop_id, &[text(1, "Return Policy", "Returns are not possible any more.")]).await;
    caught_up(&library).await;
    assert_eq!(paid.made.load(Ordering::Relaxed), 11, "a new text is a new vector");
}

/// Takes its time for whoever speaks of snails, until it is told to go on.
struct Slow {
    hashing: Hashing,
    waiting: AtomicUsize,
    go: Semaphore,
}

impl Embedder for Slow {
    fn id(&self) -> String {
        "slow".to_owned()
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move {
            if texts.iter().any(|text| text.contains("snail")) {
                self.waiting.fetch_add(1, Ordering::SeqCst);
                drop(self.go.acquire().await);
            }
            self.hashing.embed(texts).await
        })
    }

    fn costs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn whoever_waits_for_a_slow_server_keeps_no_other_organization_from_being_indexed() {
    let (scratch, quick) = (Scratch::new(), organization("quick"));
    let slow = Slow { hashing: Hashing::new(DIMENSIONS), waiting: AtomicUsize::new(0), go: Semaphore::new(0) };
    let slow = Arc::new(slow);
    let library = scratch.library_with(slow.clone());
    let mut following = Vec::new();
    for name in ["one", "two", "three"] {
        scratch.put(&organization(name), &[text(1, "Speed", "We send a snail.")]).await;
        let library = library.clone();
        following.push(tokio::spawn(async move { library.caught_up(&organization(name)).await }));
    }
    let all_wait = async {
        while slow.waiting.load(Ordering::SeqCst) < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, all_wait).await.expect("none waits for the other");
    scratch.put(&quick, &[text(1, "Speed", "We send a hare.")]).await;
    tokio::time::timeout(PATIENCE, library.caught_up(&quick)).await.expect("it is not held up").unwrap();
    assert_eq!(library.indexed(&quick), 1);
    slow.go.add_permits(10);
    for followed in following {
        followed.await.unwrap().unwrap();
    }
    assert_eq!(library.indexed(&organization("one")), 1);
    library.close().await;
}

#[tokio::test]
async fn while_an_embedder_fails_words_are_searched_and_nothing_is_lost() {
    let (scratch, shop_id, paid) = (Scratch::new(), organization("shop"), Paid::new());
    scratch.put(&shop_id, &shop()).await;
    let library = scratch.library_with(paid.clone());
    caught_up(&library).await;
    paid.fails.store(true, Ordering::Relaxed);
    let hits = ask(&library, &shop_id, "How do I return an item?").await;
    assert_eq!((hits[0].entry.title.as_str(), hits[0].similarity.abs() < f32::EPSILON), ("Return Policy", true));
    scratch.put(&shop_id, &[text(20, "Umbrellas", "Umbrellas are in the attic.")]).await;
    assert_eq!(library.caught_up(&shop_id).await, Err(Refusal::Unavailable { part: "knowledge" }));
    assert_eq!(ask(&library, &shop_id, "How do I return an item?").await[0].entry.title, "Return Policy");
    paid.fails.store(false, Ordering::Relaxed);
    caught_up(&library).await;
    assert_eq!(ask(&library, &shop_id, "where are umbrellas").await[0].entry.title, "Umbrellas");
}

/// How a server misbehaves at first.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Good,
    BusyOnce,
    WrongSize,
    Huge,
    /// It takes so many characters at a time.
    Takes(usize),
}

struct Server {
    manner: Manner,
    base_url: String,
    calls: AtomicUsize,
    read: Mutex<Vec<String>>,
}

/// A server that speaks `/embeddings`, and gives its vectors in another order than it was asked.
async fn serve(manner: Manner) -> (Arc<Server>, OpenAi) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1/", listener.local_addr().unwrap());
    let (calls, read) = (AtomicUsize::new(0), Mutex::default());
    let server = Arc::new(Server { manner, base_url: base_url.clone(), calls, read });
    let router = axum::Router::new().route("/v1/embeddings", post(embeddings)).with_state(Arc::clone(&server));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = OpenAiSettings {
        base_url,
        api_key: Some("sk-secret".to_owned().into()),
        model: "text-embedding-3-small".to_owned(),
        dimensions: 16,
        timeout: Duration::from_secs(10),
    };
    (server, OpenAi::new(settings).unwrap())
}

async fn embeddings(State(server): State<Arc<Server>>, request: axum::extract::Request) -> Response {
    let call = server.calls.fetch_add(1, Ordering::Relaxed);
    let key = request.headers().get("authorization").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    if key != "Bearer sk-secret" || body["dimensions"] != 16 || body["input"].as_array().is_none() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let size = match server.manner {
        Manner::BusyOnce if call == 0 => {
            return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0.01")]).into_response();
        }
        Manner::Huge => return " ".repeat(17 << 20).into_response(),
        Manner::Takes(most) if characters(&body) > most => return StatusCode::BAD_REQUEST.into_response(),
        Manner::WrongSize => 8,
        Manner::Good | Manner::BusyOnce | Manner::Takes(_) => 16,
    };
    let texts = body["input"].as_array().unwrap();
    server.read.lock().unwrap().extend(texts.iter().map(|text| text.as_str().unwrap().to_owned()));
    let items = texts.iter().enumerate().rev().map(|(index, text)| {
        let first = text.as_str().unwrap().len() as f32;
        let embedding: Vec<f32> = std::iter::once(first).chain(std::iter::repeat_n(0.5, size - 1)).collect();
        json!({ "object": "embedding", "index": index, "embedding": embedding })
    });
    let items: Vec<Value> = items.collect();
    axum::body::Body::from(json!({ "data": items, "usage": { "total_tokens": 3 } }).to_string()).into_response()
}

#[tokio::test]
async fn a_server_gives_vectors_in_the_order_of_the_texts() {
    for manner in [Manner::Good, Manner::BusyOnce] {
        let (server, embedder) = serve(manner).await;
        let made = embedder.embed(&["one", " ", "three"]).await.unwrap();
        let firsts: Vec<f32> = made.iter().map(|vector| vector[0]).collect();
        assert_eq!(firsts, [3.0, 0.0, 5.0], "blank texts are not sent, and are like nothing");
        assert_eq!(server.calls.load(Ordering::Relaxed), if manner == Manner::Good { 1 } else { 2 });
        assert!(!format!("{embedder:?}").contains("sk-secret"));
    }
    let (_, embedder) = serve(Manner::Good).await;
    let told = Mutex::new(Vec::new());
    embedder.embed_paid(&["one", " ", "three"], &|made| told.lock().unwrap().push(made)).await.unwrap();
    let made = Embedded { model: "text-embedding-3-small".to_owned(), tokens: 3, estimated: false };
    assert_eq!(*told.lock().unwrap(), [made], "what the server counted");
    let (server, embedder) = serve(Manner::Good).await;
    let texts: Vec<String> = (0..150).map(|n| "x".repeat(n + 1)).collect();
    let made = embedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    assert!(made.iter().zip(&texts).all(|(vector, text)| vector[0] as usize == text.len()));
    assert_eq!(server.calls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_server_of_somebody_elses_reads_of_no_search_who_a_customer_is() {
    let (server, _) = serve(Manner::Good).await;
    let app = TestApp::start_with(|config| {
        config.knowledge.embedder = EmbedderKind::Openai;
        config.knowledge.openai_base_url.clone_from(&server.base_url);
        config.knowledge.openai_api_key = "sk-secret".into();
        config.knowledge.dimensions = 16;
    })
    .await;
    let faq = json!({ "question": "Whom do I tell that my address has changed?", "answer": "Write to us." });
    assert_eq!(send(rest::post(&app, "/api/console/knowledge/faqs").json(&faq)).await.status, 201);
    let query =
        json!({ "query": "address of jo.planted@example.com, card 4111 1111 1111 1111", "organizationId": "default" });
    let found = send(rest::post(&app, "/api/memory/knowledge/search").json(&query)).await;
    assert_eq!(found.status, 200, "{}", found.body);
    let read = server.read.lock().unwrap().join("\n");
    assert!(read.contains("address of <email>, card <card>"), "{read}");
    assert!(!read.contains("planted") && !read.contains("4111"), "{read}");
}

fn characters(body: &Value) -> usize {
    body["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().len()).sum()
}

#[tokio::test]
async fn a_text_that_is_too_much_for_a_server_does_not_keep_others_from_their_vectors() {
    let (_, embedder) = serve(Manner::Takes(3_000)).await;
    let texts: Vec<String> = (1..=20).map(|n| "x".repeat(if n == 7 { 15_000 } else { 100 + n })).collect();
    let made = embedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    let lengths: Vec<usize> = made.iter().map(|vector| vector[0] as usize).collect();
    let expected: Vec<usize> = (1..=20).map(|n| if n == 7 { 1_875 } else { 100 + n }).collect();
    assert_eq!(lengths, expected, "in their order, and of the long one its beginning");
    let (server, embedder) = serve(Manner::Takes(0)).await;
    assert!(embedder.embed(&["short", "texts"]).await.unwrap_err().to_string().contains("400"));
    assert_eq!(server.calls.load(Ordering::Relaxed), 2, "what refuses everything is not asked for long");
}

#[tokio::test]
async fn an_index_that_can_not_be_made_leaves_nothing_on_disk() {
    let (scratch, shop_id, paid) = (Scratch::new(), organization("shop"), Paid::new());
    scratch.put(&shop_id, &shop()).await;
    paid.fails.store(true, Ordering::Relaxed);
    let library = scratch.library_with(paid.clone());
    for _ in 0..3 {
        assert_eq!(library.caught_up(&shop_id).await, Err(Refusal::Unavailable { part: "knowledge" }));
    }
    assert_eq!(scratch.generations(), Vec::<std::path::PathBuf>::new());
    assert_eq!(library.version(&shop_id), Ok(None));
    paid.fails.store(false, Ordering::Relaxed);
    caught_up(&library).await;
    assert_eq!((scratch.generations().len(), library.version(&shop_id)), (1, Ok(Some(1))));
}

#[tokio::test]
async fn a_server_that_gives_something_else_is_refused() {
    for (manner, why) in [(Manner::WrongSize, "8 dimensions"), (Manner::Huge, "too large")] {
        let (server, embedder) = serve(manner).await;
        let error = embedder.embed(&["one"]).await.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert_eq!(server.calls.load(Ordering::Relaxed), 1, "asking again would bring the same");
    }
}

/// A model of four words, in the files that such models come in.
fn write_model(folder: &std::path::Path) {
    let vocabulary = json!({ "[UNK]": 0, "return": 1, "refund": 2, "kite": 3 });
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": { "type": "Lowercase" },
        "pre_tokenizer": { "type": "Whitespace" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" },
    });
    let mut numbers = vec![0.0_f32; 4 * 16];
    for (word, place) in [(1, 0), (2, 0), (2, 1), (3, 5)] {
        numbers[word * 16 + place] = 1.0;
    }
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let header = json!({ "embeddings": { "dtype": "F32", "shape": [4, 16], "data_offsets": [0, bytes.len()] } });
    let header = header.to_string();
    let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes].concat();
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    std::fs::write(folder.join("model.safetensors"), file).unwrap();
    std::fs::write(folder.join("config.json"), json!({ "normalize": true }).to_string()).unwrap();
}

#[tokio::test]
async fn a_static_model_is_read_from_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Static::load(folder.path()).unwrap_err().to_string();
    assert!(missing.contains("model.safetensors"), "{missing}");
    write_model(folder.path());
    let model = Static::load(folder.path()).unwrap();
    assert_eq!(model.dimensions(), 16);
    let made = model.embed(&["Return", "refund", "kite"]).await.unwrap();
    let near = |a: usize, b: usize| made[a].iter().zip(&made[b]).map(|(a, b)| a * b).sum::<f32>();
    assert!(near(0, 1) > 0.5 && near(0, 2).abs() < 0.01, "{made:?}");
    assert_eq!(model.id(), Static::load(folder.path()).unwrap().id());
}
