//! The console and the agent protocol, as the staff knows them.

mod account;
mod audit;
mod canned;
mod channels;
mod files;
mod live;
mod sessions;
mod settings;
mod system;
mod team;
mod tools;
mod visitors;

use reqwest::{Client as Http, Method};
use secrecy::SecretString;
use serde_json::{Value, json};
use switchboard::config::Provider;
use switchboard::domain::{Email, FullName, OrganizationId, Role};
use switchboard::engine::accounts::NewUser;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::app::TestApp;
use crate::support::rest::{Reply, accounts, key_of, message, post, send};
use crate::support::ws::Client;

const PASSWORD: &str = "Staff-password-1";

/// Somebody of the staff.
struct Colleague {
    id: String,
    email: String,
    token: String,
}

/// An app without an assistant: every customer waits for people.
async fn staffed() -> TestApp {
    TestApp::start_with(|config| config.assistant.provider = Provider::None).await
}

/// Makes somebody of the default organization.
async fn colleague(app: &TestApp, name: &str, role: Role) -> Colleague {
    colleague_of(app, "default", name, role).await
}

/// Makes somebody of an organization, which is made if it does not exist.
async fn colleague_of(app: &TestApp, organization: &str, name: &str, role: Role) -> Colleague {
    if organization != "default" {
        key_of(app, organization, &["*"]).await;
    }
    let email = format!("{}.{organization}@example.com", name.replace(' ', ".").to_lowercase());
    let accounts = accounts(app).await;
    let new = NewUser {
        organization: OrganizationId::parse(organization).unwrap(),
        email: Email::parse(&email).unwrap(),
        username: None,
        password: SecretString::from(PASSWORD),
        name: FullName::parse_parts(name.split(' ').next().unwrap(), name.split(' ').next_back().unwrap()).unwrap(),
        role,
    };
    let id = accounts.register(new, None).await.unwrap().value.id.to_string();
    let token = accounts.issue_user_token(&Email::parse(&email).unwrap()).unwrap().token;
    Colleague { id, email, token }
}

/// A request to the console.
async fn ask(app: &TestApp, who: &Colleague, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = Http::new().request(method, app.url(&format!("/api/console{path}"))).bearer_auth(&who.token);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// A GET that succeeds.
async fn get(app: &TestApp, who: &Colleague, path: &str) -> Value {
    let reply = ask(app, who, Method::GET, path, None).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply.body
}

/// A customer's message in a session.
async fn say(app: &TestApp, session: &str, text: &str) {
    let said = send(post(app, "/api/core/messages").json(&message(session, text))).await;
    assert_eq!(said.status, 200, "{}", said.body);
}

/// The code of a refusal, in the console's envelope.
#[track_caller]
fn code(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert!(reply.body["request_id"].is_string() && reply.body["error"]["message"].is_string(), "{}", reply.body);
    reply.body["error"]["code"].as_str().unwrap().to_owned()
}

/// A person at work.
struct Desk {
    socket: Client,
    /// Their newest position.
    position: String,
    commands: u32,
    /// What came while an answer was waited for.
    heard: Vec<Value>,
}

impl Desk {
    /// Connects without saying anything.
    async fn connect(app: &TestApp, token: &str) -> Client {
        let mut request = app.ws_url("/ws/agent").into_client_request().unwrap();
        let protocol = format!("switchboard.agent.v1, bearer.{token}");
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        Client::connect(request).await
    }

    /// Comes to work; gives the first frames too: `welcome`, then up to `desk`.
    async fn hello(app: &TestApp, who: &Colleague, mut hello: Value) -> (Self, Vec<Value>) {
        let mut socket = Self::connect(app, &who.token).await;
        hello["type"] = "hello".into();
        socket.send(hello).await;
        let mut first = vec![socket.next().await];
        while first.last().unwrap()["type"] != "desk" {
            first.push(socket.next().await);
        }
        let position = first[0]["position"].as_str().unwrap().to_owned();
        (Self { socket, position, commands: 0, heard: Vec::new() }, first)
    }

    /// Comes to work anew.
    async fn open(app: &TestApp, who: &Colleague) -> Self {
        Self::hello(app, who, json!({})).await.0
    }

    /// Sends a command without waiting for its answer; gives its id.
    async fn order(&mut self, kind: &str, mut fields: Value) -> String {
        self.commands += 1;
        let id = format!("c{}", self.commands);
        fields["type"] = kind.into();
        fields["id"] = id.clone().into();
        self.socket.send(fields).await;
        id
    }

    /// Does something; gives the answer.
    async fn command(&mut self, kind: &str, fields: Value) -> Value {
        let id = self.order(kind, fields).await;
        loop {
            let frame = self.next().await;
            if frame["id"] == id.as_str() {
                return frame;
            }
            self.heard.push(frame);
        }
    }

    /// Does something that is acknowledged.
    async fn done(&mut self, kind: &str, fields: Value) -> Value {
        let answer = self.command(kind, fields).await;
        assert_eq!(answer["type"], "ack", "{kind}: {answer}");
        answer
    }

    /// Does something that is refused; gives the code.
    async fn refused(&mut self, kind: &str, fields: Value) -> String {
        let answer = self.command(kind, fields).await;
        assert_eq!(answer["type"], "error", "{kind}: {answer}");
        answer["code"].as_str().unwrap().to_owned()
    }

    async fn next(&mut self) -> Value {
        let frame = self.socket.next().await;
        if let Some(position) = frame["position"].as_str() {
            let newer = |a: &str, b: &str| a.parse::<u64>().unwrap() >= b.parse::<u64>().unwrap();
            assert!(newer(position, &self.position), "a position goes back: {frame} after {}", self.position);
            self.position = position.to_owned();
        }
        frame
    }

    /// The next frame that `wanted` holds for, or the first that was heard already.
    async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.heard.iter().position(&wanted) {
            return self.heard.remove(at);
        }
        loop {
            let frame = self.next().await;
            if wanted(&frame) {
                return frame;
            }
            self.heard.push(frame);
        }
    }

    /// The next event of a kind in a session.
    async fn event(&mut self, session: &str, kind: &str) -> Value {
        self.wait_for(|frame| frame["type"] == "event" && frame["session"] == session && frame["kind"] == kind).await
    }

    /// The next frame of a type.
    async fn frame(&mut self, kind: &str) -> Value {
        self.wait_for(|frame| frame["type"] == kind).await
    }

    /// Waits until a session stands so that `holds` holds; gives its summary.
    async fn summary(&mut self, session: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let find = |frame: &Value| {
            let listed = frame["sessions"].as_array().filter(|_| frame["type"] == "lists")?;
            listed.iter().position(|summary| summary["id"] == session && holds(summary))
        };
        let mut frame = self.wait_for(|frame| find(frame).is_some()).await;
        let at = find(&frame).unwrap();
        let summary = frame["sessions"].as_array_mut().unwrap().remove(at);
        // What it says of others may be waited for later.
        self.heard.push(frame);
        summary
    }
}
