//! The Autobahn cases, run by `kosoku` against an echo on the server's own upgrade, limits and accept loop.

use std::path::PathBuf;
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use switchboard::http::guard::Fault;
use switchboard::http::live::{LiveLimits, upgrade};
use switchboard::http::server::{ServerLimits, serve};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use crate::support::app::test_config;

/// The longest that all cases may take.
const LONG: Duration = Duration::from_secs(180);

/// What `scripts/install-test-tools.sh` installs.
fn tool() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(target).join("test-tools/venv/bin/kosoku")
}

async fn echo(request: Request) -> Result<Response, Fault> {
    let limits = LiveLimits::of(&test_config());
    upgrade::accept(request, limits, |mut socket| async move {
        while let Some(Ok(message)) = socket.stream.next().await {
            if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.stream.send(message).await.is_err() {
                return;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_socket_keeps_to_the_websocket_protocol() {
    let tool = tool();
    if !tool.exists() {
        assert!(std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_none(), "{} is missing", tool.display());
        eprintln!("skipped: {} is missing; `make test` installs it", tool.display());
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopping) = watch::channel(false);
    let second = Duration::from_secs(1);
    let limits = ServerLimits {
        header_timeout: second,
        write_timeout: second,
        connections_max: 100,
        connections_per_address: None,
        drain: second,
    };
    let router = axum::Router::new().route("/", get(|request: Request| async { echo(request).await.into_response() }));
    let serving = tokio::spawn(serve(listener, router, limits, stopping));
    let out = tempfile::tempdir().unwrap();
    let run = tokio::process::Command::new(tool)
        .args(["-m", "fuzzingclient", "-x", "9.*", "-x", "12.*", "-x", "13.*", "-p", "2", "-o"])
        .arg(out.path())
        .arg(format!("ws://{address}"))
        .kill_on_drop(true)
        .output();
    let run = tokio::time::timeout(LONG, run).await.expect("the cases end").unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    let index = std::fs::read(out.path().join("index.json")).unwrap_or_else(|why| panic!("{why}: {said}"));
    let index: Value = serde_json::from_slice(&index).unwrap();
    let cases: Vec<_> = index.as_object().unwrap().values().filter_map(Value::as_object).flatten().collect();
    assert!(cases.len() > 200, "{} cases: {said}", cases.len());
    let good = ["OK", "NON-STRICT", "INFORMATIONAL"].map(Value::from);
    let failed: Vec<_> = cases
        .iter()
        .filter(|(_, case)| !good.contains(&case["behavior"]) || !good.contains(&case["behaviorClose"]))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    stop.send_replace(true);
    serving.await.unwrap();
}
