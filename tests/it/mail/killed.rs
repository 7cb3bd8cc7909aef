//! `kill -9` of the real program while mails come and answers go, at any instant and at the points that matter, and an end at each write: each
//! mail is taken once, and each is answered.

use std::collections::HashMap;

use switchboard::app::World;
use switchboard::config::Config;

use super::{header, mail, set_up};
use crate::support::app::{Process, SECRETS_KEY, TestApp, test_config};
use crate::support::dovecot::{Dovecot, SUPPORT};
use crate::support::ending::{Ending, at_each_write, copied};
use crate::support::imap::{Fault, ImapPeer};
use crate::support::rest::Parrot;
use crate::support::said::words_of;
use crate::support::smtp::{Does, SmtpPeer};

/// Kills in one run.
const CYCLES: usize = 5;

/// Mails before each kill.
const MAILS: usize = 12;

/// What a server that may be killed is told.
fn settings<'a>(imap: &'a str, out: &'a str) -> [(&'static str, &'a str); 7] {
    [
        ("EMAIL__IMAP_URL", imap),
        ("EMAIL__SMTP_URL", out),
        ("EMAIL__FROM", SUPPORT),
        ("SECRETS__KEY", SECRETS_KEY),
        ("OUTBOX__PAUSE_MIN_MS", "20"),
        ("OUTBOX__PAUSE_MAX_MS", "200"),
        ("OUTBOX__UNCLEAR_WAIT_S", "1"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_instant_take_each_mail_once_and_leave_none_unanswered() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let data = tempfile::tempdir().unwrap();
    let (imap, out) = (dovecot.imap_url(), smtp.url());
    let mut server = Process::start(&data.path().join("db"), &settings(&imap, &out)).await;
    for cycle in 0..CYCLES {
        let (from, until) = (cycle * MAILS, (cycle + 1) * MAILS);
        let mails = (from..until)
            .map(|n| mail(&format!("p{n}@example.test"), &format!("{n}@k.test"), "Hello", "", &format!("mail {n}")));
        dovecot.deliver(SUPPORT, mails).await;
        // Somewhere between the first mail that is read and the last answer that goes.
        smtp.until_taken(from + 1 + cycle * 2).await;
        server.kill();
        server.start_again().await;
    }
    smtp.until(|taken| (0..CYCLES * MAILS).all(|n| is_answered(taken, n))).await;
    assert_repeated_are_the_same(&smtp.taken());
    server.terminate();
    let app = TestApp::start_on(test_config(), World::default(), data).await;
    for n in 0..CYCLES * MAILS {
        assert_eq!(words_of(&app, &format!("p{n}@example.test")), [format!("mail {n}")]);
    }
}

fn is_answered(taken: &[String], n: usize) -> bool {
    let id = format!("<{n}@k.test>");
    taken.iter().any(|answer| header(answer, "In-Reply-To") == id)
}

/// What goes twice is the very same mail, which mail programs show once. Gives how many different ones there are.
fn assert_repeated_are_the_same(answers: &[String]) -> usize {
    let mut by_id: HashMap<String, &String> = HashMap::new();
    for answer in answers {
        let first = by_id.entry(header(answer, "Message-ID")).or_insert(answer);
        assert_eq!(*first, answer, "what goes twice is the same mail");
    }
    by_id.len()
}

fn jo(n: usize) -> String {
    mail("jo@example.test", &format!("{n}@k.test"), &format!("Matter {n}"), "", &format!("mail {n}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_the_fetch_of_a_mail_and_its_commit_costs_nothing() {
    let (imap, smtp) = (ImapPeer::start(vec![(Fault::Stalls, jo(0))], false).await, SmtpPeer::start().await);
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(&data.path().join("db"), &settings(&imap.url(), &smtp.url())).await;
    imap.until_heard("UID FETCH 1 (UID BODY", 1).await;
    server.kill();
    imap.mend();
    server.start_again().await;
    smtp.until_taken(1).await;
    server.terminate();
    let app = TestApp::start_on(test_config(), World::default(), data).await;
    assert_eq!(words_of(&app, "jo@example.test"), ["mail 0"]);
}

/// More kills in a row within one mail than a channel stands whose repeats are seen.
const REPEATS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn kills_between_the_final_dot_and_its_answer_repeat_the_very_same_mail() {
    let (imap, smtp) = (ImapPeer::start(vec![(Fault::None, jo(0))], false).await, SmtpPeer::start().await);
    smtp.does(Does::SayNothing);
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(&data.path().join("db"), &settings(&imap.url(), &smtp.url())).await;
    for kills in 1..=REPEATS {
        smtp.until_taken(kills).await;
        server.kill();
        if kills == REPEATS {
            smtp.does(Does::Take);
        }
        server.start_again().await;
    }
    let all = smtp.until_taken(REPEATS + 1).await;
    assert_eq!(assert_repeated_are_the_same(&all), 1);
    server.terminate();
    let app = TestApp::start_on(test_config(), World::default(), data).await;
    assert_eq!(words_of(&app, "jo@example.test"), ["mail 0"]);
}

/// How the app of a run is set up.
fn config_of(imap: &ImapPeer, smtp: &SmtpPeer) -> Config {
    let mut config = test_config();
    set_up(&mut config, &imap.url(), &smtp.url());
    config.outbox.unclear_wait_s = 1;
    config
}

/// Whether it came to the write at which everything ends.
async fn ends_at(n: usize) -> bool {
    let mails = (0..2).map(|n| (Fault::None, jo(n))).collect();
    let (imap, smtp) = (ImapPeer::start(mails, false).await, SmtpPeer::start().await);
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("db");
    // From the first write on that says how far the mailbox was read.
    let (mut ending, store) = Ending::store(&folder, n, |write| write.key().starts_with(b"mail_cursor/")).await;
    let world = World { store: Some(store), ..Parrot::world(None) };
    let ended = TestApp::start_on(config_of(&imap, &smtp), world, data).await;
    // Both are answered, or everything stands. Of what follows the last answer nobody tells but the store.
    let stands = tokio::select! {
        () = ending.stands() => true,
        _ = smtp.until_taken(2) => false,
    };
    // What has ended sends nothing more: it can not write down that it is about to.
    let app = TestApp::start_on(config_of(&imap, &smtp), Parrot::world(None), copied(&folder).await).await;
    let taken = smtp.until(|taken| (0..2).all(|n| is_answered(taken, n))).await;
    assert_eq!(assert_repeated_are_the_same(&taken), 2, "write {n}: an answer to each");
    let mut words = words_of(&app, "jo@example.test");
    words.sort();
    assert_eq!(words, ["mail 0", "mail 1"], "write {n}");
    drop(ended);
    stands
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_takes_each_mail_once_and_answers_it() {
    let ended = at_each_write(ends_at).await;
    assert!(ended >= 6, "only {ended} writes: the mails, the cursor, what goes and what went");
}
