//! Receivers that are down, slow, wrong or gone: nothing is lost, nothing is out of order, and no other receiver notices.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::json;

use super::receiver::{Does, Receiver};
use super::{assert_each_once_in_order, assert_in_order, care, deliveries, hook, origin, path, quick, say, seq, until};
use crate::support::app::TestApp;
use crate::support::rest::Parrot;

/// Messages that come while a receiver is down.
const MESSAGES: usize = 2_000;

/// Conversations that they are of.
const SESSIONS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_a_receiver_is_down_comes_once_and_in_order_when_it_is_up() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let receiver = Receiver::doing(move |number, _| match (is_up.load(Ordering::SeqCst), number % 3) {
        (true, _) => Does::Take,
        (false, 0) => Does::Status(500, ""),
        (false, 1) => Does::Cut,
        (false, _) => Does::Status(429, "retry-after: 0\r\n"),
    })
    .await;
    let app = TestApp::start_in_world(
        |config| {
            quick(config);
            config.outbox.pause_max_ms = 500;
        },
        Parrot::world(None),
    )
    .await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    let talks = (0..SESSIONS).map(|session| {
        let origin = origin.clone();
        tokio::spawn(async move {
            for number in 0..MESSAGES / SESSIONS {
                say(&origin, &format!("s{session}"), &format!("message {number}")).await;
            }
        })
    });
    for talk in talks.collect::<Vec<_>>() {
        talk.await.unwrap();
    }
    let waiting = until(&origin, &hook, |hook| hook["waiting"].as_u64() >= Some((MESSAGES + SESSIONS) as u64)).await;
    assert!(waiting["oldest_waiting_at"].is_string() && waiting["parked"] == 0, "{waiting}");
    up.store(true, Ordering::SeqCst);
    let taken = receiver.until(|taken| taken.len() >= MESSAGES + SESSIONS).await;
    assert_each_once_in_order(&taken);
    until(&origin, &hook, |hook| hook["waiting"] == 0 && hook["parked"] == 0).await;
    assert_eq!(receiver.taken().len(), MESSAGES + SESSIONS, "nothing came once more");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_tried_again_under_the_same_id_and_keeps_its_conversation_waiting() {
    let receiver = Receiver::doing(|_, taken| match taken.body["data"]["message"].as_str() {
        Some(text) if text.contains("poison") => Does::Status(422, ""),
        _ => Does::Take,
    })
    .await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    say(&origin, "s1", "poison").await;
    say(&origin, "s1", "behind it").await;
    say(&origin, "s2", "of somebody else").await;
    receiver.until(|taken| taken.iter().any(|one| one.body["data"]["message"] == "of somebody else")).await;
    let refused = receiver.until_refused(7).await;
    let ids: HashSet<&str> = refused.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids.len(), 1, "each try has the same id");
    assert!(refused.iter().all(|one| one.raw == refused[0].raw), "and the same bytes");
    let waits = deliveries(&origin, &hook, "waiting").await;
    assert_eq!(waits.len(), 2, "what is behind it in its conversation waits: {waits:?}");
    assert_eq!(waits[0]["last_attempt"]["status"], 422);
    assert!(waits[0]["next_attempt_at"].is_string());
    receiver.does(|_, _| Does::Take);
    // A change of the endpoint looks at everything anew; what rests goes on resting.
    let changed = care(&origin, Method::PUT, &path(&hook), Some(json!({ "description": "Shop" }))).await;
    assert_eq!((changed.status, &changed.body["description"]), (200, &json!("Shop")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_sent_is_parked_with_its_reason_and_replayed() {
    let receiver = Receiver::doing(|_, _| Does::Status(400, "")).await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    say(&origin, "s1", "Hello").await;
    until(&origin, &hook, |hook| hook["waiting"] == 2).await;
    park_all(&app).await;
    let again = json!({ "enabled": true });
    assert_eq!(care(&origin, Method::PUT, &path(&hook), Some(again)).await.status, 200);
    let parked = until(&origin, &hook, |hook| hook["parked"] == 2).await;
    assert_eq!(parked["waiting"], 0);
    let rows = deliveries(&origin, &hook, "parked").await;
    assert!(rows.iter().all(|row| row["parked_because"] == "refused"), "{rows:?}");
    receiver.does(|_, _| Does::Take);
    let first = rows.last().unwrap()["number"].as_str().unwrap();
    let one = care(&origin, Method::POST, &format!("{}/deliveries/{first}/replay", path(&hook)), None).await;
    assert_eq!((one.status, &one.body["replayed"]), (200, &json!(1)));
    receiver.until(|taken| taken.len() == 1).await;
    let twice = care(&origin, Method::POST, &format!("{}/deliveries/{first}/replay", path(&hook)), None).await;
    assert_eq!(twice.status, 404, "it is parked no longer");
    let rest = care(&origin, Method::POST, &format!("{}/replay", path(&hook)), None).await;
    assert_eq!((rest.status, &rest.body["replayed"]), (200, &json!(1)));
    let taken = receiver.until(|taken| taken.len() == 2).await;
    assert_each_once_in_order(&taken);
    assert_eq!(taken[0].id, rows.last().unwrap()["id"].as_str().unwrap(), "under the id that it had");
    app.stop().await;
}

/// Makes everything that waits have one try left.
async fn park_all(app: &TestApp) {
    use switchboard::domain::outbox::TRIES_MAX;
    use switchboard::store::{Batch, CommitError, outbox, record};
    loop {
        let (key, _) = outbox::targets(app.store()).unwrap().pop().unwrap();
        let mut batch = Batch::default();
        for found in outbox::waiting(app.store(), &key, None, 100).unwrap() {
            let mut old = found.record.clone();
            (old.refusals, old.not_before) = (TRIES_MAX - 1, None);
            record::update(&mut batch, &found, &old).unwrap();
        }
        match app.store().commit(batch).await {
            Ok(()) => return,
            Err(CommitError::Conflict { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_stuck_costs_another_one_nothing() {
    let (stuck, well) = (Receiver::doing(|_, _| Does::Stall).await, Receiver::start().await);
    let app = TestApp::start_in_world(
        |config| {
            quick(config);
            config.webhooks.timeout_ms = 60_000;
        },
        Parrot::world(None),
    )
    .await;
    let origin = origin(&app);
    let (held, free) = (hook(&origin, &stuck).await, hook(&origin, &well).await);
    for number in 0..20 {
        say(&origin, &format!("s{}", number % 4), "Hello").await;
    }
    let taken = well.until(|taken| taken.len() >= 24).await;
    assert_each_once_in_order(&taken);
    until(&origin, &free, |hook| hook["waiting"] == 0).await;
    until(&origin, &held, |hook| hook["waiting"] == 24).await;
    assert_eq!((stuck.taken().len(), stuck.refused().len()), (0, 1), "it is asked by one at a time");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed_and_a_babbler_is_not_read_to_the_end() {
    let elsewhere = Receiver::start().await;
    let to = format!("location: {}\r\n", elsewhere.url);
    let to: &'static str = Box::leak(to.into_boxed_str());
    let receiver =
        Receiver::doing(move |number, _| if number < 3 { Does::Status(302, to) } else { Does::Babble }).await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    say(&origin, "s1", "Hello").await;
    let taken = receiver.until(|taken| taken.len() >= 2).await;
    assert_each_once_in_order(&taken);
    until(&origin, &hook, |hook| hook["waiting"] == 0).await;
    let finished = deliveries(&origin, &hook, "finished").await;
    let text = finished[0]["last_attempt"]["text"].as_str().unwrap();
    assert!(text.len() <= 200 && text.starts_with("xxx"), "{text}");
    assert_eq!(elsewhere.taken().len() + elsewhere.refused().len(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_switched_off_and_gets_what_waits_when_it_is_switched_on() {
    let receiver = Receiver::doing(|_, _| Does::Status(410, "")).await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    say(&origin, "s1", "Hello").await;
    let off = until(&origin, &hook, |hook| hook["enabled"] == false).await;
    assert!(off["given_up"]["why"].as_str().unwrap().contains("410"), "{off}");
    let waiting = off["waiting"].as_u64().unwrap();
    assert!(waiting > 0);
    say(&origin, "s1", "While it is off").await;
    receiver.does(|_, _| Does::Take);
    let on = care(&origin, Method::PUT, &path(&hook), Some(json!({ "enabled": true }))).await;
    assert_eq!((on.status, &on.body["given_up"]), (200, &serde_json::Value::Null));
    say(&origin, "s1", "On again").await;
    let taken = receiver.until(|taken| taken.iter().any(|one| one.body["data"]["message"] == "On again")).await;
    assert_in_order(&taken);
    assert!(taken.iter().all(|one| one.body["data"]["message"] != "While it is off"));
    assert!(taken.windows(2).all(|pair| seq(&pair[0].body) < seq(&pair[1].body)));
    app.stop().await;
}
