//! `GET /api/core/health`: public, and true.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use switchboard::app::World;
use switchboard::store::{FjallKv, Store, StoreError, StoreLimits, Write};

use crate::support::app::TestApp;
use crate::support::kv::TappedKv;
use crate::support::rest::{Silent, get, message, post, send};

#[tokio::test]
async fn health_is_public_and_the_documented_one() {
    let app = TestApp::start().await;
    let answer = send(reqwest::Client::new().get(app.url("/api/core/health"))).await;
    assert_eq!(answer.status, 200);
    insta::assert_json_snapshot!(answer.body, { ".version" => "[version]" });
}

#[tokio::test]
async fn a_store_that_takes_no_writes_is_said_and_reads_go_on() {
    let data = tempfile::tempdir().unwrap();
    let failing = Arc::new(AtomicBool::new(false));
    let fails = Arc::clone(&failing);
    let before = move |_: &[Write]| match fails.load(Ordering::SeqCst) {
        true => Err(StoreError::Backend("the disk is gone".to_owned())),
        false => Ok(()),
    };
    let kv = TappedKv { inner: FjallKv::open(data.path()).unwrap(), before };
    let store = Store::over(Arc::new(kv), StoreLimits::default()).unwrap();
    let app = TestApp::start_in_world(|_| {}, World { store: Some(store), ..World::default() }).await;
    assert_eq!(send(post(&app, "/api/core/messages").json(&message("s", "Hello"))).await.status, 200);
    failing.store(true, Ordering::SeqCst);
    let refused = send(post(&app, "/api/core/messages").json(&message("s", "Are you there?"))).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (503, &"service_unavailable".into()));
    let health = send(get(&app, "/api/core/health")).await;
    assert_eq!((health.status, &health.body["status"]), (503, &"degraded".into()));
    assert_eq!(health.body["dependencies"]["store"], "unhealthy");
    assert_eq!(health.body["dependencies"]["openai"], "healthy");
    assert_eq!(send(get(&app, "/readyz")).await.status, 503);
    assert_eq!(send(get(&app, "/livez")).await.status, 200);
    assert_eq!(send(get(&app, "/api/core/sessions/s/context")).await.status, 200, "reads go on");
}

#[tokio::test]
async fn an_assistant_that_can_not_answer_is_said() {
    let world = World { responder: Some(Arc::new(Silent)), ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let health = send(get(&app, "/api/core/health")).await;
    assert_eq!((health.status, &health.body["status"]), (200, &"degraded".into()), "messages are still taken");
    assert_eq!(health.body["dependencies"]["openai"], "unhealthy");
}
