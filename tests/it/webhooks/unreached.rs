//! Receivers to which no way leads, whose answers break off, who want to be left alone, and who are away for an hour: all comes once and in order.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::clock::{Clock as _, SystemClock};
use switchboard::store::outbox;
use tokio::time::timeout;

use super::receiver::{Does, Receiver};
use super::{assert_each_once_in_order, care, deliveries, hook, hook_at, origin, path, quick, say, until};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::clock::HandClock;
use crate::support::double::out_of_reach;
use crate::support::rest::Parrot;
use crate::support::said::until_kept;

/// Messages of a usual hour here.
const USUAL: usize = 24;

/// The longest pause before a receiver that fails is asked again, with what chance adds to it, in seconds.
const PAUSE_MAX_S: u64 = 66;

/// What the first try of the first delivery that waits brought.
async fn tried(origin: &str, hook: &Value) -> Value {
    let tried = async {
        loop {
            let waiting = deliveries(origin, hook, "waiting").await;
            let tried = waiting.into_iter().find(|row| row["last_attempt"].is_object());
            if let Some(row) = tried {
                return row["last_attempt"].clone();
            }
        }
    };
    timeout(PATIENCE, tried).await.expect("it is tried")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_way_by_tls_or_by_name_waits_and_comes_once() {
    let receiver = Receiver::start().await;
    for (number, url) in out_of_reach(&receiver.url).iter().enumerate() {
        let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
        let origin = origin(&app);
        let hook = hook_at(&origin, url).await;
        say(&origin, &format!("s{number}"), "Hello").await;
        let tried = tried(&origin, &hook).await;
        assert_eq!((&tried["status"], &tried["text"]), (&Value::Null, &json!("no connection")), "{url}");
        let mended = care(&origin, Method::PUT, &path(&hook), Some(json!({ "url": receiver.url }))).await;
        assert_eq!(mended.status, 200, "{}", mended.body);
        until(&origin, &hook, |hook| hook["waiting"] == 0).await;
        assert_eq!(receiver.taken().len(), 2 * (number + 1), "{url}: the conversation and its message");
        app.stop().await;
    }
    assert_each_once_in_order(&receiver.taken());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_with_a_word_that_breaks_off_or_is_reset_does_not_come_again() {
    for does in [Does::Half, Does::Reset] {
        let doing = does.clone();
        let receiver = Receiver::doing(move |_, _| doing.clone()).await;
        let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
        let origin = origin(&app);
        let hook = hook(&origin, &receiver).await;
        say(&origin, "s1", "Hello").await;
        receiver.until(|taken| taken.len() >= 2).await;
        until(&origin, &hook, |hook| hook["waiting"] == 0).await;
        let finished = deliveries(&origin, &hook, "finished").await;
        assert!(finished.iter().all(|row| row["last_attempt"]["status"] == 200), "{does:?}: {finished:?}");
        assert_eq!(receiver.taken().len(), 2, "{does:?}");
        assert_each_once_in_order(&receiver.taken());
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_left_alone_for_as_long_as_it_asks() {
    let receiver = Receiver::doing(|number, _| match number {
        0 => Does::Status(429, "retry-after: 2\r\n"),
        _ => Does::Take,
    })
    .await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    say(&origin, "s1", "Hello").await;
    assert_eq!(tried(&origin, &hook).await["status"], 429);
    let (taken, refused) = (receiver.until(|taken| taken.len() >= 2).await, receiver.refused());
    assert_eq!((refused.len(), &refused[0].id), (1, &taken[0].id));
    let waited = taken[0].at - refused[0].at;
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
    assert_each_once_in_order(&taken);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_an_hour_without_a_receiver_under_ten_times_the_usual_load_comes_once_and_in_order() {
    const MINUTES: usize = 60;
    const SESSIONS: usize = 10 * USUAL / MINUTES;
    let receiver = Receiver::doing(|number, _| if number % 2 == 0 { Does::Status(503, "") } else { Does::Cut }).await;
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().as_ms()));
    let world = World { clock: Arc::clone(&clock) as _, ..Parrot::world(None) };
    let app = TestApp::start_in_world(|config| config.webhooks.private_addresses = true, world).await;
    let (origin, began) = (origin(&app), clock.now());
    let hook = hook(&origin, &receiver).await;
    let each_says = async |text: &str| {
        let sessions: Vec<String> = (0..SESSIONS).map(|session| format!("s{session}")).collect();
        join_all(sessions.iter().map(|session| say(&origin, session, text))).await;
    };
    for minute in 0..MINUTES {
        each_says(&format!("minute {minute}")).await;
        // Its one try of this minute is written down before the clock goes on.
        let tries = || {
            let (target, _) = outbox::targets(app.store()).unwrap().pop()?;
            let waiting = outbox::waiting(app.store(), &target, None, 2 * SESSIONS).unwrap();
            Some(waiting.iter().map(|found| found.record.attempts as usize).sum::<usize>())
        };
        until_kept("it is tried once a minute", || tries() == Some(minute + 1)).await;
        clock.forward_s(PAUSE_MAX_S + 1);
    }
    assert!(clock.now().since_ms(began) >= 60 * 60 * 1_000, "an hour has passed");
    assert_eq!((receiver.taken().len(), receiver.refused().len()), (0, MINUTES));
    receiver.does(|_, _| Does::Take);
    each_says("it is up").await;
    let all = SESSIONS * (1 + MINUTES + 1);
    let taken = receiver.until(|taken| taken.len() >= all).await;
    assert_each_once_in_order(&taken);
    until(&origin, &hook, |hook| hook["waiting"] == 0 && hook["parked"] == 0).await;
    assert_eq!(receiver.taken().len(), all, "nothing came once more");
    app.stop().await;
}
