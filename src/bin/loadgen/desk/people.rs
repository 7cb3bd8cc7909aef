//! The staff: accounts, and a connection each, which takes whatever it is offered and closes what it is told to.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::hall::Hall;
use crate::frame::{self, field};
use crate::{Failure, tally, wire};

/// Accounts that are being made at one time: each costs the server password hashes.
const HIRING_MAX: usize = 4;
/// How long the desk may take to greet.
const GREETING_MAX: Duration = Duration::from_secs(20);
/// What people of the staff log in with.
const PASSWORD: &str = "Load-password-2";

/// Makes accounts, and says what one person may have. Gives a token of each.
pub(super) async fn hire(
    url: &str,
    admin: &str,
    password: &str,
    count: usize,
    capacity: u32,
) -> Result<Vec<String>, Failure> {
    let office = Office { http: reqwest::Client::new(), root: format!("http://{}", wire::host_and_path(url)?.0) };
    let token = office.login(admin, password).await?;
    let settings = json!({ "capacity": capacity, "policy": "least_loaded", "hours": null, "auto_accept": false });
    let settings_url = format!("{}/api/console/settings/desk", office.root);
    office.send(office.http.put(settings_url).bearer_auth(&token).json(&settings)).await?;
    let (run, bar) = (uuid::Uuid::new_v4().simple().to_string(), tally::bar(count as u64, "hiring"));
    let hiring = (0..count).map(|n| {
        let (office, token, bar) = (&office, token.as_str(), bar.clone());
        let email = format!("load-{}-{n}@example.com", &run[..8]);
        async move {
            let token = office.hire(token, &email, n).await?;
            bar.inc(1);
            Ok::<_, Failure>(token)
        }
    });
    let tokens = stream::iter(hiring).buffered(HIRING_MAX).try_collect().await;
    bar.finish_and_clear();
    tokens
}

/// Everybody comes to work.
pub(super) async fn seat(url: &str, tokens: &[String], hall: &Arc<Hall>) -> Result<(), Failure> {
    let (host, _) = wire::host_and_path(url)?;
    let url = format!("ws://{host}/ws/agent");
    for (index, token) in tokens.iter().enumerate() {
        let mut socket = wire::open_socket(&url, &format!("?token={token}"), index).await?;
        socket.send(Message::text(r#"{"type":"hello","status":"available","scope":"mine"}"#)).await?;
        let greeted = tokio::time::timeout(GREETING_MAX, greeted(&mut socket)).await;
        greeted.map_err(|_| format!("agent {index}: no desk within {} s", GREETING_MAX.as_secs()))??;
        let (number, orders) = hall.takes_place();
        let person = Person { number, hall: Arc::clone(hall), socket };
        tokio::spawn(person.work(orders));
    }
    Ok(())
}

async fn greeted(socket: &mut WebSocketStream<TcpStream>) -> Result<(), Failure> {
    loop {
        let frame = wire::next_text(socket).await?;
        frame::refuse_error(&frame)?;
        if frame.starts_with(r#"{"type":"desk""#) {
            return Ok(());
        }
    }
}

/// Where accounts are made.
struct Office {
    http: reqwest::Client,
    root: String,
}

impl Office {
    async fn login(&self, email: &str, password: &str) -> Result<String, Failure> {
        let body = json!({ "email": email, "password": password });
        let said = self.send(self.http.post(format!("{}/api/console/login", self.root)).json(&body)).await?;
        Ok(said["token"].as_str().ok_or("the login gave no token")?.to_owned())
    }

    async fn hire(&self, token: &str, email: &str, n: usize) -> Result<String, Failure> {
        let last = format!("No {n}");
        let body =
            json!({ "email": email, "password": PASSWORD, "firstName": "Load", "lastName": last, "role": "agent" });
        self.send(self.http.post(format!("{}/api/admin/users", self.root)).bearer_auth(token).json(&body)).await?;
        self.login(email, PASSWORD).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let response = request.send().await?;
        let (status, url, text) = (response.status(), response.url().to_string(), response.text().await?);
        if !status.is_success() {
            return Err(format!("{url}: {status}: {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }
}

/// A person at work.
struct Person {
    number: usize,
    hall: Arc<Hall>,
    socket: WebSocketStream<TcpStream>,
}

impl Person {
    /// Until everybody may go.
    async fn work(mut self, mut orders: mpsc::UnboundedReceiver<String>) {
        let how = loop {
            let done = tokio::select! {
                frame = wire::next_text(&mut self.socket) => match frame {
                    Ok(frame) => self.hear(&frame).await,
                    Err(failure) => Err(failure),
                },
                order = orders.recv() => match order {
                    Some(session) => self.close(&session).await,
                    None => break Ok(()),
                },
            };
            if done.is_err() {
                break done;
            }
        };
        let number = self.number;
        self.hall.ended(how.map_err(|failure| format!("agent {number}: {failure}").into()));
    }

    async fn hear(&mut self, frame: &str) -> Result<(), Failure> {
        self.hall.count_frame();
        match field(frame, "{\"type\":\"") {
            Some("event") => self.event(frame),
            Some("offer") => return self.accept(frame).await,
            Some("offer_ended") => self.offer_ended(frame),
            Some("ack") => self.done(frame),
            Some("error") => return self.refused(frame),
            Some("resync") => {
                self.hall.resyncs.fetch_add(1, Ordering::Relaxed);
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    fn event(&self, frame: &str) {
        if !frame.contains("\"kind\":\"message\"") || !frame.contains("\"from\":\"customer\"") {
            return;
        }
        let id = field(frame, "\"client_id\":\"").and_then(|id| id.rsplit('-').next());
        if let Some(k) = id.and_then(|k| k.parse().ok()) {
            self.hall.saw(k);
        }
    }

    /// Commands are known again by their ids: what it was, and the session.
    async fn accept(&mut self, frame: &str) -> Result<(), Failure> {
        let session = field(frame, "\"session\":{\"id\":\"").ok_or("an offer names no session")?;
        let (_, epoch) = frame.split_once("\"epoch\":").ok_or("an offer names no epoch")?;
        let epoch: String = epoch.chars().take_while(char::is_ascii_digit).collect();
        self.hall.waits().is_offered(session, Instant::now());
        let accept = format!(r#"{{"type":"accept","id":"a:{session}","session":"{session}","epoch":{epoch}}}"#);
        Ok(self.socket.send(Message::text(accept)).await?)
    }

    async fn close(&mut self, session: &str) -> Result<(), Failure> {
        let close = format!(
            r#"{{"type":"close","id":"c:{session}","session":"{session}","reason":"solved","summary":"done"}}"#
        );
        Ok(self.socket.send(Message::text(close)).await?)
    }

    fn offer_ended(&self, frame: &str) {
        if let (Some(session), Some("timed_out" | "declined" | "withdrawn")) =
            (field(frame, "\"session\":\""), field(frame, "\"how\":\""))
        {
            self.hall.waits().is_not_taken(session, Instant::now());
        }
    }

    fn done(&self, frame: &str) {
        match field(frame, "\"id\":\"").and_then(|id| id.split_once(':')) {
            Some(("a", session)) => self.hall.is_taken(session, self.number),
            Some(("c", session)) => self.hall.is_closed(session),
            Some(_) | None => {}
        }
    }

    fn refused(&self, frame: &str) -> Result<(), Failure> {
        if field(frame, "\"code\":\"") == Some("conflict") {
            self.hall.conflicts.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        frame::refuse_error(frame)
    }
}
