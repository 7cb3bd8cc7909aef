//! `/auth/register`, `/auth/login`, and what a token is good for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, User, administrator, customer, get, request, send};
use crate::support::app::{ADMIN_EMAIL, TestApp};

fn john() -> Value {
    json!({ "email": "User@Example.com", "password": PASSWORD, "name": "John Doe" })
}

#[tokio::test]
async fn a_user_registers_and_logs_in_as_documented_with_and_without_the_version() {
    for prefix in ["", "/v1"] {
        let app = TestApp::start().await;
        let registered = send(request(&app, Method::POST, &format!("{prefix}/auth/register")).json(&john())).await;
        assert_eq!(registered.status, 201);
        assert_json_snapshot!("registered", registered.body, { ".id" => "[id]", ".created_at" => "[time]" });
        let login = json!({ "email": "user@example.com", "password": PASSWORD });
        let login = send(request(&app, Method::POST, &format!("{prefix}/auth/login")).json(&login)).await;
        assert_eq!(login.status, 200);
        assert_eq!(login.body["user"]["id"], registered.body["id"]);
        assert_json_snapshot!("logged_in", login.body, { ".access_token" => "[token]", ".user.id" => "[id]" });
    }
}

#[tokio::test]
async fn an_email_is_taken_once() {
    let app = TestApp::start().await;
    customer(&app, "user").await;
    let again = send(request(&app, Method::POST, "/auth/register").json(&john())).await;
    again.refused(409);
}

#[tokio::test]
async fn every_missing_or_malformed_field_is_named() {
    let app = TestApp::start().await;
    let register = |change: Value| {
        let mut body = john();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for (change, field) in [
        (json!({ "email": "nobody" }), "email"),
        (json!({ "email": null }), "email"),
        (json!({ "email": 7 }), "email"),
        (json!({ "password": "short" }), "password"),
        (json!({ "password": ["a"] }), "password"),
        (json!({ "name": "  " }), "name"),
        (json!({ "name": "a\u{0}b" }), "name"),
    ] {
        let reply = send(request(&app, Method::POST, "/auth/register").json(&register(change.clone()))).await;
        assert_eq!(reply.wrong_field(), field, "{change}");
    }
    for field in ["email", "password", "name"] {
        let mut body = john();
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(send(request(&app, Method::POST, "/auth/register").json(&body)).await.wrong_field(), field);
        if field != "name" {
            assert_eq!(send(request(&app, Method::POST, "/auth/login").json(&body)).await.wrong_field(), field);
        }
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let app = TestApp::start().await;
    let login = |email: &str| json!({ "email": email, "password": "wrong-password-1" });
    let wrong = send(request(&app, Method::POST, "/auth/login").json(&login(ADMIN_EMAIL))).await;
    let unknown = send(request(&app, Method::POST, "/auth/login").json(&login("nobody@example.com"))).await;
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    assert_json_snapshot!("unauthenticated", wrong.refused(401));
    unknown.refused(401);
}

#[tokio::test]
async fn the_same_idempotency_key_registers_once_and_refuses_another_request() {
    let app = TestApp::start().await;
    let register =
        |body: &Value| request(&app, Method::POST, "/auth/register").header("Idempotency-Key", "once").json(body);
    let first = send(register(&john())).await;
    let again = send(register(&john())).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    let mut other = john();
    other["name"] = json!("Jane Doe");
    send(register(&other)).await.refused(409);
    let unreadable = request(&app, Method::POST, "/auth/register").header("Idempotency-Key", "\"\"").json(&other);
    assert_eq!(send(unreadable).await.wrong_field(), "Idempotency-Key");
}

#[tokio::test]
async fn a_token_that_is_absent_tampered_with_or_unsigned_opens_nothing() {
    let app = TestApp::start().await;
    let user = administrator(&app).await;
    assert_eq!(get(&app, &user, "/conversations").await.status, 200);
    let parts: Vec<_> = user.token.split('.').collect();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let mut tampered = user.token.clone().into_bytes();
    let at = parts[0].len() + 10;
    tampered[at] = if tampered[at] == b'A' { b'B' } else { b'A' };
    for token in [
        String::from_utf8(tampered).unwrap(),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        "nonsense".to_owned(),
        String::new(),
    ] {
        let user = User { id: String::new(), token };
        for path in ["/conversations", "/analytics/conversations", "/v1/conversations"] {
            get(&app, &user, path).await.refused(401);
        }
    }
    for (method, path) in [
        (Method::GET, "/conversations"),
        (Method::POST, "/conversations"),
        (Method::POST, "/conversations/any/messages"),
        (Method::GET, "/analytics/conversations"),
    ] {
        send(request(&app, method, path)).await.refused(401);
    }
    let basic = request(&app, Method::GET, "/conversations").basic_auth("user", Some("password"));
    send(basic).await.refused(401);
}

#[tokio::test]
async fn health_says_ok_with_version_and_time() {
    let app = TestApp::start().await;
    let health = send(request(&app, Method::GET, "/health")).await;
    assert_eq!(health.status, 200);
    assert_json_snapshot!("health", health.body, { ".timestamp" => "[time]", ".version" => "[version]" });
    assert!(health.body["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(send(request(&app, Method::GET, "/v1/health")).await.status, 200);
}
