//! A stop: transports end without a good-bye, because clients that hear one do not come back.

use super::{quiet_app, room_of};
use crate::support::socketio::{Poller, SocketIo, ws_url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_every_connection_in_time_and_keeps_what_was_acknowledged() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(SocketIo::connect(app.address(), &token).await);
    }
    let unknown = SocketIo::open(ws_url(app.address())).await;
    let polling = Poller::connect(app.address(), &token).await;
    let waiting = tokio::spawn(polling.wait_for_end());
    let sent = sockets[0].say(&room, "kept").await;
    let stopping = tokio::spawn(app.restart_with(|_| {}));
    for socket in sockets {
        socket.wait_for_end().await;
    }
    unknown.wait_for_end().await;
    let app = stopping.await.unwrap();
    waiting.await.unwrap();
    let mut back = SocketIo::connect(app.address(), &token).await;
    let after = serde_json::json!({ "epoch": sent["epoch"], "seq": sent["seq"].as_u64().unwrap() - 1 });
    back.call("join_room", serde_json::json!({ "room": room, "after": after })).await;
    assert_eq!(back.event("new_message").await["message_id"], sent["message_id"]);
}
