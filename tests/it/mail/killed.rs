//! `kill -9` of the real program while mails come and answers go: each mail is taken once, and each is answered.

use std::collections::HashMap;

use switchboard::app::World;

use super::{header, mail, words_of};
use crate::support::app::{PATIENCE, Process, SECRETS_KEY, TestApp, test_config};
use crate::support::dovecot::{Dovecot, SUPPORT};
use crate::support::smtp::SmtpPeer;

/// Kills in one run.
const CYCLES: usize = 5;

/// Mails before each kill.
const MAILS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_instant_take_each_mail_once_and_leave_none_unanswered() {
    let Some(dovecot) = Dovecot::start().await else { return };
    let smtp = SmtpPeer::start().await;
    let data = tempfile::tempdir().unwrap();
    let (imap, out) = (dovecot.imap_url(), smtp.url());
    let settings = [
        ("EMAIL__IMAP_URL", imap.as_str()),
        ("EMAIL__SMTP_URL", out.as_str()),
        ("EMAIL__FROM", SUPPORT),
        ("SECRETS__KEY", SECRETS_KEY),
        ("OUTBOX__PAUSE_MIN_MS", "20"),
        ("OUTBOX__PAUSE_MAX_MS", "200"),
        ("OUTBOX__UNCLEAR_WAIT_S", "1"),
    ];
    let mut server = Process::start(&data.path().join("db"), &settings).await;
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
    let began = std::time::Instant::now();
    loop {
        let mut answers: HashMap<String, usize> = HashMap::new();
        for answer in smtp.taken() {
            *answers.entry(header(&answer, "In-Reply-To")).or_default() += 1;
        }
        if (0..CYCLES * MAILS).all(|n| answers.contains_key(&format!("<{n}@k.test>"))) {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{} of {} are answered", answers.len(), CYCLES * MAILS);
        tokio::task::yield_now().await;
    }
    let mut by_id: HashMap<String, String> = HashMap::new();
    for answer in smtp.taken() {
        let first = by_id.entry(header(&answer, "Message-ID")).or_insert_with(|| answer.clone());
        assert_eq!(*first, answer, "what goes twice is the same mail");
    }
    server.terminate();
    let app = TestApp::start_on(test_config(), World::default(), data).await;
    for n in 0..CYCLES * MAILS {
        assert_eq!(words_of(&app, &format!("p{n}@example.test")), [format!("mail {n}")]);
    }
}
