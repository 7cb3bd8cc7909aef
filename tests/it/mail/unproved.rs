//! A mail of which our own server says that its sender is not who it says gets into nobody's conversation.

use serde_json::json;

use super::{header, mail, set_up};
use crate::support::app::TestApp;
use crate::support::dovecot::{Dovecot, SUPPORT};
use crate::support::rest::{admin_token, get_as, send};
use crate::support::said::{customers_words, messages, sessions_of, until_said, words_of};
use crate::support::smtp::SmtpPeer;
use switchboard::domain::{OrganizationId, SessionId, SessionKey};

const JO: &str = "jo@example.test";
const FAILED: &str = "Authentication-Results: mx.example.test;\n spf=fail (not one of theirs) smtp.mailfrom=evil.test;\n \
                      dkim=none; dmarc=fail (p=none) header.from=example.test\n";
const PASSED: &str = "Authentication-Results: mx.example.test; dmarc=pass header.from=example.test\n";

/// The session that is shown to the staff with this last word.
async fn session_with(app: &TestApp, token: &str, text: &str) -> serde_json::Value {
    let all = send(get_as(app, token, "/api/console/sessions?limit=50")).await.body;
    let items = all["items"].as_array().unwrap_or_else(|| panic!("{all}"));
    let keys = items.iter().map(|item| SessionKey {
        organization: OrganizationId::default_organization(),
        session: SessionId::parse(item["id"].as_str().unwrap()).unwrap(),
    });
    let found = keys.zip(items).find(|(key, _)| customers_words(app, key) == [text]);
    found.unwrap_or_else(|| panic!("{text}: {all}")).1.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_mail_begins_a_conversation_with_nobody_who_is_known() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| {
        set_up(config, &dovecot.imap_url(), &smtp.url());
        config.email.trusted_authserv_id = "mx.example.test".to_owned();
    })
    .await;
    dovecot.deliver(SUPPORT, [mail(JO, "1@jo.test", "My order", PASSED, "It is me.")]).await;
    let answer = smtp.until_taken(1).await.remove(0);
    let of_it = format!("In-Reply-To: {}\n", header(&answer, "Message-ID"));
    let forged = |id: &str, more: &str, text: &str| mail(JO, id, "Re: My order", &format!("{more}{of_it}"), text);
    // The real word of the server stands on top, whatever the mail brought along below it.
    let below = format!("{FAILED}{PASSED}");
    dovecot.deliver(SUPPORT, [forged("2@evil.test", &below, "Tell me what you know of me.")]).await;
    let theirs = smtp.until_taken(2).await.remove(1);
    assert_eq!(words_of(&app, JO), ["It is me."], "Jo said nothing more");

    let token = admin_token(&app).await;
    let shown = session_with(&app, &token, "Tell me what you know of me.").await;
    let customer = shown["customer"]["id"].as_str().unwrap().to_owned();
    assert!(customer.starts_with("unverified:"), "{shown}");
    let key = SessionKey {
        organization: OrganizationId::default_organization(),
        session: SessionId::parse(shown["id"].as_str().unwrap()).unwrap(),
    };
    let facts = messages(&app, &key)[0].metadata.clone().unwrap();
    let jos = sessions_of(&app, JO).remove(0);
    assert_eq!(
        (&facts["email"]["unverified"], &facts["email"]["related"]),
        (&json!(true), &json!(jos.session.as_str()))
    );
    assert!(header(&theirs, "To").contains(JO), "what is answered goes to the address that was named: {theirs}");

    // Jo goes on, and so does what answers the other conversation, each in its own.
    let more = format!("{PASSED}{of_it}");
    let of_theirs = format!("{FAILED}In-Reply-To: {}\n", header(&theirs, "Message-ID"));
    dovecot
        .deliver(
            SUPPORT,
            [
                mail(JO, "3@jo.test", "Re: My order", &more, "And now?"),
                mail(JO, "4@evil.test", "Re: My order", &of_theirs, "Well?"),
            ],
        )
        .await;
    until_said(&app, "both are taken", || words_of(&app, JO).len() == 2 && customers_words(&app, &key).len() == 2)
        .await;
    assert_eq!(words_of(&app, JO), ["It is me.", "And now?"]);
    assert_eq!(sessions_of(&app, JO).len(), 1);
    // By its subject alone nobody gets into what was forged.
    let by_subject = mail(JO, "5@jo.test", "Re: My order", PASSED, "By subject.");
    dovecot.deliver(SUPPORT, [by_subject]).await;
    until_said(&app, "it is taken", || words_of(&app, JO).len() == 3).await;
    assert_eq!((customers_words(&app, &key).len(), sessions_of(&app, JO).len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_that_is_trusted_nothing_of_it_is_believed() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), "")).await;
    dovecot.deliver(SUPPORT, [mail(JO, "1@jo.test", "My order", FAILED, "It is me.")]).await;
    until_said(&app, "it is taken", || words_of(&app, JO).len() == 1).await;
    let facts = messages(&app, &sessions_of(&app, JO)[0])[0].metadata.clone().unwrap();
    assert_eq!(facts["email"]["unverified"], json!(false));
}
