//! `/api/admin/sessions`

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::auth::ResumeSecret;
use switchboard::domain::{Body, Channel, Command, CustomerId, Draft, MessageId, Opening, PersonName, UserId, Visitor};

use super::{ACTIVE, key, say};
use crate::support::app::TestApp;
use crate::support::clock::HandClock;
use crate::support::rest::{Parrot, get, send};

const SESSIONS: &str = "/api/admin/sessions";

fn jane() -> Visitor {
    let name = PersonName::parse("name", "Jane Smith").unwrap();
    Visitor::Staff { user: UserId(uuid::Uuid::from_u128(7)), name }
}

fn alice() -> Value {
    json!({ "name": "Alice Johnson", "email": "alice@example.com", "phone": "+1234567890" })
}

#[tokio::test]
async fn the_active_sessions_are_the_documented_ones() {
    let clock = Arc::new(HandClock::at("2023-07-19T14:30:00Z"));
    let app = TestApp::start_in_world(|_| {}, World { clock: clock.clone(), ..Parrot::world(None) }).await;
    for (session, channel) in [("s1", "whatsapp"), ("s2", "web"), ("s3", "email"), ("s4", "web")] {
        say(&app, session, channel, "Hello", if session == "s1" { alice() } else { json!({}) }).await;
        clock.forward_s(60);
    }
    let act = async |session: &str, command| app.sessions().act(&key(session), command).await.unwrap();
    act("s1", Command::TakeOver { visitor: jane(), if_epoch: None }).await;
    act("s2", Command::RequestHuman { visitor: Visitor::Service }).await;
    act("s4", Command::Close { visitor: jane() }).await;
    let all = send(get(&app, ACTIVE)).await;
    assert_eq!(all.status, 200);
    insta::assert_json_snapshot!(all.body);
    let web = send(get(&app, &format!("{ACTIVE}?channel=web&limit=1"))).await.body;
    assert_eq!((&web["sessions"][0]["id"], &web["pagination"]["total"]), (&"s2".into(), &1.into()));
    let last = send(get(&app, &format!("{ACTIVE}?page=3&limit=1"))).await.body;
    assert_eq!(last["sessions"][0]["id"], "s1");
    assert_eq!(last["pagination"], json!({ "total": 3, "page": 3, "limit": 1, "pages": 3 }));
    for bad in ["channel=fax", "channel=", "page=0", "limit=0"] {
        assert_eq!(send(get(&app, &format!("{ACTIVE}?{bad}"))).await.status, 400, "{bad}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_session_is_told_in_full_with_its_customer_and_its_messages() {
    let clock = Arc::new(HandClock::at("2023-07-19T14:30:00Z"));
    let app = TestApp::start_in_world(|_| {}, World { clock: clock.clone(), ..Parrot::world(None) }).await;
    say(&app, "s1", "whatsapp", "Hello", alice()).await;
    clock.forward_s(60);
    let body = Body::parse("text", "I will look <b>that</b> up").unwrap();
    let draft = Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body,
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    app.sessions().post(&key("s1"), jane(), None, draft).await.unwrap();
    let told = send(get(&app, &format!("{SESSIONS}/s1"))).await;
    assert_eq!(told.status, 200);
    insta::assert_json_snapshot!(told.body, { ".messages[].id" => "[id]" });
    app.sessions().act(&key("s1"), Command::Close { visitor: jane() }).await.unwrap();
    let closed = send(get(&app, &format!("{SESSIONS}/s1"))).await.body;
    assert_eq!(closed["session"]["status"], "closed");
    assert_eq!(send(get(&app, &format!("{SESSIONS}/unknown"))).await.status, 404);
    assert_eq!(send(get(&app, &format!("{SESSIONS}/a%20b"))).await.status, 400);
    app.stop().await;
}

#[tokio::test]
async fn of_a_long_session_the_newest_messages_come_or_those_asked_for() {
    let app = TestApp::start_in_world(|_| {}, Parrot::world(None)).await;
    for number in 0..3 {
        say(&app, "s1", "web", &format!("m{number}"), json!({})).await;
    }
    let texts = async |query: &str| {
        let told = send(get(&app, &format!("{SESSIONS}/s1{query}"))).await.body;
        let texts = told["messages"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap());
        texts.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(texts("").await, ["m0", "m0", "m1", "m1", "m2", "m2"]);
    assert_eq!(texts("?limit=3").await, ["m1", "m2", "m2"]);
    assert_eq!(texts("?skip=1&limit=2").await, ["m0", "m1"]);
    assert_eq!(texts("?skip=0&limit=1").await, ["m0"]);
    for bad in ["skip=-1", "limit=0", "limit=x"] {
        assert_eq!(send(get(&app, &format!("{SESSIONS}/s1?{bad}"))).await.status, 400, "{bad}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_claimed_name_does_not_show_what_is_noted_of_the_customer_who_has_it() {
    let app = TestApp::start_in_world(|_| {}, Parrot::world(None)).await;
    say(&app, "s1", "web", "Hello", alice()).await;
    let secret = ResumeSecret::generate().hash;
    let claimed = CustomerId::parse("s1-customer").unwrap();
    let claimed = Visitor::Anonymous { claimed, secret: Some(secret.clone()) };
    let opening = Opening { channel: Channel::Web, resume: Some(secret), language: None, name: None };
    app.sessions().enter(&key("s2"), claimed, Some(opening)).await.unwrap();
    let told = send(get(&app, &format!("{SESSIONS}/s2"))).await.body;
    assert_eq!(told["session"]["customerInfo"], json!({ "name": null, "email": null, "phone": null }));
    let own = send(get(&app, &format!("{SESSIONS}/s1"))).await.body;
    assert_eq!(own["session"]["customerInfo"], alice());
    app.stop().await;
}

#[tokio::test]
async fn metadata_that_can_not_be_a_contact_is_kept_with_the_message_and_refuses_nothing() {
    let app = TestApp::start_in_world(|_| {}, Parrot::world(None)).await;
    say(&app, "s1", "web", "Hello", json!({ "name": 7, "email": "nowhere", "phone": { "a": 1 } })).await;
    let told = send(get(&app, &format!("{SESSIONS}/s1"))).await.body;
    assert_eq!(told["session"]["customerInfo"], json!({ "name": null, "email": null, "phone": null }));
    say(&app, "s1", "web", "Hello", json!({ "email": "alice@example.com", "phone": "nothing" })).await;
    let told = send(get(&app, &format!("{SESSIONS}/s1"))).await.body;
    assert_eq!(told["session"]["customerInfo"], json!({ "name": null, "email": "alice@example.com", "phone": null }));
    app.stop().await;
}
