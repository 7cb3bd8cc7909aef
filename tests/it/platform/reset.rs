//! `POST /api/core/sessions/:sessionId/reset`

use crate::support::app::TestApp;
use crate::support::rest::{customer_token, get, key_of, message, post, post_as, send};

#[tokio::test]
async fn after_a_reset_the_context_is_empty_and_the_session_goes_on() {
    let app = TestApp::start().await;
    let path = "/api/core/messages";
    for text in ["Where is my order?", "It is 12345"] {
        assert_eq!(send(post(&app, path).json(&message("session456", text))).await.status, 200);
    }
    let done = send(post(&app, "/api/core/sessions/session456/reset")).await;
    assert_eq!(done.status, 200);
    insta::assert_json_snapshot!(done.body);
    let context = send(get(&app, "/api/core/sessions/session456/context")).await;
    insta::assert_json_snapshot!(context.body, { ".context.last_interaction" => "[time]" });
    assert_eq!(send(post(&app, path).json(&message("session456", "Hello"))).await.body["context"]["intent"], "greet");
    let context = send(get(&app, "/api/core/sessions/session456/context")).await;
    assert_eq!(context.body["context"]["conversation_history"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_reset_twice_is_harmless_and_needs_no_body() {
    let app = TestApp::start().await;
    assert_eq!(send(post(&app, "/api/core/messages").json(&message("s", "Hello"))).await.status, 200);
    for _ in 0..2 {
        assert_eq!(send(post(&app, "/api/core/sessions/s/reset")).await.body["status"], "success");
    }
    assert_eq!(send(post(&app, "/api/core/sessions/s/reset").body("{ not read }")).await.status, 200);
}

#[tokio::test]
async fn a_session_of_nobody_another_customer_or_another_organization_is_not_reset() {
    let app = TestApp::start().await;
    assert_eq!(send(post(&app, "/api/core/messages").json(&message("mine", "Hello"))).await.status, 200);
    let path = "/api/core/sessions/mine/reset";
    let unknown = send(post(&app, "/api/core/sessions/nobodys/reset")).await;
    let others = send(post_as(&app, &customer_token(&app, "user124").await, path)).await;
    let elsewhere = send(post_as(&app, &key_of(&app, "elsewhere", &["*"]).await, path)).await;
    for refused in [unknown, others, elsewhere] {
        assert_eq!((refused.status, &refused.body["error"]["code"]), (404, &"resource_not_found".into()));
    }
    let context = send(get(&app, "/api/core/sessions/mine/context")).await;
    assert_eq!(context.body["context"]["conversation_history"].as_array().unwrap().len(), 2);
    let own = customer_token(&app, "user123").await;
    assert_eq!(send(post_as(&app, &own, path)).await.status, 200);
}
