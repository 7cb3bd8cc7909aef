//! `kill -9` of the real program while messages come and deliveries go, and an end at each write: nothing acknowledged is lost, each
//! conversation keeps its order, and what comes twice comes under the same id.

use std::collections::{HashMap, HashSet};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Client;
use serde_json::json;
use switchboard::app::World;
use tokio::sync::Notify;

use super::receiver::{Does, Receiver, Taken};
use super::{QUICK, assert_in_order, hook, origin, quick, say, until};
use crate::support::app::{API_KEY, Process, TestApp, test_config};
use crate::support::ending::{Ending, at_each_write, copied};
use crate::support::rest::{Parrot, send};
use crate::support::said::until_done;

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

/// What a customer says here.
const SAID: [&str; 2] = ["Hello", "Is anybody there?"];

/// A client says something, under a key by which it counts once; gives the status that it is answered with.
async fn says(app: &TestApp, text: &str) -> u16 {
    let body = json!({ "message": { "text": text }, "userId": "user123", "sessionId": "s1" });
    let request = Client::new().post(app.url("/api/core/messages")).header("X-API-Key", API_KEY);
    send(request.header("Idempotency-Key", text).json(&body)).await.status
}

/// Whether it came to the write at which everything ends.
async fn ends_at(n: usize) -> bool {
    let (receiver, data) = (Receiver::start().await, tempfile::tempdir().unwrap());
    let (folder, mut config) = (data.path().join("db"), test_config());
    quick(&mut config);
    let (mut ending, store) = Ending::store(&folder, n, |_| false).await;
    let world = World { store: Some(store), ..Parrot::world(None) };
    let ended = TestApp::start_on(config.clone(), world, data).await;
    hook(&origin(&ended), &receiver).await;
    ending.after(n);
    let told = async {
        for text in SAID {
            if says(&ended, text).await != 200 {
                pending::<()>().await;
            }
        }
        until_done(&ended, 1 + SAID.len()).await;
    };
    let stands = tokio::select! {
        () = ending.stands() => true,
        () = told => false,
    };
    let app = TestApp::start_on(config, Parrot::world(None), copied(&folder).await).await;
    for text in SAID {
        assert_eq!(says(&app, text).await, 200, "write {n}: a client says again what it has no answer to");
    }
    until_done(&app, 1 + SAID.len()).await;
    let taken = receiver.taken();
    assert_in_order(&taken);
    assert_nothing_differs(&taken);
    let mut seen = HashSet::new();
    let different = taken.iter().filter(|one| seen.insert(&one.id));
    let told = different.map(|one| (one.body["type"].as_str().unwrap(), one.body["data"]["message"].as_str()));
    let expected = [("message.received", Some(SAID[0])), ("message.received", Some(SAID[1]))];
    let told: Vec<_> = told.collect();
    assert_eq!((told[0].0, &told[1..]), ("conversation.started", &expected[..]), "write {n}");
    drop(ended);
    stands
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_tells_of_each_event_in_order_and_twice_under_one_id_alone() {
    let ended = at_each_write(ends_at).await;
    assert!(ended >= 6, "only {ended} writes: the messages, the answers, the deliveries and what came of them");
}
