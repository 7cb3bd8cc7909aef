//! A provider that stalls, breaks off, refuses and babbles: nothing is lost, nothing comes twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use switchboard::channels::FailureClass;
use switchboard::channels::delivery::Delivery;
use switchboard::channels::failure::Scope;

use super::{OURS, PUBLIC, TOKEN, Twilio, dispatched, tell, twilio, write, write_to};
use crate::support::app::{Process, TestApp};
use crate::support::double::out_of_reach;
use crate::support::provider::Does;
use crate::support::rest::Parrot;
use crate::support::ways::until_way;

async fn started(provider: &Twilio) -> TestApp {
    let url = provider.server.url.clone();
    TestApp::start_in_world(|config| twilio(config, &url), Parrot::world(None)).await
}

/// What Twilio took, the first first.
fn taken(provider: &Twilio) -> Vec<String> {
    let taken = provider.taken.lock().unwrap();
    taken.iter().rev().map(|sms| sms["body"].as_str().unwrap().to_owned()).collect()
}

/// A first message about which something goes wrong after Twilio has it; and a second one.
async fn is_looked_for_and_not_sent_again(fault: Does) {
    let provider = Twilio::start().await;
    provider.does(move |number| (number == 0).then(|| fault.clone()));
    let app = started(&provider).await;
    write(&app, "SM900", "First").await;
    provider.sent(1).await;
    until_way(&app, OURS, "out", "failing", "no answer").await;
    let known = dispatched(&app, |known| known.len() == 1 && known[0].parts[0].provider_id.is_some()).await;
    assert_eq!(known[0].reach(), Some(Delivery::Accepted));
    write(&app, "SM901", "Second").await;
    provider.sent(2).await;
    dispatched(&app, |known| known.len() == 2 && known[1].parts[0].provider_id.is_some()).await;
    assert_eq!(taken(&provider), ["First", "Second"]);
    until_way(&app, OURS, "out", "working", "").await;
}

#[tokio::test]
async fn a_message_whose_answer_does_not_come_is_looked_for_and_not_sent_again() {
    is_looked_for_and_not_sent_again(Does::Stall).await;
}

#[tokio::test]
async fn a_connection_that_ends_or_is_reset_in_the_answer_sends_nothing_twice() {
    tokio::join!(
        is_looked_for_and_not_sent_again(Does::Cut),
        is_looked_for_and_not_sent_again(Does::Half),
        is_looked_for_and_not_sent_again(Does::Reset),
    );
}

#[tokio::test]
async fn what_finds_no_way_to_the_provider_by_tls_or_by_name_waits_and_goes_once() {
    let provider = Twilio::start().await;
    let url = &provider.server.url;
    for (number, base) in out_of_reach(url).iter().enumerate() {
        let app = TestApp::start_in_world(|config| twilio(config, base), Parrot::world(None)).await;
        write(&app, "SM900", "Hello").await;
        let known = dispatched(&app, |known| known.iter().any(|one| one.failure.is_some())).await.remove(0);
        assert_eq!(known.failure.unwrap().class, FailureClass::Retry, "{base}");
        until_way(&app, OURS, "out", "failing", "the provider fails for the moment").await;
        let mend = |config: &mut switchboard::config::Config| config.sms.base_url.clone_from(url);
        let app = app.restart_in_world(mend, Parrot::world(None)).await;
        dispatched(&app, |known| known[0].parts[0].provider_id.is_some()).await;
        until_way(&app, OURS, "out", "working", "").await;
        assert_eq!(taken(&provider), vec!["Hello"; number + 1], "{base}: once");
        app.stop().await;
    }
}

