//! Socket.IO: what people do in rooms, and what happens to those who break in, flood, lag, or lose their connection.

mod analysis;
mod bad_input;
mod clients;

mod doors;
mod drafts;
mod drain;
mod order;
mod protocol;
mod resume;
mod slow;

use serde_json::json;
use switchboard::domain::Email;

use crate::support::app::{ADMIN_EMAIL, TestApp};
use crate::support::rest::{accounts, customer_token, post_as, send};

/// A customer's token, and a room of theirs.
async fn room_of(app: &TestApp, customer: &str) -> (String, String) {
    let token = customer_token(app, customer).await;
    let started = send(post_as(app, &token, "/conversations").json(&json!({}))).await;
    assert_eq!(started.status, 201, "{}", started.body);
    (token, started.body["conversation_id"].as_str().unwrap().to_owned())
}

/// The administrator's token.
async fn admin_token(app: &TestApp) -> String {
    accounts(app).await.issue_user_token(&Email::parse(ADMIN_EMAIL).unwrap()).unwrap().token
}

/// An app whose assistant is silent, so that only people are heard.
async fn quiet_app() -> TestApp {
    TestApp::start_with(|config| config.assistant.provider = switchboard::config::Provider::None).await
}
