//! Who may: each route of the administration, for everybody there is.

use reqwest::Method;
use serde_json::json;

use super::{ACTIVE, AUDIT, DASHBOARD, USERS, made, new_user, request, say};
use crate::support::app::{API_KEY, TestApp};
use crate::support::rest::{customer_token, key_of, send};

const NOBODY: &str = "/api/admin/users/01980000-0000-7000-8000-000000000001";

/// Every route, and what an administrator gets.
const ROUTES: [(&str, &str, u16); 9] = [
    ("GET", USERS, 200),
    ("POST", USERS, 201),
    ("PATCH", NOBODY, 404),
    ("DELETE", NOBODY, 404),
    ("GET", ACTIVE, 200),
    ("GET", "/api/admin/sessions/s1", 200),
    ("GET", DASHBOARD, 200),
    ("GET", AUDIT, 200),
    ("GET", "/api/admin/parked", 200),
];

async fn statuses(app: &TestApp, credential: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (method, path, _) in ROUTES {
        let asked = request(app, credential, Method::from_bytes(method.as_bytes()).unwrap(), path);
        let body = new_user(&format!("{}@example.com", uuid::Uuid::now_v7()), "agent");
        let asked = if matches!(method, "POST" | "PATCH") { asked.json(&body) } else { asked };
        let reply = send(asked).await;
        if reply.status >= 400 {
            assert!(reply.body["error"]["code"].is_string() && reply.body["requestId"].is_string(), "{path}");
        }
        statuses.push(reply.status);
    }
    statuses
}

#[tokio::test]
async fn the_administration_is_for_administrators_and_keys_with_every_permission() {
    let app = TestApp::start().await;
    say(&app, "s1", "web", "Hello", json!({})).await;
    let expected: Vec<u16> = ROUTES.iter().map(|(_, _, status)| *status).collect();
    let (_, admin) = made(&app, "admin2@example.com", "admin").await;
    assert_eq!(statuses(&app, &admin).await, expected);
    assert_eq!(statuses(&app, API_KEY).await, expected);
    let (_, agent) = made(&app, "agent@example.com", "agent").await;
    let (_, customer) = made(&app, "customer@example.com", "customer").await;
    let scopes = ["users:read", "users:write", "conversations:read", "conversations:write", "analytics:read"];
    let scoped = key_of(&app, "default", &scopes).await;
    for who in [agent, customer, customer_token(&app, "jo").await, scoped] {
        assert_eq!(statuses(&app, &who).await, [403; ROUTES.len()]);
    }
    assert_eq!(statuses(&app, "nonsense").await, [401; ROUTES.len()]);
    let bare = send(reqwest::Client::new().get(app.url(USERS))).await;
    assert_eq!(bare.status, 401);
    app.stop().await;
}

#[tokio::test]
async fn another_organizations_administrator_sees_nothing_of_it() {
    let app = TestApp::start().await;
    say(&app, "s1", "web", "Hello", json!({ "name": "Alice" })).await;
    let elsewhere = key_of(&app, "elsewhere", &["*"]).await;
    let ask = async |path: &str| send(request(&app, &elsewhere, Method::GET, path)).await;
    assert_eq!(ask("/api/admin/sessions/s1").await.status, 404);
    assert_eq!(ask(ACTIVE).await.body["pagination"]["total"], 0);
    assert_eq!(ask(USERS).await.body["users"], json!([]));
    assert_eq!(ask(DASHBOARD).await.body["overview"]["totalConversations"], 0);
    app.stop().await;
}
