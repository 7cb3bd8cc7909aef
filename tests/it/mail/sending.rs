//! What goes out goes once, whatever the mail server does.

use switchboard::channels::email::{Incoming, Limits};
use switchboard::domain::{CustomerId, OrganizationId, SessionId, SessionKey};

use serde_json::{Value, json};

use super::{header, set_up, text};
use crate::support::app::TestApp;
use crate::support::rest::{Reply, customer_token, get, key_of, post, post_as, send};
use crate::support::said::{messages, sessions_of, words_of};
use crate::support::smtp::{Does, SmtpPeer};

const SEND: &str = "/api/channels/email/send";
const PROCESS: &str = "/api/channels/email/process";

async fn app(smtp: &SmtpPeer) -> TestApp {
    TestApp::start_with(|config| {
        set_up(config, "", &smtp.url());
        config.outbox.unclear_wait_s = 1;
    })
    .await
}

async fn mail_to(app: &TestApp, to: &str, text: &str) -> Reply {
    let body = json!({ "to": to, "subject": "Your order", "text": text });
    send(post(app, SEND).json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_once_wherever_the_connection_breaks() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let faults = ["220", "EHLO", "MAIL", "RCPT", "DATA"].map(Does::HangUp).into_iter().chain([Does::HangUpWithin]);
    for (number, fault) in faults.enumerate() {
        let (tried, name) = (smtp.tried(), format!("{fault:?}"));
        smtp.does(fault);
        let sent = mail_to(&app, &format!("p{number}@example.test"), "Hello").await;
        assert_eq!((sent.status, &sent.body["status"]), (200, &json!("sent")), "{}", sent.body);
        smtp.until_tried(tried + 2).await;
        smtp.does(Does::Take);
        let taken = smtp.until_taken(number + 1).await;
        assert_eq!(taken.len(), number + 1, "{name}");
    }
    let ids: std::collections::HashSet<String> = smtp.taken().iter().map(|mail| header(mail, "Message-ID")).collect();
    assert_eq!(ids.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_which_nobody_knows_whether_it_went_goes_again_under_the_same_id() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    smtp.does(Does::HangUp("."));
    assert_eq!(mail_to(&app, "jo@example.test", "Hello").await.status, 200);
    let first = smtp.until_taken(1).await.remove(0);
    smtp.does(Does::Take);
    let both = smtp.until_taken(2).await;
    assert_eq!(both[1], first, "the very same mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_is_tried_once_and_a_busy_server_until_it_takes_the_mail() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    smtp.does(Does::Say("RCPT", "550 5.1.1 no such user"));
    assert_eq!(mail_to(&app, "nobody@example.test", "Hello").await.status, 200);
    smtp.until_tried(1).await;
    smtp.does(Does::Say("RCPT", "450 4.2.0 greylisted"));
    assert_eq!(mail_to(&app, "jo@example.test", "Hello").await.status, 200);
    smtp.until_tried(2).await;
    smtp.does(Does::Say(".", "451 4.3.0 try again"));
    smtp.until_tried(3).await;
    smtp.does(Does::Take);
    let taken = smtp.until_taken(1).await;
    assert!(header(&taken[0], "To").contains("jo@example.test"), "{taken:?}");
    assert_eq!(mail_to(&app, "kim@example.test", "Hello").await.status, 200);
    assert_eq!(smtp.until_taken(2).await.len(), 2, "nobody waits for the one who is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_sends_and_processes_mails_in_one_conversation() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let body = json!({
        "to": "customer@example.test", "subject": "Your Support Request", "text": "Thank you for contacting us.",
        "html": "<p>Thank you for contacting us.</p>", "replyTo": "help@example.test", "threadId": "thread-1234567890",
    });
    let sent = send(post(&app, SEND).json(&body)).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    assert!(sent.body["messageId"].is_string() && sent.body["timestamp"].is_string(), "{}", sent.body);
    let mail = smtp.until_taken(1).await.remove(0);
    assert_eq!(header(&mail, "Subject"), "Your Support Request");
    assert_eq!(header(&mail, "Reply-To"), "<help@example.test>");
    assert!(text(&mail).contains("Thank you for contacting us."), "{mail}");
    let answer = json!({
        "from": "customer@example.test", "subject": "Re: Your Support Request", "threadId": "thread-1234567890",
        "text": "Thanks for your help. My order number is #12345.", "attachments": [],
    });
    let processed = send(post(&app, PROCESS).json(&answer)).await;
    assert_eq!((processed.status, &processed.body["status"]), (200, &json!("processed")), "{}", processed.body);
    assert_eq!(processed.body.as_object().unwrap().len(), 2, "{}", processed.body);
    assert_eq!(words_of(&app, "customer@example.test"), ["Thanks for your help. My order number is #12345."]);
    smtp.until_taken(2).await;
    let organization = OrganizationId::default_organization();
    let key = SessionKey { organization, session: SessionId::parse("thread-1234567890").unwrap() };
    let said = messages(&app, &key);
    assert_eq!(said[0].id.to_string(), sent.body["messageId"]);
    assert_eq!(said[1].id.to_string(), processed.body["messageId"]);
    let (found, _) = app
        .sessions()
        .slice_of_customer(&key.organization, &CustomerId::parse("customer@example.test").unwrap(), 0, 9)
        .unwrap();
    assert_eq!(found.len(), 1);
}

/// Contents as a program gives them.
fn base64(contents: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(contents)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_with_the_html_and_the_files_that_it_was_given() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let body = json!({
        "to": "jo@example.test", "subject": "Your order", "text": "It is on its way.",
        "html": "<p>It is <b>on its way</b>.</p><script>alert(1)</script>",
        "attachments": [{ "filename": "orders.csv", "content": base64("a,b\n1,2\n"), "contentType": "text/csv" }],
    });
    let sent = send(post(&app, SEND).json(&body)).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let mail = smtp.until_taken(1).await.remove(0);
    assert!(mail.contains("<p>It is <b>on its way</b>.</p>") && !mail.contains("alert"), "{mail}");
    let read = Incoming::parse(mail.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read.body.as_str().trim(), "It is on its way.");
    let files: Vec<_> = read.attachments.iter().map(|file| (file.name.as_str(), file.bytes.len())).collect();
    assert_eq!(files, [("orders.csv", 8)]);
    let key = sessions_of(&app, "jo@example.test").remove(0);
    assert_eq!(messages(&app, &key)[0].attachments[0].name.as_str(), "orders.csv", "it stands in the conversation");

    let answer = json!({
        "from": "jo@example.test", "subject": "Re: Your order", "threadId": key.session.as_str(),
        "attachments": [{ "name": "photo.txt", "content": base64("It is broken") }, "seen.pdf", { "filename": "old.pdf" }],
    });
    let processed = send(post(&app, PROCESS).json(&answer)).await;
    assert_eq!(processed.status, 200, "{}", processed.body);
    let message = messages(&app, &key).into_iter().find(|said| said.id.to_string() == processed.body["messageId"]);
    let message = message.unwrap();
    let kept: Vec<_> = message.attachments.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(kept, ["photo.txt"]);
    let facts = message.metadata.unwrap();
    assert_eq!(facts["email"]["attachments"], json!(["photo.txt", "seen.pdf", "old.pdf"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_kept_is_refused_by_name_and_nothing_is_sent() {
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| {
        set_up(config, "", &smtp.url());
        config.files.file_max_bytes = 1_024;
    })
    .await;
    let file = |content: &str| json!({ "filename": "a.txt", "content": content });
    let many: Vec<Value> = (0..11).map(|_| file("YQ==")).collect();
    for (path, attachments, field) in [
        (SEND, json!([{ "filename": "a.txt" }]), "attachments[0].content"),
        (SEND, json!([file("YQ=="), file("no base64!")]), "attachments[1].content"),
        (SEND, json!([file("")]), "attachments[0].content"),
        (SEND, json!([{ "filename": "a.txt", "content": "61", "encoding": "hex" }]), "attachments[0].encoding"),
        (
            SEND,
            json!([file(&base64("\u{7f}ELF\u{2}\u{1}\u{1}\0\0\0\0\0\0\0\0\0\u{3}\0>\0\u{1}\0\0\0"))]),
            "attachments",
        ),
        (SEND, json!(["a.txt"]), "attachments[0]"),
        (SEND, json!(many), "attachments"),
        (PROCESS, json!(many), "attachments"),
        (PROCESS, json!([7]), "attachments[0]"),
        (PROCESS, json!([file("no base64!")]), "attachments[0].content"),
    ] {
        let body = json!({
            "to": "jo@example.test", "from": "jo@example.test", "subject": "Hello", "text": "Hello",
            "attachments": attachments,
        });
        let refused = send(post(&app, path).json(&body)).await;
        let told = refused.body["error"].to_string();
        assert!(refused.status == 400 && told.contains(field), "{path} {field}: {} {}", refused.status, refused.body);
    }
    let large = json!([file("YQ=="), file(&base64(&"a".repeat(1_025)))]);
    let body = json!({ "to": "jo@example.test", "subject": "Hello", "text": "Hello", "attachments": large });
    let refused = send(post(&app, SEND).json(&body)).await;
    assert_eq!(refused.status, 413, "{}", refused.body);
    assert!(sessions_of(&app, "jo@example.test").is_empty(), "nothing was begun");
    assert!(smtp.taken().is_empty(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_staff_sends_and_what_is_wrong_is_named() {
    let smtp = SmtpPeer::start().await;
    let app = app(&smtp).await;
    let good = json!({ "to": "jo@example.test", "subject": "Hello", "text": "Hello" });
    let customer = customer_token(&app, "jo@example.test").await;
    let other = key_of(&app, "other", &["*"]).await;
    let changed = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    for path in [SEND, PROCESS, "/api/channels/email/listener/start", "/api/channels/email/listener/stop"] {
        assert_eq!(send(reqwest::Client::new().post(app.url(path)).json(&good)).await.status, 401, "{path}");
        assert_eq!(send(post_as(&app, &customer, path).json(&good)).await.status, 403, "{path}");
    }
    for (key, value) in [
        ("to", json!("nobody")),
        ("to", json!("a@b.test, c@d.test")),
        ("subject", json!("two\nlines")),
        ("text", json!(" ")),
        ("replyTo", json!("x")),
        ("threadId", json!("a b")),
    ] {
        let refused = send(post(&app, SEND).json(&changed(key, value.clone()))).await;
        assert_eq!(
            (refused.status, &refused.body["error"]["code"]),
            (400, &json!("invalid_request")),
            "{key} {value} {}",
            refused.body
        );
    }
    assert_eq!(send(post_as(&app, &other, SEND).json(&good)).await.status, 503, "another organization has no mail");
    assert_eq!(send(post(&app, "/api/channels/email/listener/start")).await.status, 503, "no mailbox is set up");
    assert_eq!(send(get(&app, "/api/channels/health")).await.body["dependencies"]["email"], "healthy");
    let nothing = TestApp::start().await;
    assert_eq!(send(post(&nothing, SEND).json(&good)).await.status, 503);
    assert_eq!(send(get(&nothing, "/api/channels/health")).await.body["dependencies"]["email"], "not_configured");
    let processed = json!({ "from": "Jo <jo@example.test>", "subject": "Hi", "html": "<p>Hello there</p>" });
    assert_eq!(send(post(&nothing, PROCESS).json(&processed)).await.status, 200);
    assert_eq!(words_of(&nothing, "jo@example.test"), ["Hello there"]);
    assert!(smtp.taken().is_empty(), "nothing was sent");
}
