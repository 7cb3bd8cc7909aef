//! `/api/admin`: users, sessions, figures and the audit log, as administrators use them.

mod audit;
mod dashboard;
mod rights;
mod sessions;
mod sockets;
mod users;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use switchboard::domain::{OrganizationId, SessionId, SessionKey};

use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, TestApp};
use crate::support::rest::{Reply, post, send};

const USERS: &str = "/api/admin/users";
const ACTIVE: &str = "/api/admin/sessions/active";
const DASHBOARD: &str = "/api/admin/analytics/dashboard";
const AUDIT: &str = "/api/admin/audit";
const PASSWORD: &str = "securePassword123";

/// A request with a credential.
fn request(app: &TestApp, credential: &str, method: Method, path: &str) -> RequestBuilder {
    Client::new().request(method, app.url(path)).bearer_auth(credential)
}

/// Logs in through a door that gives tokens.
async fn log_in(app: &TestApp, email: &str, password: &str) -> Reply {
    send(Client::new().post(app.url("/auth/login")).json(&json!({ "email": email, "password": password }))).await
}

async fn token(app: &TestApp, email: &str, password: &str) -> String {
    let login = log_in(app, email, password).await;
    assert_eq!(login.status, 200, "{}", login.body);
    login.body["access_token"].as_str().unwrap().to_owned()
}

async fn root(app: &TestApp) -> String {
    token(app, ADMIN_EMAIL, ADMIN_PASSWORD).await
}

/// The body of `POST /api/admin/users`.
fn new_user(email: &str, role: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "firstName": "Jane", "lastName": "Smith", "role": role })
}

/// Makes a user; gives their id and a token of theirs.
async fn made(app: &TestApp, email: &str, role: &str) -> (String, String) {
    let made = send(post(app, USERS).json(&new_user(email, role))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    (made.body["id"].as_str().unwrap().to_owned(), token(app, email, PASSWORD).await)
}

/// A customer's message, on a channel, with what it says of its sender.
async fn say(app: &TestApp, session: &str, channel: &str, text: &str, metadata: Value) {
    let body = json!({
        "message": { "text": text }, "userId": format!("{session}-customer"), "sessionId": session,
        "channel": channel, "metadata": metadata
    });
    let said = send(post(app, "/api/core/messages").json(&body)).await;
    assert_eq!(said.status, 200, "{}", said.body);
}

fn key(session: &str) -> SessionKey {
    SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse(session).unwrap() }
}
