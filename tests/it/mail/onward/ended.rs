//! The end of it: by the page, by a mail that says so, by erasure.

use reqwest::Method;
use serde_json::json;
use switchboard::store::{Direction, KeyRange};

use super::{JO, Page, goes_on, kim_says, sends_only, until_settled, words};
use crate::mail::{header, mail};
use crate::support::app::TestApp;
use crate::support::dovecot::{Dovecot, SUPPORT};
use crate::support::rest::{admin_token, get_as, post_as, send};
use crate::support::said::{until_kept, until_said, words_of};
use crate::support::smtp::SmtpPeer;

const STOPPED: &str = "No more replies go to jo@example.test.";

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_it_on_the_page_gets_no_mail_not_even_what_waits_already() {
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| sends_only(config, &smtp.url(), 1)).await;
    let mut page = Page::of(&app).await;
    page.proves(&smtp).await;
    page.leaves();
    let seq = kim_says(&app, &page.key(), "It waits already").await;
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
