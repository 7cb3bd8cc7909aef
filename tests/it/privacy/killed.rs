//! `kill -9` in the middle of an erasure: the next start goes on, and counts nothing twice.

use std::time::Instant;

use reqwest::{Client as Http, Method};
use serde_json::{Value, json};

use super::{ask, receipt};
use crate::support::app::{API_KEY, PATIENCE, Process};

/// The sessions of the customer.
const SESSIONS: u64 = 200;

async fn say(server: &Process, customer: &str, session: &str) {
    let body = json!({ "userId": customer, "sessionId": session, "message": { "text": "Hello" } });
    let said = Http::new().post(format!("http://{}/api/core/messages", server.address()));
    let said = said.header("X-API-Key", API_KEY).json(&body).send().await.unwrap();
    assert_eq!(said.status().as_u16(), 200);
}

async fn kept(base: &str, customer: &str) -> Value {
    ask(base, API_KEY, Method::GET, &format!("/customers/{customer}/export"), None).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_of_many_sessions_survives_kills_and_counts_each_session_once() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(&data.path().join("db"), &[("ASSISTANT__PROVIDER", "none")]).await;
    let base = format!("http://{}", server.address());
    for number in 0..SESSIONS {
        say(&server, "ann", &format!("ann-{number}")).await;
    }
    for number in 0..3 {
        say(&server, "kim", &format!("kim-{number}")).await;
    }
    let of_kim = kept(&base, "kim").await;
    let confirm = Some(json!({ "confirm": "ann" }));
    let asked = ask(&base, API_KEY, Method::POST, "/customers/ann/erase", confirm).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let id = asked.body["id"].as_str().unwrap().to_owned();
    let sessions = |receipt: &Value| receipt["counts"]["sessions"].as_u64().unwrap_or(0);
    let (mut before, began) = (0, Instant::now());
    for _ in 0..3 {
        let now = receipt(&base, &id, |now| sessions(now) > before || now["status"] != "running").await;
        server.kill();
        server.start_again().await;
        before = sessions(&now);
    }
    let done = receipt(&base, &id, |now| now["status"] == "compacted").await;
    assert!(began.elapsed() < 5 * PATIENCE);
    assert_eq!(sessions(&done), SESSIONS, "{done}");
    assert_eq!(done["counts"]["message_ids"], json!(null), "they had none: {done}");
    let gone = ask(&base, API_KEY, Method::GET, "/customers/ann/export", None).await;
    assert_eq!(gone.status, 404, "{}", gone.body);
    let (mut was, mut is) = (of_kim, kept(&base, "kim").await);
    was["exported_at"] = json!(null);
    is["exported_at"] = json!(null);
    assert_eq!(was, is, "others are as they were");
    say(&server, "ann", "ann-0").await;
    assert_eq!(kept(&base, "ann").await["sessions"].as_array().unwrap().len(), 1, "who comes back begins anew");
}
