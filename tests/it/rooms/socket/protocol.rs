//! The document's events, both ways, over both transports.

use serde_json::{Value, json};

use super::{admin_token, quiet_app, room_of};
use crate::support::app::TestApp;
use crate::support::rest::{get_as, key_of, send};
use crate::support::socketio::{Poller, SocketIo};

#[tokio::test]
async fn a_message_reaches_everybody_in_the_room_and_its_sender_with_the_documents_fields() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let mut admin = SocketIo::connect(app.address(), &admin_token(&app).await).await;
    let joined = ann.join(&room).await;
    assert_eq!(joined["room"], room);
    assert!(joined["position"]["epoch"].is_u64() && joined["position"]["seq"].is_u64(), "{joined}");
    admin.join(&room).await;
    let message =
        json!({ "room": room, "message": "Hi there", "user_type": "customer", "timestamp": "2024-01-01", "id": "m1" });
    let sent = ann.call("send_message", message).await;
    assert_eq!((&sent["ok"], &sent["duplicate"]), (&json!(true), &json!(false)), "{sent}");
    for socket in [&mut ann, &mut admin] {
        let heard = socket.event("new_message").await;
        assert_eq!(heard["message"], "Hi there");
        assert_eq!(heard["user_type"], "customer");
        assert_eq!((&heard["room"], &heard["user_id"], &heard["id"]), (&json!(room), &json!("ann"), &json!("m1")));
        assert_eq!(heard["is_ai_generated"], false);
        for same in ["message_id", "seq", "epoch"] {
            assert_eq!(heard[same], sent[same], "{same}");
        }
        assert!(heard["timestamp"].as_str().is_some_and(|at| at.ends_with('Z') && !at.starts_with("2024-01-01")));
    }
    admin.call("send_message", json!({ "room": room, "message": "How can I help?", "user_type": "admin" })).await;
    let heard = ann.events_until("new_message", |event| event["message"] == "How can I help?").await.pop().unwrap();
    assert_eq!((&heard["user_type"], &heard["is_ai_generated"]), (&json!("admin"), &json!(false)));
}

#[tokio::test]
async fn what_is_said_over_a_socket_stands_in_the_log_that_other_dialects_read() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.say(&room, "Hello from a socket").await;
    let path = format!("/api/core/sessions/{room}/context");
    let context = send(get_as(&app, &token, &path)).await;
    assert!(context.body.to_string().contains("Hello from a socket"), "{}", context.body);
}

#[tokio::test]
async fn the_same_id_twice_is_one_message() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.join(&room).await;
    let message = json!({ "room": room, "message": "once", "id": "only" });
    let first = ann.call("send_message", message.clone()).await;
    let again = ann.call("send_message", message).await;
    assert_eq!((&first["duplicate"], &again["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!((&first["message_id"], &first["seq"]), (&again["message_id"], &again["seq"]));
    let heard = ann.event("new_message").await;
    assert_eq!(heard["message_id"], first["message_id"]);
    ann.say(&room, "last").await;
    let rest = ann.events_until("new_message", |event| event["message"] == "last").await;
    assert!(rest.iter().all(|event| event["message"] != "once"), "{rest:?}");
}

#[tokio::test]
async fn polling_does_the_same() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = Poller::connect(app.address(), &token).await;
    let join = format!("421{}", json!(["join_room", { "room": room }]));
    let say = format!("422{}", json!(["send_message", { "room": room, "message": "polled" }]));
    let (status, text) = ann.post(&format!("{join}\u{1e}{say}")).await;
    assert_eq!((status, text.as_str()), (200, "ok"));
    let joined: Value = serde_json::from_str(&ann.wait_for("431").await).unwrap();
    assert_eq!(joined[0]["ok"], true);
    let heard: Value = serde_json::from_str(&ann.wait_for("42").await).unwrap();
    assert_eq!((&heard[0], &heard[1]["message"]), (&json!("new_message"), &json!("polled")));
    let sent: Value = serde_json::from_str(&ann.wait_for("432").await).unwrap();
    assert_eq!(sent[0]["ok"], true);
}

#[tokio::test]
async fn whoever_leaves_hears_no_more_but_is_still_told_what_became_of_their_words() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let mut other = SocketIo::connect(app.address(), &token).await;
    ann.join(&room).await;
    let last = ann.begin("send_message", json!({ "room": room, "message": "bye" })).await;
    let left = ann.begin("leave_room", json!({ "room": room })).await;
    assert_eq!(ann.answer(last).await["ok"], true);
    assert_eq!(ann.answer(left).await["ok"], true);
    let before = ann.came("new_message").await;
    other.say(&room, "anybody there?").await;
    assert_eq!(ann.came("new_message").await, before);
    assert_eq!(ann.call("leave_room", json!({ "room": room })).await["error"]["code"], "conflict");
}

#[tokio::test]
async fn others_see_who_types() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let mut admin = SocketIo::connect(app.address(), &admin_token(&app).await).await;
    ann.join(&room).await;
    admin.join(&room).await;
    ann.emit("typing", json!({ "room": room, "is_typing": true })).await;
    let typing = admin.event("typing").await;
    let expected = json!({ "room": room, "user_type": "customer", "is_typing": true, "is_ai_generated": false });
    assert_eq!(typing, expected);
    assert_eq!(ann.came("typing").await, 0);
}

#[tokio::test]
async fn a_key_listens_as_a_service_and_says_nothing() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let key = key_of(&app, "default", &["conversations:read"]).await;
    let mut service = SocketIo::connect(app.address(), &key).await;
    service.join(&room).await;
    SocketIo::connect(app.address(), &token).await.say(&room, "hello").await;
    assert_eq!(service.event("new_message").await["message"], "hello");
    let refused = service.call("send_message", json!({ "room": room, "message": "I am a program" })).await;
    assert_eq!(refused["error"]["code"], "forbidden");
    let refused = service.call("typing", json!({ "room": room, "is_typing": true })).await;
    assert_eq!(refused["error"]["code"], "forbidden", "nobody would be the one who types");
    let without = key_of(&app, "default", &["users:read"]).await;
    assert!(SocketIo::try_connect(app.address(), &without).await.is_err());
}

#[tokio::test]
async fn that_nothing_is_known_was_not_generated() {
    let app = TestApp::start().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.join(&room).await;
    ann.say(&room, "Colourless green ideas sleep furiously").await;
    let said = ann.events_until("new_message", |event| event["user_type"] == "admin").await.pop().unwrap();
    assert_eq!((&said["user_id"], &said["is_ai_generated"]), (&json!("assistant"), &json!(false)));
}
