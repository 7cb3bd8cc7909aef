//! `GET /api/core/sessions/:sessionId/context`

use crate::support::app::TestApp;
use crate::support::rest::{customer_token, get, get_as, key_of, message, post, send};

#[tokio::test]
async fn the_context_of_a_session_is_the_documented_one() {
    let app = TestApp::start().await;
    let mut first = message("session456", "Hello, I need help with my order");
    first["channel"] = "whatsapp".into();
    assert_eq!(send(post(&app, "/api/core/messages").json(&first)).await.status, 200);
    let answer = send(get(&app, "/api/core/sessions/session456/context")).await;
    assert_eq!(answer.status, 200);
    insta::assert_json_snapshot!(answer.body, { ".context.last_interaction" => "[time]" });
}

#[tokio::test]
async fn an_order_number_that_was_named_is_in_the_entities() {
    let app = TestApp::start().await;
    for text in ["Hello, I need help with my order", "It is 12345"] {
        assert_eq!(send(post(&app, "/api/core/messages").json(&message("s", text))).await.status, 200);
    }
    let answer = send(get(&app, "/api/core/sessions/s/context")).await;
    assert_eq!(answer.body["context"]["entities"]["order_number"], "12345");
    let history = answer.body["context"]["conversation_history"].as_array().unwrap();
    let roles: Vec<&str> = history.iter().map(|line| line["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
}

#[tokio::test]
async fn a_session_of_nobody_another_customer_or_another_organization_is_not_found() {
    let app = TestApp::start().await;
    assert_eq!(send(post(&app, "/api/core/messages").json(&message("mine", "Hello"))).await.status, 200);
    let path = "/api/core/sessions/mine/context";
    let own = customer_token(&app, "user123").await;
    assert_eq!(send(get_as(&app, &own, path)).await.status, 200);
    let unknown = send(get(&app, "/api/core/sessions/nobodys/context")).await;
    let others = send(get_as(&app, &customer_token(&app, "user124").await, path)).await;
    let elsewhere = send(get_as(&app, &key_of(&app, "elsewhere", &["*"]).await, path)).await;
    for refused in [unknown, others, elsewhere] {
        assert_eq!(refused.status, 404);
        assert_eq!(refused.body["error"]["code"], "resource_not_found");
        assert_eq!(refused.body["error"]["details"], "session not found");
    }
}

#[tokio::test]
async fn an_id_that_can_be_no_session_is_refused() {
    let app = TestApp::start().await;
    let long = "s".repeat(129);
    for bad in ["", long.as_str(), "a%00b", "a%0Ab", "a%20b", "a%2Fb", "%FF"] {
        let answer = send(get(&app, &format!("/api/core/sessions/{bad}/context"))).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &"invalid_request".into()), "{bad}");
    }
    let longest = "s".repeat(128);
    assert_eq!(send(get(&app, &format!("/api/core/sessions/{longest}/context"))).await.status, 404);
}
