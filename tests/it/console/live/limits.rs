//! What one connection may have: open sessions, frames, and what waits for it.

use serde_json::json;
use switchboard::config::Provider;
use switchboard::domain::Role;

use super::super::{Desk, colleague, say, staffed};
use crate::support::app::TestApp;

#[tokio::test]
async fn at_most_200_sessions_are_open() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    for n in 0..=200 {
        say(&app, &format!("s{n}"), "Hello").await;
    }
    let mut desk = Desk::hello(&app, &jane, json!({ "status": "away" })).await.0;
    for n in 0..200 {
        desk.done("watch", json!({ "session": format!("s{n}") })).await;
    }
    assert_eq!(desk.refused("watch", json!({ "session": "s200" })).await, "conflict");
    desk.done("watch", json!({ "session": "s7" })).await;
    desk.done("unwatch", json!({ "session": "s7" })).await;
    desk.done("watch", json!({ "session": "s200" })).await;
    let many: Vec<_> = (0..=200).map(|n| json!({ "session": format!("s{n}"), "after": 0 })).collect();
    let mut socket = Desk::connect(&app, &jane.token).await;
    socket.send(json!({ "type": "hello", "watch": many })).await;
    assert_eq!(socket.next().await["field"], "watch");
    app.stop().await;
}

#[tokio::test]
async fn frames_beyond_the_limit_are_not_taken() {
    let app = TestApp::start_with(|config| {
        config.assistant.provider = Provider::None;
        config.limits.enabled = true;
        config.limits.live_frames = 5;
    })
    .await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let mut desk = Desk::open(&app, &jane).await;
    for _ in 0..4 {
        desk.done("scope", json!({ "scope": "mine" })).await;
    }
    desk.order("scope", json!({ "scope": "mine" })).await;
    assert_eq!(desk.frame("error").await["code"], "too_many");
    app.stop().await;
}

/// A connection whose queue is small is told to begin anew, and goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_falls_behind_is_told_to_begin_anew_in_place() {
    let app = TestApp::start_with(|config| {
        config.assistant.provider = Provider::None;
        config.live.agent_outbox_items_max = 8;
    })
    .await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let mut desk = Desk::hello(&app, &jane, json!({ "scope": "all", "status": "away" })).await.0;
    let mut told = false;
    for round in 0..50 {
        let say_all = (0..30).map(|n| {
            let (app, session) = (&app, format!("r{round}-{n}"));
            async move { say(app, &session, "Hello").await }
        });
        futures_util::future::join_all(say_all).await;
        let mark = format!("round {round}");
        say(&app, "mark", &mark).await;
        loop {
            let frame = tokio::time::timeout(std::time::Duration::from_millis(500), desk.socket.try_next()).await;
            let Ok(Ok(frame)) = frame else { break };
            told |= frame["type"] == "resync";
            if frame["text"] == mark.as_str() || told {
                break;
            }
        }
        if told {
            break;
        }
    }
    assert!(told, "it never fell behind");
    desk.frame("desk").await;
    desk.done("scope", json!({ "scope": "all" })).await;
    say(&app, "mark", "after it").await;
    desk.wait_for(|frame| frame["text"] == "after it").await;
    app.stop().await;
}
