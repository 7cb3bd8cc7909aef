//! What breaks the rules is told so, harms nobody else, and leaves nothing behind.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{quiet_app, room_of};
use crate::support::app::{API_KEY, Process, TestApp};
use crate::support::rest::customer_token;
use crate::support::socketio::{Poller, SocketIo, ws_url};

#[tokio::test]
async fn an_event_that_can_not_be_used_is_answered_and_the_connection_stays() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = "x".repeat(40 * 1024);
    for (packet, detail) in [
        (json!(["dance", { "room": room }]).to_string(), "event: is not an event"),
        (json!(["join_room"]).to_string(), "payload: is required"),
        (json!(["join_room", 7]).to_string(), "body: "),
        (json!(["join_room", [room]]).to_string(), "body: "),
        (json!(["join_room", {}]).to_string(), "room: is required"),
        (json!(["join_room", { "room": 7 }]).to_string(), "room: "),
        (json!(["join_room", { "room": "a/b" }]).to_string(), "room: may hold only"),
        (json!(["join_room", { "room": "a".repeat(129) }]).to_string(), "room: must be at most 128"),
        (json!(["join_room", { "room": room, "after": { "epoch": -1, "seq": 1 } }]).to_string(), "after.epoch: "),
        (format!(r#"["join_room",{deep}]"#), "body: "),
        (r#"["join_room",{"room":"a","room":"b"}]"#.to_owned(), "body: duplicate field"),
        (json!(["send_message", { "room": room }]).to_string(), "message: is required"),
        (json!(["send_message", { "room": room, "message": 7 }]).to_string(), "message: "),
        (json!(["send_message", { "room": room, "message": " " }]).to_string(), "message: must not be empty"),
        (json!(["send_message", { "room": room, "message": "x", "id": "a\nb" }]).to_string(), "id: "),
        (json!(["send_message", { "room": room, "message": long }]).to_string(), "message is larger"),
        (json!(["typing", { "room": room, "is_typing": true }]).to_string(), "join the room first"),
        (json!(["typing", { "room": room, "is_typing": "yes" }]).to_string(), "is_typing: "),
    ] {
        ann.send(&format!("42999{packet}")).await;
        let error = ann.answer(999).await["error"].clone();
        let said = error["detail"].as_str().unwrap_or_else(|| panic!("{packet}: {error}"));
        assert!(said.starts_with(detail), "{packet}: {said}");
        assert_eq!(ann.event("error").await["detail"], said);
    }
    ann.join(&room).await;
    ann.say(&room, "still here").await;
}

#[tokio::test]
async fn binary_attachments_are_refused_and_too_many_end_the_connection() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let placeholder = json!({ "_placeholder": true, "num": 0 });
    let packet = json!(["send_message", { "room": room, "message": "x", "file": placeholder }]);
    ann.send(&format!("451-7{packet}")).await;
    ann.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(ann.answer(7).await["error"]["detail"], "attachments: are not accepted");
    ann.say(&room, "still here").await;
    ann.send("45100-[\"send_message\",{}]").await;
    ann.wait_for_end().await;
}

#[tokio::test]
async fn a_packet_over_the_limit_is_refused_and_others_are_not_disturbed() {
    let app = TestApp::start_with(|config| config.live.socketio_packet_max_bytes = 100_000).await;
    let (token, room) = room_of(&app, "ann").await;
    let mut other = SocketIo::connect(app.address(), &token).await;
    other.join(&room).await;
    let huge = format!("42{}", json!(["send_message", { "room": room, "message": "x".repeat(200_000) }]));
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.send_raw(Message::text(huge.clone())).await;
    ann.wait_for_end().await;
    let polling = Poller::connect(app.address(), &token).await;
    assert_eq!(polling.post(&huge).await.0, 413);
    assert_eq!(polling.poll().await.0, 400, "the connection has ended");
    other.say(&room, "fine here").await;
}

#[tokio::test]
async fn a_namespace_that_does_not_exist_is_refused() {
    let app = quiet_app().await;
    let token = customer_token(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.send(&format!("40/admin,{}", json!({ "token": token }))).await;
    let refused = ann.wait_for_packet("44/admin,").await;
    assert_eq!(serde_json::from_str::<Value>(&refused).unwrap(), json!({ "message": "Invalid namespace" }));
    ann.send("42/admin,[\"join_room\",{}]").await;
    assert_eq!(ann.call("nothing", json!({})).await["error"]["code"], "invalid", "the connection stays");
}

#[tokio::test]
async fn what_is_no_packet_ends_the_connection_and_no_other() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut other = SocketIo::connect(app.address(), &token).await;
    for packet in ["9", "42[", "42{}", "42[7]", "4é", "49[]", "", "40{", "44{\"message\":\"x\"}", "451-[\"a\",{}]", "4"]
    {
        let mut ann = SocketIo::connect(app.address(), &token).await;
        ann.send_raw(Message::text(packet)).await;
        ann.send_raw(Message::text("1")).await;
        ann.wait_for_end().await;
    }
    for query in ["EIO=3&transport=polling", "EIO=4&transport=carrier-pigeon", "EIO=4&transport=polling&sid=AAAA", "x"]
    {
        let url = app.url(&format!("/socket.io/?{query}"));
        let answer = reqwest::Client::new().get(url).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{query}");
    }
    other.say(&room, "fine here").await;
}

#[tokio::test]
async fn acknowledgements_that_nobody_asked_for_are_ignored() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.send("43[]").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    for number in 0..100 {
        ann.send(&format!("43{number}[\"thanks\"]")).await;
    }
    ann.say(&room, "still here").await;
}

