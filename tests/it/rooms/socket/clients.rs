//! The official clients, over each transport, with a server that is killed in the middle: everything is heard exactly once,
//! in order.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::app::Process;

/// Messages that a client sends.
const MESSAGES: usize = 40;

/// The longest that a client may take.
const LONG: Duration = Duration::from_secs(60);

/// What `scripts/install-socketio-clients.sh` installs.
fn tools() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(target).join("tools")
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/rooms/clients").join(name)
}

/// The program that runs a client, where it is installed.
fn javascript() -> Option<Command> {
    let modules = installed(tools().join("node/node_modules"))?;
    let mut command = Command::new("node");
    command.env("NODE_PATH", modules).arg(script("talk.js"));
    Some(command)
}

fn python() -> Option<Command> {
    installed(tools().join("python/socketio.txt"))?;
    let mut command = Command::new(tools().join("python/bin/python"));
    command.arg(script("talk.py"));
    Some(command)
}

fn installed(path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_none(), "{} is missing", path.display());
    eprintln!("skipped: {} is missing; `make test` installs it", path.display());
    None
}

/// A customer of a server, and a room of theirs.
async fn room_at(server: &Process) -> (String, String) {
    let (http, base) = (reqwest::Client::new(), format!("http://{}", server.address()));
    let ann = json!({ "email": "ann@example.com", "password": "Password-123", "name": "Ann" });
    let registered = http.post(format!("{base}/auth/register")).json(&ann).send().await.unwrap();
    assert_eq!(registered.status(), 201);
    let login: Value = http.post(format!("{base}/auth/login")).json(&ann).send().await.unwrap().json().await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    let begun = http.post(format!("{base}/conversations")).bearer_auth(token).send().await.unwrap();
    let begun: Value = begun.json().await.unwrap();
    (token.to_owned(), begun["conversation_id"].as_str().unwrap().to_owned())
}

/// Lets a client talk, kills the server when half is said, and gives the transport that the client ended with.
async fn talk(client: Option<Command>, transports: &str) -> Option<String> {
    let mut client = client?;
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(data.path(), &[("ASSISTANT__PROVIDER", "none")]).await;
    let (token, room) = room_at(&server).await;
    client.arg(format!("http://{}", server.address())).args([&token, &room, transports, &MESSAGES.to_string()]);
    let mut running = client.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let said = async {
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("half"));
        server.kill();
        server.start_again().await;
        lines.next_line().await.unwrap().expect("what it heard")
    };
    let said: Value = serde_json::from_str(&tokio::time::timeout(LONG, said).await.expect("it ends")).unwrap();
    assert_eq!(said["heard"], json!((0..MESSAGES).map(|n| n.to_string()).collect::<Vec<_>>()));
    assert_eq!(said["connections"], 2, "it came back once");
    Some(said["transport"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_javascript_client_by_polling_hears_everything_once_across_a_kill() {
    assert!(matches!(talk(javascript(), "polling").await.as_deref(), None | Some("polling")));
}

#[tokio::test]
async fn the_javascript_client_by_websocket_hears_everything_once_across_a_kill() {
    assert!(matches!(talk(javascript(), "websocket").await.as_deref(), None | Some("websocket")));
}

#[tokio::test]
async fn the_javascript_client_that_upgrades_hears_everything_once_across_a_kill() {
    assert!(matches!(talk(javascript(), "polling,websocket").await.as_deref(), None | Some("websocket")));
}

#[tokio::test]
async fn the_python_client_by_polling_hears_everything_once_across_a_kill() {
    assert!(matches!(talk(python(), "polling").await.as_deref(), None | Some("polling")));
}

#[tokio::test]
async fn the_python_client_by_websocket_hears_everything_once_across_a_kill() {
    assert!(matches!(talk(python(), "websocket").await.as_deref(), None | Some("websocket")));
}

#[tokio::test]
async fn the_python_client_that_upgrades_hears_everything_once_across_a_kill() {
    assert!(matches!(talk(python(), "polling,websocket").await.as_deref(), None | Some("websocket")));
}
