//! An organization's own service says who gets a session, over HTTP; and whatever it does instead, the desk goes on.

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::actors::desk::Desks;
use switchboard::app::World;
use tokio::net::TcpListener;

use super::person::{Person, asks_for_a_human, organization};
use crate::support::app::TestApp;
use crate::support::clock::HandClock;
use crate::support::llm::{Llm, Move, Script, refusal};
use crate::support::rest::set_desk;

/// How long the service has to answer, in milliseconds.
const TIMEOUT_MS: u64 = 300;

/// Longer than a service that failed is left alone, in seconds.
const PAUSE_S: u64 = 31;

/// An organization that asks the service at this address.
async fn asking(url: &str, private_addresses: bool) -> (TestApp, Arc<HandClock>) {
    let clock = Arc::new(HandClock::at("2026-11-02T10:00:00Z"));
    let world = World { clock: Arc::clone(&clock) as _, ..World::default() };
    let set = |config: &mut switchboard::config::Config| {
        config.desk.hook_timeout_ms = TIMEOUT_MS;
        config.desk.hook_private_addresses = private_addresses;
    };
    let app = TestApp::start_in_world(set, world).await;
    set_desk(&app, &json!({ "policy": "hook", "hook_url": url, "capacity": 50 })).await;
    (app, clock)
}

fn says(answer: impl Into<Vec<u8>>) -> Script {
    vec![Move::Head(200, vec![("content-type", "application/json")]), Move::Send(answer.into())]
}

fn names(agent: &Value) -> Script {
    says(json!({ "agent": agent }).to_string())
}

async fn is_given(person: &mut Person, desks: &Desks, session: &str) {
    let epoch = person.is_offered(session).await;
    assert_eq!(person.accepts(desks, session, epoch).await, Ok(()));
}

#[tokio::test]
async fn the_service_names_who_gets_a_session_or_lets_it_wait() {
    let nobody = names(&Value::Null);
    let bob_id = json!("00000000-0000-0000-0000-000000000002");
    let service = Llm::start(vec![names(&bob_id), nobody, names(&bob_id)]).await;
    let (app, _clock) = asking(&service.base_url, true).await;
    let desks = Arc::clone(app.desks());
    let (ann, mut bob) = (Person::comes(&desks, 1).await, Person::comes(&desks, 2).await);
    asks_for_a_human(&app, "s1").await;
    is_given(&mut bob, &desks, "s1").await;
    let asked = service.asked().remove(0).body;
    assert_eq!((&asked["session"]["id"], &asked["session"]["customer"]), (&json!("s1"), &json!("jo")));
    let agents: Vec<&str> =
        asked["agents"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(agents, ["Jo 1", "Jo 2"], "who may get it: {asked}");

    asks_for_a_human(&app, "s2").await;
    while service.asked().len() < 2 {
        tokio::task::yield_now().await;
    }
    let place = desks.snapshot(&organization(), ann.user).await.unwrap();
    assert_eq!((place.queue_total, &place.queue[0].case.service.offer), (1, &None), "it is let wait");
    // A word of the customer's is a reason to ask again, once the answer is taken in.
    while service.asked().len() < 3 {
        asks_for_a_human(&app, "s2").await;
    }
    is_given(&mut bob, &desks, "s2").await;
    app.stop().await;
}

#[tokio::test]
async fn a_service_that_does_not_answer_well_is_left_alone_for_a_while_and_the_desk_decides() {
    let failures: Vec<(&str, Script)> = vec![
        ("stalls", vec![Move::Stall]),
        ("stalls-in-its-answer", vec![Move::Head(200, Vec::new()), Move::Send(b"{".to_vec()), Move::Stall]),
        ("drops", vec![Move::Cut]),
        ("refuses", refusal(500, &[], json!({ "agent": null }))),
        ("leads-elsewhere", refusal(302, &[("location", "http://127.0.0.1:1/")], json!({}))),
        ("babbles", says("<html>agent</html>")),
        ("talks-too-much", says(" ".repeat(5_000))),
        ("names-a-number", names(&json!(7))),
        ("names-no-id", names(&json!("Jo 1"))),
    ];
    let count = failures.len();
    let (kinds, scripts): (Vec<&str>, Vec<Script>) = failures.into_iter().unzip();
    let service = Llm::start(scripts).await;
    let (app, clock) = asking(&service.base_url, true).await;
    let desks = Arc::clone(app.desks());
    let mut ann = Person::comes(&desks, 1).await;
    for (n, kind) in kinds.iter().enumerate() {
        asks_for_a_human(&app, kind).await;
        is_given(&mut ann, &desks, kind).await;
        assert_eq!(service.asked().len(), n + 1, "{kind}");
        let next = format!("after-it-{kind}");
        asks_for_a_human(&app, &next).await;
        is_given(&mut ann, &desks, &next).await;
        assert_eq!(service.asked().len(), n + 1, "{kind}: it is left alone");
        clock.forward_s(PAUSE_S);
    }
    assert_eq!(service.asked().len(), count);
    app.stop().await;
}

#[tokio::test]
async fn a_service_that_names_somebody_who_is_not_there_leaves_it_to_the_desk_and_is_asked_again() {
    // Nobody of the organization has this id: it may be another organization's.
    let service = Llm::start(vec![names(&json!("00000000-0000-0000-0000-000000000063"))]).await;
    let (app, _clock) = asking(&service.base_url, true).await;
    let desks = Arc::clone(app.desks());
    let mut ann = Person::comes(&desks, 1).await;
    for (n, session) in ["s1", "s2"].into_iter().enumerate() {
        asks_for_a_human(&app, session).await;
        is_given(&mut ann, &desks, session).await;
        assert_eq!(service.asked().len(), n + 1);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_service_that_is_not_there_keeps_nobody_waiting() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let (app, _clock) = asking(&url, true).await;
    let mut ann = Person::comes(app.desks(), 1).await;
    asks_for_a_human(&app, "s").await;
    is_given(&mut ann, app.desks(), "s").await;
    app.stop().await;
}

#[tokio::test]
async fn a_service_in_a_private_network_is_not_asked_unless_that_is_allowed() {
    let service = Llm::start(vec![names(&Value::Null)]).await;
    let (app, _clock) = asking(&service.base_url, false).await;
    let mut ann = Person::comes(app.desks(), 1).await;
    asks_for_a_human(&app, "s").await;
    is_given(&mut ann, app.desks(), "s").await;
    assert!(service.asked().is_empty());
    app.stop().await;
}
