//! Coming back: exactly what was missed, or an explicit resync.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use switchboard::domain::Role;

use super::super::{Colleague, Desk, colleague, get, say, staffed};
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

#[tokio::test]
async fn a_session_that_was_taken_away_meanwhile_is_given_up_to_its_move() {
    let app = staffed().await;
    let (jane, joe) = (colleague(&app, "Jane Smith", Role::Agent).await, colleague(&app, "Joe Doe", Role::Agent).await);
    let ann = colleague(&app, "Ann Lee", Role::Agent).await;
    let mut desk = had(&app, &jane, &["s1", "s2"]).await;
    let mut others = [Desk::hello(&app, &joe, json!({ "status": "busy" })).await.0, had(&app, &ann, &[]).await];
    say(&app, "s1", "seen").await;
    desk.wait_for(|frame| frame["text"] == "seen").await;
    let position = desk.position.clone();
    desk.socket.vanish();

    say(&app, "s1", "missed").await;
    for other in &mut others {
        let now = get(&app, &joe, "/sessions/s1").await["session"]["epoch"].clone();
        other.done("claim", json!({ "session": "s1", "epoch": now, "force": true })).await;
        say(&app, "s1", "no longer hers").await;
    }
    say(&app, "s3", "never hers").await;
    let (mut back, first) = Desk::hello(&app, &jane, json!({ "after": position, "status": "busy" })).await;
    assert_eq!(first[0]["resumed"], true);
    say(&app, "s2", "the end").await;
    let mut got = Vec::new();
    loop {
        let frame = back.next().await;
        if frame["text"] == "the end" {
            break;
        }
        if frame["type"] == "event" {
            got.push((
                frame["session"].clone(),
                frame["kind"].clone(),
                frame["text"].clone(),
                frame["agent"]["id"].clone(),
            ));
        }
    }
    let missed = (json!("s1"), json!("message"), json!("missed"), Value::Null);
    let moved = (json!("s1"), json!("owner"), Value::Null, json!(joe.id));
    assert_eq!(got, [missed, moved]);
    app.stop().await;
}

#[tokio::test]
async fn whether_a_session_was_theirs_is_not_guessed() {
    use switchboard::domain::{Event, OrganizationId, SessionId, SessionKey, Timestamp};
    use switchboard::engine::sessions::standing::READ_MAX_EVENTS;
    use switchboard::store::{Batch, log};
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let desk = had(&app, &jane, &["s1"]).await;
    say(&app, "s1", "missed").await;
    // So much happened in it since that nobody reads it all to find out.
    let key =
        SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s1").unwrap() };
    let newest = log::tail::<Event>(app.store(), &key, 1).unwrap()[0].seq;
    let events = vec![Event::CommandParked { command: "post".into(), attempts: 3 }; 500];
    let mut batch = Batch::default();
    for n in 0..=READ_MAX_EVENTS / events.len() {
        log::append(&mut batch, &key, newest + 1 + (n * events.len()) as u64, Timestamp::from_ms(0), &events).unwrap();
    }
    app.store().commit(batch).await.unwrap();
    let (_, first) = Desk::hello(&app, &jane, json!({ "after": desk.position })).await;
    assert_eq!((&first[1]["type"], &first[1]["why"]), (&json!("resync"), &json!("too far behind")));
    app.stop().await;
}

#[tokio::test]
async fn who_has_little_to_do_is_told_how_far_the_others_are_and_misses_nothing_behind_it() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let mut desk = had(&app, &jane, &["s1"]).await;
    for n in 0..5 {
        say(&app, "other", &format!("n{n}")).await;
    }
    let end = *app.store().feed_end().borrow();
    let told = desk.wait_for(|frame| frame["type"] == "position" && position_of(frame) >= end).await;
    say(&app, "s1", "and then").await;
    let event = desk.wait_for(|frame| frame["text"] == "and then").await;
    assert!(position_of(&event) > position_of(&told));
    desk.socket.vanish();
    let (mut back, first) = Desk::hello(&app, &jane, json!({ "after": told["position"], "status": "busy" })).await;
    assert_eq!(first[0]["resumed"], true, "{first:?}");
    let missed = back.wait_for(|frame| frame["type"] == "event").await;
    assert_eq!(missed["text"], "and then");
    app.stop().await;
}

fn position_of(frame: &Value) -> u64 {
    frame["position"].as_str().unwrap().parse().unwrap()
}
