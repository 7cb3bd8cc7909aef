//! `kill -9` in the middle of a conversation: the client comes back by itself, and nothing acknowledged is lost, doubled or
//! out of order.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::chat::{Chat, Said};
use crate::support::app::Process;
use crate::support::ws::Client;

/// Kills in one conversation.
const CYCLES: usize = 6;

/// The latest moment of a kill after the cycle's first line.
const KILL_WITHIN_MS: u64 = 150;

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_instant_loses_and_doubles_nothing_that_was_acknowledged() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let data = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let resume = folder.path().join("resume");
    let mut server = Process::start(&data.path().join("db"), &[]).await;
    let mut chat = Chat::start(&server.address(), &["--resume-file", &resume.display().to_string()]);
    chat.reads("-- connected").await;
    let mut typed = Vec::new();
    for cycle in 0..CYCLES {
        let kill_at = Instant::now() + Duration::from_micros(chance.random_range(0..KILL_WITHIN_MS * 1_000));
        for number in 0..10 {
            let line = format!("message {cycle}.{number}");
            chat.types(&line).await;
            typed.push(line);
        }
        // The instant is the point of the test: whatever is under way then is cut.
        sleep_until(kill_at).await;
        server.kill();
        chat.reads("-- connection lost").await;
        server.start_again().await;
        chat.reads("-- connected again").await;
    }
    chat.types("the last one").await;
    typed.push("the last one".to_owned());
    let transcript = settled(&mut chat, &server, &resume).await;
    let own: Vec<&str> = transcript.iter().filter(|said| said.who == "you").map(|said| said.text.as_str()).collect();
    assert_eq!(own, typed, "every line once and in order");
    assert!(transcript.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    let answered = chat.seen().iter().filter(|line| line.starts_with("assistant: ")).count();
    let answers = transcript.iter().filter(|said| said.who == "assistant").count();
    assert_eq!(answered, answers, "what was shown is what stands in the log, once");
}

/// The transcript, once it is what the log says and the last message has its reply.
async fn settled(chat: &mut Chat, server: &Process, resume: &std::path::Path) -> Vec<Said> {
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(resume).unwrap()).unwrap();
    let part = |name: &str| kept[name].as_str().unwrap().to_owned();
    let query = format!("userId={}&sessionId={}&resume={}&after=0", part("user"), part("session"), part("secret"));
    let mut fresh = Client::connect(format!("ws://{}/ws?{query}", server.address())).await;
    let mut log: Vec<Said> = Vec::new();
    let last = |log: &[Said]| log.iter().position(|said| said.text == "the last one");
    while last(&log).is_none_or(|at| at + 1 == log.len()) {
        let frame = fresh.next().await;
        if frame["type"] == "message" {
            log.push(said(&frame));
        }
    }
    let reply = log.last().unwrap().seq;
    loop {
        let transcript = chat.transcript().await;
        if transcript.last().is_some_and(|said| said.seq >= reply) {
            assert_eq!(transcript, log, "the transcript is the log");
            return transcript;
        }
    }
}

fn said(frame: &Value) -> Said {
    let who = match (frame["sender"].as_str(), frame["notice"].as_str()) {
        (_, Some(_)) => "notice",
        (Some("customer"), None) => "you",
        (_, None) => "assistant",
    };
    let text = frame["text"].as_str().unwrap().to_owned();
    Said { seq: frame["seq"].as_u64().unwrap(), who: who.to_owned(), text }
}
