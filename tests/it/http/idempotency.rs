//! `Idempotency-Key` means the same on every route that creates something, whatever the dialect.

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::support::app::{API_KEY, TestApp};
use crate::support::rest::send;

/// A route, a request that makes something there, another one, and the answer to the first.
type Route = (&'static str, Value, Value, u16);

/// Every POST that creates something.
fn routes() -> Vec<Route> {
    let person = |name: &str| json!({ "email": "new@example.com", "password": "securepassword123", "name": name });
    let text = |text: &str| json!({ "message": { "text": text }, "userId": "user123" });
    let audio = |audio: &str| json!({ "audio": audio, "format": "mp3", "userId": "user123" });
    vec![
        ("/auth/register", person("New"), person("Other"), 201),
        ("/conversations", json!({}), json!({ "topic": "other" }), 201),
        ("/conversations/{}/messages", json!({ "message": "Hello" }), json!({ "message": "Goodbye" }), 201),
        ("/api/core/messages", text("Hello"), text("Goodbye"), 200),
        ("/api/core/messages/audio", audio("//uQ"), audio("//uR"), 503),
    ]
}

#[tokio::test]
async fn the_same_request_has_one_answer_and_another_one_under_its_key_is_refused() {
    let app = TestApp::start().await;
    let token = care_token(&app).await;
    let begun = as_user(&app, &token, "/conversations").json(&json!({}));
    let conversation = send(begun).await.body["conversation_id"].as_str().unwrap().to_owned();
    for (path, body, other, status) in routes() {
        let path = path.replace("{}", &conversation);
        let keyed = |body: &Value| {
            let request = match path.starts_with("/api/") {
                true => Client::new().post(app.url(&path)).header("X-API-Key", API_KEY),
                false => as_user(&app, &token, &path),
            };
            send(request.header("Idempotency-Key", "once").json(body))
        };
        let first = keyed(&body).await;
        assert_eq!(first.status, status, "{path}: {}", first.body);
        let again = keyed(&body).await;
        assert_eq!(again.status, status, "{path}");
        if status < 300 {
            assert_eq!(again.body, first.body, "{path}");
        }
        let refused = keyed(&other).await;
        assert_eq!(refused.status, 409, "{path}: {}", refused.body);
        assert!(refused.body["error"]["code"].is_string(), "{path}: {}", refused.body);
        assert!(refused.body.to_string().contains("Idempotency-Key"), "{path}: {}", refused.body);
    }
}

fn as_user(app: &TestApp, token: &str, path: &str) -> RequestBuilder {
    Client::new().post(app.url(path)).bearer_auth(token)
}

/// The token of a customer who registered.
async fn care_token(app: &TestApp) -> String {
    let person = json!({ "email": "user@example.com", "password": "securepassword123", "name": "User" });
    for path in ["/auth/register", "/auth/login"] {
        let answer = send(Client::new().post(app.url(path)).json(&person)).await;
        if let Some(token) = answer.body["access_token"].as_str() {
            return token.to_owned();
        }
    }
    panic!("nobody logs in");
}
