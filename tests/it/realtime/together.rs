//! Several connections in one session: other devices, typing, and staff.

use serde_json::json;

use super::{agent_token, follower, get, post, say, text};
use crate::support::app::TestApp;
use crate::support::ws::Client;

#[tokio::test]
async fn typing_goes_to_the_others_and_ends_by_itself() {
    let app = TestApp::start().await;
    let token = agent_token(&app).await;
    let mut phone = follower(&app, "ann", "s", "0").await;
    let mut laptop = follower(&app, "ann", "s", "0").await;
    let mut jane = Client::connect(app.ws_url(&format!("/ws?userId=jane&sessionId=s&token={token}"))).await;
    jane.next().await;
    phone.send(json!({ "type": "typing", "isTyping": true })).await;
    assert_eq!(laptop.next().await["type"], "typing_start");
    assert_eq!(jane.next().await["type"], "typing_start");
    // Nobody says that it stopped.
    assert_eq!(jane.next().await["type"], "typing_stop");
    assert_eq!(laptop.next().await["type"], "typing_stop");
    let ack = say(&mut phone, "Hello", "m").await;
    assert_eq!(ack["id"], "m", "the typist was told nothing of it");
}

#[tokio::test]
async fn staff_who_write_become_the_owner_and_the_assistant_is_silent() {
    // Suggestions to staff would stand in the log too.
    let app = TestApp::start_with(|config| config.assistant.suggests = false).await;
    let token = agent_token(&app).await;
    let mut customer = follower(&app, "ann", "s", "0").await;
    let path = format!("/ws?userId=jane&sessionId=s&token={token}");
    let mut jane = Client::connect(app.ws_url(&path)).await;
    jane.next().await;
    jane.send(json!({ "type": "text", "text": "Hi, I'm Jane." })).await;
    let hello = customer.wait_for_type("message").await;
    assert_eq!((&hello["sender"], &hello["agentName"]), (&json!("agent"), &json!("Jane Smith")));
    assert!(hello["agentId"].as_str().unwrap().len() >= 36);
    let first = say(&mut customer, "What is your return policy?", "q1").await;
    let heard = jane.wait_for_type("message").await;
    assert_eq!((&heard["sender"], &heard["text"]), (&json!("customer"), &json!("What is your return policy?")));
    let second = say(&mut customer, "Hello?", "q2").await;
    assert_eq!(
        second["seq"].as_u64().unwrap(),
        first["seq"].as_u64().unwrap() + 1,
        "nothing, not even an answer, stands between two texts"
    );
    jane.send(json!({ "type": "text", "text": "30 days." })).await;
    let next = customer.wait_for_type("message").await;
    assert_eq!((&next["sender"], &next["text"]), (&json!("agent"), &json!("30 days.")));
}

#[tokio::test]
async fn over_rest_a_customer_is_told_that_an_agent_has_them() {
    let app = TestApp::start().await;
    let token = agent_token(&app).await;
    let (status, _) = post(&app, "ann", "s", "Hello", "m1").await;
    assert_eq!(status, 200);
    let mut jane = Client::connect(app.ws_url(&format!("/ws?userId=jane&sessionId=s&token={token}"))).await;
    jane.send(json!({ "type": "text", "text": "Hi, I'm Jane." })).await;
    // What she wrote took the session; it is in the history as soon as it did.
    while get(&app, "/api/core/sessions/s/context").await.1["context"]["conversation_history"][2].is_null() {}
    let (status, answer) = post(&app, "ann", "s", "Are you there?", "m2").await;
    assert_eq!(status, 200);
    assert_eq!(answer["response"]["text"], "An agent has your conversation and will answer here.");
}

#[tokio::test]
async fn staff_can_not_begin_a_session_and_customers_can_not_pass_for_staff() {
    let app = TestApp::start().await;
    let token = agent_token(&app).await;
    let refused = Client::try_connect(app.ws_url(&format!("/ws?userId=jane&sessionId=none&token={token}"))).await;
    assert_eq!(refused.err(), Some(404));
    let mut customer = follower(&app, "ann", "s", "0").await;
    let mut frame = text("Hello", "m");
    frame["sender"] = json!("agent");
    frame["agentName"] = json!("Jane Smith");
    customer.send(frame).await;
    let mut other = follower(&app, "ann", "s", "0").await;
    let heard = other.wait_for_type("message").await;
    assert_eq!(heard["sender"], "customer");
    assert!(heard.get("agentName").is_none());
}
