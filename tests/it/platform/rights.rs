//! Who may: tokens that do not hold, scopes of API keys, other people's names.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use switchboard::auth::{LoginAttempts, Passwords};
use switchboard::clock::Clock;
use switchboard::domain::{CustomerId, OrganizationId, Timestamp};
use switchboard::engine::Accounts;

use crate::support::app::TestApp;
use crate::support::rest::{customer_token, get, get_as, key_of, message, post, post_as, send};

const MESSAGES: &str = "/api/core/messages";
const CONTEXT: &str = "/api/core/sessions/s/context";

/// A token with another header or other claims, and the signature that it had.
fn tampered(token: &str, header: Option<Value>, change: impl FnOnce(&mut Value)) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    change(&mut claims);
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = header.map_or_else(|| parts[0].to_owned(), |header| encoded(&header));
    format!("{head}.{}.{}", encoded(&claims), parts[2])
}

#[tokio::test]
async fn a_token_that_was_tampered_with_or_is_unsigned_opens_nothing() {
    let app = TestApp::start().await;
    let token = customer_token(&app, "user123").await;
    assert_eq!(send(get_as(&app, &token, CONTEXT)).await.status, 404, "the token itself holds");
    let unsigned = tampered(&token, Some(json!({ "alg": "none", "typ": "JWT" })), |_| {});
    let bad = [
        tampered(&token, None, |claims| claims["iss"] = "somebody-else".into()),
        tampered(&token, None, |claims| claims["sub"] = "user124".into()),
        tampered(&token, None, |claims| claims["exp"] = 4_000_000_000_i64.into()),
        unsigned.rsplit_once('.').unwrap().0.to_owned() + ".",
        unsigned,
        "not-a-token".to_owned(),
        "x".repeat(10_000),
    ];
    for bad in bad {
        let refused = send(get_as(&app, &bad, CONTEXT)).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (401, &"authentication_error".into()), "{bad}");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn an_expired_token_opens_nothing() {
    #[derive(Debug)]
    struct LongAgo;
    impl Clock for LongAgo {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(1_700_000_000_000)
        }
    }
    let app = TestApp::start().await;
    let clock = std::sync::Arc::new(LongAgo);
    let then = Accounts::new(app.store().clone(), clock, Passwords::new(1), LoginAttempts::off(), 3600).await.unwrap();
    let customer = CustomerId::parse("user123").unwrap();
    let token = then.issue_customer_token(&OrganizationId::default_organization(), &customer).unwrap().token;
    assert_eq!(send(get_as(&app, &token, CONTEXT)).await.status, 401);
}

#[tokio::test]
async fn without_credentials_or_with_an_unknown_scheme_nothing_is_answered() {
    let app = TestApp::start().await;
    let client = reqwest::Client::new();
    let bare = client.post(app.url(MESSAGES)).json(&message("s", "Hello"));
    let refused = send(bare).await;
    assert_eq!(refused.status, 401);
    insta::assert_json_snapshot!(refused.body, { ".requestId" => "[id]" });
    for value in ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "token"] {
        let request = client.post(app.url(MESSAGES)).header("Authorization", value).json(&message("s", "Hello"));
        assert_eq!(send(request).await.status, 401, "{value}");
    }
    let request = client.post(app.url(MESSAGES)).header("X-API-Key", "wrong").json(&message("s", "Hello"));
    assert_eq!(send(request).await.status, 401);
}

#[tokio::test]
async fn a_key_does_only_what_its_scopes_name() {
    let app = TestApp::start().await;
    assert_eq!(send(post(&app, MESSAGES).json(&message("s", "Hello"))).await.status, 200);
    let reader = key_of(&app, "default", &["conversations:read"]).await;
    let writer = key_of(&app, "default", &["conversations:write"]).await;
    let neither = key_of(&app, "default", &["agents:read", "messages:write"]).await;
    let audio = json!({ "audio": "//uQ", "format": "mp3", "userId": "user123", "sessionId": "s" });
    let expected = [(&reader, 403, 200), (&writer, 200, 403), (&neither, 403, 403)];
    for (key, writes, reads) in expected {
        assert_eq!(send(post_as(&app, key, MESSAGES).json(&message("s", "Hello"))).await.status, writes);
        assert_eq!(send(post_as(&app, key, "/api/core/sessions/s/reset")).await.status, writes);
        assert_eq!(send(get_as(&app, key, CONTEXT)).await.status, reads);
        let heard = send(post_as(&app, key, "/api/core/messages/audio").json(&audio)).await.status;
        assert_eq!(heard, if writes == 200 { 503 } else { 403 });
        assert_eq!(send(get_as(&app, key, "/api/admin/parked")).await.status, 403);
    }
    let refused = send(get_as(&app, &neither, CONTEXT)).await;
    insta::assert_json_snapshot!(refused.body, { ".requestId" => "[id]" });
    assert_eq!(
        send(get(&app, "/api/admin/parked")).await.status,
        200,
        "a key with all permissions is an administrator"
    );
}

#[tokio::test]
async fn a_customer_writes_in_their_own_name_only() {
    let app = TestApp::start().await;
    let (own, other) = (customer_token(&app, "user123").await, customer_token(&app, "user124").await);
    let body = message("s", "Hello");
    assert_eq!(send(post_as(&app, &other, MESSAGES).json(&body)).await.status, 404, "of another userId");
    assert_eq!(send(post_as(&app, &own, MESSAGES).json(&body)).await.status, 200);
    let mut theirs = body;
    theirs["userId"] = "user124".into();
    let refused = send(post_as(&app, &other, MESSAGES).json(&theirs)).await;
    assert_eq!((refused.status, &refused.body["error"]["details"]), (404, &"session not found".into()));
}

#[tokio::test]
async fn the_same_session_id_in_two_organizations_is_two_sessions() {
    let app = TestApp::start().await;
    let elsewhere = key_of(&app, "elsewhere", &["*"]).await;
    assert_eq!(send(post(&app, MESSAGES).json(&message("s", "Where is my order?"))).await.status, 200);
    assert_eq!(send(post_as(&app, &elsewhere, MESSAGES).json(&message("s", "Hello"))).await.status, 200);
    let context = send(get_as(&app, &elsewhere, CONTEXT)).await.body;
    assert_eq!(context["context"]["conversation_history"][0]["content"], "Hello");
}
