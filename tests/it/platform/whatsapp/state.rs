//! How a number does, as whoever looks after it is told: in the measures, in the console, and to anybody in plain words.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Client;
use serde_json::{Value, json};

use super::files::{GIF, answer, app, brought, picture, with_files};
use super::{ANN, origin};
use crate::support::app::{API_KEY, PATIENCE, Process, TestApp};
use crate::support::meta::{Does, Meta, NUMBER, TOKEN, write};
use crate::support::rest::{get, send};

/// What anybody reads there, or who has the key.
async fn read(origin: &str, path: &str, key: Option<&str>) -> Value {
    let request = Client::new().get(format!("{origin}{path}"));
    send(match key {
        Some(key) => request.header("X-API-Key", key),
        None => request,
    })
    .await
    .body
}

/// The way of a channel in a list.
fn way<'a>(list: &'a Value, channel: &str, way: &str) -> &'a Value {
    let list = list["channels"].as_array().unwrap_or_else(|| panic!("{list}"));
    list.iter().find(|one| one["channel"] == channel && one["way"] == way).unwrap_or(&Value::Null)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_told_at_the_first_wrong_token_and_anybody_sees_that_it_is_stopped() {
    let data = tempfile::tempdir().unwrap();
    let meta = Meta::doing(|_, asked| if asked.token == TOKEN { Does::Take } else { Does::Refuse(401, "", 190) }).await;
    let settings = [meta.settings().as_slice(), &[("WHATSAPP__ACCESS_TOKEN", "expired")]].concat();
    let server = Process::start(&data.path().join("db"), &settings).await;
    let origin = format!("http://{}", server.address());
    write(&origin, ANN, "wamid.1", "Hello").await;
    let out = || async { way(&read(&origin, "/api/console/system", Some(API_KEY)).await, "whatsapp", "out").clone() };
    let told = async {
        while out().await["alerted_at"].is_null() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("somebody is told");
    let state = out().await;
    assert_eq!((&state["state"], &state["failures"]), (&json!("blocked"), &json!(1)), "{state}");

    let page = Client::new().get(format!("{origin}/metrics")).send().await.unwrap().text().await.unwrap();
    let series = |name: &str| -> Vec<&str> {
        let of_it = page.lines().filter(|line| line.starts_with(name));
        of_it.filter(|line| line.contains("whatsapp") && line.contains("\"out\"")).collect()
    };
    let (alerts, up) = (series("switchboard_channel_alerts_total"), series("switchboard_channel_up"));
    assert!(alerts.len() == 1 && alerts[0].contains("why=\"blocked\"") && alerts[0].ends_with(" 1"), "{page}");
    assert!(up.len() == 1 && up[0].contains(NUMBER) && up[0].ends_with(" 0"), "{up:?}");

    let anybody = read(&origin, "/api/channels/health", None).await;
    assert_eq!((&anybody["status"], &anybody["dependencies"]["whatsapp"]), (&json!("degraded"), &json!("unhealthy")));
    let seen = way(&anybody, "whatsapp", "out");
    assert_eq!((&seen["state"], &seen["error"]), (&json!("blocked"), &json!("the credentials do not hold")));
    assert!(seen["account"].is_null() && !anybody.to_string().contains(NUMBER), "{anybody}");
    let full = read(&origin, "/api/channels/health", Some(API_KEY)).await;
    let seen = way(&full, "whatsapp", "out");
    assert_eq!((&seen["account"], &seen["error"]), (&json!(NUMBER), &json!("the credentials do not hold (190)")));
}

async fn until_in(app: &TestApp, state: &str) -> Value {
    let reached = async {
        loop {
            let found = way(&send(get(app, "/api/channels/health")).await.body, "whatsapp", "in").clone();
            if found["state"] == state {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("the way in is so")
}

#[tokio::test]
async fn a_token_that_gets_no_files_shows_in_the_state_of_the_way_in_until_they_come() {
    let refuses = Arc::new(AtomicBool::new(true));
    let is_refusing = Arc::clone(&refuses);
    let meta = with_files(&[("77", GIF), ("78", GIF)], move |_, request| {
        let refused = request.method == "GET" && is_refusing.load(Ordering::SeqCst);
        refused.then(|| answer(401, r#"{"error":{"message":"(#190) expired","code":190}}"#))
    })
    .await;
    let app = app(&meta, None).await;
    brought(&app, &picture("wamid.1", "77")).await;
    let seen = until_in(&app, "blocked").await;
    assert_eq!((&seen["account"], &seen["failures"]), (&json!(NUMBER), &json!(1)), "{} {seen}", origin(&app));
    refuses.store(false, Ordering::SeqCst);
    brought(&app, &picture("wamid.2", "78")).await;
    until_in(&app, "working").await;
    app.stop().await;
}
