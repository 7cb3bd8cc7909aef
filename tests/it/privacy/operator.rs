//! `switchboard customer erase`: the same as the console's, while no server runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use super::{PLANTED, console, plant, say};
use crate::support::app::{PATIENCE, TestApp};

/// Runs it as soon as whoever had the store has let go of it.
async fn erase(data: &Path, arguments: [&str; 4]) -> Output {
    let (url, began) = (format!("fjall:{}", data.join("db").display()), Instant::now());
    let arguments = arguments.map(str::to_owned);
    let run = move || loop {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        let command = command.args(["customer", "erase"]).args(&arguments).env("SWITCHBOARD_STORE__URL", &url);
        let ended = command.output().unwrap();
        let waits = String::from_utf8_lossy(&ended.stderr).contains("is in use");
        if !waits || began.elapsed() > PATIENCE {
            return ended;
        }
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn is_in(data: &Path, word: &str) -> bool {
    let holds = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap().to_ascii_lowercase();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    };
    files(&data.join("db")).iter().any(holds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_erased_from_the_command_line_bytes_and_all_and_nobody_else_is() {
    let app = TestApp::start().await;
    let customer = plant(&app).await;
    say(&app, &json!({ "userId": "kim", "sessionId": "kim-1", "message": { "text": "I stay" } })).await;
    assert_eq!(console(&app, Method::PUT, "/customers/kim/hold", Some(json!({}))).await.status, 200);
    let data = app.stop().await;
    assert!(is_in(data.path(), PLANTED));
    let unsure = erase(data.path(), ["default", &customer, "--confirm", "kim"]).await;
    assert!(!unsure.status.success() && String::from_utf8_lossy(&unsure.stderr).contains("--confirm"), "{unsure:?}");
    for (id, why) in [("kim", "a legal hold stands on the customer"), ("nobody", "customer")] {
        let refused = erase(data.path(), ["default", id, "--confirm", id]).await;
        assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains(why), "{refused:?}");
    }
    let done = erase(data.path(), ["default", &customer, "--confirm", &customer]).await;
    assert!(done.status.success(), "{done:?}");
    let receipt: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&receipt["counts"]["sessions"], &receipt["by"]), (&json!(5), &json!("operator")), "{receipt}");
    assert!(!receipt["compacted_at"].is_null() && receipt.get("ids").is_none(), "{receipt}");
    assert!(!is_in(data.path(), PLANTED) && is_in(data.path(), "kim-1"));
    let again = erase(data.path(), ["default", &customer, "--confirm", &customer]).await;
    assert!(!again.status.success(), "nobody knows them any more: {again:?}");
}
