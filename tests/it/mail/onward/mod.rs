//! A conversation of the web page goes on by e-mail while its customer is away, and back.

mod answers;
mod codes;
mod ended;
mod story;
mod waits;

use reqwest::{Client as Http, Method};
use serde_json::{Value, json};
use switchboard::config::Config;
use switchboard::domain::outbox::{Delivery, Stage, Via};
use switchboard::domain::{
    Body, Draft, Event, MessageId, OrganizationId, PersonName, SessionId, SessionKey, UserId, Visitor,
};
use switchboard::store::{Direction, record};

use super::{set_up, text};
use crate::support::app::TestApp;
use crate::support::rest::{Reply, send};
use crate::support::said::until_kept;
use crate::support::smtp::SmtpPeer;
use crate::support::ws::Client;

/// The address that is proved.
const JO: &str = "jo@example.test";

/// A mailbox, read if it has an address, and a short wait, in seconds.
fn goes_on(config: &mut Config, imap_url: &str, smtp_url: &str, after_s: u64) {
    set_up(config, imap_url, smtp_url);
    config.email.onward_after_s = after_s;
    config.outbox.unclear_wait_s = 1;
}

/// A mailbox that is not read.
fn sends_only(config: &mut Config, smtp_url: &str, after_s: u64) {
    goes_on(config, "", smtp_url, after_s);
}

/// A customer's browser.
struct Page {
    /// `127.0.0.1:PORT`
    address: String,
    session: String,
    secret: String,
    socket: Option<Client>,
}

impl Page {
    /// Somebody opens the page for the first time.
    async fn open(address: &str) -> Self {
        let mut socket = Client::connect(format!("ws://{address}/ws?userId=visitor-1&after=0")).await;
        let hello = socket.wait_for_type("connection_established").await;
        let text = |name: &str| hello[name].as_str().unwrap().to_owned();
        let (session, secret) = (text("sessionId"), text("resumeSecret"));
        Self { address: address.to_owned(), session, secret, socket: Some(socket) }
    }

    async fn of(app: &TestApp) -> Self {
        Self::open(&app.address().to_string()).await
    }

    fn key(&self) -> SessionKey {
        let session = SessionId::parse(&self.session).unwrap();
        SessionKey { organization: OrganizationId::default_organization(), session }
    }

    fn socket(&mut self) -> &mut Client {
        self.socket.as_mut().expect("the page is open")
    }

    async fn says(&mut self, text: &str) {
        self.socket().send(json!({ "type": "text", "text": text, "id": text })).await;
        self.socket().wait_for(|frame| frame["type"] == "ack" && frame["id"] == text).await;
    }

    /// Reads up to a message that says this.
    async fn reads(&mut self, text: &str) -> Value {
        let wanted = |frame: &Value| frame["type"] == "message" && frame["text"] == text;
        let frame = self.socket().wait_for(wanted).await;
        self.socket().send(json!({ "type": "read", "seq": frame["seq"] })).await;
        frame
    }

    fn leaves(&mut self) {
        self.socket = None;
    }

    /// The same browser opens the page again, and is told everything.
    async fn comes_back(&mut self) {
        let (address, session, secret) = (&self.address, &self.session, &self.secret);
        let url = format!("ws://{address}/ws?userId=visitor-1&sessionId={session}&resume={secret}&after=0");
        self.socket = Some(Client::connect(url).await);
    }

    async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let url = format!("http://{}/api/core/sessions/{}/email{path}", self.address, self.session);
        let request = Http::new().request(method, url).header("x-session-secret", &self.secret);
        send(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    async fn asks(&self, address: &str) -> Reply {
        self.request(Method::POST, "", Some(json!({ "address": address }))).await
    }

    async fn types(&self, code: &str) -> Reply {
        self.request(Method::POST, "/code", Some(json!({ "code": code }))).await
    }

    /// Its customer asks, and types the code that comes as the next of all mails.
    async fn proves(&self, smtp: &SmtpPeer) {
        let before = smtp.taken().len();
        assert_eq!(self.asks(JO).await.status, 202);
        let code = code_of(&smtp.until_taken(before + 1).await[before]);
        assert_eq!(self.types(&code).await.status, 200);
    }

    async fn standing(&self) -> Value {
        let reply = self.request(Method::GET, "", None).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }
}

/// The code of a mail that brings one.
fn code_of(mail: &str) -> String {
    let text = text(mail);
    let (_, rest) = text.split_once("Your code is ").unwrap_or_else(|| panic!("no code: {mail}"));
    rest[..6].to_owned()
}

/// Somebody of the staff.
fn kim() -> Visitor {
    Visitor::Staff { user: UserId(uuid::Uuid::from_u128(7)), name: PersonName::parse("name", "Kim Lee").unwrap() }
}

/// They say something in a session; gives its place.
async fn kim_says(app: &TestApp, key: &SessionKey, text: &str) -> u64 {
    let draft = Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body: Body::parse("text", text).unwrap(),
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    app.sessions().post(key, kim(), None, draft).await.unwrap().seq
}

/// What the outbox has of replies by mail, in order.
fn replies(app: &TestApp) -> Vec<Delivery> {
    let organization = OrganizationId::default_organization();
    let all = record::all::<Delivery>(app.store(), &organization, None, 1_000, Direction::Forward).unwrap().items;
    let mut replies: Vec<Delivery> =
        all.into_iter().map(|found| found.record).filter(|found| found.via == Via::Email).collect();
    replies.sort_by_key(|found| found.seq);
    replies
}

/// Waits until the outbox is through with the reply at a place, and gives what it says of it.
async fn until_settled(app: &TestApp, seq: u64) -> String {
    let found = || replies(app).into_iter().find(|found| found.seq == seq && found.stage != Stage::Waiting);
    until_kept("the reply is settled", || found().is_some()).await;
    found().and_then(|found| found.last).map(|last| last.text).unwrap_or_default()
}

/// What was said in a session, all of it.
fn words(app: &TestApp, key: &SessionKey) -> Vec<String> {
    let events = app.sessions().events_after(key, 0, 1_000).unwrap();
    let said = events.into_iter().filter_map(|committed| match committed.event {
        Event::Posted(message) => Some(message.body.as_str().to_owned()),
        _ => None,
    });
    said.collect()
}
