//! Who may come in, what another organization sees, and frames that are none.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::domain::{Email, Role};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::super::{Desk, ask, colleague, colleague_of, say, staffed};
use crate::support::app::{API_KEY, TestApp};
use crate::support::clock::HandClock;
use crate::support::rest::customer_token;
use crate::support::ws::Client;

#[tokio::test]
async fn somebody_of_another_organization_finds_nothing_whatever_they_try() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let eve = colleague_of(&app, "acme", "Eve Oh", Role::Admin).await;
    let mut ours = Desk::open(&app, &jane).await;
    let mut theirs = Desk::hello(&app, &eve, json!({ "scope": "all" })).await.0;
    say(&app, "s1", "secret").await;
    ours.frame("offer").await;
    let commands = [
        ("watch", json!({ "session": "s1", "after": 0 })),
        ("accept", json!({ "session": "s1", "epoch": 1 })),
        ("claim", json!({ "session": "s1", "epoch": 1 })),
        ("send", json!({ "session": "s1", "text": "x" })),
        ("note", json!({ "session": "s1", "text": "x" })),
        ("read", json!({ "session": "s1", "upto": 1 })),
        ("hold", json!({ "session": "s1" })),
        ("unhold", json!({ "session": "s1" })),
        ("return", json!({ "session": "s1", "note": "x" })),
        ("hand_back", json!({ "session": "s1" })),
        ("transfer", json!({ "session": "s1", "to": { "agent": eve.id } })),
        ("close", json!({ "session": "s1", "reason": "solved" })),
        ("route", json!({ "session": "s1", "priority": "high" })),
        ("summarize", json!({ "session": "s1" })),
        ("facts", json!({ "customer": "user123", "set": { "plan": "gold" } })),
    ];
    for (kind, fields) in commands {
        assert_eq!(theirs.refused(kind, fields).await, "not_found", "{kind}");
    }
    theirs.order("typing", json!({ "session": "s1", "active": true })).await;
    theirs.frame("error").await;
    let to_them = json!({ "session": "s1", "to": { "agent": eve.id } });
    assert!(["not_found", "conflict"].contains(&ours.refused("transfer", to_them).await.as_str()));
    let heard: Vec<&Value> = theirs.heard.iter().filter(|frame| frame.to_string().contains("s1")).collect();
    assert!(heard.is_empty(), "{heard:?}");
    app.stop().await;
}

#[tokio::test]
async fn keys_customers_and_other_pages_are_turned_away() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let customer = customer_token(&app, "user123").await;
    let with = |token: &str| app.ws_url(&format!("/ws/agent?token={token}"));
    for (token, status) in [(API_KEY, 403), (customer.as_str(), 403), ("nonsense", 401)] {
        assert_eq!(Client::try_connect(with(token)).await.err(), Some(status), "{token}");
    }
    assert_eq!(Client::try_connect(app.ws_url("/ws/agent")).await.err(), Some(401));
    let mut foreign = with(&jane.token).into_client_request().unwrap();
    foreign.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert_eq!(Client::try_connect(foreign).await.err(), Some(403));
    let mut header = app.ws_url("/ws/agent").into_client_request().unwrap();
    header.headers_mut().insert("authorization", format!("Bearer {}", jane.token).parse().unwrap());
    assert!(Client::try_connect(header).await.is_ok());
    app.stop().await;
}

#[tokio::test]
async fn frames_that_are_none_are_refused_and_the_connection_stays() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let mut socket = Desk::connect(&app, &jane.token).await;
    socket.send(json!({ "type": "status", "id": "c1", "status": "busy" })).await;
    let early = socket.next().await;
    assert_eq!((&early["type"], &early["id"], &early["code"]), (&json!("error"), &json!("c1"), &json!("invalid")));
    socket.send(json!({ "type": "hello", "scope": "everything" })).await;
    assert_eq!(socket.next().await["field"], "scope");
    drop(socket);
    let mut desk = Desk::open(&app, &jane).await;
    for bad in ["", "null", "[]", "{", "\"hello\"", "{\"type\":7}", "{\"type\":\"dance\"}"] {
        desk.socket.send_raw(Message::text(bad)).await;
        let refused = desk.frame("error").await;
        assert_eq!((&refused["code"], &refused["id"]), (&json!("invalid"), &Value::Null), "{bad}");
    }
    desk.socket.send_raw(Message::binary(vec![1])).await;
    assert_eq!(desk.frame("error").await["code"], "invalid");
    let wrong = [
        ("hello", json!({}), "conflict"),
        ("status", json!({ "status": "asleep" }), "invalid"),
        ("watch", json!({}), "invalid"),
        ("watch", json!({ "session": "a b" }), "invalid"),
        ("accept", json!({ "session": "s1" }), "invalid"),
        ("send", json!({ "session": "s1", "text": " " }), "invalid"),
        ("send", json!({ "session": "s1", "text": "x", "client_id": "" }), "invalid"),
        ("transfer", json!({ "session": "s1", "to": {} }), "invalid"),
        ("close", json!({ "session": "s1", "reason": "x".repeat(101) }), "invalid"),
        ("route", json!({ "session": "s1", "priority": "huge" }), "invalid"),
        ("send", json!({ "session": "nope", "text": "x" }), "not_found"),
        ("send", json!({ "session": "s1", "text": "x".repeat(70_000) }), ""),
    ];
    for (kind, fields, expected) in wrong {
        if expected.is_empty() {
            desk.order(kind, fields).await;
            assert_eq!(desk.frame("error").await["code"], "too_large");
        } else {
            assert_eq!(desk.refused(kind, fields.clone()).await, expected, "{kind} {fields}");
        }
    }
    desk.done("status", json!({ "status": "busy" })).await;
    app.stop().await;
}

#[tokio::test]
async fn whoever_is_deactivated_or_whose_token_ends_is_gone() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let desk = Desk::open(&app, &jane).await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    let path = format!("/team/agents/{}", jane.id);
    let gone = ask(&app, &ada, Method::PATCH, &path, Some(json!({ "active": false }))).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(closed(desk).await, 4401, "also if they say nothing more");
    app.stop().await;

    let clock = std::sync::Arc::new(HandClock::at("2026-11-22T10:00:00Z"));
    let world = switchboard::app::World { clock: clock.clone(), ..switchboard::app::World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let login = json!({ "email": crate::support::app::ADMIN_EMAIL, "password": crate::support::app::ADMIN_PASSWORD });
    let login = reqwest::Client::new().post(app.url("/api/console/login")).json(&login).send().await.unwrap();
    let login: Value = login.json().await.unwrap();
    assert!(Email::parse(login["user"]["email"].as_str().unwrap()).is_ok());
    let admin = super::super::Colleague {
        id: String::new(),
        email: String::new(),
        token: login["token"].as_str().unwrap().to_owned(),
    };
    let desk = Desk::open(&app, &admin).await;
    clock.forward_s(3_600);
    assert_eq!(closed(desk).await, 4401);
    app.stop().await;
}

async fn closed(mut desk: Desk) -> u16 {
    loop {
        match desk.socket.try_next().await {
            Ok(_) => {}
            Err(frame) => return frame.expect("a close with a code").code.into(),
        }
    }
}
