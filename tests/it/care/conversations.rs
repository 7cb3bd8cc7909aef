//! `POST /conversations` and `GET /conversations`.

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{User, administrator, conversation, customer, foreigner, get, request, send};
use crate::support::app::{API_KEY, TestApp};

fn start(app: &TestApp, user: &User) -> reqwest::RequestBuilder {
    request(app, Method::POST, "/conversations").bearer_auth(&user.token)
}

#[tokio::test]
async fn a_conversation_starts_as_documented_and_needs_no_body() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    let started = send(start(&app, &user)).await;
    assert_eq!(started.status, 201);
    assert_json_snapshot!("started", started.body, { ".conversation_id" => "[id]", ".created_at" => "[time]" });
    for (body, status) in [("", 201), ("{}", 201), (r#"{"anything":1}"#, 201), ("[]", 400), ("nonsense", 400)] {
        let reply = send(start(&app, &user).header("content-type", "application/json").body(body)).await;
        assert_eq!(reply.status, status, "{body}");
    }
    assert_eq!(send(request(&app, Method::POST, "/v1/conversations").bearer_auth(&user.token)).await.status, 201);
}

#[tokio::test]
async fn the_same_idempotency_key_of_one_user_starts_one_conversation() {
    let app = TestApp::start().await;
    let (user, other) = (customer(&app, "user").await, customer(&app, "other").await);
    let begin = |user: &User| send(start(&app, user).header("Idempotency-Key", "once"));
    let at_once = futures_util::future::join_all((0..20).map(|_| begin(&user))).await;
    for reply in &at_once {
        assert_eq!((reply.status, &reply.body), (201, &at_once[0].body));
    }
    assert_ne!(begin(&other).await.body["conversation_id"], at_once[0].body["conversation_id"]);
    assert_eq!(get(&app, &user, "/conversations").await.body.as_array().unwrap().len(), 1);
    let blank = send(start(&app, &user).header("Idempotency-Key", "")).await;
    assert_eq!(blank.wrong_field(), "Idempotency-Key");
}

#[tokio::test]
async fn a_user_lists_their_own_conversations_oldest_first_page_by_page() {
    let app = TestApp::start().await;
    let (user, other) = (customer(&app, "user").await, customer(&app, "other").await);
    conversation(&app, &other).await;
    let mut own = Vec::new();
    for _ in 0..5 {
        own.push(conversation(&app, &user).await);
    }
    let ids = |body: &Value| -> Vec<String> {
        body.as_array().unwrap().iter().map(|row| row["conversation_id"].as_str().unwrap().to_owned()).collect()
    };
    let all = get(&app, &user, "/conversations").await;
    assert_eq!((all.status, ids(&all.body)), (200, own.clone()));
    assert_json_snapshot!("listed", all.body[0], { ".conversation_id" => "[id]", ".created_at" => "[time]" });
    for (path, wanted, pages) in [
        ("/conversations", 0..5, ["5", "20", "1", "1"]),
        ("/conversations?limit=2&offset=2", 2..4, ["5", "2", "2", "3"]),
        ("/v1/conversations?limit=2&offset=4", 4..5, ["5", "2", "3", "3"]),
        ("/conversations?limit=2&offset=40", 0..0, ["5", "2", "21", "3"]),
        ("/conversations?limit=1000", 0..5, ["5", "100", "1", "1"]),
    ] {
        let page = get(&app, &user, path).await;
        assert_eq!(ids(&page.body), own[wanted], "{path}");
        let headers = ["x-total-count", "x-page-size", "x-page", "x-total-pages"].map(|name| page.header(name));
        assert_eq!(headers, pages, "{path}");
    }
}

#[tokio::test]
async fn pages_that_are_none_are_refused_and_an_empty_list_is_a_list() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("limit=-1", "limit"),
        ("offset=-1", "offset"),
        ("offset=x", "offset"),
    ] {
        assert_eq!(get(&app, &user, &format!("/conversations?{query}")).await.wrong_field(), field, "{query}");
    }
    let empty = get(&app, &user, "/conversations").await;
    assert_eq!((&empty.body, empty.header("x-total-count"), empty.header("x-total-pages")), (&json!([]), "0", "0"));
}

#[tokio::test]
async fn staff_and_other_organizations_list_their_own_and_a_key_is_nobody() {
    let app = TestApp::start().await;
    let user = customer(&app, "user").await;
    conversation(&app, &user).await;
    for other in [administrator(&app).await, foreigner(&app, &user.id).await] {
        assert_eq!(get(&app, &other, "/conversations").await.body, json!([]));
        let own = conversation(&app, &other).await;
        assert_eq!(get(&app, &other, "/conversations").await.body[0]["conversation_id"], own);
    }
    send(request(&app, Method::GET, "/conversations").header("X-API-Key", API_KEY)).await.refused(403);
    send(request(&app, Method::POST, "/conversations").header("X-API-Key", API_KEY)).await.refused(403);
}
