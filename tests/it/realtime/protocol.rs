//! Every message of the document, both directions, for a client that knows the document alone.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::assistant::{Audio, Transcriber};
use switchboard::domain::Refusal;

use super::agent_token;
use crate::support::app::TestApp;
use crate::support::ws::Client;

const AT: &str = "2023-07-19T14:00:00.000Z";

/// Hears the same in everything.
struct Parrot;

impl Transcriber for Parrot {
    fn transcribe(&self, _: Audio, _: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        std::future::ready(Ok("I need help with my recent purchase".to_owned())).boxed()
    }
}

/// Frames up to and with the first that `last` holds for.
async fn until(client: &mut Client, last: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = client.next().await;
        let over = last(&frame);
        frames.push(frame);
        if over {
            return frames;
        }
    }
}

fn is_message(frame: &Value) -> bool {
    frame["type"] == "message"
}

#[tokio::test]
async fn every_message_of_the_document_goes_both_ways_with_documented_fields_only() {
    let world = World { transcriber: Some(Arc::new(Parrot)), ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let agent = agent_token(&app).await;
    let token = super::customer_token(&app, "user123").await;
    let mut customer = Client::connect(app.ws_url(&format!("/ws?userId=user123&sessionId=s1&token={token}"))).await;
    let mut seen = vec![customer.next().await];
    customer
        .send(json!({ "type": "text", "text": "Hello, I need help with my order", "id": "msg-1", "timestamp": AT }))
        .await;
    seen.extend(until(&mut customer, is_message).await);
    customer.send(json!({ "type": "audio", "audio": "//uQ", "format": "mp3", "id": "audio-1", "timestamp": AT })).await;
    seen.extend(until(&mut customer, is_message).await);
    customer.send(json!({ "type": "handover_request", "timestamp": AT })).await;
    seen.extend(until(&mut customer, is_message).await);
    let mut jane = Client::connect(app.ws_url(&format!("/ws?userId=user123&sessionId=s1&token={agent}"))).await;
    let mut seen_by_jane = vec![jane.next().await];
    customer.send(json!({ "type": "typing", "isTyping": true, "timestamp": AT })).await;
    seen_by_jane.extend(until(&mut jane, |frame| frame["type"] == "typing_start").await);
    customer.send(json!({ "type": "typing", "isTyping": false, "timestamp": AT })).await;
    seen_by_jane.extend(until(&mut jane, |frame| frame["type"] == "typing_stop").await);
    customer.send(json!({ "type": "text", "text": "Is anybody there?", "id": "msg-2", "timestamp": AT })).await;
    seen_by_jane.extend(until(&mut jane, is_message).await);
    jane.send(json!({ "type": "typing", "isTyping": true, "timestamp": AT })).await;
    jane.send(json!({ "type": "typing", "isTyping": false, "timestamp": AT })).await;
    jane.send(json!({ "type": "text", "text": "Hi, I'm Jane.", "timestamp": AT })).await;
    seen.extend(until(&mut customer, is_message).await);
    customer.send(json!({ "type": "shout", "timestamp": AT })).await;
    seen.extend(until(&mut customer, |frame| frame["type"] == "error").await);
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(json!({ "customer": seen, "agent": seen_by_jane }), {
            ".**.timestamp" => insta::dynamic_redaction(|value, _| {
                let at = value.as_str().unwrap();
                assert!(at.len() == AT.len() && at.ends_with('Z'), "{at}");
                "[time]"
            }),
            ".**.connectionId" => "[connection]",
            ".**.messageId" => "[message]",
            ".**.agentId" => "[agent]",
        });
    });
}

#[tokio::test]
async fn an_anonymous_client_that_does_not_resume_gets_documented_fields_only() {
    let app = TestApp::start().await;
    let mut customer = Client::connect(app.ws_url("/ws?userId=user123")).await;
    let hello = customer.next().await;
    let mut fields: Vec<&str> = hello.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["connectionId", "message", "sessionId", "timestamp", "type", "userId"]);
    customer.send(json!({ "type": "text", "text": "Hello" })).await;
    let reply = customer.wait_for(is_message).await;
    let mut fields: Vec<&str> = reply.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["messageId", "sender", "text", "timestamp", "type"]);
}

#[tokio::test]
async fn audio_without_a_transcriber_gets_the_documented_error() {
    let app = TestApp::start().await;
    let mut customer = Client::connect(app.ws_url("/ws?userId=user123")).await;
    customer.send(json!({ "type": "audio", "audio": "//uQ", "format": "mp3" })).await;
    let error = customer.wait_for_type("error").await;
    assert_eq!(error["code"], "service_unavailable");
    customer.send(json!({ "type": "text", "text": "Hello" })).await;
    assert_eq!(customer.wait_for(is_message).await["sender"], "ai");
}
