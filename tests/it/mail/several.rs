//! Several mailboxes, of one organization and of others: each is read and answered by itself.

use secrecy::SecretString;
use switchboard::config::MailboxSection;
use switchboard::domain::{CustomerId, OrganizationId};
use switchboard::engine::channels::outward::{Step, of_session};

use super::{header, mail, set_up, until_health, until_let_in, until_way, way_as};
use crate::support::app::TestApp;
use crate::support::dovecot::{Dovecot, PASSWORD, SUPPORT};
use crate::support::rest::{key_of, post, post_as, send};
use crate::support::said::{sessions_of, until_kept, until_said, words_of};
use crate::support::smtp::SmtpPeer;

const JO: &str = "jo@example.test";
const SALES: &str = "ann@example.test";
const CLINIC: &str = "kim@example.test";
const START: &str = "/api/channels/email/listener/start";
const STOP: &str = "/api/channels/email/listener/stop";

/// Support and sales of the default organization, and the clinic's mailbox.
async fn app(dovecot: &Dovecot, smtp: &SmtpPeer) -> TestApp {
    let mailbox = |person: &str, organization: Option<&str>| MailboxSection {
        organization: organization.map(str::to_owned),
        imap_url: SecretString::from(dovecot.imap_url_of(person)),
        smtp_url: SecretString::from(smtp.url()),
        from: person.to_owned(),
        ..MailboxSection::default()
    };
    TestApp::start_with(|config| {
        set_up(config, &dovecot.imap_url(), &smtp.url());
        config.email.mailboxes = vec![mailbox(SALES, None), mailbox(CLINIC, Some("clinic"))];
    })
    .await
}

fn to(address: &str, id: &str, text: &str) -> String {
    mail(JO, id, "Hello", "", text).replace("To: support@example.test", &format!("To: {address}"))
}

/// How many sessions of Jo's another organization has.
fn sessions_at(app: &TestApp, organization: &str) -> usize {
    let organization = OrganizationId::parse(organization).unwrap();
    app.sessions().slice_of_customer(&organization, &CustomerId::parse(JO).unwrap(), 0, 10).unwrap().0.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_of_one_mailbox_disturbs_no_other_and_each_answers_its_own() {
    let Some(dovecot) = Dovecot::start().await else { return };
    dovecot.set_password("another");
    let smtp = SmtpPeer::start().await;
    let app = app(&dovecot, &smtp).await;
    dovecot.deliver(SUPPORT, [to(SUPPORT, "1@jo.test", "for support")]).await;
    dovecot.deliver(SALES, [to(SALES, "2@jo.test", "for sales")]).await;
    dovecot.deliver(CLINIC, [to(CLINIC, "3@jo.test", "for the clinic")]).await;
    until_way(&app, SUPPORT, "in", "blocked", "the server refuses the login").await;
    let answers = smtp.until_taken(2).await;
    let answer = |answers: &[String], id: &str| {
        let found = answers.iter().find(|answer| header(answer, "In-Reply-To") == format!("<{id}>"));
        header(found.unwrap_or_else(|| panic!("{id} is not answered")), "From")
    };
    assert!(answer(&answers, "2@jo.test").contains(SALES));
    assert!(answer(&answers, "3@jo.test").contains(CLINIC));
    assert_eq!((words_of(&app, JO), sessions_at(&app, "clinic")), (vec!["for sales".to_owned()], 1));
    until_way(&app, SALES, "in", "working", "").await;
    until_way(&app, SALES, "out", "working", "").await;
    until_health(&app, "unhealthy").await;

    dovecot.set_password(PASSWORD);
    let clinic = key_of(&app, "clinic", &["*"]).await;
    assert_eq!(send(post_as(&app, &clinic, START)).await.status, 200, "their own");
    until_let_in(&app).await;
    assert!(answer(&smtp.until_taken(3).await, "1@jo.test").contains(SUPPORT));
    until_health(&app, "healthy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_to_two_mailboxes_is_one_and_a_stop_is_of_ones_own_mailboxes() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let app = app(&dovecot, &smtp).await;
    let both = to(&format!("{SUPPORT}, {SALES}"), "1@jo.test", "for both");
    dovecot.deliver(SUPPORT, [both.clone()]).await;
    until_said(&app, "it is taken", || !words_of(&app, JO).is_empty()).await;
    dovecot.deliver(SALES, [both, to(SALES, "2@jo.test", "and more")]).await;
    until_said(&app, "the next is taken", || words_of(&app, JO).len() == 2).await;
    assert_eq!(words_of(&app, JO), ["for both", "and more"]);
    assert_eq!(sessions_of(&app, JO).len(), 2);

    // What one of our mailboxes writes to another is no customer's.
    let own = mail(SALES, "3@sales.test", "Forwarded", "", "one of us");
    dovecot.deliver(SUPPORT, [own, mail(JO, "4@jo.test", "Third", "", "after it")]).await;
    until_said(&app, "what is behind it is taken", || words_of(&app, JO).len() == 3).await;
    assert!(sessions_of(&app, SALES).is_empty());

    assert_eq!(send(post(&app, STOP)).await.status, 200);
    for account in [SUPPORT, SALES] {
        until_way(&app, account, "in", "stopped", "").await;
    }
    let clinic = key_of(&app, "clinic", &["*"]).await;
    assert_ne!(way_as(&app, &clinic, CLINIC, "in").await.0, "stopped");
    assert_eq!(way_as(&app, &clinic, SUPPORT, "in").await.0, "", "another organization's");
    dovecot.deliver(CLINIC, [to(CLINIC, "5@jo.test", "for the clinic")]).await;
    until_said(&app, "the clinic's is taken", || sessions_at(&app, "clinic") == 1).await;
    let nobody = key_of(&app, "nobody", &["*"]).await;
    assert_eq!(send(post_as(&app, &nobody, START)).await.status, 503, "no mailbox of theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_after_its_mailbox_writes_from_another_address() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let app = TestApp::start_with(|config| set_up(config, &dovecot.imap_url(), &smtp.url())).await;
    dovecot.deliver(SUPPORT, [to(SUPPORT, "1@jo.test", "before")]).await;
    let answered = smtp.until_taken(1).await.remove(0);
    // Until that is written down nothing more goes in the conversation.
    until_kept("it is known that it went", || {
        let known = sessions_of(&app, JO).first().map(|key| of_session(app.store(), key, 10).unwrap());
        known.is_some_and(|known| known.iter().all(|one| one.record.parts.iter().all(|part| part.step == Step::Gone)))
    })
    .await;
    let app = app.restart_with(|config| {
        config.email.from = "help@example.test".to_owned();
        config.email.aliases.0 = vec![SUPPORT.to_owned()];
    });
    let app = app.await;
    let more = format!("In-Reply-To: {}\n", header(&answered, "Message-ID"));
    dovecot.deliver(SUPPORT, [mail(JO, "2@jo.test", "Re: Hello", &more, "after")]).await;
    let again = smtp.until_taken(2).await.remove(1);
    assert!(header(&again, "From").contains("help@example.test"), "{again}");
    assert_eq!((sessions_of(&app, JO).len(), words_of(&app, JO)), (1, vec!["before".to_owned(), "after".to_owned()]));
}
