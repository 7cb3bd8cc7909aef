//! Requests as a test makes them, credentials of several people, and assistants that do what a test wants.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::assistant::{Delta, Responder, Service, Turn, Usage};
use switchboard::auth::{Caller, LoginAttempts, Passwords, Permissions, Who};
use switchboard::clock::SystemClock;
use switchboard::domain::{
    Action, Answer, CustomerId, Label, Organization, OrganizationId, Reading, Timestamp, TurnResult,
};
use switchboard::engine::Accounts;
use switchboard::store::{Batch, record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::app::{ADMIN_EMAIL, ADMIN_PASSWORD, API_KEY, PATIENCE, TestApp};

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null when it is no JSON.
    pub body: Value,
}

impl Reply {
    /// A header as text; empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Sends a request and reads the answer.
pub(crate) async fn send(request: RequestBuilder) -> Reply {
    let answer = tokio::time::timeout(PATIENCE, request.send()).await.expect("it answers in time").unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.bytes().await.unwrap();
    Reply { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default() }
}

/// A POST with the app's API key.
pub(crate) fn post(app: &TestApp, path: &str) -> RequestBuilder {
    Client::new().post(app.url(path)).header("X-API-Key", API_KEY)
}

/// A GET with the app's API key.
pub(crate) fn get(app: &TestApp, path: &str) -> RequestBuilder {
    Client::new().get(app.url(path)).header("X-API-Key", API_KEY)
}

/// A POST with a bearer token or another API key.
pub(crate) fn post_as(app: &TestApp, credential: &str, path: &str) -> RequestBuilder {
    Client::new().post(app.url(path)).bearer_auth(credential)
}

/// A GET with a bearer token or another API key.
pub(crate) fn get_as(app: &TestApp, credential: &str, path: &str) -> RequestBuilder {
    Client::new().get(app.url(path)).bearer_auth(credential)
}

/// The body of `POST /api/core/messages`.
pub(crate) fn message(session: &str, text: &str) -> Value {
    json!({ "message": { "text": text }, "userId": "user123", "sessionId": session })
}

/// The app's accounts, over its own store: what they make, the app knows.
pub(crate) async fn accounts(app: &TestApp) -> Accounts {
    let clock = Arc::new(SystemClock);
    Accounts::new(app.store().clone(), clock, Passwords::new(1), LoginAttempts::off(), 3600).await.unwrap()
}

/// A token of the administrator.
pub(crate) async fn admin_token(app: &TestApp) -> String {
    let login = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD });
    let reply = send(Client::new().post(app.url("/api/console/login")).json(&login)).await;
    reply.body["token"].as_str().unwrap_or_else(|| panic!("{}", reply.body)).to_owned()
}

/// Sets how the default organization's desk is run.
pub(crate) async fn set_desk(app: &TestApp, settings: &Value) {
    let put = Client::new().put(app.url("/api/console/settings/desk")).bearer_auth(admin_token(app).await);
    let put = put.json(settings);
    let reply = send(put).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

/// Business hours of a week that has none.
pub(crate) fn always_closed() -> Value {
    let week = json!({ "mon": [], "tue": [], "wed": [], "thu": [], "fri": [], "sat": [], "sun": [] });
    json!({ "zone": "UTC", "exceptions": [], "week": week })
}

/// A token of a customer of the default organization.
pub(crate) async fn customer_token(app: &TestApp, customer: &str) -> String {
    let customer = CustomerId::parse(customer).unwrap();
    accounts(app).await.issue_customer_token(&OrganizationId::default_organization(), &customer).unwrap().token
}

/// An API key of an organization, which is made if it does not exist.
pub(crate) async fn key_of(app: &TestApp, organization: &str, scopes: &[&str]) -> String {
    use secrecy::ExposeSecret;
    let id = OrganizationId::parse(organization).unwrap();
    let accounts = accounts(app).await;
    if accounts.organization(&id).is_err() {
        let name = Label::parse("name", organization).unwrap();
        let mut batch = Batch::default();
        let made = Organization::new(id.clone(), name, Timestamp::from_ms(0));
        record::insert(&mut batch, &made).unwrap();
        app.store().commit(batch).await.unwrap();
    }
    let name = Label::parse("name", "test").unwrap();
    let root = Caller { organization: id, who: Who::Key { id: uuid::Uuid::nil(), permissions: Permissions::all() } };
    let (_, key) = accounts.create_key(&root, name, Permissions::parse(scopes).unwrap()).await.unwrap();
    key.expose_secret().to_owned()
}

/// Answers with the burst it was given, joined by ` + `; waits for a `Notify` first if it has one.
#[derive(Default)]
pub(crate) struct Parrot {
    /// What holds every answer back.
    pub gate: Option<Arc<Notify>>,
}

impl Parrot {
    /// A world in which it answers.
    pub(crate) fn world(gate: Option<Arc<Notify>>) -> World {
        World { responder: Some(Arc::new(Self { gate })), ..World::default() }
    }
}

impl Responder for Parrot {
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
        let gate = self.gate.clone();
        let answer = async move {
            if let Some(gate) = gate {
                gate.notified().await;
            }
            let text = turn.messages.join(" + ");
            Delta::Done(said(&text))
        };
        answer.into_stream().boxed()
    }

    fn name(&self) -> &'static str {
        "parrot"
    }
}

