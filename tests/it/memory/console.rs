//! The staff reads, adds, corrects and forgets what is remembered.

use reqwest::Method;
use serde_json::{Value, json};

use super::{as_whom, asks, customer, is, learnt, of};
use crate::support::app::TestApp;
use crate::support::rest::{Reply, admin_token, customer_token, key_of, send};

const OF_ANA: &str = "/api/console/customers/ana/memories";

async fn ask(app: &TestApp, token: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = as_whom(app, token, method, path);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

#[tokio::test]
async fn the_staff_corrects_what_was_learnt_and_no_message_changes_it_then() {
    let app = TestApp::start().await;
    let staff = admin_token(&app).await;
    let mut socket = customer(&app, "ana", "s").await;
    asks(&mut socket, "My name is Anna").await;
    learnt(&app, "ana", "name", is("Anna")).await;
    let listed = ask(&app, &staff, Method::GET, OF_ANA, None).await;
    let learnt_name = listed.body["items"].as_array().unwrap().iter().find(|row| row["key"] == "name").unwrap().clone();
    assert_eq!((&learnt_name["source"], &learnt_name["text"]), (&json!("conversation"), &json!("Anna")));
    let one = format!("{OF_ANA}/{}", learnt_name["id"].as_str().unwrap());
    let changed = ask(&app, &staff, Method::PATCH, &one, Some(json!({ "value": "Ana", "importance": 1 }))).await;
    assert_eq!(
        (changed.status, &changed.body["value"], &changed.body["source"]),
        (200, &json!("Ana"), &json!("staff"))
    );
    asks(&mut socket, "My name is Bob. My email is bob@example.com").await;
    learnt(&app, "ana", "email", is("bob@example.com")).await;
    learnt(&app, "ana", "name", is("Ana")).await;
    let added =
        ask(&app, &staff, Method::POST, OF_ANA, Some(json!({ "key": "plan", "value": { "tier": "gold" } }))).await;
    assert_eq!((added.status, &added.body["text"]), (201, &json!("tier: gold")));
    assert_eq!(ask(&app, &staff, Method::DELETE, &one, None).await.status, 204);
    assert_eq!(ask(&app, &staff, Method::DELETE, &one, None).await.status, 404);
    learnt(&app, "ana", "name", |value| value.is_none()).await;
    app.stop().await;
}

#[tokio::test]
async fn forgetting_everything_is_noted_in_the_audit_log() {
    let app = TestApp::start().await;
    let staff = admin_token(&app).await;
    let mut socket = customer(&app, "ana", "s").await;
    asks(&mut socket, "My name is Ana").await;
    learnt(&app, "ana", "name", is("Ana")).await;
    let count = of(&app, "ana", "").await.len();
    let forgotten = ask(&app, &staff, Method::DELETE, OF_ANA, None).await;
    assert_eq!((forgotten.status, &forgotten.body["forgotten"]), (200, &json!(count)));
    assert_eq!(of(&app, "ana", "").await, [] as [Value; 0]);
    let audit = ask(&app, &staff, Method::GET, "/api/console/audit", None).await.body;
    let entry = audit["items"].as_array().unwrap().iter().find(|entry| entry["act"] == "memories.forgotten").unwrap();
    assert!(entry["on"] == "customer ana" && !entry["who"].is_null(), "{entry}");
    app.stop().await;
}

#[tokio::test]
async fn whoever_is_no_staff_or_of_another_organization_finds_nothing() {
    let app = TestApp::start().await;
    let staff = admin_token(&app).await;
    let mut socket = customer(&app, "ana", "s").await;
    asks(&mut socket, "My name is Ana").await;
    learnt(&app, "ana", "name", is("Ana")).await;
    let memory = ask(&app, &staff, Method::GET, OF_ANA, None).await.body["items"][0]["id"].as_str().unwrap().to_owned();
    for token in [customer_token(&app, "ana").await, key_of(&app, "elsewhere", &["*"]).await] {
        assert_eq!(ask(&app, &token, Method::GET, OF_ANA, None).await.status, 403);
        assert_eq!(ask(&app, &token, Method::DELETE, OF_ANA, None).await.status, 403);
    }
    for (method, path, body) in [
        (Method::GET, "/api/console/customers/nobody/memories".to_owned(), None),
        (Method::POST, "/api/console/customers/nobody/memories".to_owned(), Some(json!({ "key": "k", "value": 1 }))),
        (Method::DELETE, "/api/console/customers/nobody/memories".to_owned(), None),
        (Method::DELETE, format!("/api/console/customers/nobody/memories/{memory}"), None),
        (Method::PATCH, format!("{OF_ANA}/none"), Some(json!({ "value": 1 }))),
    ] {
        assert_eq!(ask(&app, &staff, method.clone(), &path, body).await.status, 404, "{method} {path}");
    }
    for body in [
        json!({ "key": "", "value": 1 }),
        json!({ "key": "k", "value": null }),
        json!({ "key": "k", "value": 1, "importance": 2 }),
        json!({ "key": "k", "value": 1, "type": "x" }),
    ] {
        assert_eq!(ask(&app, &staff, Method::POST, OF_ANA, Some(body.clone())).await.status, 400, "{body}");
    }
    assert_eq!(of(&app, "ana", "?key=name").await.len(), 1);
    app.stop().await;
}
