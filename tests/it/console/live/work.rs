//! A day at work: offers, messages, notes, colleagues.

use serde_json::{Value, json};
use switchboard::domain::Role;

use super::super::{Desk, colleague, say, staffed};
use crate::support::rest::customer_token;
use crate::support::ws::Client;

#[tokio::test]
async fn a_person_is_offered_a_session_answers_it_and_closes_it() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let (mut desk, first) = Desk::hello(&app, &jane, json!({})).await;
    let kinds: Vec<&str> = first.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["welcome", "resync", "desk"]);
    assert_eq!(first[0]["agent"], json!({ "id": jane.id, "name": "Jane Smith", "role": "agent" }));
    assert_eq!((&first[0]["resumed"], &first[2]["open"]), (&json!(false), &json!(true)));

    say(&app, "s1", "Where is my order?").await;
    let offer = desk.frame("offer").await;
    assert_eq!((&offer["session"]["id"], &offer["session"]["offered_to"]), (&json!("s1"), &json!(jane.id)));
    let epoch = offer["session"]["epoch"].clone();
    let accepted = desk.done("accept", json!({ "session": "s1", "epoch": epoch })).await;
    assert_eq!(
        (&accepted["session"]["owner"], &accepted["session"]["agent"]["id"]),
        (&json!("human"), &json!(jane.id))
    );
    let moved = desk.event("s1", "owner").await;
    assert_eq!((&moved["owner"], &moved["agent"]["name"]), (&json!("human"), &json!("Jane Smith")));
    assert_eq!(desk.frame("offer_ended").await["how"], "accepted");

    let customer = customer_token(&app, "user123").await;
    let path = format!("/ws?userId=user123&sessionId=s1&token={customer}&after=0");
    let mut customer = Client::connect(app.ws_url(&path)).await;
    let sent = desk.done("send", json!({ "session": "s1", "text": "On its <b>way</b>", "client_id": "m1" })).await;
    let heard = customer.wait_for(|frame| frame["text"] == "On its <b>way</b>").await;
    assert_eq!((&heard["seq"], &sent["duplicate"]), (&sent["seq"], &json!(false)));
    let again = desk.done("send", json!({ "session": "s1", "text": "On its <b>way</b>", "client_id": "m1" })).await;
    assert_eq!((&again["message_id"], &again["duplicate"]), (&sent["message_id"], &json!(true)));
    let own = desk.event("s1", "message").await;
    assert_eq!((&own["client_id"], &own["message_id"]), (&json!("m1"), &sent["message_id"]));

    customer.send(json!({ "type": "typing", "isTyping": true })).await;
    let typing = desk.frame("typing").await;
    assert_eq!((&typing["session"], &typing["who"]["kind"]), (&json!("s1"), &json!("customer")));
    customer.send(json!({ "type": "text", "text": "Thanks", "id": "t1" })).await;
    let thanks = desk.wait_for(|frame| frame["text"] == "Thanks").await;
    desk.done("read", json!({ "session": "s1", "upto": thanks["seq"] })).await;
    desk.summary("s1", |summary| summary["unread"] == 0 && summary["read_upto"] == thanks["seq"]).await;
    let note = desk.done("note", json!({ "session": "s1", "text": "VIP", "client_id": "n1" })).await;
    let twice = desk.done("note", json!({ "session": "s1", "text": "VIP", "client_id": "n1" })).await;
    assert_eq!((&note["note_id"], &twice["duplicate"]), (&twice["note_id"], &json!(true)));
    desk.done("hold", json!({ "session": "s1" })).await;
    desk.summary("s1", |summary| summary["held"] == true).await;
    desk.done("unhold", json!({ "session": "s1" })).await;
    desk.done("close", json!({ "session": "s1", "reason": "solved", "summary": "Sent a link" })).await;
    let wrapped = desk.event("s1", "wrapped_up").await;
    assert_eq!((&wrapped["reason"], &wrapped["agent"]["name"]), (&json!("solved"), &json!("Jane Smith")));
    desk.wait_for(|frame| frame["kind"] == "owner" && frame["owner"] == "closed").await;
    app.stop().await;
}

#[tokio::test]
async fn of_two_who_take_the_same_session_one_gets_it() {
    let app = staffed().await;
    let (jane, joe) = (colleague(&app, "Jane Smith", Role::Agent).await, colleague(&app, "Joe Doe", Role::Agent).await);
    let mut one = Desk::hello(&app, &jane, json!({ "status": "busy" })).await.0;
    let mut other = Desk::hello(&app, &joe, json!({ "status": "busy" })).await.0;
    say(&app, "s1", "Hello").await;
    let epoch = one.summary("s1", |summary| summary["owner"] == "queue").await["epoch"].clone();
    assert_eq!(one.refused("accept", json!({ "session": "s1", "epoch": epoch })).await, "conflict");
    one.done("claim", json!({ "session": "s1", "epoch": epoch })).await;
    assert_eq!(other.refused("claim", json!({ "session": "s1", "epoch": epoch })).await, "conflict");
    let now = other.summary("s1", |summary| summary["owner"] == "human").await;
    assert_eq!(other.refused("claim", json!({ "session": "s1", "epoch": now["epoch"] })).await, "conflict");
    let force = json!({ "session": "s1", "epoch": now["epoch"], "force": true });
    other.done("claim", force).await;
    let lost = one.wait_for(|frame| frame["kind"] == "owner" && frame["agent"]["id"] == joe.id.as_str()).await;
    assert_eq!(lost["session"], "s1");
    app.stop().await;
}

