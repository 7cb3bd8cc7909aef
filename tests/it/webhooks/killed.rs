//! `kill -9` of the real program while messages come and deliveries go: nothing acknowledged is lost, each conversation keeps its
//! order, and what comes twice comes under the same id.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::sync::Notify;

use super::receiver::{Does, Receiver, Taken};
use super::{QUICK, assert_in_order, hook, say, until};
use crate::support::app::Process;

/// Kills in one run.
const CYCLES: usize = 4;

/// Messages of each conversation in each cycle.
const MESSAGES: usize = 6;

/// Conversations.
const SESSIONS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_instant_lose_nothing_and_keep_the_order() {
    let data = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    let mut server = Process::start(&data.path().join("db"), &QUICK).await;
    let origin = format!("http://{}", server.address());
    let hook = hook(&origin, &receiver).await;
    for cycle in 0..CYCLES {
        // The kill comes at a delivery: between what was sent and what was written down, or close to it.
        let (killing, killed) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let (tell, count) = (Arc::clone(&killing), Arc::clone(&killed));
        receiver.does(move |_, _| {
            if count.fetch_add(1, Ordering::SeqCst) == 3 + cycle * 2 {
                tell.notify_one();
            }
            Does::Take
        });
        for number in 0..MESSAGES {
            for session in 0..SESSIONS {
                say(&origin, &format!("s{session}"), &format!("message {cycle}.{number}")).await;
            }
        }
        tokio::time::timeout(crate::support::app::PATIENCE, killing.notified()).await.expect("deliveries go");
        server.kill();
        server.start_again().await;
    }
    until(&origin, &hook, |hook| hook["waiting"] == 0).await;
    let taken = receiver.until_different(SESSIONS * (1 + CYCLES * MESSAGES)).await;
    assert_in_order(&taken);
    assert_nothing_differs(&taken);
    for session in 0..SESSIONS {
        let id = json!(format!("s{session}"));
        let mut seen = HashSet::new();
        let own = taken.iter().filter(|one| one.body["data"]["conversation_id"] == id);
        let own = own.filter(|one| one.body["type"] == "message.received" && seen.insert(one.id.clone()));
        let texts: Vec<&str> = own.map(|one| one.body["data"]["message"].as_str().unwrap()).collect();
        let expected: Vec<String> = (0..CYCLES)
            .flat_map(|cycle| (0..MESSAGES).map(move |number| format!("message {cycle}.{number}")))
            .collect();
        assert_eq!(texts, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_what_was_sent_and_what_was_written_down_sends_it_again_under_the_same_id() {
    let data = tempfile::tempdir().unwrap();
    // It hears everything and answers nothing: what it took the server does not know.
    let receiver = Receiver::doing(|_, _| Does::Stall).await;
    let settings = [QUICK.as_slice(), &[("WEBHOOKS__TIMEOUT_MS", "60000")]].concat();
    let mut server = Process::start(&data.path().join("db"), &settings).await;
    let origin = format!("http://{}", server.address());
    let hook = hook(&origin, &receiver).await;
    say(&origin, "s1", "Hello").await;
    say(&origin, "s1", "Is anybody there?").await;
    let first = receiver.until_refused(1).await[0].clone();
    server.kill();
    receiver.does(|_, _| Does::Take);
    server.start_again().await;
    let taken = receiver.until_different(3).await;
    assert_eq!((&taken[0].id, &taken[0].raw), (&first.id, &first.raw));
    assert_in_order(&taken);
    until(&origin, &hook, |hook| hook["waiting"] == 0).await;
}

/// A repetition has the bytes of the first one.
fn assert_nothing_differs(taken: &[Taken]) {
    let mut first: HashMap<&str, &[u8]> = HashMap::new();
    for one in taken {
        let before = first.entry(&one.id).or_insert(&one.raw);
        assert_eq!(*before, one.raw, "{}", one.id);
    }
}
