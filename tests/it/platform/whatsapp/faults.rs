//! Whatever Meta answers: nothing is lost, nothing is sent twice, each session keeps its order, and other sessions go on.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use switchboard::app::World;
use switchboard::channels::FailureClass;
use switchboard::channels::failure::Scope;
use switchboard::clock::{Clock, SystemClock};
use switchboard::engine::channels::outward::Step;

use super::{ANN, origin, parrot, session_of, until, went};
use crate::support::app::TestApp;
use crate::support::clock::HandClock;
use crate::support::double::out_of_reach;
use crate::support::meta::{Asked, Does, Meta, NUMBER, TOKEN, bring, status, statuses, write};
use crate::support::rest::Parrot;
use crate::support::ways::until_way;

const BO: &str = "15550003333";
const FOUR_DAYS_MS: i64 = 4 * 24 * 60 * 60 * 1_000;

fn texts(sent: &[Asked]) -> Vec<&str> {
    sent.iter().map(Asked::text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_does_not_take_for_the_moment_goes_later_once_and_in_order() {
    let meta = Meta::doing(|number, _| match number {
        0 => Does::Refuse(429, "retry-after: 0\r\n", 130_429),
        1 => Does::Refuse(500, "", 131_000),
        2 => Does::Status(503),
        3 => Does::Refuse(200, "", 2),
        _ => Does::Take,
    })
    .await;
    let app = parrot(&meta).await;
    for number in 0..4 {
        write(&origin(&app), ANN, &format!("wamid.{number}"), &format!("{number}")).await;
        until(&app, &session_of(&app, ANN), |known| !known.is_empty()).await;
    }
    let key = session_of(&app, ANN);
    let mut sent = Vec::new();
    while !texts(&sent).concat().ends_with('3') {
        sent = meta.until_sent(sent.len() + 1).await;
    }
    assert_eq!(texts(&sent).join(" + "), "0 + 1 + 2 + 3", "bursts are answered together");
    until(&app, &key, went(sent.len())).await;
    assert_eq!(meta.asked().len(), sent.len() + 4);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_for_one_person_holds_that_person_only() {
    let full = Arc::new(AtomicBool::new(true));
    let is_full = Arc::clone(&full);
    let meta = Meta::doing(move |_, asked| match asked.body["to"].as_str() {
        Some(ANN) if is_full.load(Ordering::SeqCst) => Does::Refuse(400, "", 131_056),
        _ => Does::Take,
    })
    .await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "For Ann").await;
    meta.until_asked(1).await;
    write(&origin(&app), BO, "wamid.2", "For Bo").await;
    assert_eq!(texts(&meta.until_sent(1).await), ["For Bo"]);
    full.store(false, Ordering::SeqCst);
    assert_eq!(texts(&meta.until_sent(2).await), ["For Bo", "For Ann"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_will_never_take_is_set_aside_and_the_next_one_goes() {
    let meta = Meta::doing(|_, asked| match asked.text() {
        "Poison" => Does::Refuse(400, "", 131_026),
        _ => Does::Take,
    })
    .await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Poison").await;
    let key = session_of(&app, ANN);
    let known = until(&app, &key, |known| known.iter().any(|one| one.failure.is_some())).await.remove(0);
    assert_eq!((known.parts[0].step, known.failure.unwrap().class), (Step::Waiting, FailureClass::Permanent));
    write(&origin(&app), ANN, "wamid.2", "Behind it").await;
    assert_eq!(texts(&meta.until_sent(1).await), ["Behind it"]);
    assert_eq!(meta.asked().len(), 2, "it was tried once");
    app.stop().await;
}

/// Meta took it, and we do not know: its news tells, and nothing goes twice.
async fn news_tells(does: Does) {
    let doing = does.clone();
    let meta = Meta::doing(move |number, _| if number == 0 { doing.clone() } else { Does::Take }).await;
    let set_up = |config: &mut switchboard::config::Config| {
        meta.set_up(config);
        config.whatsapp.timeout_ms = 300;
        // Longer than anybody waits here: what is behind it goes by the news.
        config.outbox.unclear_wait_s = 1_800;
    };
    let app = TestApp::start_in_world(set_up, Parrot::world(None)).await;
    write(&origin(&app), ANN, "wamid.1", "First").await;
    let sent = meta.until_sent(1).await.remove(0);
    let key = session_of(&app, ANN);
    let unclear = |known: &[switchboard::engine::channels::outward::Dispatch]| {
        known.iter().any(|one| one.failure.as_ref().is_some_and(|failure| failure.class == FailureClass::Unclear))
    };
    let known = until(&app, &key, unclear).await.remove(0);
    assert!(matches!(known.parts[0].step, Step::Going { .. }), "{does:?}: {known:?}");
    until_way(&app, NUMBER, "out", "failing", "no answer").await;
    assert_eq!(bring(&origin(&app), &statuses(&json!([status(&sent.wamid, sent.ours(), "sent")]))).await.status, 200);
    write(&origin(&app), ANN, "wamid.2", "Second").await;
    let sent = meta.until_sent(2).await;
    assert_eq!(texts(&sent), ["First", "Second"], "{does:?}");
    let known = until(&app, &key, went(2)).await.remove(0);
    assert_eq!((known.parts[0].provider_id.as_deref(), known.failure), (Some(sent[0].wamid.as_str()), None));
    until_way(&app, NUMBER, "out", "working", "").await;
    assert_eq!(meta.asked().len(), 2, "{does:?}: each went once");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_without_a_word_is_known_by_its_news() {
    news_tells(Does::TakeAndStall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_with_half_a_word_is_known_by_its_news() {
    news_tells(Does::TakeAndCut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_with_a_word_that_is_reset_is_known_by_its_news() {
    news_tells(Does::TakeAndReset).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_with_another_word_is_known_by_its_news() {
    news_tells(Does::TakeAndBabble).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_news_it_goes_once_more_under_the_same_name() {
    let meta = Meta::doing(|number, _| if number == 0 { Does::Status(502) } else { Does::Take }).await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    let asked = meta.until_asked(2).await;
    assert_eq!((asked[0].ours(), &asked[0].body), (asked[1].ours(), &asked[1].body));
    until(&app, &session_of(&app, ANN), went(1)).await;
    assert_eq!(meta.sent().len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nobody_is_there_everything_waits() {
    let meta = Meta::start().await;
    // Nobody listens there: the port was given back.
    let nowhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let set_up = |config: &mut switchboard::config::Config| {
        meta.set_up(config);
        config.whatsapp.base_url = format!("http://{nowhere}/v25.0");
    };
    let app = TestApp::start_in_world(set_up, Parrot::world(None)).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    let key = session_of(&app, ANN);
    let known = until(&app, &key, |known| known.iter().any(|one| one.failure.is_some())).await.remove(0);
    assert_eq!(known.failure.unwrap().class, FailureClass::Retry);
    let base = meta.base.clone();
    let app = app.restart_in_world(move |config| config.whatsapp.base_url = base, Parrot::world(None)).await;
    assert_eq!(texts(&meta.until_sent(1).await), ["Hello"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_way_to_meta_by_tls_or_by_name_waits_and_goes_once() {
    let meta = Meta::start().await;
    for (number, base) in out_of_reach(&meta.base).iter().enumerate() {
        let set_up = |config: &mut switchboard::config::Config| {
            meta.set_up(config);
            config.whatsapp.base_url.clone_from(base);
        };
        let app = TestApp::start_in_world(set_up, Parrot::world(None)).await;
        write(&origin(&app), ANN, "wamid.1", "Hello").await;
        let key = session_of(&app, ANN);
        let known = until(&app, &key, |known| known.iter().any(|one| one.failure.is_some())).await.remove(0);
        assert_eq!(known.failure.unwrap().class, FailureClass::Retry, "{base}");
        until_way(&app, NUMBER, "out", "failing", "the provider fails for the moment").await;
        let mend = |config: &mut switchboard::config::Config| config.whatsapp.base_url.clone_from(&meta.base);
        let app = app.restart_in_world(mend, Parrot::world(None)).await;
        meta.until_sent(number + 1).await;
        until(&app, &key, went(1)).await;
        until_way(&app, NUMBER, "out", "working", "").await;
        assert_eq!(texts(&meta.asked()), vec!["Hello"; number + 1], "{base}: once");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn meta_is_left_alone_for_as_long_as_it_asks() {
    let meta = Meta::doing(|number, _| match number {
        0 => Does::Refuse(429, "retry-after: 2\r\n", 130_429),
        _ => Does::Take,
    })
    .await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    let key = session_of(&app, ANN);
    let known = until(&app, &key, |known| known.iter().any(|one| one.failure.is_some())).await.remove(0);
    let failure = known.failure.unwrap();
    assert_eq!((failure.class, failure.retry_after_s), (FailureClass::SlowDown(Scope::Number), Some(2)));
    let asked = meta.until_asked(2).await;
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(2), "{:?}", asked[1].at - asked[0].at);
    until(&app, &key, went(1)).await;
    assert_eq!((meta.asked().len(), meta.sent().len()), (2, 1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_stops_the_channel_and_with_the_right_one_everything_goes() {
    let meta = Meta::doing(|_, asked| if asked.token == TOKEN { Does::Take } else { Does::Refuse(401, "", 190) }).await;
    let set_up = |config: &mut switchboard::config::Config| {
        meta.set_up(config);
        config.whatsapp.access_token = SecretString::from("expired");
    };
    let app = TestApp::start_in_world(set_up, Parrot::world(None)).await;
    for (number, phone) in [ANN, BO].into_iter().enumerate() {
        write(&origin(&app), phone, &format!("wamid.{number}"), &format!("For {phone}")).await;
    }
    let key = session_of(&app, ANN);
    meta.until_asked(1).await;
    let mend = |config: &mut switchboard::config::Config| config.whatsapp.access_token = SecretString::from(TOKEN);
    let app = app.restart_in_world(mend, Parrot::world(None)).await;
    let sent = meta.until_sent(2).await;
    let different: HashSet<&str> = texts(&sent).into_iter().collect();
    assert_eq!(different.len(), 2);
    until(&app, &key, went(1)).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_expects_any_more_does_not_go_when_the_token_is_mended() {
    let meta = Meta::doing(|_, asked| if asked.token == TOKEN { Does::Take } else { Does::Refuse(401, "", 190) }).await;
    let set_up = |config: &mut switchboard::config::Config| {
        meta.set_up(config);
        config.whatsapp.access_token = SecretString::from("expired");
    };
    let app = TestApp::start_in_world(set_up, Parrot::world(None)).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_asked(1).await;
    let key = session_of(&app, ANN);
    until(&app, &key, |known| known.iter().any(|one| one.failure.is_some())).await;
    let mend = |config: &mut switchboard::config::Config| config.whatsapp.access_token = SecretString::from(TOKEN);
    let later = Arc::new(HandClock::at_ms(SystemClock.now().as_ms() + FOUR_DAYS_MS));
    let app = app.restart_in_world(mend, World { clock: later, ..Parrot::world(None) }).await;
    let too_old = |known: &[switchboard::engine::channels::outward::Dispatch]| {
        known.iter().any(|one| one.failure.as_ref().is_some_and(|failure| failure.class == FailureClass::TooOld))
    };
    until(&app, &key, too_old).await;
    assert!(meta.sent().is_empty());
    app.stop().await;
}