#[tokio::test]
async fn a_connection_that_does_not_say_who_it_is_ends() {
    let app = TestApp::start_with(|config| config.live.socketio_connect_timeout_s = 1).await;
    let mut speaking = SocketIo::open(ws_url(app.address())).await;
    speaking.send("42[\"join_room\",{\"room\":\"a\"}]").await;
    speaking.wait_for_end().await;
    SocketIo::open(ws_url(app.address())).await.wait_for_end().await;
    let polling = Poller::open(app.address()).await.unwrap();
    while polling.poll().await.0 == 200 {}
}

/// A server of its own, so that nobody else's rooms are counted.
#[tokio::test]
async fn a_thousand_joins_of_foreign_rooms_are_each_refused_and_leave_nothing_behind() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[("ASSISTANT__PROVIDER", "none")]).await;
    let http = reqwest::Client::new();
    let listened = async || {
        let metrics =
            http.get(format!("http://{}/metrics", server.address())).send().await.unwrap().text().await.unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix("switchboard_sessions_listened ")).unwrap();
        line.parse::<f64>().unwrap()
    };
    let message = json!({ "message": { "text": "hello" }, "userId": "ann", "sessionId": "room-of-ann" });
    let url = format!("http://{}/api/core/messages", server.address());
    assert!(http.post(url).header("X-API-Key", API_KEY).json(&message).send().await.unwrap().status().is_success());
    let register = json!({ "email": "bob@example.com", "password": "Password-123", "name": "Bob" });
    let base = format!("http://{}", server.address());
    assert_eq!(http.post(format!("{base}/auth/register")).json(&register).send().await.unwrap().status(), 201);
    let login = http.post(format!("{base}/auth/login")).json(&register).send().await.unwrap();
    let login: Value = login.json().await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    let mut bob = SocketIo::connect(server.address(), token).await;
    let mut acks = Vec::new();
    for n in 0..1_000 {
        let room = if n % 2 == 0 { "room-of-ann".to_owned() } else { format!("nobody-{n}") };
        acks.push(bob.begin("join_room", json!({ "room": room, "user_type": "admin" })).await);
    }
    for ack in acks {
        assert_eq!(bob.answer(ack).await["error"]["code"], "not_found");
        bob.event("error").await;
    }
    assert_eq!(listened().await, 0.0, "no subscription is left");
    let own = http.post(format!("{base}/conversations")).bearer_auth(token).send().await.unwrap();
    let own: Value = own.json().await.unwrap();
    bob.join(own["conversation_id"].as_str().unwrap()).await;
    assert_eq!(listened().await, 1.0);
    bob.send("41").await;
    bob.wait_for_end().await;
    let begun = tokio::time::Instant::now();
    while listened().await > 0.0 {
        assert!(begun.elapsed() < crate::support::app::PATIENCE, "a subscription outlived its socket");
    }
}

#[tokio::test]
async fn a_socket_joins_so_many_rooms_and_no_more() {
    let app = TestApp::start_with(|config| config.live.socketio_rooms_max = 2).await;
    let mut rooms = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let (of, room) = room_of(&app, "ann").await;
        token = of;
        rooms.push(room);
    }
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.join(&rooms[0]).await;
    ann.join(&rooms[1]).await;
    ann.join(&rooms[1]).await;
    assert_eq!(ann.call("join_room", json!({ "room": rooms[2] })).await["error"]["code"], "conflict");
    ann.call("leave_room", json!({ "room": rooms[0] })).await;
    ann.join(&rooms[2]).await;
}

#[tokio::test]
async fn a_flood_is_refused_by_the_minute_and_others_are_not_disturbed() {
    let app = TestApp::start_with(|config| {
        config.limits.enabled = true;
        config.limits.live_frames = 20;
        config.assistant.provider = switchboard::config::Provider::None;
    })
    .await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let mut acks = Vec::new();
    for n in 0..50 {
        acks.push(ann.begin("send_message", json!({ "room": room, "message": n.to_string() })).await);
    }
    let mut answers = Vec::new();
    for ack in acks {
        answers.push(ann.answer(ack).await);
    }
    assert!(answers[..20].iter().all(|answer| answer["ok"] == true), "{answers:?}");
    assert!(answers[20..].iter().all(|answer| answer["error"]["code"] == "too_many_requests"), "{answers:?}");
    assert!(answers[20]["error"]["retry_after"].as_u64().is_some_and(|wait_s| (1..=61).contains(&wait_s)));
    let (token, room) = room_of(&app, "bob").await;
    SocketIo::connect(app.address(), &token).await.say(&room, "fine here").await;
}

#[tokio::test]
async fn more_events_than_may_wait_are_refused_and_those_that_wait_are_worked_on() {
    let app = TestApp::start_with(|config| {
        config.live.socketio_events_waiting_max = 8;
        // Room for every refusal: a client that does not read those either is hung up on.
        config.live.socketio_packets_waiting_max = 1_000;
        config.live.pending_max = 1;
        config.assistant.provider = switchboard::config::Provider::None;
    })
    .await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.join(&room).await;
    let mut acks = Vec::new();
    for n in 0..200 {
        acks.push(ann.begin("send_message", json!({ "room": room, "message": n.to_string() })).await);
    }
    let mut kept = Vec::new();
    for (n, ack) in acks.into_iter().enumerate() {
        let answer = ann.answer(ack).await;
        if answer["ok"] == true {
            kept.push(n.to_string());
        } else {
            assert_eq!(answer["error"]["code"], "busy", "{answer}");
        }
    }
    assert!(!kept.is_empty());
    ann.say(&room, "end").await;
    let heard = ann.events_until("new_message", |event| event["message"] == "end").await;
    let heard: Vec<_> =
        heard.iter().filter(|event| event["user_type"] == "customer").map(|event| &event["message"]).collect();
    assert_eq!(heard[..heard.len() - 1], kept.iter().collect::<Vec<_>>()[..]);
}
