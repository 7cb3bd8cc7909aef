//! `GET /api/admin/audit`

use reqwest::Method;
use serde_json::{Value, json};

use super::{AUDIT, PASSWORD, USERS, made, new_user, request, root};
use crate::support::app::{ADMIN_PASSWORD, API_KEY, TestApp};
use crate::support::rest::{get, get_as, key_of, post_as, send};

#[tokio::test]
async fn what_administrators_do_in_any_dialect_is_listed_newest_first_and_nothing_secret_with_it() {
    let app = TestApp::start().await;
    let (id, _) = made(&app, "jo@example.com", "agent").await;
    let root = root(&app).await;
    let path = format!("{USERS}/{id}");
    for body in [json!({ "role": "admin" }), json!({ "role": "admin" }), json!({ "isActive": false })] {
        assert_eq!(send(request(&app, &root, Method::PATCH, &path).json(&body)).await.status, 200);
    }
    let config = request(&app, &root, Method::PUT, "/api/admin/system-config");
    assert_eq!(send(config.json(&json!({ "auto_reply_enabled": false }))).await.status, 200);
    let admin = json!({ "username": "kim", "email": "kim@example.com", "password": PASSWORD, "user_type": "admin" });
    let registered = send(post_as(&app, &root, "/api/auth/register").json(&admin)).await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    let listed = send(get(&app, AUDIT)).await;
    assert_eq!(listed.status, 200);
    insta::assert_json_snapshot!(listed.body, {
        ".entries[].id" => "[id]", ".entries[].at" => "[time]", ".entries[].actor.id" => "[id]",
        ".entries[].target.id" => "[id]"
    });
    let text = listed.body.to_string();
    for secret in [PASSWORD, ADMIN_PASSWORD, API_KEY, "argon2"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let second = send(get(&app, &format!("{AUDIT}?page=2&limit=3"))).await.body;
    assert_eq!(second["entries"][0], listed.body["entries"][3]);
    let total = listed.body["pagination"]["total"].as_u64().unwrap();
    let pages = total.div_ceil(3);
    assert_eq!(second["pagination"], json!({ "total": total, "page": 2, "limit": 3, "pages": pages }));
    assert_eq!(send(get(&app, &format!("{AUDIT}?page=0"))).await.status, 400);
    app.stop().await;
}

#[tokio::test]
async fn an_act_is_in_the_log_of_the_organization_where_it_was_done_and_in_no_other() {
    let app = TestApp::start().await;
    let elsewhere = key_of(&app, "elsewhere", &["*"]).await;
    let acts = async |key: &str| {
        let listed = send(get_as(&app, key, AUDIT)).await.body;
        let acts = listed["entries"].as_array().unwrap().iter().map(|entry| entry["action"].clone());
        acts.collect::<Vec<Value>>()
    };
    assert_eq!(acts(&elsewhere).await, ["api_key.created"]);
    let ours = acts(API_KEY).await;
    let mut theirs = new_user("jo@example.com", "agent");
    theirs["organizationId"] = "elsewhere".into();
    assert_eq!(send(post_as(&app, &root(&app).await, USERS).json(&theirs)).await.status, 201);
    assert_eq!(acts(&elsewhere).await, ["user.created", "api_key.created"]);
    assert_eq!(acts(API_KEY).await, ours);
    app.stop().await;
}
