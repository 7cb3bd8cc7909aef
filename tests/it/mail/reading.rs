//! What comes is taken whole and once, whatever happens to the mailbox, the connection, or the mails.

use std::sync::Arc;
use std::time::Instant;

use reqwest::Method;
use serde_json::json;
use switchboard::app::World;
use switchboard::clock::{Clock, SystemClock};
use switchboard::domain::Author;
use switchboard::store::{Direction, KeyRange};
use tokio::time::timeout;

use super::bad::{aside, listed, read_again};
use super::{email_health, header, mail, set_up, until_health, until_let_in};
use crate::support::app::{API_KEY, PATIENCE, TestApp};
use crate::support::clock::HandClock;
use crate::support::dovecot::{Dovecot, PASSWORD, SUPPORT, imap_url};
use crate::support::proxy::Proxy;
use crate::support::rest::{post, send};
use crate::support::said::{messages, sessions_of, until_kept, until_said, words_of};
use crate::support::smtp::SmtpPeer;

const JO: &str = "jo@example.test";
const START: &str = "/api/channels/email/listener/start";

/// Mails of as many people, one each.
fn mails(from: usize, until: usize) -> impl Iterator<Item = String> {
    (from..until)
        .map(|n| mail(&format!("p{n}@example.test"), &format!("{n}@many.test"), "Hello", "", &format!("mail {n}")))
}

fn assert_all_once(app: &TestApp, count: usize) {
    for n in 0..count {
        assert_eq!(words_of(app, &format!("p{n}@example.test")), [format!("mail {n}")]);
    }
}

