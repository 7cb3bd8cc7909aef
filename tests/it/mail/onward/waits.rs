//! Who is there, or has read it, gets no mail; who is not gets one, whatever happens to the process.

use std::sync::Arc;

use switchboard::app::World;
use switchboard::clock::Clock as _;
use switchboard::domain::Timestamp;
use switchboard::domain::outbox::{Delivery, Stage};

use super::{JO, Page, code_of, kim_says, replies, sends_only, until_settled, words};
use crate::mail::{header, text};
use crate::support::app::{Process, SECRETS_KEY, TestApp, test_config};
use crate::support::clock::HandClock;
use crate::support::dovecot::SUPPORT;
use crate::support::said::{until_kept, until_said};
use crate::support::smtp::{Does, SmtpPeer};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_the_page_does_not_go_by_mail() {
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| sends_only(config, &smtp.url(), 1)).await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    let seq = kim_says(&app, &page.key(), "Read at once").await;
    page.reads("Read at once").await;
    assert_eq!(until_settled(&app, seq).await, "the customer has read it on the page");
    // Back in the middle of the wait.
    page.leaves();
    let seq = kim_says(&app, &page.key(), "Read after all").await;
    page.comes_back().await;
    page.reads("Read after all").await;
    assert_eq!(until_settled(&app, seq).await, "the customer has read it on the page");
    assert_eq!(smtp.taken().len(), 1, "the code alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_is_waited_for_and_the_mail_goes_once_it_is_left_unread() {
    let smtp = SmtpPeer::start().await;
    let clock = Arc::new(HandClock::at("2026-11-23T10:00:00Z"));
    let world = World { clock: clock.clone(), ..World::default() };
    let app = TestApp::start_in_world(|config| sends_only(config, &smtp.url(), 1), world).await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    let key = page.key();
    let seq = kim_says(&app, &key, "Are you there?").await;
    let found = || replies(&app).into_iter().find(|found| found.seq == seq);
    let until_looked_after_at = async |text: &str| {
        let at = Timestamp::parse(text).unwrap();
        until_kept("it was looked at", || found().is_some_and(|found| found.not_before == Some(at))).await;
    };
    until_looked_after_at("2026-11-23T10:00:01Z").await;
    // It is looked at again and again, not too often, and held back; that is no try to send it.
    clock.forward_s(1);
    until_looked_after_at("2026-11-23T10:00:16Z").await;
    clock.forward_s(15);
    // What is said wakes the outbox; the page's clock goes on by hand.
    kim_says(&app, &key, "Hello?").await;
    until_looked_after_at("2026-11-23T10:00:31Z").await;
    assert_eq!(found().map(|found| (found.attempts, found.stage)), Some((0, Stage::Waiting)));
    assert_eq!(smtp.taken().len(), 1);
    page.leaves();
    while smtp.taken().len() < 2 {
        clock.forward_s(15);
        assert!(clock.now() < Timestamp::parse("2026-11-23T10:50:00Z").unwrap(), "nobody is there");
        kim_says(&app, &key, "Good-bye.").await;
        let is_through = |found: Delivery| found.stage != Stage::Waiting || found.not_before > Some(clock.now());
        until_kept("it was looked at", || found().is_none_or(is_through)).await;
    }
    let mails = smtp.until_taken(2).await;
    assert!(text(&mails[1]).contains("Are you there?"), "{}", mails[1]);
    until_settled(&app, seq).await;
    assert_eq!(smtp.taken().len(), 2);
}

/// What a server that may be killed is told.
fn settings(out: &str) -> [(&'static str, &str); 7] {
    [
        ("EMAIL__SMTP_URL", out),
        ("EMAIL__FROM", SUPPORT),
        ("EMAIL__ONWARD_AFTER_S", "2"),
        ("SECRETS__KEY", SECRETS_KEY),
        ("OUTBOX__PAUSE_MIN_MS", "20"),
        ("OUTBOX__PAUSE_MAX_MS", "200"),
        ("OUTBOX__UNCLEAR_WAIT_S", "1"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_between_an_answer_and_its_mail_lose_nothing_and_repeat_only_the_very_same_mail() {
    let smtp = SmtpPeer::start().await;
    let (data, out) = (tempfile::tempdir().unwrap(), smtp.url());
    let mut server = Process::start(&data.path().join("db"), &settings(&out)).await;
    // Before the code's mail went: its server is away.
    smtp.does(Does::HangUp("220"));
    let mut page = Page::open(&server.address()).await;
    assert_eq!(page.asks(JO).await.status, 202);
    smtp.until_tried(1).await;
    server.kill();
    smtp.does(Does::Take);
    server.start_again().await;
    let code = code_of(&smtp.until_taken(1).await[0]);
    assert_eq!(page.types(&code).await.status, 200, "the code outlives the kill");
    page.comes_back().await;
    // The assistant answers while nobody is there to read it; the process ends within the wait.
    page.says("Hello, I need help with my order").await;
    page.socket().wait_for(|frame| frame["type"] == "message" && frame["sender"] == "ai").await;
    page.leaves();
    server.kill();
    smtp.does(Does::SayNothing);
    server.start_again().await;
    smtp.until_taken(2).await;
    // The mail is there, and its answer is not: it is not known whether it went.
    server.kill();
    smtp.does(Does::Take);
    server.start_again().await;
    let mails = smtp.until_taken(3).await;
    assert_eq!(mails[1], mails[2], "what goes twice is the same mail");
    assert!(!header(&mails[1], "Message-ID").is_empty());
    server.terminate();
    let app = TestApp::start_on(test_config(), World::default(), data).await;
    let said = words(&app, &page.key());
    until_said(&app, "all is there", || said.iter().any(|text| text == "Hello, I need help with my order")).await;
    assert_eq!(smtp.taken().len(), 3);
}
