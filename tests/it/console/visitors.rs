//! Customers who have not signed in: known by their session, whatever name they give.

use reqwest::Method;
use serde_json::json;
use switchboard::domain::Role;

use super::{Desk, ask, code, colleague, colleague_of, get, staffed};
use crate::support::app::TestApp;
use crate::support::rest::{post, send};
use crate::support::ws::Client;

/// A known customer writes, with an e-mail address.
async fn known(app: &TestApp, customer: &str, session: &str) {
    let said = json!({ "userId": customer, "sessionId": session, "message": { "text": "Hello" },
        "metadata": { "email": "alice@example.com" } });
    let posted = send(post(app, "/api/core/messages").json(&said)).await;
    assert_eq!(posted.status, 200, "{}", posted.body);
}

/// Somebody without a credential writes under a name.
async fn visit(app: &TestApp, claimed: &str, session: &str) {
    let path = format!("/ws?userId={claimed}&sessionId={session}&after=0");
    let mut visitor = Client::connect(app.ws_url(&path)).await;
    visitor.send(json!({ "type": "text", "text": "It is me", "id": "m1" })).await;
    visitor.wait_for_type("ack").await;
}

#[tokio::test]
async fn whoever_only_claims_a_name_is_a_visitor_and_what_is_noted_of_them_is_theirs() {
    let app = staffed().await;
    let (ada, jane) = (colleague(&app, "Ada Low", Role::Admin).await, colleague(&app, "Jane Smith", Role::Agent).await);
    let eve = colleague_of(&app, "acme", "Eve Oh", Role::Admin).await;
    known(&app, "alice", "known.1").await;
    visit(&app, "alice", "visit.1").await;

    let shown = get(&app, &jane, "/sessions/visit.1").await;
    assert_eq!((&shown["customer"]["id"], &shown["customer"]["email"]), (&json!("~visit.1"), &json!(null)));
    assert_eq!(shown["session"]["customer"]["id"], "~visit.1");
    let started = get(&app, &jane, "/sessions/visit.1/events").await["items"][0].clone();
    assert_eq!((&started["kind"], &started["customer"]), (&json!("started"), &json!("~visit.1")));
    let nobody = get(&app, &jane, "/customers?q=~visit").await;
    assert_eq!(nobody["items"], json!([]), "nothing is kept before something is noted");

    let mut desk = Desk::open(&app, &jane).await;
    let noted = desk.done("facts", json!({ "customer": "~visit.1", "set": { "plan": "gold" } })).await;
    assert_eq!((&noted["customer"]["id"], &noted["customer"]["facts"]), (&json!("~visit.1"), &json!({"plan": "gold"})));
    assert_eq!(get(&app, &jane, "/customers/alice").await["facts"], json!({}), "it is not hers");
    assert_eq!(get(&app, &jane, "/customers?q=~visit").await["items"][0]["id"], "~visit.1");
    let sessions = async |customer: &str| {
        let listed = get(&app, &jane, &format!("/customers/{customer}/sessions")).await;
        let ids = listed["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!((sessions("~visit.1").await, sessions("alice").await), (vec!["visit.1".into()], vec!["known.1".into()]));
    let of_alice = get(&app, &jane, "/sessions?customer=alice").await;
    assert_eq!(of_alice["items"].as_array().unwrap().len(), 1);

    for path in ["/customers/~visit.1", "/customers/~visit.1/sessions", "/customers/~known.1", "/customers/~nowhere"] {
        let who = if path.contains("visit") { &eve } else { &jane };
        assert_eq!(code(&ask(&app, who, Method::GET, path, None).await, 404), "not_found", "{path}");
    }
    let backwards = ask(&app, &ada, Method::POST, "/customers/alice/merge", Some(json!({ "into": "~visit.1" }))).await;
    assert_eq!(code(&backwards, 409), "conflict");
    let merged = ask(&app, &ada, Method::POST, "/customers/~visit.1/merge", Some(json!({ "into": "alice" }))).await;
    assert_eq!((merged.status, &merged.body["facts"]), (200, &json!({ "plan": "gold" })), "{}", merged.body);
    assert_eq!(merged.body["email"], "alice@example.com");
    assert_eq!(sessions("alice").await, ["visit.1", "known.1"]);
    assert_eq!(get(&app, &jane, "/customers/~visit.1").await["merged_into"], "alice");
    app.stop().await;
}

#[tokio::test]
async fn nobody_is_a_visitor_by_name() {
    let app = staffed().await;
    visit(&app, "bob", "visit.1").await;
    let said = json!({ "userId": "~visit.1", "sessionId": "s2", "message": { "text": "Hello" } });
    let refused = send(post(&app, "/api/core/messages").json(&said)).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(Client::try_connect(app.ws_url("/ws?userId=~visit.1&after=0")).await.is_err());
    app.stop().await;
}
