//! What the server says of its own doors: documents that are true, pages that need no other host, protocol pages that know
//! every frame.

mod document;
mod fuzz;
mod pages;
mod protocol;

use std::path::PathBuf;

use serde_json::Value;

use crate::support::app::TestApp;

/// The dialects that have a description: every room under `src/http` that brings an envelope of its own.
fn dialects() -> Vec<String> {
    let rooms = std::fs::read_dir(root().join("src/http")).unwrap().flatten().map(|entry| entry.path());
    let speaks = |room: &PathBuf| {
        std::fs::read_to_string(room.join("mod.rs")).is_ok_and(|text| text.contains("const DIALECT: Dialect"))
    };
    let mut names: Vec<String> =
        rooms.filter(speaks).map(|room| room.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    assert!(names.len() >= 3, "{names:?}");
    names
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A page or document, as anybody gets it.
async fn page(app: &TestApp, path: &str) -> (u16, reqwest::header::HeaderMap, String) {
    let answer = reqwest::Client::new().get(app.url(path)).send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone(), answer.text().await.unwrap())
}

/// A dialect's document, or with an empty name that of all.
async fn document(app: &TestApp, dialect: &str) -> Value {
    let path = if dialect.is_empty() { "/openapi.json".to_owned() } else { format!("/openapi/{dialect}.json") };
    let (status, headers, text) = page(app, &path).await;
    assert_eq!((status, &headers["content-type"]), (200, &"application/json".parse().unwrap()), "{path}");
    serde_json::from_str(&text).unwrap()
}

/// Every operation of a document: method, path, and what is said of it.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = |(path, item): (&String, _)| {
        let item: &Value = item;
        let operations = item.as_object().unwrap().iter().filter(|(_, operation)| operation.is_object());
        let named = operations.map(|(method, operation)| (method.to_uppercase(), path.clone(), operation));
        named.collect::<Vec<_>>()
    };
    paths.iter().flat_map(methods).collect()
}

/// Something that `scripts/install-test-tools.sh` puts there; `None` skips the test where it need not be.
fn tool(name: &str) -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let path = root().join(target).join("test-tools").join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_none(), "{} is missing", path.display());
    eprintln!("skipped: {} is missing; `make test` installs it", path.display());
    None
}
