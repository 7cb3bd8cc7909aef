//! A client that comes back gets exactly what it missed.

use serde_json::{Value, json};

use super::{quiet_app, room_of};
use crate::support::app::TestApp;
use crate::support::socketio::SocketIo;

fn texts(events: &[Value]) -> Vec<&str> {
    let people = events.iter().filter(|event| event["user_id"] != "system");
    people.map(|event| event["message"].as_str().unwrap()).collect()
}

async fn heard(socket: &mut SocketIo, last: &str) -> Vec<Value> {
    socket.events_until("new_message", |event| event["message"] == last).await
}

#[tokio::test]
async fn a_returning_client_gets_exactly_what_it_missed_and_then_what_comes() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut writer = SocketIo::connect(app.address(), &token).await;
    let mut reader = SocketIo::connect(app.address(), &token).await;
    reader.join(&room).await;
    writer.say(&room, "one").await;
    let one = reader.event("new_message").await;
    reader.vanish();
    for n in 0..250 {
        writer.say(&room, &format!("missed {n}")).await;
    }
    let mut back = SocketIo::connect(app.address(), &token).await;
    let after = json!({ "epoch": one["epoch"], "seq": one["seq"] });
    let joined = back.call("join_room", json!({ "room": room, "after": after })).await;
    assert_eq!((&joined["ok"], &joined["resync"]), (&json!(true), &Value::Null));
    writer.say(&room, "now").await;
    let events = heard(&mut back, "now").await;
    let expected: Vec<String> = (0..250).map(|n| format!("missed {n}")).chain(["now".to_owned()]).collect();
    assert_eq!(texts(&events), expected);
    let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|two| two[0] < two[1]), "{seqs:?}");
}

#[tokio::test]
async fn a_position_of_another_log_is_told_so_and_everything_follows() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.say(&room, "one").await;
    for after in [json!({ "epoch": 1, "seq": 1 }), json!({ "epoch": 1, "seq": 9_999 })] {
        let mut back = SocketIo::connect(app.address(), &token).await;
        let joined = back.call("join_room", json!({ "room": room, "after": after })).await;
        assert_eq!(joined["resync"], true, "{joined}");
        assert_eq!(texts(&heard(&mut back, "one").await), ["one"]);
    }
}

#[tokio::test]
async fn joining_again_with_a_position_tells_once_more_what_follows_it() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let joined = ann.join(&room).await;
    ann.say(&room, "one").await;
    heard(&mut ann, "one").await;
    let again = ann.call("join_room", json!({ "room": room, "after": joined["position"] })).await;
    assert_eq!(again["ok"], true);
    assert_eq!(texts(&heard(&mut ann, "one").await), ["one"]);
    ann.say(&room, "two").await;
    assert_eq!(texts(&heard(&mut ann, "two").await), ["two"], "nothing twice");
}

/// The bus gives up on a reader whose queue is full. It then reads the log, acknowledgements included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_the_bus_gave_up_on_misses_nothing_and_is_told_what_became_of_its_words() {
    let app = TestApp::start_with(|config| {
        config.assistant.provider = switchboard::config::Provider::None;
        config.live.outbox_items_max = 1;
        config.live.socketio_packets_waiting_max = 2;
    })
    .await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.join(&room).await;
    let mut acks = Vec::new();
    for n in 0..300 {
        acks.push(ann.begin("send_message", json!({ "room": room, "message": n.to_string() })).await);
    }
    for ack in acks {
        let sent = ann.answer(ack).await;
        assert_eq!(sent["ok"], true, "{sent}");
    }
    let events = heard(&mut ann, "299").await;
    assert_eq!(texts(&events), (0..300).map(|n| n.to_string()).collect::<Vec<_>>());
}

/// The same for a room that was left while words were on their way: their end is told, and nothing of the room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_left_before_the_bus_gave_up_hears_nothing_of_the_room() {
    let app = TestApp::start_with(|config| {
        config.assistant.provider = switchboard::config::Provider::None;
        config.live.outbox_items_max = 1;
    })
    .await;
    let (token, room) = room_of(&app, "ann").await;
    for _ in 0..10 {
        let mut ann = SocketIo::connect(app.address(), &token).await;
        ann.join(&room).await;
        let mut acks = Vec::new();
        for n in 0..40 {
            acks.push(ann.begin("send_message", json!({ "room": room, "message": n.to_string() })).await);
        }
        let left = ann.begin("leave_room", json!({ "room": room })).await;
        assert_eq!(ann.answer(left).await["ok"], true);
        let before = ann.came("new_message").await;
        for ack in acks {
            assert_eq!(ann.answer(ack).await["ok"], true);
        }
        assert_eq!(ann.came("new_message").await, before);
    }
}

#[tokio::test]
async fn after_a_restart_positions_still_hold() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let joined = ann.join(&room).await;
    ann.say(&room, "before").await;
    let app = app.restart_with(|_| {}).await;
    ann.wait_for_end().await;
    let mut back = SocketIo::connect(app.address(), &token).await;
    let rejoined = back.call("join_room", json!({ "room": room, "after": joined["position"] })).await;
    assert_eq!(rejoined["resync"], Value::Null, "{rejoined}");
    assert_eq!(texts(&heard(&mut back, "before").await), ["before"]);
}
