//! While a hold stands, nothing is erased.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;

use super::{ask, compacted, console, erase, events, say};
use crate::support::app::{API_KEY, PATIENCE, TestApp};
use crate::support::rest::{admin_token, get, key_of, post, send};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_under_a_hold_is_not_erased_until_it_is_lifted() {
    let app = TestApp::start().await;
    say(&app, &json!({ "userId": "ann", "sessionId": "s", "message": { "text": "Hello" } })).await;
    for (path, on) in [("/customers/ann/hold", "customer"), ("/sessions/s/hold", "session")] {
        let placed = console(&app, Method::PUT, path, Some(json!({ "reason": " Case 4711 " }))).await;
        assert_eq!((placed.status, &placed.body["reason"]), (200, &json!("Case 4711")), "{}", placed.body);
        let again = console(&app, Method::PUT, path, Some(json!({ "reason": "another" }))).await;
        assert_eq!(again.body, placed.body, "the one that stands");
        let refused = console(&app, Method::POST, "/customers/ann/erase", Some(json!({ "confirm": "ann" }))).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (409, &json!("conflict")));
        let why = format!("a legal hold stands on the {on}");
        assert!(refused.body["error"]["message"].as_str().unwrap().contains(&why), "{}", refused.body);
        let listed = console(&app, Method::GET, "/holds", None).await;
        assert_eq!(listed.body["items"], json!([placed.body]));
        assert_eq!(console(&app, Method::DELETE, path, None).await.status, 204);
        assert_eq!(console(&app, Method::DELETE, path, None).await.status, 404);
    }
    compacted(&app, &erase(&app, "ann").await).await;
    assert_eq!(events(&app, "s").await, None);
    let admin = admin_token(&app).await;
    let audit = ask(&app.url(""), &admin, Method::GET, "/audit?limit=100", None).await.body.to_string();
    assert!(
        audit.contains("hold.placed") && audit.contains("hold.lifted") && !audit.contains("customer ann"),
        "{audit}"
    );
    assert!(!audit.contains("session s\""), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_remembered_of_whom_a_hold_is_about_is_forgotten() {
    let app = TestApp::start().await;
    say(&app, &json!({ "userId": "ann", "sessionId": "s", "message": { "text": "My name is Ann" } })).await;
    let plan = json!({ "userId": "ann", "type": "long_term", "key": "plan", "value": "gold" });
    assert_eq!(send(post(&app, "/api/memory/memories").json(&plan)).await.status, 201);
    let keys = async || {
        let found = send(get(&app, "/api/memory/memories/ann")).await.body;
        let keys =
            found["memories"].as_array().unwrap().iter().map(|memory| memory["key"].as_str().unwrap().to_owned());
        let mut keys: Vec<String> = keys.collect();
        keys.sort();
        keys
    };
    let began = Instant::now();
    while keys().await != ["name", "plan"] {
        assert!(began.elapsed() < PATIENCE, "{:?}", keys().await);
    }
    let admin = admin_token(&app).await;
    let own = crate::support::rest::customer_token(&app, "ann").await;
    for hold in ["/customers/ann/hold", "/sessions/s/hold"] {
        assert_eq!(console(&app, Method::PUT, hold, Some(json!({}))).await.status, 200);
        for (credential, path) in [
            (admin.as_str(), "/api/console/customers/ann/memories"),
            (API_KEY, "/api/memory/memories/ann"),
            (&own, "/api/memory/memories/ann?key=plan"),
        ] {
            let request = reqwest::Client::new().delete(app.url(path)).bearer_auth(credential);
            let refused = send(request).await;
            assert_eq!(refused.status, 409, "{hold} {path}: {}", refused.body);
        }
        assert_eq!(keys().await, ["name", "plan"]);
        assert_eq!(console(&app, Method::DELETE, hold, None).await.status, 204);
    }
    // What was learnt of their words stands in the conversation, which is held.
    assert_eq!(console(&app, Method::PUT, "/customers/ann/hold", Some(json!({}))).await.status, 200);
    say(&app, &json!({ "userId": "ann", "sessionId": "s", "message": { "text": "Forget me" } })).await;
    let began = Instant::now();
    while keys().await != ["plan"] {
        assert!(began.elapsed() < PATIENCE, "{:?}", keys().await);
    }
}

#[tokio::test]
async fn a_hold_is_on_something_that_the_organization_knows() {
    let app = TestApp::start().await;
    say(&app, &json!({ "userId": "ann", "sessionId": "s", "message": { "text": "Hello" } })).await;
    let other = key_of(&app, "acme", &["*"]).await;
    for path in ["/customers/ann/hold", "/sessions/s/hold"] {
        assert_eq!(ask(&app.url(""), &other, Method::PUT, path, Some(json!({}))).await.status, 404, "{path}");
    }
    assert_eq!(console(&app, Method::PUT, "/customers/bob/hold", Some(json!({}))).await.status, 404);
    let long = console(&app, Method::PUT, "/customers/ann/hold", Some(json!({ "reason": "x".repeat(501) }))).await;
    assert_eq!((long.status, &long.body["error"]["field"]), (400, &json!("reason")));
}
