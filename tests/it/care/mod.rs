//! The care dialect, as its users know it: over REST and its sockets.

mod analytics;
mod auth;
mod conversations;
mod errors;
mod limits;
mod live;
mod messages;

use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use serde_json::{Value, json};
use switchboard::auth::{LoginAttempts, Passwords};
use switchboard::clock::SystemClock;
use switchboard::domain::{CustomerId, Email, FullName, Organization, OrganizationId, PersonName, Role};
use switchboard::engine::accounts::{Accounts, NewUser};
use switchboard::store::{Batch, record};

use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, TestApp};

const PASSWORD: &str = "securepassword123";

/// Somebody with a token.
struct User {
    id: String,
    token: String,
}

/// An answer.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Reply {
    /// The text of a header.
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    /// The reply, which must be a refusal with this status in the documented envelope.
    #[track_caller]
    fn refused(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["error"]["code"], status.to_string());
        assert!(self.body["error"]["message"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(self.body["error"]["details"].is_object());
        self.body["error"].clone()
    }

    /// The fields that a 400 names.
    #[track_caller]
    fn wrong_field(self) -> String {
        let error = self.refused(400);
        let names: Vec<_> = error["details"].as_object().unwrap().keys().cloned().collect();
        names.join(",")
    }
}

/// A request, not sent yet.
fn request(app: &TestApp, method: Method, path: &str) -> RequestBuilder {
    reqwest::Client::new().request(method, app.url(path))
}

async fn send(request: RequestBuilder) -> Reply {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Reply { status, headers, body }
}

async fn get(app: &TestApp, user: &User, path: &str) -> Reply {
    send(request(app, Method::GET, path).bearer_auth(&user.token)).await
}

async fn post(app: &TestApp, user: &User, path: &str, body: &Value) -> Reply {
    send(request(app, Method::POST, path).bearer_auth(&user.token).json(body)).await
}

/// Registers a customer and logs them in.
async fn customer(app: &TestApp, name: &str) -> User {
    let email = format!("{name}@example.com");
    let body = json!({ "email": email, "password": PASSWORD, "name": name });
    let registered = send(request(app, Method::POST, "/auth/register").json(&body)).await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    log_in(app, &email, PASSWORD).await
}

async fn administrator(app: &TestApp) -> User {
    log_in(app, ADMIN_EMAIL, ADMIN_PASSWORD).await
}

/// An agent of the default organization.
async fn agent(app: &TestApp) -> User {
    let new = NewUser {
        organization: OrganizationId::default_organization(),
        email: Email::parse("agent@example.com").unwrap(),
        username: None,
        password: SecretString::from(PASSWORD),
        name: FullName::whole(PersonName::parse("name", "Ada Agent").unwrap()),
        role: Role::Agent,
    };
    accounts(app).await.register(new, None).await.unwrap();
    log_in(app, "agent@example.com", PASSWORD).await
}

/// A customer of another organization, whose own id is `id`.
async fn foreigner(app: &TestApp, id: &str) -> User {
    let elsewhere = OrganizationId::parse("elsewhere").unwrap();
    let mut organization = accounts(app).await.organization(&OrganizationId::default_organization()).unwrap();
    organization = Organization { id: elsewhere.clone(), ..organization };
    let mut batch = Batch::default();
    record::insert(&mut batch, &organization).unwrap();
    app.store().commit(batch).await.unwrap();
    let customer = CustomerId::parse(id).unwrap();
    let issued = accounts(app).await.issue_customer_token(&elsewhere, &customer).unwrap();
    User { id: id.to_owned(), token: issued.token }
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> User {
    let body = json!({ "email": email, "password": password });
    let login = send(request(app, Method::POST, "/auth/login").json(&body)).await;
    assert_eq!(login.status, 200, "{}", login.body);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    User { id: text(&login.body["user"]["id"]), token: text(&login.body["access_token"]) }
}

/// Begins a conversation and gives its id.
async fn conversation(app: &TestApp, user: &User) -> String {
    let started = send(request(app, Method::POST, "/conversations").bearer_auth(&user.token)).await;
    assert_eq!(started.status, 201, "{}", started.body);
    started.body["conversation_id"].as_str().unwrap().to_owned()
}

/// Sends a message and waits for the answer.
async fn say(app: &TestApp, user: &User, conversation: &str, text: &str) -> Value {
    let path = format!("/conversations/{conversation}/messages");
    let reply = post(app, user, &path, &json!({ "message": text })).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.body
}

/// The accounts of a running app, for what no route makes yet.
async fn accounts(app: &TestApp) -> Accounts {
    let (passwords, clock) = (Passwords::new(1), std::sync::Arc::new(SystemClock));
    Accounts::new(app.store().clone(), clock, passwords, LoginAttempts::off(), 3600).await.unwrap()
}
