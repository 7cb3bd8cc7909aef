//! A conversation with a real language model on this machine: it tests the way, not the model's wit.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::Value;
use switchboard::app::World;
use switchboard::assistant::{Builtin, Delta, Knowledge, OpenAi, OpenAiConfig, Responder, Turn};
use switchboard::clock::SystemClock;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::app::TestApp;
use crate::support::rest::{message, post};

/// How long the model may take to be read and to answer: a busy machine is slow.
const LONG: Duration = Duration::from_secs(90);

/// The same, for the server.
const LONG_MS: u64 = 90_000;

/// Where `scripts/install-local-model.sh` puts it.
fn installed() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let place = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(target).join("tools/model");
    if place.join("model.gguf").exists() && place.join("node_modules/node-llama-cpp").exists() {
        return Some(place);
    }
    let required = std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_some() && cfg!(target_arch = "x86_64");
    assert!(!required, "{} is missing", place.display());
    eprintln!("skipped: {} is missing; `make test` installs it", place.display());
    None
}

/// The model's server, and where it listens. It ends with the test.
async fn served(place: &std::path::Path) -> (Child, String) {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/assistant/model/server.mjs");
    let mut server = Command::new("node")
        .arg(script)
        .arg(place.join("node_modules"))
        .arg(place.join("model.gguf"))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line =
        tokio::time::timeout(LONG, lines.next_line()).await.expect("the model is read in time").unwrap().unwrap();
    let port = line.strip_prefix("listening ").expect("a port");
    (server, format!("http://127.0.0.1:{port}/v1"))
}

/// Keeps what a responder says on its way.
struct Overheard {
    inner: OpenAi,
    deltas: Arc<Mutex<Vec<Delta>>>,
}

impl Responder for Overheard {
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
        let deltas = Arc::clone(&self.deltas);
        self.inner.reply(turn).inspect(move |delta| deltas.lock().unwrap().push(delta.clone())).boxed()
    }

    fn name(&self) -> &'static str {
        "overheard"
    }
}

#[tokio::test]
async fn a_real_model_answers_in_a_conversation_by_the_word() {
    let Some(place) = installed() else { return };
    let (_server, base_url) = served(&place).await;
    let config = OpenAiConfig {
        base_url,
        first_token_timeout_ms: LONG_MS,
        idle_timeout_ms: LONG_MS,
        total_timeout_ms: LONG_MS,
        retries_max: 0,
        ..OpenAiConfig::default()
    };
    let builtin = Arc::new(Builtin::new(Knowledge::starter()));
    let inner = OpenAi::new(config, Arc::clone(&builtin), builtin, Arc::new(SystemClock)).unwrap();
    let deltas = Arc::new(Mutex::new(Vec::new()));
    let overheard = Overheard { inner, deltas: Arc::clone(&deltas) };
    let world = World { responder: Some(Arc::new(overheard)), ..World::default() };
    let app = TestApp::start_in_world(
        |config| {
            config.assistant.deadline_ms = 2 * LONG_MS;
            config.server.request_timeout_s = 4 * LONG.as_secs();
        },
        world,
    )
    .await;
    assert!(!told(&app, "Hello, who are you?").await.trim().is_empty());
    let deltas = std::mem::take(&mut *deltas.lock().unwrap());
    let texts = deltas.iter().filter(|delta| matches!(delta, Delta::Text(_))).count();
    assert!(texts > 1, "it came by the word: {deltas:?}");
    let counted =
        deltas.iter().any(|delta| matches!(delta, Delta::Used(used) if !used.estimated && used.completion_tokens > 0));
    assert!(counted, "the server counts tokens: {deltas:?}");
    // Whatever a model this small makes of a passage: no number is told that the knowledge does not have.
    let said = told(&app, "How many days do I have to return an item?").await;
    let known = include_str!("../../../knowledge.toml");
    let numbers: Vec<&str> = said.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
    assert!(!said.trim().is_empty() && numbers.iter().all(|number| known.contains(number)), "{said}");
    app.stop().await;
}

/// What the customer reads.
async fn told(app: &TestApp, question: &str) -> String {
    let asked = post(app, "/api/core/messages").json(&message("s1", question)).send();
    let answered = tokio::time::timeout(2 * LONG, asked).await.expect("a turn ends").unwrap();
    assert_eq!(answered.status().as_u16(), 200);
    let answered: Value = answered.json().await.unwrap();
    answered["response"]["text"].as_str().unwrap().to_owned()
}
