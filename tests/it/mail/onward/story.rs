//! The whole way, with real mail servers: asked, proved, left, answered by mail, come back.

use serde_json::json;

use super::{JO, Page, code_of, goes_on, kim_says, until_settled, words};
use crate::mail::{header, mail, text};
use crate::support::app::TestApp;
use crate::support::dovecot::{Dovecot, PASSWORD, SUPPORT};
use crate::support::rest::{admin_token, get, get_as, post, send};
use crate::support::said::{sessions_of, until_said, words_of};
use crate::support::smtp::RealSmtp;

const STARTED: &str = "While you are away, replies also go to jo@example.test.";

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_page_is_answered_by_mail_and_answers_by_mail_in_the_same_conversation() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let Some(smtp) = RealSmtp::start(&dovecot) else { return };
    let app = TestApp::start_with(|config| goes_on(config, &dovecot.imap_url(), &smtp.url(PASSWORD), 1)).await;
    let config = send(get(&app, "/widget/config")).await.body;
    assert_eq!(config["email"], true);
    let mut page = Page::of(&app).await;
    let key = page.key();
    proves(&app, &dovecot, &smtp, &mut page).await;

    page.leaves();
    kim_says(&app, &key, "Kim here: we do.").await;
    let last = kim_says(&app, &key, "Shall I keep one for you?").await;
    smtp.until_delivered(2).await;
    let replies = dovecot.mails_of(JO);
    let reply = replies.iter().find(|mail| mail.contains("Kim here")).expect("the reply");
    assert!(text(reply).contains("Kim here: we do."), "{reply}");
    assert!(text(reply).contains("Shall I keep one for you?"), "what was said meanwhile is one mail: {reply}");
    assert!(text(reply).contains("Answer STOP"), "{reply}");
    assert!(header(reply, "Subject").starts_with("Your conversation with "), "{reply}");
    assert!(header(reply, "Reply-To").starts_with("<support+"), "{reply}");
    assert_eq!(until_settled(&app, last).await, "it went in one mail with what was said before it");

    // The answer lands in the same session, and the next one answers that mail.
    let ours = header(reply, "Message-ID");
    let answer = "Yes, please!\n\nOn Mon, 23 Nov 2026 at 10:00, Support <support@example.test> wrote:\n> Shall I?\n";
    let subject = format!("Re: {}", header(reply, "Subject"));
    let more = format!("In-Reply-To: {ours}\nReferences: {} {ours}\n", header(reply, "References"));
    dovecot.deliver(SUPPORT, [mail("Jo Doe <jo@example.test>", "a1@jo.test", &subject, &more, answer)]).await;
    until_said(&app, "the answer is in the session", || words(&app, &key).contains(&"Yes, please!".to_owned())).await;
    assert!(sessions_of(&app, JO).is_empty(), "it is no conversation of its own");
    kim_says(&app, &key, "It is yours.").await;
    smtp.until_delivered(3).await;
    let replies = dovecot.mails_of(JO);
    let reply = replies.iter().find(|mail| mail.contains("It is yours.")).expect("the second reply");
    assert_eq!(header(reply, "In-Reply-To"), "<a1@jo.test>");
    assert_eq!(header(reply, "Subject"), subject);

    // An answer by the signed address alone goes on too; whoever else has that address gets in nowhere.
    let signed = header(reply, "Reply-To");
    let bare = |from: &str, id: &str| {
        mail(from, id, "Teapots", "", "And a cup?").replace("To: support@example.test", &format!("To: {signed}"))
    };
    dovecot.deliver(SUPPORT, [bare("kim@example.test", "k1@kim.test")]).await;
    until_said(&app, "the stranger begins their own", || words_of(&app, "kim@example.test") == ["And a cup?"]).await;
    // Programs on the way change subjects: that leads nobody away.
    dovecot.deliver(SUPPORT, [bare(JO, "a2@jo.test")]).await;
    until_said(&app, "the address leads there", || words(&app, &key).contains(&"And a cup?".to_owned())).await;

    // A mail that answers nothing begins a conversation of its own: it is not silently the page's.
    dovecot.deliver(SUPPORT, [mail(JO, "n1@jo.test", "Another matter", "", "My bill is wrong.")]).await;
    until_said(&app, "the other matter", || words_of(&app, JO) == ["My bill is wrong."]).await;
    assert!(!words(&app, &key).contains(&"My bill is wrong.".to_owned()));

    // So does what a program brings of theirs, and of nobody else's.
    let bring = |from: &str, text: &str| {
        let mail = json!({ "from": from, "subject": subject, "text": text, "threadId": page.session });
        post(&app, "/api/channels/email/process").json(&mail)
    };
    assert_eq!(send(bring(JO, "By a program")).await.status, 200);
    assert!(words(&app, &key).contains(&"By a program".to_owned()));
    assert_eq!(send(bring("ann@example.test", "By a stranger")).await.status, 200);
    assert!(!words(&app, &key).contains(&"By a stranger".to_owned()));

    // The page shows all of it when the customer is back.
    page.comes_back().await;
    page.reads("Yes, please!").await;
    page.reads("It is yours.").await;
    page.reads("And a cup?").await;
}

/// Says something and proves Jo's address by the code that comes there.
async fn proves(app: &TestApp, dovecot: &Dovecot, smtp: &RealSmtp, page: &mut Page) {
    page.says("Do you sell blue teapots?").await;
    assert_eq!(page.standing().await, json!({ "offered": true, "asked": null, "proven": null }));
    let asked = page.asks("Jo@Example.test ").await;
    assert_eq!((asked.status, &asked.body["asked"]["address"]), (202, &json!(JO)), "{}", asked.body);
    smtp.until_delivered(1).await;
    let code = dovecot.mails_of(JO).remove(0);
    assert_eq!(header(&code, "Auto-Submitted"), "auto-generated");
    assert!(header(&code, "Subject").starts_with("Your code for the conversation with "), "{code}");
    assert!(!code.contains("teapot"), "nothing of the conversation goes to an address that is not proved: {code}");
    let proved = page.types(&code_of(&code)).await;
    assert_eq!((proved.status, &proved.body["proven"]["address"]), (200, &json!(JO)), "{}", proved.body);
    page.reads(STARTED).await;
    let path = format!("/api/console/sessions/{}/dispatches", page.session);
    let shown = send(get_as(app, &admin_token(app).await, &path)).await.body;
    assert_eq!(shown["email"]["address"], JO, "{shown}");
}
