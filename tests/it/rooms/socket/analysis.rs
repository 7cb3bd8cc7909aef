//! What the assistant makes of a customer's message is for staff in the room, and for nobody else.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::json;
use switchboard::app::World;
use switchboard::assistant::{Delta, Responder, Turn};
use switchboard::domain::{Action, Answer, Reading};

use super::{admin_token, room_of};
use crate::support::app::TestApp;
use crate::support::socketio::SocketIo;

#[tokio::test]
async fn staff_in_the_room_see_the_analysis_and_customers_never_do() {
    let app = TestApp::start().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let mut admin = SocketIo::connect(app.address(), &admin_token(&app).await).await;
    let mut elsewhere = SocketIo::connect(app.address(), &admin_token(&app).await).await;
    let joined = ann.join(&room).await;
    admin.join(&room).await;
    let sent = ann.say(&room, "What is your return policy?").await;
    let analysis = admin.event("ai_analysis").await;
    assert_eq!((&analysis["room"], &analysis["message"]), (&json!(room), &json!("What is your return policy?")));
    assert_eq!(analysis["intent"], "inquiry");
    assert_eq!(analysis["message_id"], sent["message_id"]);
    let answer = ann.events_until("new_message", |event| event["is_ai_generated"] == true).await.pop().unwrap();
    assert_eq!(analysis["suggestion"], answer["message"]);
    assert_eq!((ann.came("ai_analysis").await, elsewhere.came("ai_analysis").await), (0, 0));

    let mut late = SocketIo::connect(app.address(), &admin_token(&app).await).await;
    late.call("join_room", json!({ "room": room, "after": joined["position"] })).await;
    assert_eq!(late.event("ai_analysis").await, analysis, "what was missed is the same");
    let mut again = SocketIo::connect(app.address(), &token).await;
    again.call("join_room", json!({ "room": room, "after": joined["position"] })).await;
    again.events_until("new_message", |event| event["is_ai_generated"] == true).await;
    assert_eq!(again.came("ai_analysis").await, 0);
}

#[tokio::test]
async fn a_handover_is_analysed_too() {
    let app = TestApp::start().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let mut admin = SocketIo::connect(app.address(), &admin_token(&app).await).await;
    admin.join(&room).await;
    ann.say(&room, "I want to talk to a human").await;
    let analysis = admin.event("ai_analysis").await;
    assert_eq!((&analysis["intent"], &analysis["message"]), (&json!("support"), &json!("I want to talk to a human")));
}

#[tokio::test]
async fn an_answer_that_is_kept_back_is_suggested_to_staff_once_and_the_customer_reads_nothing_of_it() {
    let app = TestApp::start_in_world(|_| {}, World { responder: Some(Arc::new(Unsure)), ..World::default() }).await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let mut admin = SocketIo::connect(app.address(), &admin_token(&app).await).await;
    ann.join(&room).await;
    admin.join(&room).await;
    ann.say(&room, "Is it blue?").await;
    let analysis = admin.event("ai_analysis").await;
    assert_eq!((&analysis["suggestion"], &analysis["message"]), (&json!("Perhaps."), &json!("Is it blue?")));
    let notices = admin.events_until("new_message", |event| event["message"].as_str().unwrap().contains("queue")).await;
    assert!(notices.iter().all(|event| event["is_ai_generated"] == false && event["message"] != "Perhaps."));
    assert_eq!(admin.came("ai_analysis").await, 0, "once");
    let heard = ann.events_until("new_message", |event| event["message"].as_str().unwrap().contains("queue")).await;
    assert!(heard.iter().all(|event| event["message"] != "Perhaps."), "{heard:?}");
    assert_eq!(ann.came("ai_analysis").await, 0);
}

#[tokio::test]
async fn while_an_agent_has_the_room_the_assistant_suggests() {
    let app = TestApp::start().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    let mut admin = SocketIo::connect(app.address(), &admin_token(&app).await).await;
    admin.join(&room).await;
    admin.say(&room, "I am here").await;
    let sent = ann.say(&room, "What is your return policy?").await;
    let analysis = admin.event("ai_analysis").await;
    assert_eq!((&analysis["message_id"], &analysis["intent"]), (&sent["message_id"], &json!("inquiry")));
    assert!(analysis["suggestion"].as_str().is_some_and(|text| text.contains("return")), "{analysis}");
}

/// Answers, and is not sure.
struct Unsure;

impl Responder for Unsure {
    fn reply(&self, _: Turn) -> BoxStream<'static, Delta> {
        let reading = Reading { intent: "product_question".to_owned(), confidence: 0.1, entities: Vec::new() };
        let answer = Answer { text: "Perhaps.".to_owned(), reading, sources: Vec::new(), cached: false };
        futures_util::stream::iter([Delta::Done(Ok(Action::Reply(answer)))]).boxed()
    }

    fn name(&self) -> &'static str {
        "unsure"
    }
}
