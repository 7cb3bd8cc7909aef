//! What answers do: a word that ends it, also where a program brings them.

use std::sync::Arc;

use reqwest::{Client as Http, Method};
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::clock::{Clock as _, SystemClock};
use switchboard::config::Config;
use switchboard::store::{Direction, KeyRange};

use super::{JO, Page, goes_on, kim_says, sends_only, until_settled, words};
use crate::mail::{header, mail, text};
use crate::support::app::TestApp;
use crate::support::clock::HandClock;
use crate::support::dovecot::{Dovecot, SUPPORT};
use crate::support::rest::{Reply, admin_token, get_as, post, send};
use crate::support::said::{until_kept, until_said, words_of};
use crate::support::smtp::SmtpPeer;

async fn app(smtp: &SmtpPeer) -> TestApp {
    TestApp::start_with(|config| sends_only(config, &smtp.url(), 1)).await
}

/// A program brings a mail of theirs into the page's conversation.
async fn brings(app: &TestApp, page: &Page, text: &str) -> Reply {
    let mail = json!({ "from": JO, "subject": "Re: ours", "text": text, "threadId": page.session });
    send(post(app, "/api/channels/email/process").json(&mail)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_is_obeyed_where_a_program_brings_it_and_an_ordinary_word_is_an_answer() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    page.leaves();
    let goes = kim_says(&app, &page.key(), "Cancel it, or keep it?").await;
    let mails = smtp.until_taken(2).await;
    assert!(text(&mails[1]).contains("Nobody reads answers to this mail"), "the mailbox is not read: {}", mails[1]);
    until_settled(&app, goes).await;
    for word in ["Cancel", "End", "Remove"] {
        assert_eq!(brings(&app, &page, word).await.status, 200);
        assert_eq!(page.standing().await["proven"]["address"], JO, "{word}");
    }
    assert_eq!(brings(&app, &page, "Stop.").await.status, 200);
    assert_eq!(page.standing().await["proven"], Value::Null);
    assert!(words(&app, &page.key()).contains(&"Stop.".to_owned()));
    let seq = kim_says(&app, &page.key(), "Nobody gets this by mail").await;
    until_kept("it is on the page", || words(&app, &page.key()).contains(&"Nobody gets this by mail".to_owned())).await;
    assert!(super::replies(&app).iter().all(|reply| reply.seq < seq), "no mail is made of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_stop_that_is_read_again_does_not_end_what_was_proved_since() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| goes_on(config, &dovecot.imap_url(), &smtp.url(), 1)).await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    page.leaves();
    let key = page.key();
    kim_says(&app, &key, "Hello from Kim").await;
    let ours = header(&smtp.until_taken(2).await[1], "Message-ID");
    let more = format!("In-Reply-To: {ours}\n");
    let of = |id: &str, text: &str| mail(JO, id, "[EXTERNAL] Re: changed on the way", &more, text);
    dovecot.deliver(SUPPORT, [of("a1@jo.test", "Remove")]).await;
    until_said(&app, "another subject leads there too", || words(&app, &key).contains(&"Remove".to_owned())).await;
    assert_eq!(page.standing().await["proven"]["address"], JO);
    let stop = of("s1@jo.test", "STOP");
    dovecot.deliver(SUPPORT, [stop.clone()]).await;
    let stopped = "No more replies go to jo@example.test.".to_owned();
    until_said(&app, "it is obeyed", || words(&app, &key).contains(&stopped)).await;
    page.proves(&smtp).await;
    dovecot.deliver(SUPPORT, [stop]).await;
    // A mail of somebody else's behind it: what came before was read.
    dovecot.deliver(SUPPORT, [mail("ann@example.test", "n1@ann.test", "New", "", "I am Ann")]).await;
    until_said(&app, "it was read", || words_of(&app, "ann@example.test") == ["I am Ann"]).await;
    assert_eq!(page.standing().await["proven"]["address"], JO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_was_written_before_the_proof_and_is_read_after_it_ends_nothing() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().plus_ms(-10_000).as_ms()));
    let world = World { clock: clock.clone(), ..World::default() };
    let settings = |config: &mut Config| goes_on(config, &dovecot.imap_url(), &smtp.url(), 1);
    let app = TestApp::start_in_world(settings, world).await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    page.leaves();
    kim_says(&app, &page.key(), "Hello from Kim").await;
    clock.forward_s(5);
    let ours = header(&smtp.until_taken(2).await[1], "Message-ID");
    assert_eq!(page.request(Method::DELETE, "", None).await.status, 204);
    // The mailbox has it for an hour before it is read, and meanwhile they prove the address once more.
    clock.forward_s(60 * 60);
    page.proves(&smtp).await;
    let stop = mail(JO, "s1@jo.test", "Re: ours", &format!("In-Reply-To: {ours}\n"), "STOP");
    dovecot.deliver(SUPPORT, [stop]).await;
    until_said(&app, "it is read", || words(&app, &page.key()).contains(&"STOP".to_owned())).await;
    dovecot.deliver(SUPPORT, [mail("ann@example.test", "n1@ann.test", "New", "", "I am Ann")]).await;
    until_said(&app, "what is behind it is read", || words_of(&app, "ann@example.test") == ["I am Ann"]).await;
    assert_eq!(page.standing().await["proven"]["address"], JO);
    kim_says(&app, &page.key(), "And by mail once more").await;
    clock.forward_s(5);
    let goes = || smtp.taken().iter().any(|mail| mail.contains("And by mail once more"));
    until_kept("it goes by mail", goes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_taken_away_is_not_noted_again_by_looking() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let page = Page::of(&app).await;
    page.proves(&smtp).await;
    let admin = admin_token(&app).await;
    let path = format!("/api/console/customers/~{}", page.session);
    let noted = || async { send(get_as(&app, &admin, &path)).await.body["email"].clone() };
    assert_eq!(noted().await, JO);
    let change = Http::new().patch(app.url(&path)).bearer_auth(&admin).json(&json!({ "email": null }));
    assert_eq!(send(change).await.body["email"], Value::Null);
    assert_eq!(page.standing().await["proven"]["address"], JO);
    assert_eq!(noted().await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_proved_is_forgotten_also_where_there_is_no_mailbox_any_more() {
    let smtp = SmtpPeer::start().await;
    let clock = Arc::new(HandClock::at("2026-11-23T10:00:00Z"));
    let world = || World { clock: clock.clone(), ..World::default() };
    let app = TestApp::start_in_world(|config| sends_only(config, &smtp.url(), 1), world()).await;
    let page = Page::of(&app).await;
    assert_eq!(page.asks(JO).await.status, 202);
    smtp.until_taken(1).await;
    clock.forward_s(2 * 60 * 60);
    let app = app.restart_in_world(|config| config.email.smtp_url = String::new().into(), world()).await;
    let kept = || {
        let all = app.store().scan(KeyRange::all(), usize::MAX, Direction::Forward).unwrap();
        all.into_iter().filter(|(key, _)| key.starts_with(b"mail_onward")).count()
    };
    until_kept("nothing is left of it", || kept() == 0).await;
}
