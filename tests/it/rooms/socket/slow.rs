//! A client that does not read is let go; it comes back and misses nothing, and nobody else notices.

use serde_json::json;
use tokio::net::TcpSocket;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use futures_util::{SinkExt, StreamExt};

use super::room_of;
use crate::support::app::{PATIENCE, TestApp};
use crate::support::socketio::{SocketIo, ws_url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_let_go_and_resumes_and_others_are_not_disturbed() {
    let app = TestApp::start_with(|config| {
        config.assistant.provider = switchboard::config::Provider::None;
        config.live.write_timeout_s = 1;
        config.live.outbox_items_max = 16;
    })
    .await;
    let (token, room) = room_of(&app, "ann").await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(app.address()).await.unwrap();
    let request = ws_url(app.address()).into_client_request().unwrap();
    let (mut slow, _) = client_async(request, stream).await.unwrap();
    slow.send(Message::text(format!("40{}", json!({ "token": token })))).await.unwrap();
    slow.next().await.unwrap().unwrap();
    let mut quick = SocketIo::connect(app.address(), &token).await;
    let joined = quick.join(&room).await;
    // The slow one has said so and reads nothing from here on.
    let join = json!(["join_room", { "room": room, "after": joined["position"] }]);
    slow.send(Message::text(format!("42{join}"))).await.unwrap();
    let mut writer = SocketIo::connect(app.address(), &token).await;
    let words = "x".repeat(30 * 1024);
    for n in 0..300 {
        writer.say(&room, &format!("{n} {words}")).await;
        quick.event("new_message").await;
    }
    let ended = async { while let Some(Ok(_)) = slow.next().await {} };
    tokio::time::timeout(PATIENCE, ended).await.expect("the server has ended it");
    let mut back = SocketIo::connect(app.address(), &token).await;
    back.call("join_room", json!({ "room": room, "after": joined["position"] })).await;
    for n in 0..300 {
        let heard = back.events_until("new_message", |event| event["user_type"] == "customer").await.pop().unwrap();
        assert!(heard["message"].as_str().unwrap().starts_with(&format!("{n} ")));
    }
}
