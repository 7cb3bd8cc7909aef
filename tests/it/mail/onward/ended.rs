//! The end of it: by the page, by a mail that says so, by erasure.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use switchboard::config::MailboxSection;
use switchboard::domain::{OrganizationId, SessionId, SessionKey};
use switchboard::store::{Direction, KeyRange};

use super::{JO, Page, goes_on, kim_says, replies, sends_only, until_settled, words};
use crate::mail::{header, mail};
use crate::support::app::TestApp;
use crate::support::dovecot::{Dovecot, SUPPORT};
use crate::support::rest::{admin_token, get_as, key_of, post, post_as, send};
use crate::support::said::{until_kept, until_said, words_of};
use crate::support::smtp::SmtpPeer;
use crate::support::ws::Client;

const STOPPED: &str = "No more replies go to jo@example.test.";

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_it_on_the_page_gets_no_mail_not_even_what_waits_already() {
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| sends_only(config, &smtp.url(), 3)).await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    page.leaves();
    let seq = kim_says(&app, &page.key(), "It waits already").await;
    until_kept("it waits", || replies(&app).iter().any(|found| found.seq == seq)).await;
    assert_eq!(page.request(Method::DELETE, "", None).await.status, 204);
    assert_eq!(page.request(Method::DELETE, "", None).await.status, 204, "twice is once");
    assert_eq!(until_settled(&app, seq).await, "the customer wants no mails of it");
    assert_eq!(page.standing().await["proven"], json!(null));
    assert_eq!(words(&app, &page.key()).iter().filter(|text| *text == STOPPED).count(), 1);
    assert_eq!(smtp.taken().len(), 1);
    // They may begin again.
    page.proves(&smtp).await;
    kim_says(&app, &page.key(), "And back again").await;
    assert!(smtp.until_taken(3).await[2].contains("And back again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_stop_gets_no_more_mails_and_what_they_write_then_is_another_matter() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| goes_on(config, &dovecot.imap_url(), &smtp.url(), 1)).await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    page.leaves();
    let key = page.key();
    kim_says(&app, &key, "Hello from Kim").await;
    let reply = smtp.until_taken(2).await.remove(1);
    let more = format!("In-Reply-To: {}\n", header(&reply, "Message-ID"));
    let subject = format!("Re: {}", header(&reply, "Subject"));
    dovecot.deliver(SUPPORT, [mail(JO, "s1@jo.test", &subject, &more, "STOP")]).await;
    until_said(&app, "it is obeyed", || words(&app, &key).contains(&STOPPED.to_owned())).await;
    kim_says(&app, &key, "Nobody gets this by mail").await;
    dovecot.deliver(SUPPORT, [mail(JO, "s2@jo.test", &subject, &more, "Are you still there?")]).await;
    until_said(&app, "it is a conversation of its own", || words_of(&app, JO) == ["Are you still there?"]).await;
    let mails = smtp.until_taken(3).await;
    assert_eq!(header(&mails[2], "In-Reply-To"), "<s2@jo.test>", "the other conversation is answered");
    assert!(mails.iter().all(|mail| !mail.contains("Nobody gets this by mail")));
}

const SEND: &str = "/api/channels/email/send";
const PROCESS: &str = "/api/channels/email/process";

#[tokio::test(flavor = "multi_thread")]
async fn a_program_reaches_who_stopped_it_at_their_own_address_alone_until_they_say_stop_again() {
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| {
        sends_only(config, &smtp.url(), 1);
        config.email.mailboxes = vec![MailboxSection {
            organization: Some("clinic".to_owned()),
            smtp_url: SecretString::from(smtp.url()),
            from: "clinic@example.test".to_owned(),
            ..MailboxSection::default()
        }];
    })
    .await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    page.leaves();
    assert_eq!(page.request(Method::DELETE, "", None).await.status, 204);
    let (key, before) = (page.key(), words(&app, &page.key()));
    let mail = |to: &str, text: &str| json!({ "to": to, "subject": "Order", "text": text, "threadId": page.session });
    let refused = send(post(&app, SEND).json(&mail("ann@example.test", "Not for Ann"))).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    // Under the same id another organization has a conversation of its own.
    let clinic = key_of(&app, "clinic", &["*"]).await;
    let theirs = send(post_as(&app, &clinic, SEND).json(&mail(JO, "From the clinic"))).await;
    assert_eq!(theirs.status, 200, "{}", theirs.body);
    assert_eq!(words(&app, &key), before);

    let sent = send(post(&app, SEND).json(&mail(JO, "It is on its way"))).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let has = |mails: &[String], text: &str| mails.iter().any(|mail| mail.contains(text));
    assert!(has(&smtp.until_taken(3).await, "It is on its way"));
    assert!(words(&app, &key).contains(&"It is on its way".to_owned()));
    // Whoever is on the page is not known to be who is written to elsewhere.
    let elsewhere = json!({ "to": JO, "subject": "Order", "text": "Another matter" });
    assert_eq!(send(post(&app, SEND).json(&elsewhere)).await.status, 200);
    assert!(!words(&app, &key).contains(&"Another matter".to_owned()));
    smtp.until_taken(4).await;

    let stop = json!({ "from": JO, "subject": "Re: Order", "text": "STOP", "threadId": page.session });
    assert_eq!(send(post(&app, PROCESS).json(&stop)).await.status, 200);
    assert_eq!(words(&app, &key).iter().filter(|text| *text == STOPPED).count(), 2);
    let seq = kim_says(&app, &key, "Nobody gets this by mail").await;
    assert!(replies(&app).iter().all(|reply| reply.session != key.session || reply.seq < seq), "no mail is made of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_claims_to_be_somebody_gets_nothing_that_is_written_to_them() {
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| sends_only(config, &smtp.url(), 1)).await;
    let known = json!({ "message": { "text": "Hello" }, "userId": "jo", "metadata": { "email": JO } });
    assert_eq!(send(post(&app, "/api/core/messages").json(&known)).await.status, 200);
    for claimed in ["jo", JO] {
        let mut page = Client::connect(format!("ws://{}/ws?userId={claimed}&after=0", app.address())).await;
        let hello = page.wait_for_type("connection_established").await;
        let session = hello["sessionId"].as_str().unwrap();
        let key = SessionKey {
            organization: OrganizationId::default_organization(),
            session: SessionId::parse(session).unwrap(),
        };
        let out = json!({ "to": JO, "subject": "Order", "text": "For Jo alone", "threadId": session });
        let refused = send(post(&app, SEND).json(&out)).await;
        assert_eq!(refused.status, 400, "{claimed}: {}", refused.body);
        let came = json!({ "from": JO, "subject": "Order", "text": "I am Jo", "threadId": session });
        assert_eq!(send(post(&app, PROCESS).json(&came)).await.status, 200, "{claimed}");
        assert_eq!(words(&app, &key), [""; 0], "{claimed}");
    }
    assert_eq!(words_of(&app, JO), ["I am Jo", "I am Jo"], "in conversations of their own");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_customer_leaves_no_address_and_gets_no_mail() {
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| sends_only(config, &smtp.url(), 1)).await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    page.leaves();
    let admin = admin_token(&app).await;
    let visitor = format!("~{}", page.session);
    let exported = send(get_as(&app, &admin, &format!("/api/console/customers/{visitor}/export"))).await.body;
    assert!(exported.to_string().contains(JO), "{exported}");
    assert!(exported.to_string().contains("mail_onward"), "{exported}");
    kim_says(&app, &page.key(), "It never goes").await;
    let erase = post_as(&app, &admin, &format!("/api/console/customers/{visitor}/erase"));
    assert_eq!(send(erase.json(&json!({ "confirm": visitor }))).await.status, 202);
    let all = || app.store().scan(KeyRange::all(), usize::MAX, Direction::Forward).unwrap();
    let holds = |value: &[u8]| value.windows(JO.len()).any(|part| part == JO.as_bytes());
    until_kept("nothing of the address is there", || !all().iter().any(|(key, value)| holds(key) || holds(value)))
        .await;
    assert_eq!(smtp.taken().len(), 1, "the code alone");
    let gone = page.types("123456").await;
    assert_eq!(gone.status, 404);
}
