//! Each description against the running server: schemathesis makes requests that the document allows and ones that it does
//! not, and holds every answer to the document.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::json;
use switchboard::app::World;
use switchboard::assistant::transcribe::{Audio, Transcriber};
use switchboard::domain::Refusal;
use tokio::process::Command;

use super::{dialects, document, root, tool};
use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, API_KEY, TestApp};
use crate::support::rest::{get, message, post, send};

/// The longest that one description may take.
const LONG: Duration = Duration::from_secs(300);

/// Requests for each operation, at most, of those that are made up.
const EXAMPLES_MAX: &str = "25";

/// Hears the same in everything.
pub(super) struct Typist;

impl Transcriber for Typist {
    fn transcribe(&self, _: Audio, _: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        Box::pin(std::future::ready(Ok("I need help with my recent order number 12345".to_owned())))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_keeps_to_its_descriptions() {
    let Some(schemathesis) = tool("venv/bin/schemathesis") else { return };
    let app = TestApp::start_in_world(|_| {}, World { transcriber: Some(Arc::new(Typist)), ..World::default() }).await;
    for dialect in dialects() {
        let credential = credential(&app, &dialect).await;
        // The room of the configuration, so that requests go further than to its absence. The console may have erased it.
        let begun = send(post(&app, "/api/core/messages").json(&message("room-of-the-fuzzer", "Hello"))).await;
        assert_eq!(begun.status, 200, "{}", begun.body);
        run(&schemathesis, &app, &dialect, &credential).await;
        if dialect == "rooms" {
            let room = send(get(&app, "/api/chat/rooms/room-of-the-fuzzer")).await;
            assert!(room.body["message_count"].as_u64().is_some_and(|count| count > 10), "{}", room.body);
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn every_example_is_of_its_schema() {
    let Some(python) = tool("venv/bin/python") else { return };
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    for dialect in dialects() {
        let file = folder.path().join("document.json");
        std::fs::write(&file, document(&app, &dialect).await.to_string()).unwrap();
        let script = root().join("tests/it/descriptions/examples.py");
        let run = Command::new(&python).arg(script).arg(&file).output().await.unwrap();
        let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{dialect}: {said}");
    }
    app.stop().await;
}

async fn run(schemathesis: &Path, app: &TestApp, dialect: &str, credential: &str) {
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new(schemathesis)
        .arg("--config-file")
        .arg(root().join("tests/it/descriptions/schemathesis.toml"))
        .arg("run")
        .arg(app.url(&format!("/openapi/{dialect}.json")))
        .args(["--header", credential, "--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES_MAX])
        // The same requests each time; sockets are no requests. Two workers parse Python at a time, which breaks 3.11.
        .args(["--seed", "1", "--generation-deterministic", "--no-color"])
        .args(["--workers", "1", "--exclude-tag", "Live", "--warnings", "off"])
        .current_dir(folder.path())
        .kill_on_drop(true)
        .output();
    let run = tokio::time::timeout(LONG, run).await.expect("it ends").unwrap();
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    let generated = said.lines().find_map(|line| line.trim().split_once(" generated")).map(|(count, _)| count);
    let generated: usize = generated.and_then(|count| count.parse().ok()).unwrap_or_default();
    assert!(run.status.success() && generated > 50, "{dialect}:\n{said}");
}

/// Somebody who may do as much as possible there: care's users are people, a key is nobody to it.
async fn credential(app: &TestApp, dialect: &str) -> String {
    if dialect == "platform" {
        return format!("X-API-Key: {API_KEY}");
    }
    let wanted = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD });
    let login = send(reqwest::Client::new().post(app.url("/auth/login")).json(&wanted)).await;
    format!("Authorization: Bearer {}", login.body["access_token"].as_str().unwrap())
}
