//! The proof: only the right code, once, in time, in the session that asked for it; and nobody is flooded.

use std::sync::Arc;

use reqwest::{Client as Http, Method};
use serde_json::json;
use switchboard::app::World;
use switchboard::domain::OrganizationId;
use switchboard::domain::outbox::{Delivery, Stage, Via};
use switchboard::engine::channels::email::{ASKS_PER_ADDRESS_MAX, ASKS_PER_SESSION_MAX};
use switchboard::store::{Direction, record};

use super::{JO, Page, code_of, kim_says, replies, sends_only};
use crate::mail::header;
use crate::support::app::{API_KEY, TestApp};
use crate::support::clock::HandClock;
use crate::support::rest::{get, key_of, send};
use crate::support::said::until_kept;
use crate::support::smtp::{Does, SmtpPeer};

async fn app(smtp: &SmtpPeer) -> TestApp {
    TestApp::start_with(|config| sends_only(config, &smtp.url(), 1)).await
}

/// Another code than this.
fn other_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_guessed_wrong_five_times_holds_no_longer() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let page = Page::of(&app).await;
    assert_eq!(page.types("123456").await.status, 400, "nobody asked");
    page.asks(JO).await;
    let code = code_of(&smtp.until_taken(1).await[0]);
    for bad in ["", "12345", "abcdef"] {
        assert_eq!(page.types(bad).await.status, 400, "no code, and no try");
    }
    let wrong = page.types(&other_than(&code)).await;
    assert_eq!((wrong.status, &wrong.body["error"]["code"]), (400, &json!("invalid_request")), "{}", wrong.body);
    for _ in 1..5 {
        assert_eq!(page.types(&other_than(&code)).await.status, 400);
    }
    let right = page.types(&code).await;
    assert_eq!((right.status, &right.body["error"]["message"]), (400, &wrong.body["error"]["message"]));
    assert_eq!(page.standing().await["proven"], json!(null));
    // A new one does, and the old one does not.
    page.asks(JO).await;
    let fresh = code_of(&smtp.until_taken(2).await[1]);
    assert_ne!(fresh, code);
    assert_eq!(page.types(&code).await.status, 400);
    assert_eq!(page.types(&format!(" {}-{} ", &fresh[..3], &fresh[3..])).await.status, 200);
    assert_eq!(page.types(&fresh).await.status, 400, "it counts once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_of_no_use_in_another_session_or_organization_or_to_anybody_but_the_customer() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let (page, other) = (Page::of(&app).await, Page::of(&app).await);
    page.asks(JO).await;
    let code = code_of(&smtp.until_taken(1).await[0]);
    assert_eq!(other.types(&code).await.status, 400, "it asked for nothing");
    other.asks(JO).await;
    let others = code_of(&smtp.until_taken(2).await[1]);
    assert_ne!(code, others);
    assert_eq!(other.types(&code).await.status, 400);
    assert_eq!(page.types(&others).await.status, 400);
    // Knowing the session is not being its customer.
    let path = format!("/api/core/sessions/{}/email/code", page.session);
    let with =
        |name: &str, value: &str| Http::new().post(app.url(&path)).header(name, value).json(&json!({ "code": code }));
    assert_eq!(send(with("x-session-secret", &other.secret)).await.status, 404);
    assert_eq!(send(with("x-other", "1")).await.status, 401);
    assert_eq!(send(with("x-api-key", API_KEY)).await.status, 403, "a program is not the customer");
    let acme = key_of(&app, "acme", &["conversations:read", "conversations:write"]).await;
    assert_eq!(send(with("x-api-key", &acme)).await.status, 404);
    let elsewhere = Http::new().post(app.url(&format!("{path}?organization=acme")));
    let elsewhere = elsewhere.header("x-session-secret", &page.secret).json(&json!({ "code": code }));
    assert_eq!(send(elsewhere).await.status, 404);
    assert_eq!(page.types(&code).await.status, 200, "none of that used it up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_too_old_holds_no_longer() {
    let smtp = SmtpPeer::start().await;
    let clock = Arc::new(HandClock::at("2026-11-23T10:00:00Z"));
    let world = World { clock: clock.clone(), ..World::default() };
    let app = TestApp::start_in_world(|config| sends_only(config, &smtp.url(), 1), world).await;
    let page = Page::of(&app).await;
    page.asks(JO).await;
    let code = code_of(&smtp.until_taken(1).await[0]);
    clock.forward_s(15 * 60);
    assert_eq!(page.types(&code).await.status, 400);
    assert_eq!(page.standing().await["asked"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_to_an_address_before_it_is_proved() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let mut page = Page::of(&app).await;
    page.asks(JO).await;
    smtp.until_taken(1).await;
    page.leaves();
    kim_says(&app, &page.key(), "A secret of the conversation").await;
    // Another one's mail goes meanwhile: the outbox was at it.
    let other = Page::of(&app).await;
    other.asks("ann@example.test").await;
    let mails = smtp.until_taken(2).await;
    assert!(mails.iter().all(|mail| !mail.contains("secret of")));
    assert!(replies(&app).is_empty(), "nothing waits for it either");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_session_nor_an_address_is_flooded_and_nobody_is_told_whose_it_is() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let page = Page::of(&app).await;
    let mut taken = 0;
    for n in 0..ASKS_PER_SESSION_MAX {
        assert_eq!(page.asks(&format!("p{n}@example.test")).await.status, 202);
        taken += 1;
        smtp.until_taken(taken).await;
    }
    let refused = page.asks("one-more@example.test").await;
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    // Many sessions, one address: each is told the same, and the address gets so many mails.
    let mut answers = Vec::new();
    let mut last = None;
    for _ in 0..ASKS_PER_ADDRESS_MAX + 2 {
        let page = Page::of(&app).await;
        let mut reply = page.asks(JO).await;
        reply.body["asked"]["until"].take();
        answers.push((reply.status, reply.body));
        last = Some(page);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let sentinel = Page::of(&app).await;
    sentinel.asks("ann@example.test").await;
    let to = |mails: &[String], address: &str| mails.iter().filter(|mail| header(mail, "To").contains(address)).count();
    let mails = smtp.until(|mails| to(mails, "ann@example.test") == 1).await;
    assert_eq!(to(&mails, JO), ASKS_PER_ADDRESS_MAX as usize);
    // Where no code went none holds.
    let last = last.unwrap();
    for mail in mails.iter().filter(|mail| header(mail, "To").contains(JO)) {
        assert_eq!(last.types(&code_of(mail)).await.status, 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_not_flooded_by_what_stands_behind_its_plus() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    for n in 0..ASKS_PER_ADDRESS_MAX + 2 {
        assert_eq!(Page::of(&app).await.asks(&format!("jo+{n}@example.test")).await.status, 202);
    }
    assert_eq!(Page::of(&app).await.asks("ann@example.test").await.status, 202);
    let to = |mails: &[String], who: &str| mails.iter().filter(|mail| header(mail, "To").contains(who)).count();
    let mails = smtp.until(|mails| to(mails, "ann@") == 1).await;
    assert_eq!(to(&mails, "jo+"), ASKS_PER_ADDRESS_MAX as usize);
}

/// What the outbox has of codes.
fn codes(app: &TestApp) -> Vec<Delivery> {
    let organization = OrganizationId::default_organization();
    let all = record::all::<Delivery>(app.store(), &organization, None, 1_000, Direction::Forward).unwrap().items;
    all.into_iter().map(|found| found.record).filter(|found| found.via == Via::EmailCode).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_or_can_get_no_mail_is_said_so() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let page = Page::of(&app).await;
    for bad in
        ["", "jo", "jo@localhost", "a b@example.test", "jo@example.test\r\nBcc: x@y.test", "support@example.test"]
    {
        let reply = page.asks(bad).await;
        assert_eq!(reply.status, 400, "{bad:?} {}", reply.body);
    }
    assert_eq!(page.request(Method::POST, "", Some(json!({}))).await.status, 400);
    // Nobody is told that there is no such address.
    smtp.does(Does::Say("RCPT", "550 no such user"));
    let mut asked = page.asks(JO).await;
    assert_eq!(asked.status, 202);
    smtp.until_tried(1).await;
    until_kept("it is settled", || codes(&app).iter().all(|code| code.stage != Stage::Waiting)).await;
    assert_eq!(page.standing().await, asked.body);
    asked.body["asked"]["until"].take();
    assert_eq!(asked.body, json!({ "offered": true, "asked": { "address": JO, "until": null }, "proven": null }));
    assert!(smtp.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_sends_mails_it_is_not_offered() {
    let app = TestApp::start().await;
    assert_eq!(send(get(&app, "/widget/config")).await.body["email"], false);
    let page = Page::of(&app).await;
    assert_eq!(page.standing().await["offered"], false);
    assert_eq!(page.asks(JO).await.status, 503);
    assert_eq!(page.types("123456").await.status, 503);
}
