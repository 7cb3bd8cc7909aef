//! Sessions leave memory; their sockets stay, and no message is lost on the way.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use switchboard::app::World;
use switchboard::bus::OutboxLimits;
use switchboard::domain::{Event, OrganizationId, SessionId, SessionKey, Visitor};

use super::{HandClock, WatchedKv, agent_token, follower, say, text};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::ws::Client;

/// The sweep has begun and ended at least once since.
const SWEEPS: usize = 2;

#[tokio::test]
async fn an_idle_session_leaves_memory_and_answers_the_next_message() {
    let (clock, (kv, store)) = (HandClock::new(), WatchedKv::open());
    let world = World { clock: clock.clone(), store: Some(store), ..World::default() };
    let app = TestApp::start_in_world(|config| config.sessions.idle_s = 1, world).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    say(&mut client, "Hello", "m1").await;
    client.wait_for_type("message").await;
    let before = kv.loads("s");
    for n in 0..3 {
        clock.forward_ms(5_000);
        clock.asked_again(SWEEPS).await;
        say(&mut client, "Hello", &format!("again-{n}")).await;
        assert_eq!(client.wait_for_type("message").await["sender"], "ai");
        assert_eq!(kv.loads("s"), before + n + 1, "it was loaded again, once");
    }
}

#[tokio::test]
async fn a_session_that_came_back_is_woken_for_its_turn() {
    let (clock, (kv, store)) = (HandClock::new(), WatchedKv::open());
    let world = World { clock: clock.clone(), store: Some(store), ..World::default() };
    let app = TestApp::start_in_world(
        |config| {
            config.sessions.idle_s = 1;
            config.assistant.quiet_ms = 100;
        },
        world,
    )
    .await;
    let mut client = follower(&app, "ann", "s", "0").await;
    for n in 0..3 {
        // The alarm for the last turn's deadline is still set when the session has left and come back.
        say(&mut client, "Hello", &n.to_string()).await;
        clock.forward_ms(200);
        assert_eq!(client.wait_for_type("message").await["sender"], "ai");
        clock.forward_ms(5_000);
        clock.asked_again(SWEEPS).await;
    }
    assert!(kv.loads("s") > 2, "it left in between");
}

#[tokio::test]
async fn a_session_whose_staff_waits_for_a_suggestion_stays_until_it_is_made() {
    let clock = HandClock::new();
    let world = World { clock: clock.clone(), ..World::default() };
    let app = TestApp::start_in_world(
        |config| {
            config.sessions.idle_s = 1;
            config.sessions.memory_max_mb = 0;
            config.assistant.quiet_ms = 400;
        },
        world,
    )
    .await;
    let mut customer = follower(&app, "ann", "s", "0").await;
    let path = format!("/ws?userId=ann&sessionId=s&token={}", agent_token(&app).await);
    let mut jane = Client::connect(app.ws_url(&path)).await;
    jane.wait_for_type("connection_established").await;
    jane.send(text("Hi, I'm Jane.", "a1")).await;
    customer.wait_for_type("message").await;
    say(&mut customer, "What is your return policy?", "m1").await;
    clock.asked_again(2 * SWEEPS).await;
    clock.forward_ms(400);
    let key =
        SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s").unwrap() };
    let entered = app.sessions().listen(&key, Visitor::Service, None, OutboxLimits::default()).await.unwrap();
    let is_made = || {
        let events = app.sessions().events_after(&key, 0, 100).unwrap();
        events.iter().any(|committed| matches!(committed.event, Event::Suggested(_)))
    };
    let mut items = VecDeque::new();
    while !is_made() {
        let more = entered.subscription.outbox().take(&mut items);
        tokio::time::timeout(PATIENCE, more).await.expect("a suggestion comes").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_come_while_a_session_leaves_are_kept() {
    let (clock, (kv, store)) = (HandClock::new(), WatchedKv::open());
    let world = World { clock: clock.clone(), store: Some(store), ..World::default() };
    let app = TestApp::start_in_world(
        |config| {
            config.sessions.idle_s = 1;
            config.sessions.memory_max_mb = 0;
        },
        world,
    )
    .await;
    let mut client = follower(&app, "ann", "s", "0").await;
    let before = kv.loads("s");
    let mut sent = 0;
    // Until it has left at least three times in the middle of it.
    while kv.loads("s") < before + 3 {
        for _ in 0..20 {
            client.send(text("Hello", &sent.to_string())).await;
            sent += 1;
        }
        clock.forward_ms(2_000);
        for n in sent - 20..sent {
            let ack = client.wait_for(|frame| frame["type"] == "ack" || frame["type"] == "error").await;
            assert_eq!((&ack["type"], &ack["id"]), (&"ack".into(), &n.to_string().into()));
        }
        assert_eq!(client.wait_for_type("message").await["sender"], "ai");
    }
    assert!(kv.applied.load(Ordering::SeqCst) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_the_memory_budget_the_longest_unused_sessions_leave() {
    let (clock, (kv, store)) = (HandClock::new(), WatchedKv::open());
    let world = World { clock: clock.clone(), store: Some(store), ..World::default() };
    let app = TestApp::start_in_world(|config| config.sessions.memory_max_mb = 1, world).await;
    let mut clients = Vec::new();
    // One takes about 10 KiB, so some of these must go.
    for n in 0..120 {
        clients.push(follower(&app, "ann", &format!("s{n}"), "0").await);
        clock.forward_ms(10);
    }
    while app.sessions().live() > 110 {
        clock.asked_again(1).await;
    }
    // Whoever was used just now is asked first: those who come back make others leave.
    for n in (115..120).chain(0..5) {
        let before = kv.loads(&format!("s{n}"));
        say(&mut clients[n], "Hello", "m").await;
        let left = kv.loads(&format!("s{n}")) > before;
        assert_eq!(left, n < 5, "session {n}");
    }
}
