//! The whole way: a mail to a real Dovecot is answered by the assistant through a real SMTP server, an agent takes over, and their reply is read
//! where the customer reads.

use std::sync::Arc;

use switchboard::channels::delivery::Delivery;
use switchboard::clock::SystemClock;
use switchboard::domain::{Author, Body, Draft, MessageId, Notice, PersonName, UserId, Visitor};

use switchboard::engine::channels::outward::{Dispatch, Dispatches};

use super::{header, mail, set_up, text};
use crate::support::app::TestApp;
use crate::support::dovecot::{Dovecot, PASSWORD, SUPPORT};
use crate::support::said::{messages, sessions_of, until_kept, until_said, words_of};
use crate::support::smtp::RealSmtp;

const JO: &str = "jo@example.test";

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_answered_by_the_assistant_and_then_by_an_agent_in_one_thread() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let Some(smtp) = RealSmtp::start(&dovecot) else { return };
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), &smtp.url(PASSWORD))).await;
    let hello = mail("Jo Doe <jo@example.test>", "m1@jo.test", "My order", "", "Hello, where is my order?");
    dovecot.deliver(SUPPORT, [hello]).await;
    smtp.until_delivered(1).await;
    let answer = dovecot.mails_of(JO).remove(0);
    assert_eq!(header(&answer, "In-Reply-To"), "<m1@jo.test>");
    assert_eq!(header(&answer, "References"), "<m1@jo.test>");
    assert_eq!(header(&answer, "Subject"), "Re: My order");
    assert_eq!(header(&answer, "Auto-Submitted"), "auto-replied");
    assert!(header(&answer, "From").contains("support@example.test"), "{answer}");
    assert!(header(&answer, "Reply-To").starts_with("<support+"), "{answer}");
    let key = sessions_of(&app, JO).remove(0);
    let said = messages(&app, &key).remove(1).body.as_str().to_owned();
    assert!(text(&answer).replace("=\n", "").contains(&said[..20]), "{answer}\n{said}");

    // The customer answers the answer; their program keeps no references but what it answers.
    let ours = header(&answer, "Message-ID");
    let more = format!("In-Reply-To: {ours}\n");
    let again = "It is number 12345.\n\nOn Mon, 23 Nov 2026 at 10:00, Support <support@example.test> wrote:\n> what is its number?\n";
    dovecot.deliver(SUPPORT, [mail("Jo Doe <jo@example.test>", "m2@jo.test", "Re: My order", &more, again)]).await;
    smtp.until_delivered(2).await;
    assert_eq!(words_of(&app, JO), ["Hello, where is my order?", "It is number 12345."]);
    assert_eq!(sessions_of(&app, JO).len(), 1);

    let agent =
        Visitor::Staff { user: UserId(uuid::Uuid::now_v7()), name: PersonName::parse("name", "Kim Lee").unwrap() };
    let body = Body::parse("text", "Kim here: it is on its way.").unwrap();
    let id = MessageId(uuid::Uuid::now_v7());
    let draft =
        Draft { id, body, client_id: None, metadata: None, quiet: false, sent_at: None, attachments: Vec::new() };
    app.sessions().post(&key, agent, None, draft).await.unwrap();
    smtp.until_delivered(3).await;
    let replies = dovecot.mails_of(JO);
    let reply = replies.iter().find(|mail| mail.contains("Kim here")).expect("the agent's reply");
    assert_eq!(header(reply, "In-Reply-To"), "<m2@jo.test>");
    assert_eq!(header(reply, "References"), format!("{ours} <m2@jo.test>"));
    assert_eq!(header(reply, "Auto-Submitted"), "");
    // A server tells that the first answer did not arrive after all.
    dovecot.deliver(SUPPORT, [report(&ours)]).await;
    let dispatches = Dispatches::new(app.store().clone(), Arc::new(SystemClock));
    let reaches = || dispatches.of_session(&key, 0, 10).unwrap().iter().map(Dispatch::reach).collect::<Vec<_>>();
    until_kept("the report is believed", || reaches().contains(&Some(Delivery::Failed))).await;
    assert_eq!(reaches().iter().filter(|reach| **reach == Some(Delivery::Failed)).count(), 1);
    // An answer by the signed address alone goes on too, and so does nobody else's.
    let signed = header(reply, "Reply-To");
    let bare = |from: &str, id: &str| {
        mail(from, id, "Order", "", "Thanks!").replace("To: support@example.test", &format!("To: {signed}"))
    };
    dovecot.deliver(SUPPORT, [bare("jo@example.test", "m3@jo.test"), bare("kim@example.test", "k1@kim.test")]).await;
    until_said(&app, "the last mails are taken", || {
        words_of(&app, JO).len() + words_of(&app, "kim@example.test").len() == 4
    })
    .await;
    assert_eq!(words_of(&app, "kim@example.test"), ["Thanks!"]);
    assert_eq!(sessions_of(&app, "kim@example.test").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_person_by_mail_is_told_so_once_and_not_that_they_are_in_a_queue() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let Some(smtp) = RealSmtp::start(&dovecot) else { return };
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), &smtp.url(PASSWORD))).await;
    let asks = mail("Jo <jo@example.test>", "p1@jo.test", "Hello", "", "I would like to talk to a person, please.");
    dovecot.deliver(SUPPORT, [asks]).await;
    smtp.until_delivered(1).await;
    let key = sessions_of(&app, JO).remove(0);
    let is_queued = || messages(&app, &key).iter().any(|message| message.author == Author::Notice(Notice::Queued));
    until_said(&app, "they are in the queue", is_queued).await;
    let agent =
        Visitor::Staff { user: UserId(uuid::Uuid::now_v7()), name: PersonName::parse("name", "Kim Lee").unwrap() };
    let (id, body) = (MessageId(uuid::Uuid::now_v7()), Body::parse("text", "Kim here.").unwrap());
    let draft =
        Draft { id, body, client_id: None, metadata: None, quiet: false, sent_at: None, attachments: Vec::new() };
    app.sessions().post(&key, agent, None, draft).await.unwrap();
    smtp.until_delivered(2).await;
    let mails = dovecot.mails_of(JO);
    assert!(mails.iter().all(|mail| !mail.contains("in the queue")), "{mails:?}");
    assert!(mails.iter().any(|mail| mail.contains("Kim here.")), "{mails:?}");
    // A server that took a mail has sent it on, as far as anybody is told.
    let dispatches = Dispatches::new(app.store().clone(), Arc::new(SystemClock));
    until_kept("both are sent", || {
        let known = dispatches.of_session(&key, 0, 10).unwrap();
        known.iter().map(Dispatch::reach).collect::<Vec<_>>() == [Some(Delivery::Sent); 2]
    })
    .await;
}

/// A report on a mail of ours (RFC 3464).
fn report(original: &str) -> String {
    format!(
        "From: MAILER-DAEMON@example.test\nTo: support@example.test\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <dsn@mx.test>\n\
         Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nIt did not arrive.\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; jo@example.test\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b\nContent-Type: text/rfc822-headers\n\n\
         From: support@example.test\nMessage-ID: {original}\nSubject: Re: My order\n\n--b--\n"
    )
}
