//! The envelope is the same for every refusal and every fallback.

use reqwest::Method;

use super::{customer, request};
use crate::support::app::TestApp;
use crate::support::rest::send;

#[tokio::test]
async fn unknown_routes_of_this_dialect_answer_in_its_envelope_and_others_in_their_own() {
    let app = TestApp::start().await;
    for path in [
        "/api/auth",
        "/api/auth/logout",
        "/api/chat",
        "/api/chat/rooms/",
        "/api/chat/rooms/a/b",
        "/api/analytics",
        "/api/analytics/users",
        "/api/admin/dashboard/",
        "/api/admin/customers/a",
    ] {
        assert_eq!(send(request(&app, Method::GET, path)).await.detail(404), "Resource not found", "{path}");
    }
    for path in ["/api", "/api/admin", "/api/admin/parked", "/api/admin/users", "/api/chats", "/api/core/nowhere"] {
        let other = send(request(&app, Method::GET, path)).await;
        assert!(other.body["requestId"].is_string(), "{path}: {}", other.body);
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_and_names_the_right_ones() {
    let app = TestApp::start().await;
    for (method, path, allowed) in [
        (Method::GET, "/api/auth/login", "POST"),
        (Method::DELETE, "/api/chat/rooms", "GET,HEAD,POST"),
        (Method::PUT, "/api/chat/rooms/a/messages", "GET,HEAD,POST"),
        (Method::POST, "/api/admin/system-config", "GET,HEAD,PUT"),
        (Method::POST, "/api/analytics/overview", "GET,HEAD"),
    ] {
        let reply = send(request(&app, method, path)).await;
        assert_eq!(reply.header("allow"), allowed, "{path}");
        assert_eq!(reply.detail(405), "Method not allowed");
    }
}

#[tokio::test]
async fn bodies_that_can_not_be_read_are_refused_in_the_envelope() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    let login = || request(&app, Method::POST, "/api/auth/login");
    let json = || login().header("content-type", "application/json");
    send(login().body("username=a")).await.detail(415);
    send(login().header("content-type", "text/plain").body("{}")).await.detail(415);
    for bad in ["", "{", "[]", "null", r#"{"username":"a","username":"b","password":"c"}"#, "{\"username\":\"\u{0}"] {
        send(json().body(bad)).await.detail(400);
    }
    send(json().body(b"{\"username\":\"\xff\"}".to_vec())).await.detail(400);
    send(json().body("[".repeat(100_000))).await.detail(400);
    let large = format!(r#"{{"username":"{}"}}"#, "x".repeat(1024 * 1024));
    let detail = send(json().body(large)).await.detail(413);
    assert!(detail.starts_with("body is larger than "), "{detail}");
    let charset = request(&app, Method::POST, "/api/chat/analyze").bearer_auth(&alice.token);
    let charset = charset.header("content-type", "application/json; charset=utf-8");
    assert_eq!(send(charset.body(r#"{"message":"hi"}"#)).await.status, 200);
}