#[tokio::test]
async fn a_session_is_passed_on_with_a_note_and_not_to_who_is_not_there() {
    let app = staffed().await;
    let (jane, joe) = (colleague(&app, "Jane Smith", Role::Agent).await, colleague(&app, "Joe Doe", Role::Agent).await);
    let mut one = Desk::hello(&app, &jane, json!({ "status": "busy" })).await.0;
    say(&app, "s1", "Hello").await;
    let epoch = one.summary("s1", |summary| summary["owner"] == "queue").await["epoch"].clone();
    one.done("claim", json!({ "session": "s1", "epoch": epoch })).await;
    let to_joe = json!({ "session": "s1", "to": { "agent": joe.id }, "note": "Speaks German" });
    assert_eq!(one.refused("transfer", to_joe.clone()).await, "conflict");
    let mut other = Desk::open(&app, &joe).await;
    one.done("transfer", to_joe).await;
    let moved = other.event("s1", "owner").await;
    assert_eq!(moved["agent"]["id"], joe.id.as_str());
    let given = one.wait_for(|frame| frame["kind"] == "owner" && frame["agent"]["id"] == joe.id.as_str()).await;
    assert_eq!(given["seq"], moved["seq"]);
    say(&app, "s1", "Guten Tag").await;
    other.wait_for(|frame| frame["text"] == "Guten Tag").await;
    // Not theirs any more: the next thing that the first one hears is what they ask for.
    let answer = one.done("scope", json!({ "scope": "mine" })).await;
    assert_eq!(answer["type"], "ack");
    assert!(!one.heard.iter().any(|frame| frame["text"] == "Guten Tag"), "{:?}", one.heard);
    other.done("return", json!({ "session": "s1", "note": "Not mine" })).await;
    other.wait_for(|frame| frame["kind"] == "owner" && frame["owner"] == "queue").await;
    app.stop().await;
}

#[tokio::test]
async fn who_looks_at_a_session_sees_who_else_does() {
    let app = staffed().await;
    let (jane, joe) = (colleague(&app, "Jane Smith", Role::Agent).await, colleague(&app, "Joe Doe", Role::Agent).await);
    let mut one = Desk::hello(&app, &jane, json!({ "status": "away" })).await.0;
    let mut other = Desk::hello(&app, &joe, json!({ "status": "away" })).await.0;
    say(&app, "s1", "Hello").await;
    let watched = one.done("watch", json!({ "session": "s1", "after": 0 })).await;
    assert_eq!(watched["session"]["id"], "s1");
    one.event("s1", "started").await;
    one.event("s1", "message").await;
    other.done("watch", json!({ "session": "s1" })).await;
    let sees = |who: &str| {
        let who = who.to_owned();
        move |frame: &Value| frame["type"] == "viewers" && frame["viewers"][0]["id"] == who.as_str()
    };
    one.wait_for(sees(&joe.id)).await;
    other.wait_for(sees(&jane.id)).await;
    other.order("typing", json!({ "session": "s1", "active": true })).await;
    let typing = one.frame("typing").await;
    assert_eq!(typing["who"], json!({ "kind": "agent", "id": joe.id, "name": "Joe Doe" }));
    one.wait_for(|frame| frame["type"] == "viewers" && frame["viewers"][0]["typing"] == true).await;
    other.done("unwatch", json!({ "session": "s1" })).await;
    one.wait_for(|frame| frame["type"] == "viewers" && frame["viewers"] == json!([])).await;
    app.stop().await;
}

#[tokio::test]
async fn the_assistant_rewrites_and_sums_up() {
    let app = crate::support::app::TestApp::start().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let mut desk = Desk::hello(&app, &jane, json!({ "status": "away" })).await.0;
    say(&app, "s1", "Hello, I need help with my order").await;
    let written = desk.done("rewrite", json!({ "text": "i can't find it", "style": "formal" })).await;
    assert_eq!(written["text"], "I cannot find it.");
    let summed = desk.done("summarize", json!({ "session": "s1" })).await;
    assert_eq!(summed["summary"]["asked"], "Hello, I need help with my order");
    assert!(summed["summary"]["tried"].as_str().unwrap().contains("order number"), "{summed}");
    assert_eq!(desk.refused("rewrite", json!({ "text": "x", "style": "rude" })).await, "invalid");
    app.stop().await;
}
