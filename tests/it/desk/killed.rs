//! `kill -9` of the real program while the desk has promises open: each of them is kept after the restart.

use reqwest::{Client as Http, Method};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, API_KEY, Process};
use crate::support::ws::Client;

const PASSWORD: &str = "Staff-password-1";

/// Short times: they run on the real clock. An offer that is open at the kill ends before the grace time does.
fn settings() -> Value {
    json!({
        "offer_s": 10, "grace_s": 12, "capacity": 2, "sticky": false, "missed_offers_max": 100,
        "targets": { "first_response_s": 8, "next_response_s": null, "resolution_s": null, "warn_at": 0.5, "only_in_hours": false },
    })
}

/// The server, from outside.
struct Server {
    process: Process,
    admin: String,
}

impl Server {
    async fn start(data: &std::path::Path) -> Self {
        let settings = [("BOOTSTRAP__ADMIN_EMAIL", ADMIN_EMAIL), ("ASSISTANT__PROVIDER", "none")];
        let process = Process::start(data, &settings).await;
        let mut server = Self { process, admin: String::new() };
        server.admin = server.log_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        server
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: &Value) -> Value {
        let url = format!("http://{}{path}", self.process.address());
        let request = Http::new().request(method, url).bearer_auth(token);
        let request = if body.is_null() { request } else { request.json(body) };
        let reply = request.send().await.unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.text().await.unwrap());
        reply.json().await.unwrap()
    }

    async fn log_in(&self, email: &str, password: &str) -> String {
        let body = json!({ "email": email, "password": password });
        self.ask(Method::POST, "/api/console/login", "", &body).await["token"].as_str().unwrap().to_owned()
    }

    /// Makes an agent; gives their token.
    async fn agent(&self, name: &str) -> String {
        let email = format!("{}@example.com", name.to_lowercase());
        let body =
            json!({ "email": email, "password": PASSWORD, "firstName": name, "lastName": "Doe", "role": "agent" });
        self.ask(Method::POST, "/api/admin/users", API_KEY, &body).await;
        self.log_in(&email, PASSWORD).await
    }

    async fn says(&self, session: &str, text: &str) {
        let body = json!({ "message": { "text": text }, "userId": session, "sessionId": session });
        self.ask(Method::POST, "/api/core/messages", API_KEY, &body).await;
    }

    /// What happened in a session, of one kind.
    async fn events(&self, session: &str, kind: &str) -> Vec<Value> {
        let path = format!("/api/console/sessions/{session}/events?limit=500");
        let page = self.ask(Method::GET, &path, &self.admin, &Value::Null).await;
        let all = page["items"].as_array().unwrap();
        all.iter().filter(|event| event["kind"] == kind).cloned().collect()
    }

    /// Somebody comes to work; gives the desk as they find it.
    async fn works(&self, token: &str, status: &str) -> (Agent, Value) {
        let mut request = format!("ws://{}/ws/agent", self.process.address()).into_client_request().unwrap();
        let protocol = format!("switchboard.agent.v1, bearer.{token}");
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        let mut socket = Client::connect(request).await;
        socket.send(json!({ "type": "hello", "status": status })).await;
        let desk = socket.wait_for_type("desk").await;
        (Agent { socket, commands: 0 }, desk)
    }
}

/// Somebody at work.
struct Agent {
    socket: Client,
    commands: u32,
}

impl Agent {
    /// Does something that is acknowledged. What comes before the answer is passed over.
    async fn does(&mut self, kind: &str, mut fields: Value) {
        self.commands += 1;
        let id = format!("c{}", self.commands);
        fields["type"] = kind.into();
        fields["id"] = id.clone().into();
        self.socket.send(fields).await;
        let answer = self.socket.wait_for(|frame| frame["id"] == id.as_str()).await;
        assert_eq!(answer["type"], "ack", "{kind}: {answer}");
    }

