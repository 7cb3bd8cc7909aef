//! Coming back: exactly what was missed, or an explicit resync.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use switchboard::domain::Role;

use super::super::{Colleague, Desk, colleague, say, staffed};
use crate::support::app::TestApp;

/// Takes every message's text and place, of events only.
fn texts(frames: &[Value]) -> Vec<(String, u64)> {
    let messages = frames.iter().filter(|frame| frame["type"] == "event" && frame["kind"] == "message");
    messages.map(|frame| (frame["session"].as_str().unwrap().to_owned(), frame["seq"].as_u64().unwrap())).collect()
}

async fn had(app: &TestApp, who: &Colleague, sessions: &[&str]) -> Desk {
    let mut desk = Desk::hello(app, who, json!({ "status": "busy" })).await.0;
    for session in sessions {
        say(app, session, "Hello").await;
        let epoch = desk.summary(session, |summary| summary["owner"] == "queue").await["epoch"].clone();
        desk.done("claim", json!({ "session": session, "epoch": epoch })).await;
        desk.event(session, "owner").await;
    }
    desk
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_the_connection_in_a_burst_gets_exactly_what_was_missed() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let mut desk = had(&app, &jane, &["s1", "s2"]).await;
    say(&app, "other", "of nobody's concern").await;
    let burst = async {
        for n in 0..40 {
            say(&app, ["s1", "s2", "other"][n % 3], &format!("n{n}")).await;
        }
    };
    let reading = async {
        let mut seen = Vec::new();
        while seen.len() < 10 {
            seen.push(desk.wait_for(|frame| frame["type"] == "event" && frame["kind"] == "message").await);
        }
        (seen, desk.position.clone())
    };
    let ((), (before, position)) = tokio::join!(burst, reading);
    desk.socket.vanish();
    let mut back = Desk::hello(&app, &jane, json!({ "after": position, "status": "busy" })).await;
    assert_eq!((&back.1[0]["resumed"], back.1.len()), (&json!(true), 2), "{:?}", back.1);
    let after = {
        let mut after = Vec::new();
        say(&app, "s1", "the end").await;
        loop {
            let frame = back.0.next().await;
            let over = frame["text"] == "the end";
            after.push(frame);
            if over {
                break after;
            }
        }
    };
    let mut got: BTreeMap<(String, u64), u32> = BTreeMap::new();
    for one in texts(&before).into_iter().chain(texts(&after)) {
        *got.entry(one).or_default() += 1;
    }
    assert!(got.values().all(|times| *times == 1), "each once: {got:?}");
    assert!(got.keys().all(|(session, _)| session != "other"));
    let of = |session: &str| got.keys().filter(|(of, _)| of == session).count();
    assert_eq!((of("s1"), of("s2")), (14 + 1, 13), "{got:?}");
    app.stop().await;
}

#[tokio::test]
async fn an_open_session_is_brought_up_from_its_own_place() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    say(&app, "s1", "one").await;
    let desk = Desk::hello(&app, &jane, json!({ "status": "away" })).await.0;
    say(&app, "s1", "two").await;
    let hello = json!({ "after": desk.position, "watch": [{ "session": "s1", "after": 2 }, { "session": "nope", "after": 0 }] });
    let (mut back, first) = Desk::hello(&app, &jane, hello).await;
    assert_eq!(first[0]["resumed"], true);
    let mut seqs = Vec::new();
    let mut unknown = 0;
    say(&app, "s1", "three").await;
    loop {
        let frame = back.next().await;
        unknown += u32::from(frame["type"] == "error" && frame["code"] == "not_found");
        if frame["type"] == "event" {
            seqs.push(frame["seq"].as_u64().unwrap());
        }
        if frame["text"] == "three" {
            break;
        }
    }
    let last = *seqs.last().unwrap();
    assert_eq!((seqs, unknown), ((3..=last).collect(), 1));
    app.stop().await;
}

#[tokio::test]
async fn what_can_not_be_resumed_is_said() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    say(&app, "s1", "one").await;
    for after in ["99999999", "nonsense", ""] {
        let (_, first) = Desk::hello(&app, &jane, json!({ "after": after })).await;
        let kinds: Vec<&str> = first.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["welcome", "resync", "desk"], "{after:?}");
        assert_eq!((&first[0]["resumed"], &first[1]["position"]), (&json!(false), &first[0]["position"]));
    }
    app.stop().await;
}

#[tokio::test]
async fn after_the_feed_was_trimmed_an_old_position_is_too_far_back() {
    use switchboard::store::{Batch, feed};
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let desk = Desk::open(&app, &jane).await;
    for n in 0..4 {
        say(&app, "s1", &format!("n{n}")).await;
    }
    let mut batch = Batch::default();
    assert!(feed::trim(app.store(), &mut batch, u64::MAX, 1_000).unwrap() > 0);
    app.store().commit(batch).await.unwrap();
    let (_, first) = Desk::hello(&app, &jane, json!({ "after": desk.position })).await;
    assert_eq!((&first[1]["type"], &first[1]["why"]), (&json!("resync"), &json!("too far behind")));
    app.stop().await;
}
