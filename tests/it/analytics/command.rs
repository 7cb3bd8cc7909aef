//! `switchboard analytics rebuild`

use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use serde_json::{Value, json};
use switchboard::store::{Store, StoreError, StoreLimits, StoreUrl};

use crate::support::app::{PATIENCE, TestApp};
use crate::support::rest::{message, post, send};

/// Runs it as soon as the last task of the app that stopped has let go of the store.
fn rebuild(data: &Path) -> Output {
    let began = Instant::now();
    loop {
        let url = format!("fjall:{}", data.join("db").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        let ended = command.args(["analytics", "rebuild"]).env("SWITCHBOARD_STORE__URL", url).output().unwrap();
        if ended.status.success() || began.elapsed() > PATIENCE {
            return ended;
        }
    }
}

/// Another test that starts a process at this moment holds a copy of the lock until that process runs its program.
fn open(data: &Path) -> Store {
    let began = Instant::now();
    loop {
        match Store::open(&StoreUrl::Fjall(data.join("db")), StoreLimits::default()) {
            Err(StoreError::Locked(_)) if began.elapsed() < PATIENCE => std::thread::yield_now(),
            opened => return opened.unwrap().0,
        }
    }
}

#[tokio::test]
async fn the_figures_are_made_anew_from_the_command_line_and_say_the_same() {
    let app = TestApp::start().await;
    for session in ["one", "two"] {
        let said = post(&app, "/api/core/messages").json(&message(session, "Hello"));
        assert_eq!(send(said).await.status, 200);
    }
    let data = app.stop().await;
    let path = data.path().to_owned();
    let ended = tokio::task::spawn_blocking(move || rebuild(&path)).await.unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), "analytics: 2 sessions counted\n");
    let store = open(data.path());
    let total = store.get(b"analytics.total/default/web").unwrap().unwrap();
    let total: Value = serde_json::from_slice(&total).unwrap();
    assert_eq!((&total["b"]["sessions"], &total["f"]["said"]), (&json!(2), &json!({ "customer": 2, "assistant": 2 })));
}
