//! Canned replies.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::domain::Role;

use super::{Colleague, ask, code, colleague, colleague_of, get, staffed};
use crate::support::app::TestApp;

fn reply(shortcut: &str, text: &str) -> Value {
    json!({ "shortcut": shortcut, "title": "Refunds", "text": text, "team": null })
}

async fn shortcuts(app: &TestApp, who: &Colleague, query: &str) -> Vec<String> {
    let listed = get(app, who, &format!("/canned{query}")).await;
    listed["items"].as_array().unwrap().iter().map(|item| item["shortcut"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn administrators_write_canned_replies_and_everybody_of_the_staff_finds_them() {
    let app = staffed().await;
    let (ada, jane) = (colleague(&app, "Ada Low", Role::Admin).await, colleague(&app, "Jane Smith", Role::Agent).await);
    let script = "<script>alert('{{customer.name}}')</script>";
    let made = ask(&app, &ada, Method::POST, "/canned", Some(reply("refund", script))).await;
    assert_eq!((made.status, &made.body["text"]), (201, &Value::from(script)));
    let other = ask(&app, &ada, Method::POST, "/canned", Some(reply("bye", "Good bye!"))).await;
    assert_eq!(other.status, 201);
    assert_eq!(shortcuts(&app, &jane, "").await, ["bye", "refund"]);
    assert_eq!(shortcuts(&app, &jane, "?q=SCRIPT").await, ["refund"]);
    let first = get(&app, &jane, "/canned?limit=1").await;
    let next = first["next"].as_str().unwrap();
    assert_eq!(shortcuts(&app, &jane, &format!("?limit=1&cursor={next}")).await, ["refund"]);

    let path = format!("/canned/{}", made.body["id"].as_str().unwrap());
    let taken = ask(&app, &ada, Method::PUT, &path, Some(reply("bye", "x"))).await;
    assert_eq!(code(&taken, 409), "conflict");
    let changed = ask(&app, &ada, Method::PUT, &path, Some(reply("refunds", "x"))).await;
    assert_eq!((changed.status, &changed.body["shortcut"]), (200, &Value::from("refunds")));
    let again = ask(&app, &ada, Method::POST, "/canned", Some(reply("refund", "the word is free again"))).await;
    assert_eq!(again.status, 201);
    assert_eq!(ask(&app, &ada, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(code(&ask(&app, &ada, Method::DELETE, &path, None).await, 404), "not_found");
    app.stop().await;
}

#[tokio::test]
async fn agents_write_none_others_see_none_and_bad_ones_are_named() {
    let app = staffed().await;
    let (ada, jane) = (colleague(&app, "Ada Low", Role::Admin).await, colleague(&app, "Jane Smith", Role::Agent).await);
    let eve = colleague_of(&app, "acme", "Eve Oh", Role::Admin).await;
    let made = ask(&app, &ada, Method::POST, "/canned", Some(reply("refund", "x"))).await;
    let path = format!("/canned/{}", made.body["id"].as_str().unwrap());
    for (method, path) in [(Method::POST, "/canned"), (Method::PUT, &path), (Method::DELETE, &path)] {
        let refused = ask(&app, &jane, method.clone(), path, Some(reply("other", "x"))).await;
        assert_eq!(code(&refused, 403), "forbidden", "{method}");
    }
    assert_eq!(shortcuts(&app, &eve, "").await, [""; 0]);
    assert_eq!(code(&ask(&app, &eve, Method::PUT, &path, Some(reply("refund", "x"))).await, 404), "not_found");
    assert_eq!(code(&ask(&app, &eve, Method::DELETE, &path, None).await, 404), "not_found");
    for (shortcut, text, field) in [("Refund", "x", "shortcut"), ("", "x", "shortcut"), ("ok", " ", "text")] {
        let refused = ask(&app, &ada, Method::POST, "/canned", Some(reply(shortcut, text))).await;
        assert_eq!((code(&refused, 400).as_str(), &refused.body["error"]["field"]), ("invalid", &Value::from(field)));
    }
    app.stop().await;
}