/// Waits for mails of so many people, as long as it goes on.
async fn until_taken(app: &TestApp, count: usize) {
    for n in 0..count {
        until_said(app, "the next mail is taken", || !words_of(app, &format!("p{n}@example.test")).is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_waiting_mails_are_taken_once_each() {
    let Some(dovecot) = Dovecot::start().await else { return };
    dovecot.deliver(SUPPORT, mails(0, 1_000)).await;
    let began = Instant::now();
    let app = TestApp::start_in_world(
        |config| set_up(config, &dovecot.imap_url(), ""),
        crate::support::rest::Parrot::world(None),
    )
    .await;
    until_taken(&app, 1_000).await;
    println!("1000 mails taken in {:?}", began.elapsed());
    assert_all_once(&app, 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_thirty_days_without_the_server_everything_is_taken_once() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let (proxy, smtp) = (Proxy::start(dovecot.imap_port()).await, SmtpPeer::start().await);
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().as_ms()));
    let world = World { clock: clock.clone(), ..World::default() };
    let app = TestApp::start_in_world(|config| set_up(config, &imap_url(proxy.port()), &smtp.url()), world).await;
    dovecot.deliver(SUPPORT, mails(0, 1)).await;
    until_said(&app, "the first mail is taken", || words_of(&app, "p0@example.test").len() == 1).await;
    proxy.allow(0);
    proxy.sever();
    dovecot.deliver(SUPPORT, mails(1, 100)).await;
    proxy.until_ended(2).await;
    assert_eq!(email_health(&app).await, "unhealthy");
    clock.forward_s(30 * 24 * 60 * 60);
    dovecot.deliver(SUPPORT, mails(100, 150)).await;
    proxy.allow(usize::MAX);
    assert_eq!(send(post(&app, START)).await.status, 200);
    until_taken(&app, 150).await;
    assert_all_once(&app, 150);
    until_health(&app, "healthy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_anywhere_loses_and_doubles_nothing() {
    let Some(dovecot) = Dovecot::start().await else { return };
    dovecot.deliver(SUPPORT, mails(0, 4)).await;
    let proxy = Proxy::start(dovecot.imap_port()).await;
    proxy.allow_growing(61);
    let app = TestApp::start_with(|config| set_up(config, &imap_url(proxy.port()), "")).await;
    let is_taken = |n: &usize| !words_of(&app, &format!("p{n}@example.test")).is_empty();
    // One at which the connection was cut again and again at the same place may stand aside: it is not lost.
    let taken = || (0..4).filter(is_taken).count() + aside(&app) >= 4;
    let (mut ended, mut feed_end, mut cuts) = (proxy.ended(), app.store().feed_end(), 0);
    while !taken() {
        let further = async {
            tokio::select! {
                more = ended.wait_for(|ended| *ended > cuts) => drop(more.unwrap()),
                said = feed_end.changed() => said.unwrap(),
            }
        };
        timeout(PATIENCE, further).await.expect("a connection ends, or gets through");
        cuts = *ended.borrow();
        assert_eq!(send(post(&app, START)).await.status, 200);
        assert!(cuts < 500, "it does not come through");
    }
    assert!(cuts > 20, "only {cuts} cuts");
    proxy.allow(usize::MAX);
    for one in listed(&app, API_KEY).await {
        let read = read_again(&app, API_KEY, &one["id"]).await;
        assert_eq!(read.status, 204, "{}", read.body);
    }
    until_said(&app, "all are taken", || (0..4).all(|n| is_taken(&n))).await;
    assert_all_once(&app, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_with_new_numbers_is_read_again_without_doubles_and_what_was_erased_stays_so() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), "")).await;
    dovecot.deliver(SUPPORT, mails(0, 3)).await;
    dovecot.deliver(SUPPORT, [mail(JO, "e@jo.test", "Secret", "", "Forget this.")]).await;
    until_said(&app, "all are taken", || words_of(&app, JO).len() + words_of(&app, "p2@example.test").len() == 2).await;
    let path = format!("/api/console/customers/{JO}/erase");
    let request = reqwest::Client::new().request(Method::POST, app.url(&path)).bearer_auth(API_KEY);
    let asked = send(request.json(&json!({ "confirm": JO }))).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    until_kept("it is erased", || sessions_of(&app, JO).is_empty()).await;
    dovecot.renumber().await;
    assert_eq!(send(post(&app, START)).await.status, 200);
    // This one answers what was erased: a conversation of its own, without it.
    let more = "References: <e@jo.test>\n";
    dovecot
        .deliver(
            SUPPORT,
            [
                mail("kim@example.test", "n@kim.test", "New", "", "After it."),
                mail(JO, "f@jo.test", "Re: Secret", more, "Me again."),
            ],
        )
        .await;
    until_said(&app, "the new ones are taken", || {
        words_of(&app, "kim@example.test").len() + words_of(&app, JO).len() == 2
    })
    .await;
    assert_eq!(words_of(&app, JO), ["Me again."]);
    assert_all_once(&app, 3);
    let raw = app.store().scan(KeyRange::all(), usize::MAX, Direction::Forward).unwrap();
    let holds = |value: &[u8]| value.windows(12).any(|part| part == b"Forget this.");
    assert!(!raw.iter().any(|(_, value)| holds(value)), "something of what was erased is there still");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_blocks_the_way_in_until_it_is_mended() {
    let Some(dovecot) = Dovecot::start().await else { return };
    dovecot.set_password("another");
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), &smtp.url())).await;
    dovecot.deliver(SUPPORT, mails(0, 1)).await;
    until_health(&app, "unhealthy").await;
    dovecot.set_password(PASSWORD);
    until_let_in(&app).await;
    assert_eq!(words_of(&app, "p0@example.test").len(), 1);
    until_health(&app, "healthy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_are_not_answered_and_what_can_not_be_taken_stops_nobody() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| {
        set_up(config, &dovecot.imap_url(), &smtp.url());
        config.email.mail_max_mb = 1;
    })
    .await;
    let machine = |id: &str, more: &str| mail("jo@example.test", id, "Away", more, "I am away.");
    let large = mail(
        "ann@example.test",
        "large@ann.test",
        "Pictures",
        "",
        &"0123456789012345678901234567890123456789\n".repeat(40_000),
    );
    let nobody = "Subject: from nobody\nTo: support@example.test\nMessage-ID: <nobody@x.test>\n\nhello\n".to_owned();
    let bulk = "List-Id: <news.example.test>\nPrecedence: bulk\n";
    let batch = [
        machine("a1@jo.test", "Auto-Submitted: auto-replied\n"),
        machine("a2@jo.test", bulk),
        mail(SUPPORT, "own@example.test", "Loop", "", "I wrote this myself."),
        nobody,
        large,
        mail("kim@example.test", "k@kim.test", "Question", "", "Hello, where is my order?"),
    ];
    dovecot.deliver(SUPPORT, batch).await;
    let sent = smtp.until_taken(2).await;
    let to: Vec<String> = sent.iter().map(|mail| header(mail, "To")).collect();
    assert!(to.iter().all(|to| to.contains("kim@") || to.contains("ann@")), "{to:?}");
    assert_eq!(words_of(&app, JO), ["I am away.", "I am away."]);
    assert!(sessions_of(&app, SUPPORT).is_empty());
    let quiet = messages(&app, &sessions_of(&app, JO)[0]);
    assert!(quiet.iter().all(|message| message.quiet && message.author == Author::Customer), "{quiet:?}");
    let aside = app.store().count(KeyRange::prefix("mail_aside/"), 10).unwrap();
    assert_eq!(aside, 1, "the mail of nobody is kept and shown");
    let pictures = words_of(&app, "ann@example.test");
    assert!(pictures[0].starts_with("Pictures") && pictures[0].contains("too many to be read"), "{pictures:?}");
}
