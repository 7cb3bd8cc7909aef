//! A disk that fails, and a clock that jumps.

use std::sync::atomic::Ordering;

use serde_json::json;
use switchboard::app::World;
use switchboard::domain::{Event, OrganizationId, SessionId, SessionKey, Timestamp};
use switchboard::store::{Batch, log};

use super::{HandClock, WatchedKv, follower, get, post, say, text};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_write_is_told_to_the_sender_and_shown_to_nobody_else() {
    let (kv, store) = WatchedKv::open();
    let app = TestApp::start_in_world(|_| {}, World { store: Some(store), ..World::default() }).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    let mut watcher = follower(&app, "ann", "s", "0").await;
    say(&mut client, "kept", "m1").await;
    client.wait_for(|frame| frame["sender"] == "ai").await;
    assert_eq!(get(&app, "/readyz").await.0, 200);
    kv.broken.store(true, Ordering::SeqCst);
    client.send(text("lost", "m2")).await;
    let error = client.wait_for_type("error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("service_unavailable"), &json!("m2")));
    assert_eq!(get(&app, "/readyz").await.0, 503);
    let (status, health) = get(&app, "/api/core/health").await;
    assert_eq!((status, &health["dependencies"]["store"]), (503, &json!("unhealthy")));
    let (status, refused) = post(&app, "ann", "s", "lost too", "m3").await;
    assert_eq!((status, &refused["error"]["code"]), (503, &json!("service_unavailable")));
    let (applied, loads) = (kv.applied.load(Ordering::SeqCst), kv.loads("s"));
    for n in 0..10 {
        client.send(text("lost", &format!("more-{n}"))).await;
        assert_eq!(client.wait_for_type("error").await["id"], format!("more-{n}"));
    }
    assert_eq!(kv.applied.load(Ordering::SeqCst), applied, "nothing is tried again after a failed write");
    assert!(kv.loads("s") <= loads + 10, "one look into the store for each refused message, and no loop");
    let (status, context) = get(&app, "/api/core/sessions/s/context").await;
    assert_eq!(status, 200, "reads go on");
    let history = context["context"]["conversation_history"].to_string();
    assert!(history.contains("kept") && !history.contains("lost"), "{history}");
    // Passing things still pass: after what was stored the watcher gets them next, and nothing that was not.
    client.send(json!({ "type": "typing", "isTyping": true })).await;
    let mut shown = Vec::new();
    loop {
        let frame = watcher.next().await;
        let typing_of_customer = frame["type"] == "typing_start" && shown.iter().any(is_reply);
        shown.push(frame);
        if typing_of_customer {
            break;
        }
    }
    assert!(shown.iter().all(|frame| frame["text"] != "lost" && frame["text"] != "lost too"), "{shown:?}");
    let returning = follower(&app, "ann", "s", "0").await;
    returning.vanish();
}

fn is_reply(frame: &serde_json::Value) -> bool {
    frame["sender"] == "ai"
}

#[tokio::test]
async fn a_turn_that_is_open_when_the_disk_fails_ends_without_a_loop() {
    let (kv, store) = WatchedKv::open();
    let app = TestApp::start_in_world(
        |config| config.assistant.quiet_ms = 100,
        World { store: Some(store), ..World::default() },
    )
    .await;
    let mut client = follower(&app, "ann", "s", "0").await;
    say(&mut client, "Hello", "m1").await;
    kv.broken.store(true, Ordering::SeqCst);
    client.wait_for_type("typing_start").await;
    client.wait_for_type("typing_stop").await;
    let loads = kv.loads("s");
    client.send(text("lost", "m2")).await;
    assert_eq!(client.wait_for_type("error").await["id"], "m2");
    assert!(kv.loads("s") <= loads + 1);
}

#[tokio::test]
async fn a_turn_whose_end_was_refused_is_taken_up_again() {
    let app = TestApp::start_with(|config| config.assistant.quiet_ms = 300).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    let ack = say(&mut client, "Hello", "m1").await;
    // Somebody else writes where the end of the turn would stand.
    let mut batch = Batch::default();
    let organization = OrganizationId::default_organization();
    let key = SessionKey { organization, session: SessionId::parse("s").unwrap() };
    let event = Event::ContextReset { keep_from: 1 };
    let seq = ack["seq"].as_u64().unwrap();
    log::append(&mut batch, &key, seq + 1, Timestamp::default(), &[&event]).unwrap();
    app.store().commit(batch).await.unwrap();
    let reply = client.wait_for_type("message").await;
    assert_eq!(reply["sender"], "ai");
    assert_eq!(reply["seq"].as_u64(), Some(seq + 2), "behind what the other one wrote");
}

#[tokio::test]
async fn a_clock_that_jumps_back_an_hour_stops_no_turn_and_no_seq() {
    let clock = HandClock::new();
    let world = World { clock: clock.clone(), ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    let mut last = 0;
    for n in 0..6 {
        client.send(text("Hello", &n.to_string())).await;
        clock.forward_ms(if n % 2 == 0 { -3_600_000 } else { 1_000 });
        let ack = client.wait_for_type("ack").await;
        assert!(ack["seq"].as_u64().unwrap() > last);
        let reply = client.wait_for_type("message").await;
        assert_eq!(reply["sender"], "ai");
        last = reply["seq"].as_u64().unwrap();
        assert!(last > ack["seq"].as_u64().unwrap());
    }
    client.vanish();
    let mut again = follower(&app, "ann", "s", &last.to_string()).await;
    say(&mut again, "Hello", "last").await;
}
