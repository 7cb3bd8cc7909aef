//! Messages keep the order in which their socket sent them.

use serde_json::json;

use super::{quiet_app, room_of};
use crate::support::socketio::{Poller, SocketIo};

/// Messages that are sent without waiting for anything.
const MESSAGES: usize = 1_000;

fn customers(events: &[serde_json::Value]) -> Vec<String> {
    let own = events.iter().filter(|event| event["user_type"] == "customer");
    own.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

fn last() -> serde_json::Value {
    json!((MESSAGES - 1).to_string())
}

fn numbers() -> Vec<String> {
    (0..MESSAGES).map(|n| n.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_messages_sent_without_waiting_stand_in_the_order_of_their_sending() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.join(&room).await;
    let mut acks = Vec::new();
    for n in 0..MESSAGES {
        acks.push(ann.begin("send_message", json!({ "room": room, "message": n.to_string() })).await);
    }
    let mut newest = 0;
    for ack in acks {
        let sent = ann.answer(ack).await;
        let seq = sent["seq"].as_u64().unwrap_or_else(|| panic!("{sent}"));
        assert!(seq > newest, "{seq} after {newest}");
        newest = seq;
    }
    let heard = ann.events_until("new_message", |event| event["message"] == last()).await;
    assert_eq!(customers(&heard), numbers());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_do_those_of_one_poll_into_a_room_that_is_joined_in_the_same_breath() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut watcher = SocketIo::connect(app.address(), &token).await;
    watcher.join(&room).await;
    let ann = Poller::connect(app.address(), &token).await;
    let packet = |event: &str, payload: serde_json::Value| format!("42{}", json!([event, payload]));
    let mut packets = vec![packet("join_room", json!({ "room": room }))];
    packets.extend(numbers().iter().map(|n| packet("send_message", json!({ "room": room, "message": n }))));
    let reading = tokio::spawn(async move {
        let mut ann = ann;
        assert_eq!(ann.post(&packets.join("\u{1e}")).await.0, 200);
        loop {
            let event: serde_json::Value = serde_json::from_str(&ann.wait_for("42").await).unwrap();
            if event[1]["message"] == last() {
                return;
            }
        }
    });
    let heard = watcher.events_until("new_message", |event| event["message"] == last()).await;
    assert_eq!(customers(&heard), numbers());
    reading.await.unwrap();
}
