//! `/api/auth`

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, User, administrator, customer, get, log_in, registration, request, user};
use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, API_KEY, TestApp};
use crate::support::rest::{Reply, customer_token, key_of, send};

const REGISTER: &str = "/api/auth/register";

async fn register(app: &TestApp, token: Option<&str>, body: &Value) -> Reply {
    let request = request(app, Method::POST, REGISTER).json(body);
    send(match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    })
    .await
}

#[tokio::test]
async fn a_customer_registers_logs_in_and_reads_who_they_are_as_documented() {
    let app = TestApp::start().await;
    let registered = register(&app, None, &registration("alice", "customer")).await;
    assert_eq!(registered.status, 201);
    assert_json_snapshot!("registered", registered.body, { ".access_token" => "[token]", ".user_id" => "[id]" });
    let login = log_in(&app, "alice", PASSWORD).await;
    assert_eq!((login.status, &login.body["user_id"]), (200, &registered.body["user_id"]));
    assert_json_snapshot!("logged_in", login.body, { ".access_token" => "[token]", ".user_id" => "[id]" });
    for token in [&registered.body, &login.body] {
        let me = get(&app, &user(token), "/api/auth/me").await;
        assert_eq!((me.status, &me.body["id"]), (200, &registered.body["user_id"]));
        assert_json_snapshot!("me", me.body, { ".id" => "[id]" });
    }
}

#[tokio::test]
async fn a_username_is_an_email_or_a_name_without_regard_to_capitals() {
    let app = TestApp::start().await;
    let alice = customer(&app, "Alice").await;
    for name in ["Alice", "alice", " ALICE ", "alice@example.com", "Alice@Example.COM"] {
        let login = log_in(&app, name, PASSWORD).await;
        assert_eq!((login.status, &login.body["user_id"]), (200, &json!(alice.id)), "{name}");
        assert_eq!(login.body["username"], "Alice");
    }
    let unknown = log_in(&app, "nobody", PASSWORD).await;
    let wrong = log_in(&app, "alice", "not-the-password").await;
    assert_eq!(unknown.body, wrong.body);
    assert_eq!(unknown.header("www-authenticate"), "Bearer");
    for refused in [unknown, wrong, log_in(&app, "", PASSWORD).await, log_in(&app, "a@b", PASSWORD).await] {
        assert_eq!(refused.detail(401), "Could not validate credentials");
    }
}

#[tokio::test]
async fn the_first_administrator_logs_in_by_name_and_by_email() {
    let app = TestApp::start().await;
    for name in ["admin", ADMIN_EMAIL] {
        let login = log_in(&app, name, ADMIN_PASSWORD).await;
        assert_eq!((login.status, &login.body["user_type"]), (200, &json!("admin")), "{name}");
        assert_eq!(login.body["username"], "admin");
    }
}

#[tokio::test]
async fn an_administrator_is_made_by_an_administrator_alone() {
    let app = TestApp::start().await;
    let (admin, alice) = (administrator(&app).await, customer(&app, "alice").await);
    let wanted = registration("boss", "admin");
    for token in [None, Some(alice.token.as_str())] {
        assert_eq!(register(&app, token, &wanted).await.detail(403), "Admin access required");
    }
    assert_eq!(register(&app, Some("nonsense"), &wanted).await.detail(401), "Could not validate credentials");
    let made = register(&app, Some(&admin.token), &wanted).await;
    assert_eq!((made.status, &made.body["user_type"]), (201, &json!("admin")));
    let boss = user(&made.body);
    assert_eq!(get(&app, &boss, "/api/admin/system-config").await.status, 200);
    let another = register(&app, Some(&boss.token), &registration("chief", "admin")).await;
    assert_eq!(another.status, 201, "{}", another.body);
}

