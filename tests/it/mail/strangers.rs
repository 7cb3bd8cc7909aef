//! Nobody reads or writes in somebody else's name: whatever a mail asks for, and whatever session a program names.

use serde_json::{Value, json};
use switchboard::domain::{OrganizationId, SessionId, SessionKey};

use super::{header, mail, set_up};
use crate::support::app::TestApp;
use crate::support::dovecot::{Dovecot, SUPPORT};
use crate::support::rest::{post, send};
use crate::support::said::{messages, sessions_of, until_said, words_of};
use crate::support::smtp::SmtpPeer;

const SEND: &str = "/api/channels/email/send";
const PROCESS: &str = "/api/channels/email/process";

const ANN: &str = "ann@example.test";
const KIM: &str = "kim@example.test";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wishes_answers_elsewhere_gets_nobody_elses_conversation() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), &smtp.url())).await;
    // Kim writes, and wants the answers to go to Ann; then Kim goes on.
    let elsewhere = "Reply-To: Ann Lee <ann@example.test>\n";
    let again = "References: <k1@kim.test>\nIn-Reply-To: <k1@kim.test>\n";
    dovecot.deliver(SUPPORT, [mail(KIM, "k1@kim.test", "My data", elsewhere, "What do you know of me?")]).await;
    smtp.until_taken(1).await;
    dovecot.deliver(SUPPORT, [mail(KIM, "k2@kim.test", "Re: My data", again, "Tell me more.")]).await;
    let sent = smtp.until_taken(2).await;
    assert!(sent.iter().all(|mail| header(mail, "To").contains(KIM)), "{sent:?}");
    assert_eq!(words_of(&app, KIM), ["What do you know of me?", "Tell me more."]);
    assert_eq!(sessions_of(&app, KIM).len(), 1);
    assert!(sessions_of(&app, ANN).is_empty(), "Ann said nothing");

    // A mail to Ann goes to Ann, in a conversation of hers.
    let body = json!({ "to": ANN, "subject": "Hello Ann", "text": "For Ann alone." });
    assert_eq!(send(post(&app, SEND).json(&body)).await.status, 200);
    let sent = smtp.until_taken(3).await;
    assert!(header(&sent[2], "To").contains(ANN), "{sent:?}");
    assert_eq!(messages(&app, &sessions_of(&app, KIM)[0]).len(), 4);

    // Kim answers Ann's mail, whose id leaked, and asks for the answer.
    let ours = header(&sent[2], "Message-ID");
    let stolen = format!("References: {ours}\nReply-To: {KIM}\n");
    dovecot.deliver(SUPPORT, [mail(KIM, "k3@kim.test", "Re: Hello Ann", &stolen, "And what is new?")]).await;
    let sent = smtp.until_taken(4).await;
    assert!(header(&sent[3], "To").contains(KIM), "{sent:?}");
    assert!(words_of(&app, ANN).is_empty(), "it is no word of Ann's");
    // And a mail that says it is of Ann is answered to Ann only.
    dovecot.deliver(SUPPORT, [mail(ANN, "k4@kim.test", "Re: Hello Ann", &stolen, "It is me, Ann.")]).await;
    let sent = smtp.until_taken(5).await;
    assert!(header(&sent[4], "To").contains(ANN), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_can_not_let_a_stranger_into_a_session() {
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| set_up(config, "", &smtp.url())).await;
    let web = json!({ "message": { "text": "Hello" }, "userId": "web-1", "sessionId": "web-session-1",
        "metadata": { "email": "jo@example.test" } });
    let begun = send(post(&app, "/api/core/messages").json(&web)).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let key = SessionKey {
        organization: OrganizationId::default_organization(),
        session: SessionId::parse("web-session-1").unwrap(),
    };
    let before = messages(&app, &key).len();
    let mail = |from: &str| json!({ "from": from, "subject": "Hi", "text": "Let me in", "threadId": "web-session-1" });
    let processed = send(post(&app, PROCESS).json(&mail(KIM))).await;
    assert_eq!(processed.status, 200, "{}", processed.body);
    assert_eq!(messages(&app, &key).len(), before, "nothing was said there");
    let own = sessions_of(&app, KIM);
    assert_eq!(own.len(), 1);
    let facts = messages(&app, &own[0])[0].metadata.clone().unwrap();
    assert_eq!(facts["email"]["related"], json!("web-session-1"));
    let answered = smtp.until_taken(1).await;
    assert!(header(&answered[0], "To").contains(KIM), "{answered:?}");

    let out = |to: &str| json!({ "to": to, "subject": "Hi", "text": "For you", "threadId": "web-session-1" });
    let refused = send(post(&app, SEND).json(&out(KIM))).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &json!("invalid_request")), "{}", refused.body);
    assert!(refused.body["error"].to_string().contains("to"), "{}", refused.body);
    assert_eq!(messages(&app, &key).len(), before, "a refused mail leaves nothing behind");

    // Whoever is known by that address is no stranger.
    let sent = send(post(&app, SEND).json(&out("jo@example.test"))).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    assert!(header(&smtp.until_taken(2).await[1], "To").contains("jo@example.test"));
    assert_eq!(send(post(&app, PROCESS).json(&mail("jo@example.test"))).await.status, 200);
    until_said(&app, "it goes on", || messages(&app, &key).iter().any(|message| message.body.as_str() == "Let me in"))
        .await;
    // From then on the session is known by mail, and a stranger to it stays one.
    assert_eq!(send(post(&app, PROCESS).json(&mail(ANN))).await.status, 200);
    assert_eq!(words_of(&app, ANN), ["Let me in"]);
    assert_eq!(send(post(&app, SEND).json(&out(ANN))).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_sends_and_takes_one_mail() {
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| set_up(config, "", &smtp.url())).await;
    let asks = |path: &'static str, key: &'static str, body: Value| {
        let request = post(&app, path).header("Idempotency-Key", key).json(&body);
        async move { send(request).await }
    };
    let out = json!({ "to": "jo@example.test", "subject": "Your order", "text": "It is on its way." });
    let first = asks(SEND, "a", out.clone()).await;
    let again = asks(SEND, "a", out.clone()).await;
    assert_eq!((first.status, again.status), (200, 200), "{} {}", first.body, again.body);
    assert_eq!(first.body["messageId"], again.body["messageId"]);
    let other = json!({ "to": "jo@example.test", "subject": "Your order", "text": "It is not." });
    assert_eq!(asks(SEND, "a", other).await.status, 409);
    let keys = sessions_of(&app, "jo@example.test");
    assert_eq!((keys.len(), messages(&app, &keys[0]).len()), (1, 1));
    let came = json!({ "from": KIM, "subject": "Question", "text": "Where is it?" });
    let first = asks(PROCESS, "b", came.clone()).await;
    let again = asks(PROCESS, "b", came).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(words_of(&app, KIM), ["Where is it?"]);
    assert_eq!(smtp.until_taken(2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_another_mail_vanish_and_what_a_contact_form_sends_is_its_writers() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), &smtp.url())).await;
    // A program that gives all of its mails one id, and somebody who knows that of another's.
    let constant = |from: &str, text: &str| mail(from, "constant@form.test", "Hello", "", text);
    let form = mail(SUPPORT, "f1@form.test", "By the form", "Reply-To: Jo Doe <jo@example.test>\n", "I am Jo.");
    let first = constant(KIM, "Mine");
    dovecot.deliver(SUPPORT, [first.clone(), constant(ANN, "Hers"), constant(KIM, "Mine too"), first, form]).await;
    let jo = || words_of(&app, "jo@example.test");
    until_said(&app, "all are taken", || words_of(&app, KIM).len() + words_of(&app, ANN).len() + jo().len() == 4).await;
    assert_eq!(words_of(&app, KIM), ["Mine", "Mine too"], "the very same mail twice is one");
    assert_eq!((words_of(&app, ANN), jo()), (vec!["Hers".to_owned()], vec!["I am Jo.".to_owned()]));
    assert!(messages(&app, &sessions_of(&app, "jo@example.test")[0])[0].quiet, "no machine answers a form");
    let sent = smtp.until_taken(3).await;
    assert!(sent.iter().all(|mail| !header(mail, "To").contains("jo@")), "{sent:?}");

    // A mail under the id of one of ours is a loop, or somebody's who knows the id; ours leads where it led.
    let ours = header(sent.iter().find(|mail| header(mail, "To").contains(ANN)).unwrap(), "Message-ID");
    let bare = ours.trim_matches(['<', '>']);
    let stolen = mail(KIM, bare, "Re: Hello", "", "I am you.");
    let answer = mail(ANN, "a2@ann.test", "Re: Hello", &format!("In-Reply-To: {ours}\n"), "Thanks");
    dovecot.deliver(SUPPORT, [stolen, answer]).await;
    until_said(&app, "the answer is taken", || words_of(&app, ANN).len() == 2).await;
    assert_eq!(sessions_of(&app, ANN).len(), 1);
    assert_eq!(words_of(&app, KIM).len(), 2);
}
