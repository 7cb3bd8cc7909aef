//! What no client should send: the documented error frame, and the connection goes on where it can.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};

use super::{follower, say};
use crate::support::app::{API_KEY, TestApp};
use crate::support::ws::Client;

/// A value that would overflow the stack of a careless reader.
fn deep() -> String {
    format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))
}

/// A frame, and what its error names.
fn bad_texts() -> Vec<(String, &'static str)> {
    let deep = format!(r#"{{"type":"text","text":{}}}"#, deep());
    vec![
        (String::new(), "body"),
        ("hello".to_owned(), "body"),
        (r#"{"type":"text""#.to_owned(), "body"),
        (r#"{"type":"text","text":"x"} {}"#.to_owned(), "body"),
        ("[1]".to_owned(), "body"),
        (r#"["text","Hello",null,null,null,null]"#.to_owned(), "body"),
        (r#"[{"type":"text","text":"Hello"}]"#.to_owned(), "body"),
        (r#"{"type":["text"],"text":"Hello"}"#.to_owned(), "type"),
        (r#"{"type":"text","text":["Hello"]}"#.to_owned(), "text"),
        ("null".to_owned(), "body"),
        ("{}".to_owned(), "type"),
        (r#"{"type":7}"#.to_owned(), "type"),
        (r#"{"type":"shout"}"#.to_owned(), "type"),
        (r#"{"type":"text"}"#.to_owned(), "text"),
        (r#"{"type":"text","text":7}"#.to_owned(), "text"),
        (r#"{"type":"text","text":{"a":1}}"#.to_owned(), "text"),
        (r#"{"type":"text","text":" \n "}"#.to_owned(), "text"),
        (r#"{"type":"text","text":"a","text":"b"}"#.to_owned(), "body: duplicate field `text`"),
        (r#"{"type":"text","text":"a","id":7}"#.to_owned(), "id"),
        (r#"{"type":"text","text":"a","id":""}"#.to_owned(), "id"),
        (r#"{"type":"text","text":"a","id":"x\ny"}"#.to_owned(), "id"),
        (json!({ "type": "text", "text": "a", "id": "i".repeat(129) }).to_string(), "id"),
        (r#"{"type":"typing"}"#.to_owned(), "isTyping"),
        (r#"{"type":"typing","isTyping":"yes"}"#.to_owned(), "isTyping"),
        (r#"{"type":"audio","format":"mp3"}"#.to_owned(), "audio"),
        (r#"{"type":"audio","audio":"AAAA","format":"mp3"}"#.to_owned(), "audio"),
        (r#"{"type":"audio","audio":"AAAA"}"#.to_owned(), "format"),
        (r#"{"type":"audio","audio":"AAAA","format":"exe"}"#.to_owned(), "format"),
        (r#"{"type":"audio","audio":"?","format":"mp3"}"#.to_owned(), "audio"),
        (r#"{"type":"audio","audio":"","format":"mp3"}"#.to_owned(), "audio"),
        (deep, "text"),
        (json!({ "type": "text", "text": "x".repeat(32 * 1024 + 1) }).to_string(), "message"),
        (json!({ "type": "text", "text": "x".repeat(1024 * 1024) }).to_string(), "message"),
    ]
}

fn is_documented(error: &Value) {
    let mut fields: Vec<&str> = error.as_object().unwrap().keys().map(String::as_str).collect();
    fields.retain(|field| *field != "id");
    fields.sort_unstable();
    assert_eq!(fields, ["code", "message", "timestamp", "type"]);
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("invalid_request")));
}

#[tokio::test]
async fn a_bad_frame_gets_an_error_that_names_the_field_and_the_connection_goes_on() {
    let app = TestApp::start().await;
    let mut client = follower(&app, "ann", "s", "0").await;
    for (n, (frame, named)) in bad_texts().into_iter().enumerate() {
        let shown: String = frame.chars().take(80).collect();
        client.send_raw(Message::text(frame)).await;
        let error = client.wait_for_type("error").await;
        is_documented(&error);
        assert!(error["message"].as_str().unwrap().starts_with(named), "{shown}: {error}");
        say(&mut client, "and on", &format!("on-{n}")).await;
    }
    client.send_raw(Message::binary(vec![0, 159, 146, 150])).await;
    is_documented(&client.wait_for_type("error").await);
    say(&mut client, "and on", "last").await;
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_the_largest_message_is_taken() {
    let app = TestApp::start().await;
    let mut client = follower(&app, "ann", "s", "0").await;
    client.send(json!({ "type": "text", "text": "Hello", "id": "é".repeat(128), "x": { "y": [1, null] } })).await;
    assert_eq!(client.wait_for_type("ack").await["id"], "é".repeat(128));
    client.send_raw(Message::text(format!(r#"{{"type":"text","text":"Hello","id":"deep","x":{}}}"#, deep()))).await;
    assert_eq!(client.wait_for_type("ack").await["id"], "deep");
    say(&mut client, &"x".repeat(32 * 1024), "large").await;
}

#[tokio::test]
async fn text_that_is_not_utf_8_ends_the_connection_with_1007() {
    let app = TestApp::start().await;
    let mut client = follower(&app, "ann", "s", "0").await;
    let frame = Frame::message(vec![b'{', 0xC3, 0x28, b'}'], OpCode::Data(Data::Text), true);
    client.send_raw(Message::Frame(frame)).await;
    assert_eq!(ended(&mut client).await, CloseCode::Invalid);
}

#[tokio::test]
async fn a_frame_over_the_limit_ends_the_connection_with_1009() {
    let app = TestApp::start_with(|config| config.live.message_max_bytes = 64 * 1024).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    let mut other = follower(&app, "ann", "s", "0").await;
    // More than the kernel takes in: it is only sent whole if the server goes on reading after its close.
    client.send_raw(Message::text("x".repeat(16 * 1024 * 1024))).await;
    assert_eq!(ended(&mut client).await, CloseCode::Size);
    say(&mut other, "still here", "m").await;
}

#[tokio::test]
async fn bad_ids_are_refused_at_the_door() {
    let app = TestApp::start().await;
    let long = "s".repeat(129);
    for query in ["", "userId=", "userId=a%00b", "userId=a%0Ab", "userId=a/b", &format!("userId={long}"), "userId=%FF"]
        .map(|query| format!("/ws?{query}&token={API_KEY}"))
        .into_iter()
        .chain(["a%20b", "a%0Ab", &long, "%C3%A9"].map(|id| format!("/ws?userId=u&sessionId={id}&token={API_KEY}")))
    {
        assert_eq!(Client::try_connect(app.ws_url(&query)).await.err(), Some(400), "{query}");
    }
}

#[tokio::test]
async fn a_request_body_over_the_limit_gets_the_envelope() {
    let app = TestApp::start().await;
    let (status, answer) = super::post(&app, "ann", "s", &"x".repeat(1024 * 1024), "m").await;
    assert_eq!(status, 413);
    assert_eq!(answer["error"]["code"], "invalid_request");
    assert!(answer["requestId"].is_string());
    let (status, answer) = super::post(&app, "ann", "s", &"x".repeat(32 * 1024 + 1), "m").await;
    assert_eq!((status, &answer["error"]["code"]), (413, &json!("invalid_request")));
}

async fn ended(client: &mut Client) -> CloseCode {
    loop {
        match client.try_next().await {
            Ok(_) => {}
            Err(Some(close)) => return close.code,
            Err(None) => panic!("ended without a close frame"),
        }
    }
}
