//! Mails that the server does not give, however often it is asked: they stop no other, and are read again at an administrator's word.

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::clock::{Clock as _, SystemClock};
use switchboard::config::{Config, Provider};
use switchboard::domain::Author;
use switchboard::store::KeyRange;

use super::{email_health, mail, set_up, until_way};
use crate::support::app::{API_KEY, TestApp};
use crate::support::clock::HandClock;
use crate::support::dovecot::SUPPORT;
use crate::support::imap::{Fault, ImapPeer};
use crate::support::rest::{Reply, customer_token, get, get_as, key_of, post, post_as, send};
use crate::support::said::{messages, sessions_of, until_kept, until_said, words_of};

const START: &str = "/api/channels/email/listener/start";
const ASIDE: &str = "/api/console/mails/aside";
const DAY_S: u64 = 24 * 60 * 60;

fn one(n: usize) -> String {
    mail(&format!("p{n}@example.test"), &format!("{n}@bad.test"), "Hello", "", &format!("mail {n}"))
}

/// An app that reads mails of which these things are wrong.
async fn reading(faults: &[Fault]) -> (TestApp, ImapPeer) {
    let imap = ImapPeer::start(faults.iter().enumerate().map(|(n, fault)| (*fault, one(n))).collect(), false).await;
    let app = TestApp::start_with(|config| {
        set_up(config, &imap.url(), "");
        config.email.poll_s = 1;
    })
    .await;
    (app, imap)
}

pub(super) fn aside(app: &TestApp) -> usize {
    app.store().count(KeyRange::prefix("mail_aside/"), 10).unwrap()
}

fn is_taken(app: &TestApp, n: usize) -> bool {
    !words_of(app, &format!("p{n}@example.test")).is_empty()
}

pub(super) async fn read_again(app: &TestApp, credential: &str, id: &Value) -> Reply {
    send(post_as(app, credential, &format!("{ASIDE}/{}/read", id.as_str().unwrap()))).await
}

