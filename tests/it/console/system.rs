//! What runs inside the process, and work that was set aside.

use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::domain::{Command, Decision, Moment, Refusal, Role, State, decide};

use super::{ask, code, colleague, colleague_of, get, say, staffed};
use crate::support::app::TestApp;
use crate::support::rest::{customer_token, message, post_as, send};

static BROKEN: AtomicU32 = AtomicU32::new(0);

/// The rules, but a certain text breaks them three times.
fn break_three_times(state: &State, command: &Command, at: Moment<'_>) -> Result<Decision, Refusal> {
    if let Command::Post { draft, .. } = command
        && draft.body.as_str() == "boom"
        && BROKEN.fetch_add(1, Ordering::SeqCst) < 3
    {
        panic!("injected");
    }
    decide(state, command, at)
}

#[tokio::test]
async fn an_administrator_sees_what_runs() {
    let app = staffed().await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    say(&app, "s1", "Hello").await;
    let state = get(&app, &ada, "/system").await;
    assert_eq!(state["store"], json!({ "engine": "fjall", "writable": true }));
    assert_eq!((&state["actors"]["name"], &state["actors"]["state"]), (&json!("root"), &json!("running")));
    let children = state["actors"]["children"].as_array().unwrap();
    let live: u64 = children.iter().map(|child| child["more"].as_u64().unwrap()).sum();
    assert!(live >= 1 && children.iter().any(|child| child["name"] == "committer"), "{state}");
    let child = |state: &Value, name: &str| {
        let children = state["actors"]["children"].as_array().unwrap().iter();
        children.clone().find(|child| child["name"] == name).cloned().unwrap_or_else(|| panic!("{name}: {state}"))
    };
    let figures = child(&state, "analytics");
    assert_eq!(
        (&figures["kind"], &figures["state"], &figures["restarts"]),
        (&json!("task"), &json!("running"), &json!(0))
    );
    assert!(figures["depth"].is_u64());
    let desks = child(&state, "desks");
    let own = json!([{ "name": "desk/default", "kind": "actor", "state": "running", "restarts": 0, "depth": 0, "children": [], "more": 0 }]);
    assert_eq!((&desks["children"], &desks["restarts"], &desks["more"]), (&own, &json!(0), &json!(0)));
    let eve = colleague_of(&app, "acme", "Eve Oh", Role::Admin).await;
    let elsewhere = child(&get(&app, &eve, "/system").await, "desks");
    assert_eq!((&elsewhere["children"], &elsewhere["more"]), (&json!([]), &json!(1)), "another organization's desk");
    assert_eq!(state["sockets"]["agents"], 0);
    let limited = |queue: &Value| queue["depth"].as_u64() <= queue["limit"].as_u64();
    assert!(state["queues"].as_array().unwrap().iter().all(limited));
    app.stop().await;
}

#[tokio::test]
async fn a_message_that_was_set_aside_is_sent_again_once() {
    let world = World { rules: break_three_times, ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let (ada, eve) =
        (colleague(&app, "Ada Low", Role::Admin).await, colleague_of(&app, "acme", "Eve Oh", Role::Admin).await);
    let customer = customer_token(&app, "user123").await;
    let write = |text: &'static str| {
        let request = post_as(&app, &customer, "/api/core/messages");
        send(request.json(&message("s1", text)))
    };
    assert_eq!(write("Hello").await.status, 200);
    assert_eq!(write("boom").await.status, 503);
    let parked = get(&app, &ada, "/parked").await;
    let row = &parked["items"][0];
    assert_eq!((&row["session"], &row["command"], &row["attempts"]), (&json!("s1"), &json!("post"), &json!(3)));
    let path = format!("/parked/{}/replay", row["id"].as_str().unwrap());
    assert_eq!(get(&app, &eve, "/parked").await["items"], json!([]));
    assert_eq!(code(&ask(&app, &eve, Method::POST, &path, None).await, 404), "not_found");
    let replayed = ask(&app, &ada, Method::POST, &path, None).await;
    assert_eq!(replayed.status, 204, "{}", replayed.body);
    assert_eq!(code(&ask(&app, &ada, Method::POST, &path, None).await, 404), "not_found");
    assert_eq!(get(&app, &ada, "/parked").await["items"], json!([]));
    let events = get(&app, &ada, "/sessions/s1/events").await;
    let booms = events["items"].as_array().unwrap().iter().filter(|event| event["text"] == "boom").count();
    assert_eq!(booms, 1, "{events}");
    let restarts = get(&app, &ada, "/system").await["restarts"].clone();
    let broke = restarts.as_array().unwrap().iter().filter(|restart| restart["actor"] == "s1").count();
    assert_eq!(broke, 3, "{restarts}");
    let elsewhere = get(&app, &eve, "/system").await["restarts"].clone();
    let hidden = |row: &Value| row["actor"].as_str().unwrap().starts_with("sessions/") && row["why"] == "";
    assert_eq!(elsewhere.as_array().unwrap().len(), 3);
    assert!(elsewhere.as_array().unwrap().iter().all(hidden), "another organization's session: {elsewhere}");
    app.stop().await;
}
