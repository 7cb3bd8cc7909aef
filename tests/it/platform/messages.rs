//! `POST /api/core/messages`

use serde_json::{Value, json};

use crate::support::app::{API_KEY, TestApp};
use crate::support::ws::Client;

#[tokio::test]
async fn the_documented_message_gets_the_documented_answer() {
    let app = TestApp::start().await;
    let body = json!({
        "message": { "text": "Hello, I need help with my order", "type": "text", "id": "msg-1234567890" },
        "channel": "whatsapp",
        "userId": "user123",
        "sessionId": "session456",
        "metadata": { "language": "en", "timezone": "America/New_York" }
    });
    let request = reqwest::Client::new().post(app.url("/api/core/messages")).header("X-API-Key", API_KEY).json(&body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["sessionId"], "session456");
    assert_eq!(answer["response"]["type"], "text");
    assert!(answer["response"]["text"].as_str().unwrap().contains("order number"));
    assert_eq!(answer["context"]["intent"], "order_inquiry");
    assert_eq!(answer["context"]["entities"], json!(["order"]));
}

#[tokio::test]
async fn an_anonymous_customer_chats_over_the_socket_and_resumes() {
    let app = TestApp::start().await;
    let mut customer = Client::connect(app.ws_url("/ws?userId=user123&after=0")).await;
    let hello = customer.next().await;
    assert_eq!(hello["type"], "connection_established");
    customer.send(json!({ "type": "text", "text": "Hello", "id": "m1" })).await;
    let ack = customer.wait_for_type("ack").await;
    assert_eq!(ack["id"], "m1");
    let reply = customer.wait_for_type("message").await;
    assert_eq!(reply["sender"], "ai");
    let (session, secret) = (hello["sessionId"].as_str().unwrap(), hello["resumeSecret"].as_str().unwrap());
    let again = format!("/ws?userId=user123&sessionId={session}&resume={secret}&after={}", ack["seq"]);
    let mut again = Client::connect(app.ws_url(&again)).await;
    assert_eq!(again.next().await["type"], "connection_established");
    assert_eq!(again.next().await, reply);
}