    /// Waits for an offer of this session; gives its epoch.
    async fn is_offered(&mut self, session: &str) -> Value {
        let offer = self.socket.wait_for(|frame| frame["type"] == "offer").await;
        assert_eq!(offer["session"]["id"], session, "{offer}");
        offer["session"]["epoch"].clone()
    }

    /// Waits until a session stands so; gives how.
    async fn sees(&mut self, session: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let find = |frame: &Value| {
            let listed = frame["sessions"].as_array().filter(|_| frame["type"] == "lists")?;
            listed.iter().find(|summary| summary["id"] == session && holds(summary)).cloned()
        };
        let frame = self.socket.wait_for(|frame| find(frame).is_some()).await;
        find(&frame).unwrap()
    }
}

fn queue(desk: &Value) -> Vec<(&str, u64, bool)> {
    let row = |row: &'_ Value| (row["place"].as_u64().unwrap(), !row["offered_to"].is_null());
    let rows = desk["queue"].as_array().unwrap();
    rows.iter().map(|one| (one["id"].as_str().unwrap(), row(one).0, row(one).1)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_breaks_no_promise_of_the_desk() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(&data.path().join("db")).await;
    server.ask(Method::PUT, "/api/console/settings/desk", &server.admin, &settings()).await;
    let (jane, joe) = (server.agent("Jane").await, server.agent("Joe").await);

    // Jane has one on hold and takes no others. Joe has one and is offered another. Two wait.
    let (mut at_jane, _) = server.works(&jane, "available").await;
    server.says("held", "Hello").await;
    let epoch = at_jane.is_offered("held").await;
    at_jane.does("accept", json!({ "session": "held", "epoch": epoch })).await;
    at_jane.does("hold", json!({ "session": "held" })).await;
    at_jane.does("status", json!({ "status": "busy" })).await;
    let (mut at_joe, _) = server.works(&joe, "available").await;
    server.says("had", "Hello").await;
    let epoch = at_joe.is_offered("had").await;
    at_joe.does("accept", json!({ "session": "had", "epoch": epoch })).await;
    at_joe.does("send", json!({ "session": "had", "text": "Hello", "client_id": "m1" })).await;
    server.says("offered", "Hello").await;
    at_joe.is_offered("offered").await;
    server.says("first", "Hello").await;
    server.says("second", "Hello").await;

    server.process.kill();
    server.process.start_again().await;
    let (mut at_jane, desk) = server.works(&jane, "busy").await;
    let waiting = [("offered", 1, true), ("first", 2, false), ("second", 3, false)];
    assert_eq!(queue(&desk), waiting, "who waits is where they were, and the offer is still open");
    let mine = desk["mine"].as_array().unwrap();
    assert_eq!((mine.len(), &mine[0]["id"], &mine[0]["held"]), (1, &json!("held"), &json!(true)), "{desk}");

    // The offer ends when it said that it would, and goes to the next: Jane, who may take one more.
    at_jane.sees("offered", |session| session["offered_to"].is_null()).await;
    at_jane.does("status", json!({ "status": "available" })).await;
    let epoch = at_jane.is_offered("offered").await;
    at_jane.does("accept", json!({ "session": "offered", "epoch": epoch })).await;
    let ends: Vec<Value> = server.events("offered", "offer_ended").await.iter().map(|end| end["how"].clone()).collect();
    assert_eq!(ends, [json!("timed_out"), json!("accepted")]);

    // Joe does not come back: what he had waits again, before those who came later.
    let again = at_jane.sees("had", |session| session["owner"] == "queue").await;
    assert_eq!(again["place"], 1, "{again}");

    // What was promised is warned of and missed when it is due, each once.
    let marks: Vec<Value> = server.events("first", "target").await.iter().map(|event| event["mark"].clone()).collect();
    assert_eq!(marks, [json!("warned"), json!("breached")]);
    let held = server.events("held", "unheld").await;
    assert!(held.is_empty(), "the hold goes on: {held:?}");
    drop(at_joe);
}
