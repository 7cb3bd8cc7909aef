//! How the number does: who asks for missed messages says so, and SMS counts for the health of all.

use serde_json::{Value, json};

use super::Twilio;
use super::missed::{has_begun, started};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::provider::Does;
use crate::support::rest::{Parrot, get, send};

async fn until_in(app: &TestApp, state: &str) -> (Value, Value) {
    let reached = async {
        loop {
            let health = send(get(app, "/api/channels/health")).await.body;
            let all = health["channels"].as_array().unwrap();
            let found = all.iter().find(|one| one["channel"] == "sms" && one["way"] == "in").unwrap();
            if found["state"] == state {
                return (health["status"].clone(), found.clone());
            }
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("the way in is so")
}

#[tokio::test]
async fn a_provider_that_does_not_say_what_was_missed_shows_in_the_state_of_the_way_in() {
    let provider = Twilio::start().await;
    let app = started(&provider).await;
    has_begun(&app).await;
    assert_eq!(until_in(&app, "working").await.0, "healthy");
    provider
        .server
        .does(|_, _| Does::Answer(401, "", json!({ "code": 20_003, "message": "Authenticate" }).to_string()));
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    let (status, seen) = until_in(&app, "blocked").await;
    assert_eq!((status, &seen["error"]), (json!("degraded"), &json!("the credentials do not hold (401)")), "{seen}");
    provider.server.does(|_, _| Does::Answer(503, "", String::new()));
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    let (status, seen) = until_in(&app, "failing").await;
    assert_eq!((status, &seen["error"]), (json!("degraded"), &json!("the provider fails for the moment (503)")));
    provider.server.does(|_, _| Does::Answer(200, "", json!({ "messages": [] }).to_string()));
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    assert_eq!(until_in(&app, "working").await.0, "healthy");
    app.stop().await;
}
