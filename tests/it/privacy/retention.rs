//! Conversations go when they were kept long enough.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::engine::privacy::LookLimits;

use super::{ask, console, events, say};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::clock::HandClock;
use crate::support::rest::admin_token;

const DAY_S: u64 = 24 * 60 * 60;

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_too_old_for_its_channel_and_not_held_goes() {
    let clock = Arc::new(HandClock::at("2026-01-01T12:00:00Z"));
    let world = World { clock: Arc::clone(&clock) as _, ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let said = async |session: &str, channel: &str| {
        let body = json!({ "userId": "ann", "sessionId": session, "channel": channel, "message": { "text": "Hello" } });
        say(&app, &body).await;
    };
    for (session, channel) in [("old", "web"), ("held", "web"), ("mail", "email"), ("goes-on", "web")] {
        said(session, channel).await;
    }
    clock.forward_s(20 * DAY_S);
    said("goes-on", "web").await;
    said("young", "web").await;
    let set = console(&app, Method::PUT, "/settings/retention", Some(json!({"days": 30, "channels": {"email": 365}})));
    assert_eq!(set.await.status, 200);
    assert_eq!(console(&app, Method::PUT, "/sessions/held/hold", Some(json!({}))).await.status, 200);
    clock.forward_s(15 * DAY_S);

    let app = app.restart_in_world(|_| {}, World { clock: Arc::clone(&clock) as _, ..World::default() }).await;
    let gone = async {
        while events(&app, "old").await.is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("the sweep of the start finds it");
    let admin = admin_token(&app).await;
    let run = async {
        loop {
            let audit = ask(&app.url(""), &admin, Method::GET, "/audit?limit=100", None).await.body;
            let rows = audit["items"].as_array().unwrap().clone();
            if let Some(run) = rows.into_iter().find(|row| row["act"] == "retention.run") {
                return run;
            }
        }
    };
    let run: Value = tokio::time::timeout(PATIENCE, run).await.expect("it is told");
    assert_eq!(run["who"], json!(null));
    for session in ["held", "mail", "goes-on", "young"] {
        assert!(events(&app, session).await.is_some(), "{session}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_goes_on_where_the_last_one_ended_so_that_what_is_kept_hides_nothing() {
    let clock = Arc::new(HandClock::at("2026-01-01T12:00:00Z"));
    let world = World { clock: Arc::clone(&clock) as _, ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let said = async |session: &str, channel: &str| {
        let body = json!({ "userId": "ann", "sessionId": session, "channel": channel, "message": { "text": "Hello" } });
        say(&app, &body).await;
        clock.forward_s(1);
    };
    for number in 0..5 {
        said(&format!("mail-{number}"), "email").await;
    }
    said("web", "web").await;
    let set = json!({ "days": null, "channels": { "web": 30 } });
    assert_eq!(console(&app, Method::PUT, "/settings/retention", Some(set)).await.status, 200);
    clock.forward_s(31 * DAY_S);
    let limits = LookLimits { run_max: 100, scan_max: 2, page: 2 };
    let looks = async {
        loop {
            let looked = app.privacy().forget_old(limits).await.unwrap();
            assert!(looked.found == 1 || looked.more, "it ends before it has found anything: {looked:?}");
            if looked.found == 1 {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, looks).await.expect("it is found behind what is kept for ever");
    let gone = async {
        while events(&app, "web").await.is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("it goes");
    assert!(events(&app, "mail-0").await.is_some());
}

#[tokio::test]
async fn retention_is_set_by_administrators_within_its_limits() {
    let app = TestApp::start().await;
    let read = console(&app, Method::GET, "/settings/retention", None).await;
    assert_eq!(read.body, json!({ "days": null, "channels": {} }));
    for (bad, field) in [
        (json!({ "days": 0 }), "days"),
        (json!({ "channels": { "email": 40_000 } }), "channels"),
        (json!({ "channels": { "fax": 7 } }), "channels"),
    ] {
        let refused = console(&app, Method::PUT, "/settings/retention", Some(bad)).await;
        assert_eq!((refused.status, &refused.body["error"]["field"]), (400, &json!(field)), "{}", refused.body);
    }
    let set = json!({ "days": null, "channels": { "sms": 7 } });
    assert_eq!(console(&app, Method::PUT, "/settings/retention", Some(set.clone())).await.body, set);
    assert_eq!(console(&app, Method::GET, "/settings/retention", None).await.body, set);
}
