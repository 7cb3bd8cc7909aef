//! What the assistant makes of a customer's message is for staff in the room, and for nobody else.

use serde_json::json;

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
