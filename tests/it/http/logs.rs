//! What is logged: neither secrets nor what people say, even where everything is logged for debugging.

use std::path::Path;

use reqwest::{Client as Http, RequestBuilder};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, API_KEY, Process};
use crate::support::rest::{Reply, send};
use crate::support::ws::Client;

const PASSWORD: &str = "Hidden-password-1";
const WRONG_PASSWORD: &str = "Wrong-password-1";

/// A word that only the customers' messages have.
const WORD: &str = "marmalade";

/// Values in the customers' messages that say who they are.
const PRIVATE: [(&str, &str); 4] = [
    ("a card", "4111 1111 1111 1111"),
    ("an address", "jo.doe@mail.example"),
    ("an account", "DE89370400440532013000"),
    ("a telephone number", "+49 30 1234567"),
];

/// What must not be found in the log, with a name for it.
type Hidden = Vec<(&'static str, String)>;

/// A server, as its users see it.
struct Door(String);

impl Door {
    async fn post(&self, path: &str, body: &Value, with: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Reply {
        send(with(Http::new().post(format!("http://{}{path}", self.0)).json(body))).await
    }

    async fn socket(&self, path: &str) -> Client {
        Client::connect(format!("ws://{}{path}", self.0)).await
    }
}

#[tokio::test]
async fn a_whole_conversation_leaves_no_secret_and_no_word_of_it_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let settings = [("LOG__FILTER", "debug"), ("LIMITS__ENABLED", "true"), ("SERVER__DRAIN_S", "2")];
    let mut server = Process::start_logged(&folder.path().join("db"), &settings, &log).await;
    let door = Door(server.address());
    let mut hidden: Hidden = vec![
        ("the administrator's password", ADMIN_PASSWORD.to_owned()),
        ("the API key", API_KEY.to_owned()),
        ("a password", PASSWORD.to_owned()),
        ("a wrong password", WRONG_PASSWORD.to_owned()),
        ("a message", WORD.to_owned()),
    ];
    hidden.extend(PRIVATE.map(|(what, value)| (what, value.to_owned())));
    hidden.extend(care(&door).await);
    hidden.extend(platform(&door).await);
    server.kill();
    server.start_again().await;
    let private = PRIVATE.map(|(_, value)| value).join(", ");
    let text = format!("I want to talk to a human about {WORD}, I am {private}");
    let body = json!({ "message": { "text": text }, "userId": "user123", "sessionId": "s" });
    assert_eq!(door.post("/api/core/messages", &body, |ask| ask.header("X-API-Key", API_KEY)).await.status, 200);
    assert_eq!(server.terminate(), Some(0));
    says_nothing_of(&log, &hidden);
}

fn says_nothing_of(log: &Path, hidden: &Hidden) {
    let text = std::fs::read_to_string(log).unwrap();
    assert!(text.contains("DEBUG") && text.contains("stopped"), "the log is the whole of it: {text}");
    for (what, secret) in hidden {
        assert!(secret.len() > 5, "{what} would be found everywhere: {secret}");
        let line = text.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{what} is in the log");
    }
}

/// Registers, fails to log in, logs in, and talks over REST and a socket.
async fn care(door: &Door) -> Hidden {
    let person = |password: &str| json!({ "email": "user@example.com", "password": password, "name": "User" });
    assert_eq!(door.post("/auth/register", &person(PASSWORD), |ask| ask).await.status, 201);
    assert_eq!(door.post("/auth/login", &person(WRONG_PASSWORD), |ask| ask).await.status, 401);
    let admin = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD });
    let staff = text_of(&door.post("/auth/login", &admin, |ask| ask).await.body["access_token"]);
    let token = text_of(&door.post("/auth/login", &person(PASSWORD), |ask| ask).await.body["access_token"]);
    let begun = door.post("/conversations", &json!({}), |ask| ask.bearer_auth(&token)).await;
    let conversation = text_of(&begun.body["conversation_id"]);
    let said = json!({ "message": format!("Hello, {WORD}"), "metadata": { "note": WORD } });
    let path = format!("/conversations/{conversation}/messages");
    let keyed = |ask: RequestBuilder| ask.bearer_auth(&token).header("Idempotency-Key", "the-request-s-own-key");
    let answer = door.post(&path, &said, keyed).await;
    let reply = text_of(&answer.body["response"]["text"]);
    assert_eq!(door.post(&path, &json!({ "message": [WORD] }), |ask| ask.bearer_auth(&token)).await.status, 400);
    let tampered = format!("{token}x");
    assert_eq!(door.post(&path, &said, |ask| ask.bearer_auth(&tampered)).await.status, 401);
    let mut user = door.socket(&format!("/ws/conversations/{conversation}?token={token}&after=0")).await;
    let mut agent = door.socket(&format!("/ws/conversations/{conversation}?token={staff}&after=0")).await;
    agent.send(json!({ "type": "message", "content": format!("I am here for the {WORD}") })).await;
    user.wait_for(|frame| frame["sender"] == "agent").await;
    vec![
        ("a token", token),
        ("an agent's token", staff),
        ("a reply", reply),
        ("a key", "the-request-s-own-key".to_owned()),
    ]
}

/// Talks over REST with a key, and over sockets with a key, a token in a subprotocol, and a resume secret.
async fn platform(door: &Door) -> Hidden {
    let text = format!("Where is my {WORD}? I am {}", PRIVATE.map(|(_, value)| value).join(", "));
    let body = json!({ "message": { "text": text }, "userId": "user123", "sessionId": "s" });
    assert_eq!(door.post("/api/core/messages", &body, |ask| ask.header("X-API-Key", API_KEY)).await.status, 200);
    let mut known = door.socket(&format!("/ws?userId=user123&sessionId=s&token={API_KEY}&after=0")).await;
    known.send(json!({ "type": "text", "text": WORD, "id": "m1" })).await;
    known.wait_for_type("ack").await;
    let mut request = format!("ws://{}/ws?userId=user123&sessionId=s", door.0).into_client_request().unwrap();
    let offered = format!("switchboard.v1, bearer.{API_KEY}");
    request.headers_mut().insert("sec-websocket-protocol", offered.parse().unwrap());
    Client::connect(request).await.wait_for_type("connection_established").await;
    let mut anonymous = door.socket("/ws?userId=somebody&after=0").await;
    let hello = anonymous.next().await;
    let (session, secret) = (text_of(&hello["sessionId"]), text_of(&hello["resumeSecret"]));
    for bad in [json!({ "type": "text", "text": [WORD] }).to_string(), format!("{{{WORD}")] {
        anonymous.send_raw(Message::text(bad)).await;
        anonymous.wait_for_type("error").await;
    }
    anonymous.send(json!({ "type": "text", "text": format!("I lost the {WORD}") })).await;
    anonymous.wait_for_type("ack").await;
    anonymous.vanish();
    let back = format!("/ws?userId=somebody&sessionId={session}&resume={secret}&after=0");
    door.socket(&back).await.wait_for_type("message").await;
    vec![("a resume secret", secret)]
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
