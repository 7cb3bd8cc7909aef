//! The rooms dialect, as its users know it.

mod accounts;
mod analytics;
mod chat;
mod config;
mod errors;
mod limits;
mod messages;
mod rights;
mod socket;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, TestApp};
use crate::support::rest::{Reply, send};

const PASSWORD: &str = "securepassword123";

/// Somebody with a token.
struct User {
    id: String,
    token: String,
}

impl Reply {
    /// The `detail` of a refusal with this status, in the documented envelope.
    #[track_caller]
    fn detail(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let envelope = self.body.as_object().unwrap();
        assert_eq!(envelope.len(), 1, "{}", self.body);
        envelope["detail"].as_str().unwrap_or_else(|| panic!("{}", self.body)).to_owned()
    }

    /// The field that a 400 names.
    #[track_caller]
    fn wrong_field(self) -> String {
        let detail = self.detail(400);
        detail.split_once(": ").unwrap_or_else(|| panic!("{detail}")).0.to_owned()
    }
}

/// A request, not sent yet.
fn request(app: &TestApp, method: Method, path: &str) -> RequestBuilder {
    Client::new().request(method, app.url(path))
}

async fn get(app: &TestApp, user: &User, path: &str) -> Reply {
    send(request(app, Method::GET, path).bearer_auth(&user.token)).await
}

async fn post(app: &TestApp, user: &User, path: &str, body: &Value) -> Reply {
    send(request(app, Method::POST, path).bearer_auth(&user.token).json(body)).await
}

async fn put(app: &TestApp, user: &User, path: &str, body: &Value) -> Reply {
    send(request(app, Method::PUT, path).bearer_auth(&user.token).json(body)).await
}

/// What registers a user of this name.
fn registration(username: &str, user_type: &str) -> Value {
    json!({
        "username": username,
        "email": format!("{username}@example.com"),
        "password": PASSWORD,
        "user_type": user_type,
    })
}

/// Registers a customer.
async fn customer(app: &TestApp, username: &str) -> User {
    let path = "/api/auth/register";
    let registered = send(request(app, Method::POST, path).json(&registration(username, "customer"))).await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    user(&registered.body)
}

/// The administrator of the first start.
async fn administrator(app: &TestApp) -> User {
    let login = log_in(app, ADMIN_EMAIL, ADMIN_PASSWORD).await;
    assert_eq!(login.status, 200, "{}", login.body);
    user(&login.body)
}

async fn log_in(app: &TestApp, username: &str, password: &str) -> Reply {
    let body = json!({ "username": username, "password": password });
    send(request(app, Method::POST, "/api/auth/login").json(&body)).await
}

fn user(body: &Value) -> User {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    User { id: text(&body["user_id"]), token: text(&body["access_token"]) }
}

/// Begins a room and gives its id.
async fn room(app: &TestApp, user: &User) -> String {
    let created = post(app, user, "/api/chat/rooms", &json!({ "customer_name": "Alice Johnson" })).await;
    assert_eq!(created.status, 201, "{}", created.body);
    created.body["room_id"].as_str().unwrap().to_owned()
}

fn messages_path(room: &str) -> String {
    format!("/api/chat/rooms/{room}/messages")
}

/// Sends a message and waits for the answer.
async fn say(app: &TestApp, user: &User, room: &str, user_type: &str, text: &str) -> Value {
    let sent = post(app, user, &messages_path(room), &json!({ "content": text, "user_type": user_type })).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    sent.body
}

/// All messages of a room.
async fn messages(app: &TestApp, user: &User, room: &str) -> Vec<Value> {
    let listed = get(app, user, &format!("{}?limit=200", messages_path(room))).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    listed.body.as_array().unwrap().clone()
}

/// A room as its reader sees it.
async fn read(app: &TestApp, user: &User, room: &str) -> Value {
    let read = get(app, user, &format!("/api/chat/rooms/{room}")).await;
    assert_eq!(read.status, 200, "{}", read.body);
    read.body
}

/// The values of one field.
fn column<'a>(rows: &'a [Value], field: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[field].as_str().unwrap_or("null")).collect()
}
