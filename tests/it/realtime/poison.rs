//! A session that breaks: it starts again from the store, and nobody else notices. A command that breaks it again and
//! again is set aside.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use switchboard::app::World;
use switchboard::domain::{Command, Decision, Moment, Refusal, State, decide};

use super::{follower, get, read_until, say, text};
use crate::support::app::TestApp;

static ONCE: AtomicU32 = AtomicU32::new(0);
static TWICE: AtomicU32 = AtomicU32::new(0);
static ALWAYS: AtomicU32 = AtomicU32::new(0);

/// The rules, but a certain text breaks them as often as `times` says.
fn breaking(
    broken: &AtomicU32,
    times: u32,
    state: &State,
    command: &Command,
    at: Moment<'_>,
) -> Result<Decision, Refusal> {
    if let Command::Post { draft, .. } = command
        && draft.body.as_str() == "boom"
        && broken.fetch_add(1, Ordering::SeqCst) < times
    {
        panic!("injected");
    }
    decide(state, command, at)
}

fn breaks_once(state: &State, command: &Command, at: Moment<'_>) -> Result<Decision, Refusal> {
    breaking(&ONCE, 1, state, command, at)
}

fn breaks_twice(state: &State, command: &Command, at: Moment<'_>) -> Result<Decision, Refusal> {
    breaking(&TWICE, 2, state, command, at)
}

fn breaks_always(state: &State, command: &Command, at: Moment<'_>) -> Result<Decision, Refusal> {
    breaking(&ALWAYS, u32::MAX, state, command, at)
}

async fn survives(rules: switchboard::actors::Rules, broken: &AtomicU32, times: u32) {
    let app = TestApp::start_in_world(|_| {}, World { rules, ..World::default() }).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    let mut watcher = follower(&app, "ann", "s", "0").await;
    let mut neighbour = follower(&app, "bob", "other", "0").await;
    say(&mut client, "before", "m1").await;
    for (words, id) in [("in the same hand", "m2"), ("boom", "m3"), ("behind it", "m4")] {
        client.send(text(words, id)).await;
    }
    neighbour.send(text("Hello", "n1")).await;
    assert_eq!(neighbour.wait_for_type("ack").await["id"], "n1");
    let mut last = 0;
    for id in ["m2", "m3", "m4"] {
        let frame = client.wait_for(|frame| frame["type"] == "ack" || frame["type"] == "error").await;
        assert_eq!((&frame["type"], &frame["id"]), (&json!("ack"), &json!(id)));
        assert!(frame["seq"].as_u64().unwrap() > last);
        last = frame["seq"].as_u64().unwrap();
    }
    client.wait_for(|frame| frame["sender"] == "ai" && frame["seq"].as_u64().is_some_and(|seq| seq > last)).await;
    assert_eq!(broken.load(Ordering::SeqCst), times + 1);
    say(&mut client, "the end", "end").await;
    let seen = read_until(&mut watcher, "the end").await;
    assert!(seen.is_sorted_by_key(|frame| frame["seq"].as_u64()));
    let own: Vec<&str> = seen.iter().filter(|f| f["sender"] == "customer").filter_map(|f| f["text"].as_str()).collect();
    assert_eq!(own, ["before", "in the same hand", "boom", "behind it", "the end"]);
    assert_eq!(get(&app, "/api/admin/parked").await.1, json!({ "parked": [] }));
}

#[tokio::test]
async fn a_session_that_breaks_once_starts_again_and_its_sockets_do_not_notice() {
    survives(breaks_once, &ONCE, 1).await;
}

#[tokio::test]
async fn a_session_that_breaks_twice_starts_again_and_its_sockets_do_not_notice() {
    survives(breaks_twice, &TWICE, 2).await;
}

#[tokio::test]
async fn a_command_that_breaks_its_session_three_times_is_set_aside_and_a_human_is_asked() {
    let app = TestApp::start_in_world(|_| {}, World { rules: breaks_always, ..World::default() }).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    say(&mut client, "before", "m1").await;
    client.wait_for_type("message").await;
    client.send(text("boom", "m2")).await;
    client.send(text("behind it", "m3")).await;
    let handover = client.wait_for_type("handover_initiated").await;
    assert!(handover["seq"].is_u64());
    let error = client.wait_for_type("error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("service_unavailable"), &json!("m2")));
    assert_eq!(client.wait_for_type("ack").await["id"], "m3");
    assert_eq!(ALWAYS.load(Ordering::SeqCst), 3);
    let (status, parked) = get(&app, "/api/admin/parked").await;
    assert_eq!(status, 200);
    let row = &parked["parked"][0];
    assert_eq!((&row["sessionId"], &row["command"], &row["attempts"]), (&json!("s"), &json!("post"), &json!(3)));
    assert_eq!((&row["body"]["text"], &row["body"]["clientId"]), (&json!("boom"), &json!("m2")));
    assert_eq!(parked["parked"].as_array().unwrap().len(), 1);
    // A session that begins with such a command has no queue to go to; its sender is told all the same.
    let (status, refused) = super::post(&app, "bob", "born-broken", "boom", "b1").await;
    assert_eq!((status, &refused["error"]["code"]), (503, &json!("service_unavailable")));
    let (status, answer) = super::post(&app, "bob", "born-broken", "Hello", "b2").await;
    assert_eq!(status, 200, "{answer}");
}
