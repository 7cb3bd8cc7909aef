//! No word of a mail, and no password, over a connection that others could read or answer.

use super::{mail, set_up, until_way};
use crate::support::app::TestApp;
use crate::support::certificates::Authority;
use crate::support::dovecot::{Dovecot, PASSWORD, SUPPORT};
use crate::support::imap::ImapPeer;
use crate::support::rest::{post, send};
use crate::support::said::{until_said, words_of};
use crate::support::smtp::{RealSmtp, SmtpPeer};

const START: &str = "/api/channels/email/listener/start";
const SEND: &str = "/api/channels/email/send";

async fn app(imap: &str, smtp: &str, authority: &str) -> TestApp {
    TestApp::start_with(|config| {
        set_up(config, imap, smtp);
        authority.clone_into(&mut config.email.ca_file);
    })
    .await
}

fn jo(n: usize) -> String {
    mail(&format!("p{n}@example.test"), &format!("{n}@tls.test"), "Hello", "", &format!("mail {n}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_read_by_tls_from_who_proves_to_be_it() {
    let Some(authority) = Authority::new() else { return };
    let Some(dovecot) = Dovecot::start_tls(&authority.of_another()).await else { return };
    dovecot.deliver(SUPPORT, [jo(0)]).await;
    let urls = [dovecot.imaps_url(), format!("{}?tls=starttls", dovecot.imap_url())];
    let mut apps = Vec::new();
    for url in &urls {
        let app = app(url, "", &authority.file()).await;
        until_way(&app, SUPPORT, "in", "failing", "the server's certificate is for another name").await;
        apps.push(app);
    }
    for (certificate, wrong) in [(authority.expired(), "has expired"), (authority.good(), "")] {
        dovecot.stop();
        dovecot.set_certificate(&certificate);
        dovecot.go().await;
        for app in &apps {
            assert_eq!(send(post(app, START)).await.status, 200);
            let state = if wrong.is_empty() { "working" } else { "failing" };
            until_way(app, SUPPORT, "in", state, wrong).await;
            let taken = words_of(app, "p0@example.test").len();
            assert_eq!(taken, usize::from(wrong.is_empty()), "nothing is read from who may be somebody else");
        }
    }
    for url in &urls {
        let app = app(url, "", "").await;
        until_way(&app, SUPPORT, "in", "failing", "an authority that is not trusted").await;
        assert!(words_of(&app, "p0@example.test").is_empty());
        let app = app.restart_with(|config| config.email.ca_file = authority.file()).await;
        until_said(&app, "it is read", || words_of(&app, "p0@example.test").len() == 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_goes_to_a_server_that_does_not_offer_encryption() {
    let imap = ImapPeer::start(Vec::new(), false).await;
    let smtp = SmtpPeer::start().await;
    let out = smtp.url().replace("smtp://", "smtp://support%40example.test:secret@");
    let app = app(&format!("{}?tls=starttls", imap.url()), &format!("{out}?tls=starttls"), "").await;
    until_way(&app, SUPPORT, "in", "failing", "the server refuses encryption (STARTTLS)").await;
    let heard = imap.heard();
    assert!(heard.iter().all(|command| command == "STARTTLS"), "{heard:?}");
    let body = serde_json::json!({ "to": "jo@example.test", "subject": "Hello", "text": "Hello" });
    assert_eq!(send(post(&app, SEND).json(&body)).await.status, 200);
    until_way(&app, SUPPORT, "out", "blocked", "the server offers no encryption (STARTTLS)").await;
    assert!(smtp.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_by_tls_to_who_proves_to_be_the_server() {
    let Some(authority) = Authority::new() else { return };
    let Some(dovecot) = Dovecot::start().await else { return };
    for (how, scheme) in [("tls", "smtps"), ("starttls", "smtp")] {
        let certificates = [
            (authority.of_another(), "is for another name"),
            (authority.expired(), "has expired"),
            (authority.good(), ""),
        ];
        for (certificate, wrong) in certificates {
            let Some(smtp) = RealSmtp::start_tls(&dovecot, how, &certificate) else { return };
            let url = smtp.url(PASSWORD).replace("smtp:", &format!("{scheme}:"));
            let url = if how == "tls" { url } else { format!("{url}?tls=starttls") };
            let app = app("", &url, &authority.file()).await;
            let body = serde_json::json!({ "to": "jo@example.test", "subject": "Hello", "text": "Hello" });
            assert_eq!(send(post(&app, SEND).json(&body)).await.status, 200);
            if wrong.is_empty() {
                smtp.until_delivered(1).await;
                let app = app.restart_with(|config| config.email.ca_file.clear()).await;
                assert_eq!(send(post(&app, SEND).json(&body)).await.status, 200);
                until_way(&app, SUPPORT, "out", "failing", "an authority that is not trusted").await;
            } else {
                until_way(&app, SUPPORT, "out", "failing", wrong).await;
                assert!(dovecot.mails_of("jo@example.test").len() <= 1);
            }
        }
    }
    assert_eq!(dovecot.mails_of("jo@example.test").len(), 2, "one by each way");
}

#[tokio::test]
async fn a_file_of_authorities_that_can_not_be_is_refused_at_the_start() {
    let mut config = crate::support::app::test_config();
    set_up(&mut config, "imaps://help%40shop.test:pw@mail.shop.test", "");
    config.email.ca_file = "/nowhere/ca.pem".to_owned();
    assert_eq!(config.email.settings().unwrap_err().to_string(), "configuration: email.ca_file can not be read");
}
