//! Everything that is kept of a customer, as one document.

use reqwest::Method;
use serde_json::json;

use super::{ask, console, plant, say};
use crate::support::app::TestApp;
use crate::support::rest::key_of;

#[tokio::test(flavor = "multi_thread")]
async fn a_document_holds_all_that_is_kept_of_the_customer_and_nothing_of_others() {
    let app = TestApp::start().await;
    let customer = plant(&app).await;
    say(&app, &json!({ "userId": "kim", "sessionId": "kim-1", "message": { "text": "nobody elses" } })).await;
    // By any of their ids it is the same.
    let document = console(&app, Method::GET, "/customers/zqplanted-2/export", None).await;
    assert_eq!((document.status, document.header("content-type")), (200, "application/json"));
    let document = document.body;
    assert_eq!((&document["complete"], &document["format"]), (&json!(true), &json!(1)));
    assert_eq!(document["ids"], json!([customer, "zqplanted-2", "~zqplanted-visit"]));
    let records = document["customer_records"].as_array().unwrap();
    assert!(records.iter().any(|record| record["facts"]["zqplanted"] == "zqplanted"), "{records:?}");
    let sessions = document["sessions"].as_array().unwrap();
    let mut ids: Vec<&str> = sessions.iter().map(|session| session["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["zqplanted-s0", "zqplanted-s1", "zqplanted-s2", "zqplanted-s9", "zqplanted-visit"]);
    let asked = sessions.iter().find(|session| session["id"] == "zqplanted-s0").unwrap();
    let asked = asked["unanswered_examples"].to_string();
    assert!(asked.contains("qzsown gramophones"), "what is kept in other places too: {asked}");
    let text = document.to_string();
    assert!(text.contains("my order is ZQPLANTED-77") && text.contains("zqplanted visits"));
    assert!(!text.contains("nobody elses") && !text.contains("\"resume\""), "nothing of others, and no secret");
    let with_audio = sessions.iter().find(|session| session["id"] == "zqplanted-s0").unwrap();
    let audio = with_audio["audio"][0]["audio"].as_str().unwrap();
    assert_eq!((audio.len(), &with_audio["audio"][0]["format"]), (266_672, &json!("mp3")), "{}", with_audio["audio"]);
    let file = &with_audio["files"][0];
    assert_eq!((&file["attachment"]["name"], &file["by"]), (&json!("zqplanted.txt"), &json!("customer")));
    assert_eq!(file["content"].as_str().unwrap().len(), 266_668, "its bytes in base64");
}

#[tokio::test]
async fn another_organizations_customer_is_not_found() {
    let app = TestApp::start().await;
    say(&app, &json!({ "userId": "ann", "sessionId": "s", "message": { "text": "Hello" } })).await;
    let other = key_of(&app, "acme", &["*"]).await;
    let refused = ask(&app.url(""), &other, Method::GET, "/customers/ann/export", None).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (404, &json!("not_found")));
}