#[tokio::test]
async fn the_provider_is_left_alone_for_as_long_as_it_asks() {
    let provider = Twilio::start().await;
    let wait = || Does::Answer(429, "retry-after: 2\r\n", String::new());
    provider.does(move |number| (number == 0).then(wait));
    let app = started(&provider).await;
    write(&app, "SM900", "Hello").await;
    let known = dispatched(&app, |known| known.iter().any(|one| one.failure.is_some())).await.remove(0);
    let failure = known.failure.unwrap();
    assert_eq!((failure.class, failure.retry_after_s), (FailureClass::SlowDown(Scope::Number), Some(2)));
    let sent = provider.sent(2).await;
    assert!(sent[1].at - sent[0].at >= Duration::from_secs(2), "{:?}", sent[1].at - sent[0].at);
    dispatched(&app, |known| known[0].parts[0].provider_id.is_some()).await;
    assert_eq!(taken(&provider), ["Hello"]);
}

#[tokio::test]
async fn a_refusal_that_passes_is_tried_again_and_a_mistake_is_not() {
    let provider = Twilio::start().await;
    let answer = |status, headers, body: &str| Some(Does::Answer(status, headers, body.to_owned()));
    provider.does(move |number| match number {
        0 => answer(500, "", "<html>sorry</html>"),
        1 => answer(503, "", ""),
        2 => answer(429, "retry-after: 1\r\n", "slow down"),
        4 => answer(400, "", "{\"code\":21211,\"message\":\"no number\",\"status\":400}"),
        _ => None,
    });
    let app = started(&provider).await;
    write(&app, "SM900", "First").await;
    let sent = provider.sent(4).await;
    assert!(sent.iter().all(|one| one.raw == sent[0].raw), "each try is the same request, under the same name");
    dispatched(&app, |known| known[0].parts[0].provider_id.is_some()).await;
    write(&app, "SM901", "Second").await;
    write(&app, "SM902", "Third").await;
    let known = dispatched(&app, |known| {
        known.last().is_some_and(|last| last.seq > known[0].seq && last.parts[0].provider_id.is_some())
    })
    .await;
    assert!(
        known.iter().filter_map(|known| known.failure.as_ref()).any(|failure| failure.code == Some(21_211)),
        "{known:?}"
    );
    assert_eq!(taken(&provider).first().map(String::as_str), Some("First"));
}

/// What `twilio` is as settings of a process.
fn settings(url: &str) -> Vec<(&str, &str)> {
    vec![
        ("SMS__PROVIDER", "twilio"),
        ("SMS__ACCOUNT", "AC1"),
        ("SMS__SECRET", TOKEN),
        ("SMS__FROM", OURS),
        ("SMS__PUBLIC_URL", PUBLIC),
        ("SMS__BASE_URL", url),
        ("SMS__TIMEOUT_MS", "60000"),
        ("OUTBOX__PAUSE_MIN_MS", "1"),
        ("OUTBOX__PAUSE_MAX_MS", "20"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_what_was_sent_and_what_was_written_down_sends_nothing_twice() {
    let data = tempfile::tempdir().unwrap();
    let provider = Twilio::start().await;
    let stalls = Arc::new(AtomicBool::new(true));
    let does = Arc::clone(&stalls);
    provider.does(move |_| does.load(Ordering::SeqCst).then_some(Does::Stall));
    let url = provider.server.url.clone();
    let mut server = Process::start(&data.path().join("db"), &settings(&url)).await;
    let origin = format!("http://{}", server.address());
    assert_eq!(write_to(&origin, "SM900", "Hello").await.0, 200);
    let first = provider.sent(1).await.remove(0);
    server.kill();
    stalls.store(false, Ordering::SeqCst);
    server.start_again().await;
    let news = [("MessageSid", "SM500"), ("MessageStatus", "delivered")];
    assert_eq!(tell(&origin, &first, &news).await, 200);
    assert_eq!(write_to(&origin, "SM900", "Hello").await.0, 200, "Twilio had no answer and brings it again");
    assert_eq!(write_to(&origin, "SM901", "Do you ship to France?").await.0, 200);
    let sent = provider.sent(2).await;
    assert_ne!(sent[0].field("StatusCallback"), sent[1].field("StatusCallback"), "the second is another message");
    assert_eq!(taken(&provider).len(), 2);
}