/// Never answers.
pub(crate) struct Silent;

impl Responder for Silent {
    fn reply(&self, _: Turn) -> BoxStream<'static, Delta> {
        futures_util::stream::pending().boxed()
    }

    fn name(&self) -> &'static str {
        "silent"
    }

    fn healthy(&self) -> bool {
        false
    }
}

/// A model that says what each of its calls took, and then an answer.
pub(crate) struct Model {
    /// How often it was asked.
    pub asked: AtomicUsize,
    /// What each call takes.
    pub usage: Usage,
    /// What it makes of a turn.
    pub answers: fn(&Turn) -> TurnResult,
    /// It answers no one before this many were asked.
    pub together: tokio::sync::Barrier,
}

impl Model {
    /// One whose calls take a million tokens of each kind of `gpt-4o-mini`: 0.75.
    pub(crate) fn new(answers: fn(&Turn) -> TurnResult) -> Self {
        Self::together(1, answers)
    }

    /// The same; turns are answered so many at a time.
    pub(crate) fn together(parties: usize, answers: fn(&Turn) -> TurnResult) -> Self {
        let usage = Usage {
            service: Service::Chat,
            model: "gpt-4o-mini".to_owned(),
            prompt_tokens: 1_000_000,
            completion_tokens: 1_000_000,
            cached_tokens: 0,
            estimated: false,
        };
        Self { asked: AtomicUsize::new(0), usage, answers, together: tokio::sync::Barrier::new(parties) }
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// A model as many hold it.
pub(crate) struct SharedModel(pub(crate) Arc<Model>);

impl Responder for SharedModel {
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
        let model = Arc::clone(&self.0);
        model.asked.fetch_add(1, Ordering::SeqCst);
        let used = model.usage.clone();
        let understood = Delta::Understood(Reading { intent: "x".to_owned(), confidence: 0.9, entities: Vec::new() });
        let first = futures_util::stream::iter([understood, Delta::Used(used)]);
        first
            .chain(futures_util::stream::once(async move {
                model.together.wait().await;
                Delta::Done((model.answers)(&turn))
            }))
            .boxed()
    }

    fn name(&self) -> &'static str {
        "model"
    }
}

/// A plain reply.
pub(crate) fn said(text: &str) -> TurnResult {
    let reading = Reading { intent: "echo".to_owned(), confidence: 1.0, entities: Vec::new() };
    Ok(Action::Reply(Answer { text: text.to_owned(), reading, sources: Vec::new(), cached: false }))
}

/// A connection without an HTTP client on it, for what no client would send.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), read: Vec::new() }
    }

    /// Sends bytes as they are.
    pub(crate) async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until the text has come so many times. Panics when the connection ends before.
    pub(crate) async fn wait_for(&mut self, text: &str, times: usize) {
        let came = async {
            while self.text().matches(text).count() < times {
                assert!(self.stream.read_buf(&mut self.read).await.unwrap() > 0, "ended after {:?}", self.text());
            }
        };
        tokio::time::timeout(PATIENCE, came).await.expect("it comes in time");
    }

    /// Reads until the server closes the connection; gives all that came.
    pub(crate) async fn wait_for_end(mut self) -> String {
        let ended = async { while self.stream.read_buf(&mut self.read).await.is_ok_and(|read| read > 0) {} };
        tokio::time::timeout(PATIENCE, ended).await.expect("the server closes in time");
        self.text()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }
}