#[tokio::test]
async fn a_name_or_an_email_is_taken_once() {
    let app = TestApp::start().await;
    customer(&app, "alice").await;
    let with = |username: &str, email: &str| {
        let mut body = registration(username, "customer");
        body["email"] = json!(email);
        body
    };
    for (username, email, detail) in [
        ("ALICE", "other@example.com", "a user with this username exists already"),
        ("other", "Alice@example.com", "a user with this e-mail exists already"),
        ("Admin", "other@example.com", "a user with this username exists already"),
    ] {
        assert_eq!(register(&app, None, &with(username, email)).await.detail(400), detail);
    }
    assert_eq!(register(&app, None, &with("other", "other@example.com")).await.status, 201);
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_name() {
    let app = TestApp::start().await;
    let tries = (0..8).map(|n| {
        let mut body = registration("alice", "customer");
        body["email"] = json!(format!("alice{n}@example.com"));
        let app = &app;
        async move { register(app, None, &body).await.status }
    });
    let mut statuses = futures_util::future::join_all(tries).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 400, 400, 400, 400, 400, 400, 400]);
}

#[tokio::test]
async fn one_name_may_be_used_in_two_organizations() {
    let app = TestApp::start().await;
    customer(&app, "alice").await;
    let elsewhere = key_of(&app, "elsewhere", &["*"]).await;
    let mut body = registration("alice", "customer");
    body["email"] = json!("alice@elsewhere.example");
    let theirs = register(&app, Some(&elsewhere), &body).await;
    assert_eq!(theirs.status, 201, "{}", theirs.body);
    let login = log_in(&app, "alice@elsewhere.example", PASSWORD).await;
    assert_eq!(login.body["user_id"], theirs.body["user_id"]);
    assert_ne!(log_in(&app, "alice", PASSWORD).await.body["user_id"], theirs.body["user_id"]);
}

#[tokio::test]
async fn every_missing_or_malformed_field_is_named() {
    let app = TestApp::start().await;
    for (field, values) in [
        ("username", vec![json!(""), json!("a@b.c"), json!("a\u{0}b"), json!("x".repeat(65)), json!(7), Value::Null]),
        ("email", vec![json!("nobody"), json!("a b@example.com"), json!({}), Value::Null]),
        ("password", vec![json!("short"), json!("x".repeat(129)), json!(["a"]), Value::Null]),
        ("user_type", vec![json!("agent"), json!("Admin"), json!(1), Value::Null]),
    ] {
        for value in values {
            let mut body = registration("alice", "customer");
            body[field] = value.clone();
            assert_eq!(register(&app, None, &body).await.wrong_field(), field, "{value}");
        }
        let mut body = registration("alice", "customer");
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(register(&app, None, &body).await.wrong_field(), field);
    }
    for body in [json!({ "username": "a" }), json!({ "username": "a", "password": 1 })] {
        let login = send(request(&app, Method::POST, "/api/auth/login").json(&body)).await;
        assert_eq!(login.wrong_field(), "password");
    }
}

#[tokio::test]
async fn the_same_idempotency_key_registers_once_and_refuses_another_request() {
    let app = TestApp::start().await;
    let once = |body: Value| {
        let request = request(&app, Method::POST, REGISTER).header("Idempotency-Key", "once").json(&body);
        async move { send(request).await }
    };
    let (first, again) = (once(registration("alice", "customer")).await, once(registration("alice", "customer")).await);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body["user_id"], again.body["user_id"]);
    once(registration("bob", "customer")).await.detail(409);
}

#[tokio::test]
async fn guesses_at_one_account_count_together_however_it_is_named() {
    let app = TestApp::start_with(|config| {
        config.limits.enabled = true;
        config.limits.rooms_address_requests = 1_000;
    })
    .await;
    customer(&app, "alice").await;
    for n in 0..20 {
        let name = ["alice", "ALICE", "alice@example.com"][n % 3];
        if log_in(&app, name, "not-the-password").await.status == 429 {
            assert_eq!(log_in(&app, "alice@example.com", PASSWORD).await.status, 429);
            assert_eq!(log_in(&app, "alice", PASSWORD).await.status, 429);
            return;
        }
    }
    panic!("nobody locked the account");
}

#[tokio::test]
async fn whoever_has_no_account_has_an_id_at_most() {
    let app = TestApp::start().await;
    let token = customer_token(&app, "visitor-1").await;
    let visitor = User { id: "visitor-1".to_owned(), token };
    let me = get(&app, &visitor, "/api/auth/me").await;
    assert_eq!(me.body, json!({ "id": "visitor-1", "username": "visitor-1", "email": null, "user_type": "customer" }));
    let key = User { id: String::new(), token: API_KEY.to_owned() };
    get(&app, &key, "/api/auth/me").await.detail(403);
}
