//! A server that writes down voice notes, and all that it may do instead.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{NOTE, assert_not_heard, assert_unavailable, kept, note_of, sent};
use crate::support::app::{API_KEY, TestApp};
use crate::support::provider::{Does, Provider};
use crate::support::ws::Client;

const KEY: &str = "sk-voice-secret";
const WORDS: &str = "Where is my order 12345?";

fn heard() -> Does {
    answer(200, "", &json!({ "text": WORDS, "usage": { "type": "duration", "seconds": 3 } }).to_string())
}

fn answer(status: u16, headers: &'static str, body: &str) -> Does {
    Does::Answer(status, headers, body.to_owned())
}

async fn with(base_url: String) -> TestApp {
    TestApp::start_with(|config| {
        config.transcription.base_url = base_url;
        config.transcription.api_key = KEY.to_owned().into();
        config.transcription.timeout_s = 10;
        config.transcription.language = "en-GB".to_owned();
    })
    .await
}

async fn at(provider: &Provider) -> TestApp {
    with(format!("{}/v1/", provider.url)).await
}

#[tokio::test]
async fn a_note_goes_to_the_server_as_what_it_is_and_its_words_are_answered() {
    let provider = Provider::doing(|_, _| heard()).await;
    let app = at(&provider).await;
    let reply = sent(&app, "s").await;
    assert_eq!((reply.status, &reply.body["transcription"]), (200, &json!(WORDS)), "{}", reply.body);
    let asked = &provider.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v1/audio/transcriptions"));
    assert_eq!(asked.headers["authorization"], format!("Bearer {KEY}"));
    let boundary = asked.headers["content-type"].strip_prefix("multipart/form-data; boundary=").unwrap();
    let form = String::from_utf8(asked.raw.clone()).unwrap().replace(boundary, "B");
    assert!(form.contains("name=\"model\"\r\n\r\nwhisper-1\r\n--B"), "{form}");
    assert!(form.contains("name=\"language\"\r\n\r\nen\r\n--B"), "{form}");
    let file = "name=\"file\"; filename=\"audio.ogg\"\r\nContent-Type: audio/ogg\r\n\r\n";
    let note = String::from_utf8_lossy(NOTE);
    assert!(form.ends_with(&format!("{file}{note}\r\n--B--\r\n")), "it was called mp3, and is none: {form}");
    app.stop().await;
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let faults = [
        ("429", answer(429, "retry-after-ms: 5\r\n", "{}")),
        ("500", answer(500, "", "<html>")),
        ("a cut", Does::Cut),
        ("a reset in the body", Does::Reset),
    ];
    let provider = Provider::doing(|_, _| heard()).await;
    let app = at(&provider).await;
    for (number, (what, fault)) in faults.into_iter().enumerate() {
        let before = provider.asked().len();
        provider.does(move |asked, _| if asked == before { fault.clone() } else { heard() });
        let reply = sent(&app, &format!("s{number}")).await;
        assert_eq!((reply.status, &reply.body["transcription"]), (200, &json!(WORDS)), "{what}: {}", reply.body);
        assert_eq!(provider.asked().len(), before + 2, "{what}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_does_not_pass_is_said_and_the_audio_is_kept() {
    let long = json!({ "text": "x".repeat(2 * 1024 * 1024) }).to_string();
    let faults = [
        ("a wrong key", answer(401, "", r#"{"error":{"code":"invalid_api_key"}}"#), 1),
        ("no such model", answer(404, "", r#"{"error":{"code":"model_not_found","param":"model"}}"#), 1),
        ("a wrong setting", answer(400, "", r#"{"error":{"param":"language"}}"#), 1),
        ("a spent account", answer(429, "", r#"{"error":{"code":"insufficient_quota"}}"#), 1),
        ("a long wait", answer(429, "retry-after: 600\r\n", "{}"), 1),
        ("garbage", answer(200, "", "<html>It works!</html>"), 1),
        ("no text", answer(200, "", r#"{"segments":[]}"#), 1),
        ("too much", answer(200, "", &long), 1),
        ("another address", answer(302, "location: http://127.0.0.1:1/\r\n", ""), 1),
        ("an error for ever", answer(503, "retry-after-ms: 5\r\n", "{}"), 3),
    ];
    for (what, fault, times) in faults {
        let provider = Provider::doing(move |_, _| fault.clone()).await;
        let app = at(&provider).await;
        let reply = sent(&app, "s").await;
        assert_unavailable(&reply, what);
        assert!(!reply.body.to_string().contains(KEY));
        assert_eq!((provider.asked().len(), kept(&app, "s")), (times, 1), "{what}");
        app.stop().await;
    }
}

#[tokio::test]
async fn nobody_there_no_such_name_and_no_tls_are_said() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let plain = Provider::doing(|_, _| heard()).await;
    let no_tls = plain.url.replace("http://", "https://");
    for base_url in [format!("http://{address}/v1"), "http://voice.invalid/v1".to_owned(), format!("{no_tls}/v1")] {
        let app = with(base_url.clone()).await;
        assert_unavailable(&sent(&app, "s").await, &base_url);
        assert_eq!(kept(&app, "s"), 1);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_stalls_is_not_waited_for_longer_than_may_be() {
    let provider = Provider::doing(|_, _| Does::Stall).await;
    let app = TestApp::start_with(|config| {
        config.transcription.base_url = provider.url.clone();
        config.transcription.timeout_s = 1;
    })
    .await;
    let began = tokio::time::Instant::now();
    assert_unavailable(&sent(&app, "s").await, "a stall");
    assert!(began.elapsed() >= Duration::from_secs(1), "as long as may be");
    assert_eq!(provider.asked().len(), 1, "the time for another try is gone too");
    app.stop().await;
}

#[tokio::test]
async fn a_note_that_can_not_be_heard_is_refused_and_is_not_the_servers_fault() {
    let long = json!({ "text": "word ".repeat(7_000) }).to_string();
    let provider = Provider::doing(|_, _| heard()).await;
    let app = at(&provider).await;
    // More of them than failures that a server is left alone for.
    for (number, (what, does)) in [
        ("a broken file", answer(400, "", r#"{"error":{"message":"Invalid file format.","param":"file"}}"#)),
        ("a long one", answer(413, "", "")),
        ("a strange one", answer(415, "", "")),
        ("another strange one", answer(422, "", "{}")),
        ("silence", answer(200, "", r#"{"text":""}"#)),
        ("blank words", answer(200, "", r#"{"text":" \n"}"#)),
        ("music", answer(200, "", r#"{"text":"[Music]"}"#)),
    ]
    .into_iter()
    .enumerate()
    {
        provider.does(move |_, _| does.clone());
        assert_not_heard(&sent(&app, &format!("s{number}")).await, what);
        assert_eq!(kept(&app, &format!("s{number}")), 1);
    }
    provider.does(move |_, _| answer(200, "", &long));
    let refused = sent(&app, "long").await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (413, &json!("invalid_request")),
        "no message is so long"
    );
    provider.does(|_, _| heard());
    assert_eq!(sent(&app, "last").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn a_server_that_fails_again_and_again_is_left_alone_for_a_while() {
    let provider = Provider::doing(|_, _| answer(401, "", "{}")).await;
    let app = at(&provider).await;
    for number in 0..8 {
        assert_unavailable(&sent(&app, &format!("s{number}")).await, "failing");
    }
    assert_eq!(provider.asked().len(), 5);
    app.stop().await;
}

#[tokio::test]
async fn a_note_over_a_socket_that_failed_and_is_sent_again_is_kept_once_and_heard_once() {
    let provider = Provider::doing(|asked, _| if asked == 0 { answer(401, "", "{}") } else { heard() }).await;
    let app = at(&provider).await;
    let path = format!("/ws?userId=ann&sessionId=s&token={API_KEY}&after=0");
    let mut client = Client::connect(app.ws_url(&path)).await;
    let mut frame = note_of(NOTE, "s");
    frame["type"] = json!("audio");
    frame["id"] = json!("n1");
    client.send(frame.clone()).await;
    let error = client.wait_for_type("error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("service_unavailable"), &json!("n1")));
    for _ in 0..2 {
        client.send(frame.clone()).await;
        assert_eq!(client.wait_for_type("transcription").await["text"], WORDS);
        client.wait_for(|frame| frame["type"] == "ack" && frame["id"] == "n1").await;
    }
    assert_eq!((provider.asked().len(), kept(&app, "s")), (2, 1));
    let mut other: Value = note_of(b"OggS another note", "s");
    (other["type"], other["id"]) = (json!("audio"), json!("n2"));
    client.send(other).await;
    client.wait_for(|frame| frame["type"] == "ack" && frame["id"] == "n2").await;
    assert_eq!(kept(&app, "s"), 2);
    app.stop().await;
}
