//! Systems of an organization's own to which no way leads, whose answers break off, and who want to be left alone: a reply gets there once.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use switchboard::auth::SigningSecret;
use switchboard::channels::FailureClass;
use switchboard::channels::failure::{Failure, Scope};
use switchboard::domain::SessionKey;
use switchboard::engine::channels::outward::of_session;

use super::signed::{CHANNELS, channel, console, hello, signed_to, started, taking};
use super::signed_killed::{has_gone, session};
use crate::support::app::TestApp;
use crate::support::double::out_of_reach;
use crate::support::provider::{Does, Provider};
use crate::support::rest::send;
use crate::support::said::until_kept;
use crate::support::ways::until_way;

async fn brings(app: &TestApp, path: &str, secret: &SigningSecret) -> SessionKey {
    let brought = send(signed_to(&app.url(path), secret, "req-1", &hello("m1"), 0)).await;
    assert_eq!(brought.status, 200, "{}", brought.body);
    session(&brought)
}

/// Why the reply did not go, once it did not.
async fn failure(app: &TestApp, key: &SessionKey) -> Failure {
    let failure = || of_session(app.store(), key, 10).unwrap().into_iter().find_map(|found| found.record.failure);
    until_kept("it does not go", || failure().is_some()).await;
    failure().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_finds_no_way_by_tls_or_by_name_waits_and_goes_once() {
    for n in 0..2 {
        let receiver = Provider::doing(taking).await;
        let (app, url) = (started().await, &out_of_reach(&receiver.url)[n]);
        let (id, path, secret) = channel(&app, url).await;
        let key = brings(&app, &path, &secret).await;
        assert_eq!(failure(&app, &key).await.class, FailureClass::Retry, "{url}");
        until_way(&app, &id, "out", "failing", "the provider fails for the moment").await;
        let mended = Some(json!({ "reply_url": receiver.url }));
        assert_eq!(console(&app, Method::PUT, &format!("{CHANNELS}/{id}"), mended).await.status, 200);
        has_gone(&app, &key).await;
        until_way(&app, &id, "out", "working", "").await;
        assert_eq!(receiver.asked().len(), 1, "{url}");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_was_taken_with_a_word_that_breaks_off_or_is_reset_does_not_go_again() {
    for does in [Does::Half, Does::Reset] {
        let doing = does.clone();
        let receiver = Provider::doing(move |_, _| doing.clone()).await;
        let app = started().await;
        let (id, path, secret) = channel(&app, &receiver.url).await;
        let key = brings(&app, &path, &secret).await;
        has_gone(&app, &key).await;
        until_way(&app, &id, "out", "working", "").await;
        assert_eq!(receiver.asked().len(), 1, "{does:?}: its status says that it has it");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_is_left_alone_for_as_long_as_it_asks() {
    let receiver = Provider::doing(|number, request| match number {
        0 => Does::Answer(429, "retry-after: 2\r\n", String::new()),
        _ => taking(number, request),
    })
    .await;
    let app = started().await;
    let (_, path, secret) = channel(&app, &receiver.url).await;
    let key = brings(&app, &path, &secret).await;
    let failure = failure(&app, &key).await;
    assert_eq!((failure.class, failure.retry_after_s), (FailureClass::SlowDown(Scope::Number), Some(2)));
    has_gone(&app, &key).await;
    let asked = receiver.asked();
    assert_eq!((asked.len(), &asked[0].raw), (2, &asked[1].raw));
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(2), "{:?}", asked[1].at - asked[0].at);
    app.stop().await;
}
