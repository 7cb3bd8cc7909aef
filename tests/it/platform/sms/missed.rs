//! What Twilio called about while nobody answered is asked for, and counts once.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use switchboard::clock::{Clock, SystemClock};
use switchboard::domain::Author;
use switchboard::store::{Direction, KeyRange};

use super::{OURS, THEIRS, Twilio, dispatched, twilio, words, write};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::provider::Does;
use crate::support::rest::Parrot;
use crate::support::said::until_said;

pub(super) async fn started(provider: &Twilio) -> TestApp {
    let url = provider.server.url.clone();
    let set_up = |config: &mut switchboard::config::Config| {
        twilio(config, &url);
        config.sms.catch_up_s = 3_600;
    };
    TestApp::start_in_world(set_up, Parrot::world(None)).await
}

/// Waits until it is written down from when on what comes is asked for.
pub(super) async fn has_begun(app: &TestApp) {
    let begun = async {
        let kept = || app.store().scan(KeyRange::prefix("sms_caught_up/"), 1, Direction::Forward).unwrap();
        while kept().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, begun).await.expect("it is written down");
}

/// A message of the customer's as Twilio lists it, written so many seconds ago.
pub(super) fn listed(sid: &str, body: &str, ago_s: i64) -> Value {
    let at = jiff::Timestamp::from_millisecond(SystemClock.now().as_ms() - ago_s * 1_000).unwrap();
    json!({
        "sid": sid, "direction": "inbound", "status": "received", "body": body, "from": THEIRS, "to": OURS, "num_media": "0",
        "date_created": jiff::fmt::rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).unwrap(),
    })
}

fn bodies(provider: &Twilio) -> Vec<String> {
    provider.server.asked().iter().filter(|asked| asked.method == "POST").map(|asked| asked.field("Body")).collect()
}

#[tokio::test]
async fn what_was_written_while_nobody_answered_is_taken_once_and_in_order() {
    let provider = Twilio::start().await;
    let app = started(&provider).await;
    has_begun(&app).await;
    write(&app, "SM900", "Hello").await;
    provider.sent(1).await;
    provider.taken.lock().unwrap().splice(
        0..0,
        [
            listed("SM902", "Anybody?", 2),
            listed("SM901", "It is about my order", 3),
            listed("SM900", "Hello", 4),
            listed("SM800", "Long before this was set up", 3_000),
        ],
    );
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    let answered = |known: &[switchboard::engine::channels::outward::Dispatch]| {
        known.len() >= 2 && known.iter().all(|one| one.parts.iter().all(|part| part.provider_id.is_some()))
    };
    dispatched(&app, answered).await;
    let said = words(&app, |author| *author == Author::Customer);
    assert_eq!(said, ["Hello", "It is about my order", "Anybody?"]);
    assert!(bodies(&provider)[1..].join(" ").contains("Anybody?"), "{:?}", bodies(&provider));
    app.stop().await;
}

#[tokio::test]
async fn a_word_that_was_missed_is_obeyed_and_an_old_one_undoes_nothing() {
    let provider = Twilio::start().await;
    let app = started(&provider).await;
    has_begun(&app).await;
    // They came back, which was brought; that they had left before was not.
    write(&app, "SM901", "START").await;
    provider.taken.lock().unwrap().splice(0..0, [listed("SM901", "START", 60), listed("SM900", "STOP", 120)]);
    let failing = AtomicBool::new(true);
    let taken = provider.taken.clone();
    provider.server.does(move |_, request| {
        // Where it does not answer at first, nothing is passed over.
        if request.method == "GET" && failing.swap(false, Ordering::SeqCst) {
            return Does::Answer(503, "", String::new());
        }
        super::take(request, &taken, &std::sync::atomic::AtomicUsize::new(700))
    });
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    provider.server.until(|asked| asked.iter().any(|one| one.method == "GET")).await;
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    dispatched(&app, |_| words(&app, |author| *author == Author::Customer).len() == 2).await;
    write(&app, "SM902", "Are you there?").await;
    dispatched(&app, |known| known.iter().any(|one| one.parts[0].provider_id.is_some())).await;
    assert!(bodies(&provider).iter().any(|body| body == "Are you there?"), "{:?}", bodies(&provider));
    app.stop().await;
}

#[tokio::test]
async fn a_page_of_messages_that_are_as_long_as_they_may_be_is_read() {
    let provider = Twilio::start().await;
    let app = started(&provider).await;
    has_begun(&app).await;
    write(&app, "SM900", "Hello").await;
    provider.sent(1).await;
    let old = "\u{1f600}".repeat(1_600);
    let page = (0..199).map(|n| listed(&format!("SM1{n:03}"), &old, 3_000));
    let page = std::iter::once(listed("SM901", "Anybody?", 2)).chain(page);
    provider.taken.lock().unwrap().splice(0..0, page.collect::<Vec<_>>());
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    let said = || words(&app, |author| *author == Author::Customer);
    until_said(&app, "it is taken", || said().len() == 2).await;
    assert_eq!(said(), ["Hello", "Anybody?"]);
    app.stop().await;
}
