//! A customer is erased: under all ids, while they type, and nobody else is.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, compacted, console, erase, events, plant, receipt, say, socket};
use crate::support::app::TestApp;
use crate::support::rest::{admin_token, get, key_of, post_as, send};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_erased_under_all_of_their_ids_and_figures_stay() {
    let app = TestApp::start().await;
    let admin = admin_token(&app).await;
    let customer = plant(&app).await;
    say(&app, &json!({ "userId": "kim", "sessionId": "kim-1", "message": { "text": "I stay" } })).await;
    let figures = async || {
        let read = send(get(&app, "/api/admin/analytics/dashboard?days=1")).await;
        (read.status, read.body["overview"]["totalConversations"].clone())
    };
    let before = figures().await;
    assert_eq!((before.0, &before.1), (200, &json!(6)));
    let done = compacted(&app, &erase(&app, &customer).await).await;
    assert_eq!((&done["cause"], &done["counts"]["customer_records"]), (&json!("request"), &json!(3)), "{done}");
    for id in [customer.as_str(), "zqplanted-2", "~zqplanted-visit"] {
        let gone = ask(&app.url(""), &admin, Method::GET, &format!("/customers/{id}"), None).await;
        assert_eq!(gone.status, 404, "{id}: {}", gone.body);
    }
    for session in ["zqplanted-s0", "zqplanted-s1", "zqplanted-s2", "zqplanted-s9", "zqplanted-visit"] {
        assert_eq!(events(&app, session).await, None, "{session}");
    }
    let path = format!("/customers/{customer}/erase");
    let again = console(&app, Method::POST, &path, Some(json!({ "confirm": customer }))).await;
    assert_eq!(again.status, 404, "nobody knows them any more");
    assert!(events(&app, "kim-1").await.is_some());
    assert_eq!(figures().await, before, "what was counted stays");
    let audit = ask(&app.url(""), &admin, Method::GET, "/audit?limit=100", None).await.body;
    assert!(!audit.to_string().contains("zqplanted"), "{audit}");
    let acts: Vec<&str> = audit["items"].as_array().unwrap().iter().filter_map(|row| row["act"].as_str()).collect();
    assert!(acts.contains(&"erasure.requested") && acts.contains(&"customer.erased"), "{acts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_wants_the_id_typed_and_an_administrator_of_that_organization() {
    let app = TestApp::start().await;
    say(&app, &json!({ "userId": "ann", "sessionId": "s", "message": { "text": "Hello" } })).await;
    let other = key_of(&app, "acme", &["*"]).await;
    let theirs = send(
        post_as(&app, &other, "/api/core/messages")
            .json(&json!({ "userId": "ann", "sessionId": "s", "message": { "text": "Another Ann" } })),
    );
    assert_eq!(theirs.await.status, 200);
    let wrong = console(&app, Method::POST, "/customers/ann/erase", Some(json!({ "confirm": "Ann" }))).await;
    assert_eq!((wrong.status, &wrong.body["error"]["field"]), (400, &json!("confirm")));
    let agent = key_of(&app, "default", &["sessions:read"]).await;
    let confirm = || Some(json!({ "confirm": "ann" }));
    for (credential, status) in [(agent.as_str(), 403), ("nonsense", 401)] {
        let refused = ask(&app.url(""), credential, Method::POST, "/customers/ann/erase", confirm()).await;
        assert_eq!(refused.status, status, "{}", refused.body);
    }
    assert_eq!(console(&app, Method::POST, "/customers/bob/erase", Some(json!({"confirm": "bob"}))).await.status, 404);
    let erasure = erase(&app, "ann").await;
    compacted(&app, &erasure).await;
    let foreign = ask(&app.url(""), &other, Method::GET, &format!("/erasures/{erasure}"), None).await;
    assert_eq!(foreign.status, 404, "a receipt of another organization");
    let key = |organization: &str| switchboard::domain::SessionKey {
        organization: switchboard::domain::OrganizationId::parse(organization).unwrap(),
        session: switchboard::domain::SessionId::parse("s").unwrap(),
    };
    assert_eq!(app.sessions().events_after(&key("default"), 0, 100).unwrap().len(), 0);
    assert!(!app.sessions().events_after(&key("acme"), 0, 100).unwrap().is_empty(), "another organization's Ann stays");
    let foreign = ask(&app.url(""), &other, Method::GET, "/erasures", None).await;
    assert_eq!(foreign.body["items"], json!([]));
}

/// Writes until the server ends the connection; gives the frames that came.
async fn types_until_the_end(mut socket: crate::support::ws::Client) -> Vec<Value> {
    let mut frames = Vec::new();
    for number in 0.. {
        socket.send(json!({ "type": "text", "text": "still here", "id": format!("typed-{number}") })).await;
        loop {
            match socket.try_next().await {
                Ok(frame) => {
                    let answered = ["ack", "error"].iter().any(|kind| frame["type"] == *kind);
                    frames.push(frame);
                    if answered {
                        break;
                    }
                }
                Err(close) => {
                    assert!(close.is_some_and(|close| u16::from(close.code) == 1013), "the client is to come back");
                    return frames;
                }
            }
        }
    }
    frames
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_while_they_type_is_told_and_begins_anew() {
    let app = TestApp::start().await;
    let mut typing = socket(&app, "ann", "s").await;
    typing.send(json!({ "type": "text", "text": "before", "id": "first" })).await;
    let first = typing.wait_for_type("ack").await;
    let typing = tokio::spawn(types_until_the_end(typing));
    let erasure = erase(&app, "ann").await;
    let frames = typing.await.unwrap();
    assert!(frames.iter().any(|frame| frame["type"] == "ack"), "they wrote meanwhile");
    receipt(&app.url(""), &erasure, |receipt| receipt["status"] != "running").await;

    let mut anew = socket(&app, "ann", "s").await;
    anew.send(json!({ "type": "text", "text": "after", "id": "first" })).await;
    let ack = anew.wait_for_type("ack").await;
    assert!(ack["epoch"] != first["epoch"] && ack["duplicate"].is_null(), "the same id in another conversation: {ack}");
    let key = switchboard::domain::SessionKey {
        organization: switchboard::domain::OrganizationId::default_organization(),
        session: switchboard::domain::SessionId::parse("s").unwrap(),
    };
    let events = app.sessions().events_after(&key, 0, 1_000).unwrap();
    let log: String = events.iter().map(|entry| serde_json::to_string(&entry.event).unwrap()).collect();
    assert!(log.contains("after") && !log.contains("before") && !log.contains("still here"), "{log}");
}
