//! What administrators do is in the audit log by the write that does it.

use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::config::Provider;
use switchboard::domain::Role;
use switchboard::store::{FjallKv, Store, StoreLimits, Write};

use super::{Colleague, ask, code, colleague, colleague_of, get, say};
use crate::support::app::TestApp;
use crate::support::kv::TappedKv;

/// The keys of every write to the store since it was last looked at, a list for each.
type Tape = Arc<Mutex<Vec<Vec<String>>>>;

/// An app whose writes are on tape.
async fn taped() -> (TestApp, Tape, tempfile::TempDir) {
    let (data, tape) = (tempfile::tempdir().unwrap(), Tape::default());
    let recording = Arc::clone(&tape);
    let before = move |writes: &[Write]| {
        let keys = writes.iter().map(|write| String::from_utf8_lossy(write.key()).into_owned());
        recording.lock().unwrap().push(keys.collect());
        Ok(())
    };
    let kv = TappedKv { inner: FjallKv::open(data.path()).unwrap(), before };
    let store = Store::over(Arc::new(kv), StoreLimits::default()).unwrap();
    let world = World { store: Some(store), ..World::default() };
    (TestApp::start_in_world(|config| config.assistant.provider = Provider::None, world).await, tape, data)
}

/// Whether what was written last to records of this kind was written together with an entry of the audit log.
fn written_with_its_entry(tape: &Tape, space: &str) -> bool {
    let has = |keys: &[String], space: &str| keys.iter().any(|key| key.starts_with(&format!("{space}/default/")));
    let writes = std::mem::take(&mut *tape.lock().unwrap());
    let of_it: Vec<&Vec<String>> = writes.iter().filter(|keys| has(keys, space)).collect();
    of_it.len() == 1 && has(of_it[0], "audit")
}

async fn newest(app: &TestApp, who: &Colleague) -> (String, String) {
    let row = get(app, who, "/audit?limit=1").await["items"][0].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&row["act"]), text(&row["on"]))
}

#[tokio::test]
async fn an_act_and_its_entry_are_one_write() {
    let (app, tape, _data) = taped().await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    for session in ["s1", "s2"] {
        say(&app, session, "Hello").await;
    }
    let act = async |method: Method, path: &str, body: Option<Value>, space: &str, act: &str| {
        tape.lock().unwrap().clear();
        let done = ask(&app, &ada, method.clone(), path, body).await;
        assert!((200..300).contains(&done.status), "{method} {path}: {}", done.body);
        assert!(written_with_its_entry(&tape, space), "{method} {path}");
        let (newest, on) = newest(&app, &ada).await;
        assert_eq!(newest, act, "{method} {path}");
        (done.body, on)
    };
    let name = |name: &str| Some(json!({ "name": name }));

    let (team, on) = act(Method::POST, "/team/teams", name("Billing"), "team", "team.changed").await;
    assert_eq!(on, "team Billing");
    let path = format!("/team/teams/{}", team["id"].as_str().unwrap());
    act(Method::PUT, &path, name("Money"), "team", "team.changed").await;
    let (_, on) = act(Method::DELETE, &path, None, "team", "team.changed").await;
    assert_eq!(on, "team Money", "what is gone is named too");

    let agent = format!("/team/agents/{}", jane.id);
    let profile = Some(json!({ "capacity": 3, "skills": ["french"] }));
    let (_, on) = act(Method::PUT, &agent, profile, "agent_profile", "agent.changed").await;
    assert_eq!(on, "user Jane Smith");
    act(Method::PATCH, &agent, Some(json!({ "active": false })), "user", "user.deactivated").await;

    let desk = Some(json!({ "offer_s": 45 }));
    act(Method::PUT, "/settings/desk", desk, "settings", "settings.changed").await;
    let canned = Some(json!({ "shortcut": "bye", "title": "Bye", "text": "Good bye!", "team": null }));
    act(Method::POST, "/canned", canned, "canned", "canned_reply.changed").await;
    app.stop().await;
}

#[tokio::test]
async fn what_changes_nothing_or_is_refused_is_no_act() {
    let (app, tape, _data) = taped().await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let eve = colleague_of(&app, "acme", "Eve Oh", Role::Admin).await;
    let agent = format!("/team/agents/{}", jane.id);
    let profile = || Some(json!({ "capacity": 3, "skills": ["b", "a"] }));
    assert_eq!(ask(&app, &ada, Method::PUT, &agent, profile()).await.status, 200);
    let team = ask(&app, &ada, Method::POST, "/team/teams", Some(json!({ "name": "Billing" }))).await.body;
    let team = format!("/team/teams/{}", team["id"].as_str().unwrap());
    tape.lock().unwrap().clear();

    let again = ask(&app, &ada, Method::PUT, &agent, profile()).await;
    assert_eq!((again.status, &again.body["capacity"]), (200, &json!(3)));
    let named = || Some(json!({ "name": "Theirs" }));
    for (method, path, body) in
        [(Method::PUT, &agent, profile()), (Method::PUT, &team, named()), (Method::DELETE, &team, None)]
    {
        assert_eq!(code(&ask(&app, &jane, method.clone(), path, body.clone()).await, 403), "forbidden", "{method}");
        assert_eq!(code(&ask(&app, &eve, method.clone(), path, body).await, 404), "not_found", "{method} {path}");
    }
    let theirs = ask(&app, &eve, Method::POST, "/team/teams", Some(json!({ "name": "Billing" }))).await;
    assert_eq!(theirs.status, 201, "another organization has names of its own");
    let writes = std::mem::take(&mut *tape.lock().unwrap());
    let ours = ["audit/default/", "team/default/", "agent_profile/default/"];
    let is_ours = |key: &String| ours.iter().any(|prefix| key.starts_with(prefix));
    assert!(!writes.iter().flatten().any(is_ours), "{writes:?}");
    app.stop().await;
}
