//! The whole way: a mail to a real Dovecot is answered by the assistant through a real SMTP server, an agent takes over, and their reply is read
//! where the customer reads.

use std::sync::Arc;

use switchboard::channels::delivery::Delivery;
use switchboard::clock::SystemClock;
use switchboard::domain::{Body, Draft, MessageId, PersonName, UserId, Visitor};

use switchboard::engine::channels::outward::{Dispatch, Dispatches};

use super::{header, mail, messages, sessions_of, set_up, text, until, words_of};
use crate::support::app::TestApp;
use crate::support::dovecot::{Dovecot, PASSWORD, SUPPORT};
use crate::support::smtp::RealSmtp;

const JO: &str = "jo@example.test";

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_answered_by_the_assistant_and_then_by_an_agent_in_one_thread() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let Some(smtp) = RealSmtp::start(&dovecot) else { return };
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), &smtp.url(PASSWORD))).await;
    let hello = mail("Jo Doe <jo@example.test>", "m1@jo.test", "My order", "", "Hello, where is my order?");
    dovecot.deliver(SUPPORT, [hello]).await;
    let answer = dovecot.until_mails(JO, 1).await.remove(0);
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
    dovecot.until_mails(JO, 2).await;
    assert_eq!(words_of(&app, JO), ["Hello, where is my order?", "It is number 12345."]);
    assert_eq!(sessions_of(&app, JO).len(), 1);

    let agent =
        Visitor::Staff { user: UserId(uuid::Uuid::now_v7()), name: PersonName::parse("name", "Kim Lee").unwrap() };
    let body = Body::parse("text", "Kim here: it is on its way.").unwrap();
    let id = MessageId(uuid::Uuid::now_v7());
    let draft =
        Draft { id, body, client_id: None, metadata: None, quiet: false, sent_at: None, attachments: Vec::new() };
    app.sessions().post(&key, agent, None, draft).await.unwrap();
    let replies = dovecot.until_mails(JO, 3).await;
    let reply = replies.iter().find(|mail| mail.contains("Kim here")).expect("the agent's reply");
    assert_eq!(header(reply, "In-Reply-To"), "<m2@jo.test>");
    assert_eq!(header(reply, "References"), format!("{ours} <m2@jo.test>"));
    assert_eq!(header(reply, "Auto-Submitted"), "");
    // A server tells that the first answer did not arrive after all.
    dovecot.deliver(SUPPORT, [report(&ours)]).await;
    let dispatches = Dispatches::new(app.store().clone(), Arc::new(SystemClock));
    let reaches = || dispatches.of_session(&key, 0, 10).unwrap().iter().map(Dispatch::reach).collect::<Vec<_>>();
    until("the report is believed", || reaches().contains(&Some(Delivery::Failed))).await;
    assert_eq!(reaches().iter().filter(|reach| **reach == Some(Delivery::Failed)).count(), 1);
    // An answer by the signed address alone goes on too, and so does nobody else's.
    let signed = header(reply, "Reply-To");
    let bare = |from: &str, id: &str| {
        mail(from, id, "Order", "", "Thanks!").replace("To: support@example.test", &format!("To: {signed}"))
    };
    dovecot.deliver(SUPPORT, [bare("jo@example.test", "m3@jo.test"), bare("kim@example.test", "k1@kim.test")]).await;
    until("the last mails are taken", || words_of(&app, JO).len() + words_of(&app, "kim@example.test").len() == 4)
        .await;
    assert_eq!(words_of(&app, "kim@example.test"), ["Thanks!"]);
    assert_eq!(sessions_of(&app, "kim@example.test").len(), 1);
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
