//! Logging in, a new token, and who one is.

use reqwest::{Client as Http, Method};
use serde_json::{Value, json};
use switchboard::domain::Role;

use super::{PASSWORD, ask, code, colleague, colleague_of, get, staffed};
use crate::support::app::TestApp;
use crate::support::rest::{Reply, customer_token, get_as, key_of, send};

async fn log_in(app: &TestApp, email: &str, password: &str) -> Reply {
    let body = json!({ "email": email, "password": password });
    send(Http::new().post(app.url("/api/console/login")).json(&body)).await
}

#[tokio::test]
async fn a_person_of_the_staff_logs_in_and_gets_a_new_token_for_one_that_holds() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let login = log_in(&app, &jane.email, PASSWORD).await;
    assert_eq!(login.status, 200, "{}", login.body);
    let user = json!({ "id": jane.id, "name": "Jane Smith", "email": jane.email, "role": "agent" });
    assert_eq!(login.body["user"], user);
    assert_eq!(login.body["organization"], json!({ "id": "default", "name": "Default" }));
    assert!(login.body["expires_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(get(&app, &jane, "/me").await, json!({ "user": user, "organization": login.body["organization"] }));
    let renewed = ask(&app, &jane, Method::POST, "/token", None).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    let token = renewed.body["token"].as_str().unwrap();
    assert_ne!(token, jane.token);
    assert_eq!(send(get_as(&app, token, "/api/console/me")).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn only_people_of_the_staff_come_in() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let ann = colleague_of(&app, "default", "Ann Lee", Role::Customer).await;
    assert_eq!(code(&log_in(&app, &jane.email, "wrong-Password-1").await, 401), "unauthenticated");
    assert_eq!(code(&log_in(&app, &ann.email, PASSWORD).await, 403), "forbidden");
    let customer = customer_token(&app, "user123").await;
    let key = key_of(&app, "default", &["*"]).await;
    for path in ["me", "sessions", "canned", "team", "settings", "system", "parked"] {
        let asked = |credential: &str| send(get_as(&app, credential, &format!("/api/console/{path}")));
        assert_eq!(code(&asked(&customer).await, 403), "forbidden", "{path}");
        assert_eq!(code(&asked("no-token").await, 401), "unauthenticated", "{path}");
        if !["system", "parked", "canned"].contains(&path) {
            assert_eq!(code(&asked(&key).await, 403), "forbidden", "{path}: a key is no person");
        }
    }
    for path in ["system", "parked"] {
        let refused = ask(&app, &jane, Method::GET, &format!("/{path}"), None).await;
        assert_eq!(code(&refused, 403), "forbidden", "{path}: for administrators");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_envelope() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Admin).await;
    assert_eq!(code(&ask(&app, &jane, Method::GET, "/nothing", None).await, 404), "not_found");
    assert_eq!(code(&ask(&app, &jane, Method::DELETE, "/me", None).await, 405), "invalid");
    assert_eq!(code(&ask(&app, &jane, Method::GET, "/sessions/nope", None).await, 404), "not_found");
    let bad = [("/sessions?owner=me", "owner"), ("/sessions?limit=0", "limit"), ("/sessions?cursor=x", "cursor")];
    for (path, field) in bad {
        let refused = ask(&app, &jane, Method::GET, path, None).await;
        assert_eq!((code(&refused, 400).as_str(), &refused.body["error"]["field"]), ("invalid", &Value::from(field)));
    }
    app.stop().await;
}
