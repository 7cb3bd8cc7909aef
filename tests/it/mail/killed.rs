//! `kill -9` of the real program while mails come and answers go: each mail is taken once, and each is answered.

use std::collections::HashMap;

use serde_json::Value;

use super::{header, mail};
use crate::support::app::{API_KEY, PATIENCE, Process};
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
    for n in 0..CYCLES * MAILS {
        let said = words(&server, n).await;
        assert_eq!(said, [format!("mail {n}")]);
    }
}

/// What a customer wrote, over all their sessions.
async fn words(server: &Process, n: usize) -> Vec<String> {
    let ask = |path: String| {
        let request = reqwest::Client::new().get(format!("http://{}{path}", server.address())).bearer_auth(API_KEY);
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let listed = ask(format!("/api/console/customers/p{n}@example.test/sessions")).await;
    let sessions = listed["sessions"].as_array().unwrap_or_else(|| panic!("{listed}")).clone();
    let mut words = Vec::new();
    for session in sessions {
        let id = session["id"].as_str().or(session["sessionId"].as_str()).unwrap_or_else(|| panic!("{session}"));
        let read = ask(format!("/api/core/sessions/{id}/context")).await;
        let history = read["context"]["conversation_history"].as_array().unwrap().clone();
        let own = history.iter().filter(|said| said["role"] == "user");
        words.extend(own.map(|said| said["content"].as_str().unwrap().to_owned()));
    }
    words
}
