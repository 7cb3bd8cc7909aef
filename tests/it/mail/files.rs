//! Files that come with mails stand with their message, and those of a message go with its mail.

use switchboard::channels::email::{Incoming, Limits};
use switchboard::domain::{Attachment, Body, Draft, MessageId, PersonName, UserId, Visitor};

use super::{header, mail, set_up};
use crate::support::app::TestApp;
use crate::support::dovecot::{Dovecot, SUPPORT};
use crate::support::rest::admin_token;
use crate::support::said::{messages, sessions_of, until_said, words_of};
use crate::support::smtp::SmtpPeer;

const JO: &str = "jo@example.test";

/// A picture of one dot.
const DOT: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A mail with a picture in its text, a list beside it, a program and a signature.
fn with_files(id: &str) -> String {
    let body = format!(
        "--b\nContent-Type: text/plain; charset=utf-8\n\nIt is broken, see below.\n\
         --b\nContent-Type: image/png; name=\"broken.png\"\nContent-Disposition: inline; filename=\"broken.png\"\nContent-ID: <p1@jo.test>\n\
         Content-Transfer-Encoding: base64\n\n{DOT}\n\
         --b\nContent-Type: text/csv\nContent-Disposition: attachment; filename=\"../orders.csv\"\n\na,b\n1,2\n\
         --b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"run.exe\"\n\nMZ this is none\n\
         --b\nContent-Type: application/pgp-signature; name=\"signature.asc\"\n\nnothing\n--b--"
    );
    let plain = mail(JO, id, "Broken", "", &body);
    plain.replace(
        "Content-Type: text/plain; charset=utf-8\n\n--b",
        "Content-Type: multipart/mixed; boundary=\"b\"\n\n--b",
    )
}

fn names(attachments: &[Attachment]) -> Vec<(&str, &str)> {
    attachments.iter().map(|file| (file.name.as_str(), file.media_type.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_mail_are_kept_once_and_those_of_an_agents_message_go_with_its_mail() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), &smtp.url())).await;
    dovecot.deliver(SUPPORT, [with_files("1@jo.test")]).await;
    until_said(&app, "it is taken", || words_of(&app, JO).len() == 1).await;
    let key = sessions_of(&app, JO).remove(0);
    let message = messages(&app, &key).remove(0);
    assert_eq!(message.body.as_str(), "It is broken, see below.");
    assert_eq!(names(&message.attachments), [("broken.png", "image/png"), ("orders.csv", "text/csv")]);
    let facts = message.metadata.clone().unwrap();
    assert_eq!(facts["email"]["attachments"].as_array().unwrap().len(), 4, "what is not kept is told: {facts}");
    let url = app.url(&format!("/api/console/sessions/{}/files/{}", key.session, message.attachments[1].id));
    let staff = admin_token(&app).await;
    let file = reqwest::Client::new().get(url).bearer_auth(staff).send().await.unwrap();
    assert_eq!(file.status(), 200);
    assert_eq!(file.text().await.unwrap().replace('\r', "").trim(), "a,b\n1,2");

    // The mailbox is made anew: the same mail brings no other files.
    dovecot.renumber().await;
    dovecot.deliver(SUPPORT, [mail(JO, "2@jo.test", "Other", "", "And another.")]).await;
    until_said(&app, "the next is taken", || words_of(&app, JO).len() == 2).await;
    assert_eq!(messages(&app, &key)[0].attachments, message.attachments);

    let agent =
        Visitor::Staff { user: UserId(uuid::Uuid::now_v7()), name: PersonName::parse("name", "Kim Lee").unwrap() };
    let body = Body::parse("text", "This one?").unwrap();
    let draft = Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body,
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: message.attachments.clone(),
    };
    app.sessions().post(&key, agent, None, draft).await.unwrap();
    let is_it = |mail: &String| header(mail, "Content-Type").starts_with("multipart/mixed");
    let sent = smtp.until(|sent| sent.iter().any(is_it)).await;
    let sent = sent.iter().find(|mail| is_it(mail)).unwrap();
    let read = Incoming::parse(sent.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read.body.as_str().trim(), "This one?");
    let files: Vec<(&str, u64)> =
        read.attachments.iter().map(|file| (file.name.as_str(), file.bytes.len() as u64)).collect();
    let kept: Vec<(&str, u64)> = message.attachments.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
    assert_eq!((files[0], files), (("broken.png", 70), kept));
}