pub(super) async fn listed(app: &TestApp, credential: &str) -> Vec<Value> {
    send(get_as(app, credential, ASIDE)).await.body["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_the_server_can_not_give_stops_no_other() {
    let faults = [
        Fault::None,
        Fault::Refused,
        Fault::None,
        Fault::Endless,
        Fault::Undated,
        Fault::Large,
        Fault::None,
        Fault::Refused,
    ];
    let (app, imap) = reading(&faults).await;
    until_kept("every mail is taken or set aside", || {
        let taken = [0, 2, 5, 6].iter().all(|n| is_taken(&app, *n));
        taken && aside(&app) == 4
    })
    .await;
    for n in [0, 2, 6] {
        assert_eq!(words_of(&app, &format!("p{n}@example.test")), [format!("mail {n}")]);
    }
    assert!(words_of(&app, "p5@example.test")[0].contains("too many to be read"));
    let listed = send(get(&app, "/api/admin/parked")).await.body;
    let mut uids: Vec<u64> =
        listed["mails"].as_array().unwrap().iter().map(|mail| mail["uid"].as_u64().unwrap()).collect();
    uids.sort_unstable();
    assert_eq!(uids, [2, 4, 5, 8], "{listed}");
    until_way(&app, SUPPORT, "in", "working", "").await;
    let heard = imap.heard();
    assert!(heard.iter().any(|command| command.contains("(UID BODY.PEEK[HEADER]<0.1048576>)")), "{heard:?}");
    // A server that offers IDLE and refuses it is asked now and then, on the same connection.
    let count = |word: &str| imap.heard().iter().filter(|command| command.starts_with(word)).count();
    imap.until_heard("NOOP", 1).await;
    let logins = count("AUTHENTICATE");
    imap.until_heard("NOOP", 2).await;
    assert_eq!(count("AUTHENTICATE"), logins);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_at_which_the_server_hangs_up_is_set_aside_and_read_again_once_it_can_be() {
    let (app, imap) = reading(&[Fault::None, Fault::HangsUp, Fault::Garbage, Fault::None]).await;
    until_kept("the others are taken", || is_taken(&app, 0) && is_taken(&app, 3) && aside(&app) == 2).await;
    until_way(&app, SUPPORT, "in", "working", "").await;
    let items = listed(&app, API_KEY).await;
    let of = |uid: u64| items.iter().find(|item| item["uid"] == uid).unwrap_or_else(|| panic!("{items:?}"));
    assert_eq!((&of(2)["account"], &of(2)["bytes"]), (&json!(SUPPORT), &json!(0)));
    assert!(of(2)["why"].as_str().unwrap().contains("does not give it"), "{items:?}");

    let id = &of(2)["id"];
    let still = read_again(&app, API_KEY, id).await;
    assert_eq!((still.status, &still.body["error"]["code"]), (409, &json!("conflict")), "{}", still.body);
    let other = key_of(&app, "acme", &["*"]).await;
    assert_eq!(read_again(&app, &other, id).await.status, 404, "another organization's");
    assert!(listed(&app, &other).await.is_empty());
    let customer = customer_token(&app, "p1@example.test").await;
    assert_eq!(read_again(&app, &customer, id).await.status, 403);
    assert_eq!(send(get_as(&app, &customer, ASIDE)).await.status, 403);

    imap.mend();
    for uid in [2, 3] {
        let read = read_again(&app, API_KEY, &of(uid)["id"]).await;
        assert_eq!(read.status, 204, "{}", read.body);
    }
    assert_eq!(
        (words_of(&app, "p1@example.test"), words_of(&app, "p2@example.test")),
        (vec!["mail 1".to_owned()], vec!["mail 2".to_owned()])
    );
    assert_eq!((listed(&app, API_KEY).await.len(), aside(&app)), (0, 0));
    assert_eq!(read_again(&app, API_KEY, id).await.status, 404, "it is done");
    let audit = send(get_as(&app, API_KEY, "/api/console/audit?limit=10")).await.body;
    let acts = audit["items"].as_array().unwrap().iter().filter(|entry| entry["act"] == "mail.read_again").count();
    assert_eq!(acts, 2, "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_set_aside_for_a_server_that_gives_none() {
    let (app, imap) = reading(&[Fault::HangsUp]).await;
    imap.until_heard("UID FETCH", 6).await;
    until_way(&app, SUPPORT, "in", "failing", "").await;
    assert_eq!((aside(&app), email_health(&app).await.as_str()), (0, "unhealthy"));
    // Another comes, and proves that it was for this one. A start does not wait for the next look.
    imap.add(Fault::None, one(1));
    assert_eq!(send(post(&app, START)).await.status, 200);
    until_kept("it is set aside", || is_taken(&app, 1) && aside(&app) == 1).await;
    until_way(&app, SUPPORT, "in", "working", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_at_fault_for_a_while_costs_no_mail() {
    let (app, imap) = reading(&[Fault::HangsUp; 3]).await;
    imap.until_heard("UID FETCH", 6).await;
    imap.mend();
    assert_eq!(send(post(&app, START)).await.status, 200);
    until_said(&app, "all are taken", || (0..3).all(|n| is_taken(&app, n))).await;
    assert_eq!(aside(&app), 0);
    until_way(&app, SUPPORT, "in", "working", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_aside_is_forgotten_after_thirty_days() {
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().as_ms()));
    let world = || World { clock: clock.clone(), ..World::default() };
    let imap = ImapPeer::start(vec![(Fault::Undated, one(0)), (Fault::None, one(1))], false).await;
    let start = |config: &mut Config| {
        set_up(config, &imap.url(), "smtp://127.0.0.1:9");
        // A clock that stands still ends no turn.
        config.assistant.provider = Provider::None;
    };
    let app = TestApp::start_in_world(start, world()).await;
    until_kept("it is set aside", || is_taken(&app, 1) && aside(&app) == 1).await;
    clock.forward_s(29 * DAY_S);
    // A start is followed by a sweep.
    let app = app.restart_in_world(|config| config.email.imap_url = String::new().into(), world()).await;
    assert_eq!(aside(&app), 1);
    clock.forward_s(2 * DAY_S);
    let app = app.restart_in_world(|_| {}, world()).await;
    until_kept("it is forgotten", || aside(&app) == 0).await;
    assert_eq!(app.store().count(KeyRange::prefix("mail_aside_raw/"), 10).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_at_which_the_way_breaks_ever_earlier_is_not_set_aside_for_it() {
    let long = mail("p1@example.test", "1@bad.test", "Hello", "", &"mail 1 ".repeat(500));
    let mails = vec![(Fault::None, one(0)), (Fault::EndsEarlier, long), (Fault::None, one(2))];
    let imap = ImapPeer::start(mails, false).await;
    let app = TestApp::start_with(|config| {
        set_up(config, &imap.url(), "");
        config.email.poll_s = 1;
    })
    .await;
    // Twice alone, and once more right after the one behind it came.
    imap.until_heard("UID FETCH 2 (UID BODY", 3).await;
    until_way(&app, SUPPORT, "in", "failing", "does not give 1 of the mails").await;
    assert_eq!((aside(&app), is_taken(&app, 0), is_taken(&app, 2)), (0, true, true));
    imap.mend();
    assert_eq!(send(post(&app, START)).await.status, 200);
    until_said(&app, "it is taken", || is_taken(&app, 1)).await;
    until_way(&app, SUPPORT, "in", "working", "").await;
    assert_eq!(aside(&app), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_the_server_can_not_check_now_is_tried_again_soon_and_a_refused_one_is_not() {
    let imap = ImapPeer::start(vec![(Fault::None, one(0))], false).await;
    imap.says_to_logins("NO [UNAVAILABLE] the directory is away");
    let app = TestApp::start_with(|config| set_up(config, &imap.url(), "")).await;
    imap.until_heard("AUTHENTICATE", 3).await;
    until_way(&app, SUPPORT, "in", "failing", "the server can not do the login now").await;
    imap.says_to_logins("OK in");
    until_said(&app, "it is taken", || is_taken(&app, 0)).await;
    until_way(&app, SUPPORT, "in", "working", "").await;
    imap.says_to_logins("NO [AUTHENTICATIONFAILED] no");
    assert_eq!(send(post(&app, "/api/channels/email/listener/stop")).await.status, 200);
    assert_eq!(send(post(&app, START)).await.status, 200);
    until_way(&app, SUPPORT, "in", "blocked", "the server refuses the login").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_from_which_nothing_can_be_sent_is_read_well_and_says_so() {
    let (app, _imap) = reading(&[Fault::None]).await;
    until_said(&app, "it is answered", || {
        let said = sessions_of(&app, "p0@example.test").first().map(|key| messages(&app, key)).unwrap_or_default();
        said.iter().any(|message| message.author != Author::Customer)
    })
    .await;
    until_way(&app, SUPPORT, "in", "working", "").await;
    until_way(&app, SUPPORT, "out", "blocked", "no server for outgoing mail is set up").await;
    assert_eq!(email_health(&app).await, "healthy", "what there is of it works");
}
