//! What models cost, what they may, and what need not be asked again.

mod budget;
mod cache;
mod ledger;
mod own_model;
mod services;
mod unanswered;

use std::sync::Arc;

use reqwest::{Client, Method};
use serde_json::Value;
use switchboard::app::World;
use switchboard::assistant::Turn;
use switchboard::config::Config;
use switchboard::domain::TurnResult;

use crate::support::app::TestApp;
use crate::support::rest::{Model, Reply, SharedModel, admin_token, message, post, said, send};

/// An app whose assistant asks a model of the test's.
async fn app_with(model: &Arc<Model>, change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::start_in_world(change, world(model)).await
}

fn world(model: &Arc<Model>) -> World {
    World { model: Some(Arc::new(SharedModel(Arc::clone(model)))), ..World::default() }
}

/// What a model says that is asked anything.
fn plain(_: &Turn) -> TurnResult {
    said("From the model.")
}

/// A message of a session's own customer; gives the answer's text.
async fn say(app: &TestApp, session: &str, text: &str) -> String {
    let mut message = message(session, text);
    // What is remembered of one of them must not be known in another's session.
    message["userId"] = session.into();
    let said = send(post(app, "/api/core/messages").json(&message)).await;
    assert_eq!(said.status, 200, "{}", said.body);
    said.body["response"]["text"].as_str().unwrap_or_else(|| panic!("{}", said.body)).to_owned()
}

/// The administrator asks the console.
async fn console(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> Reply {
    let token = admin_token(app).await;
    let request = Client::new().request(method, app.url(&format!("/api/console{path}"))).bearer_auth(token);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// A GET of the administrator that succeeds.
async fn read(app: &TestApp, path: &str) -> Value {
    let reply = console(app, Method::GET, path, None).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply.body
}
