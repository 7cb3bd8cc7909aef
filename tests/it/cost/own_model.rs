//! An organization's own model where the installation has none: it is paid for like any other, at its own price.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{console, read, say};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::llm::{Llm, Move, Script, done, event, finish, ok, refusal, text};

/// An answer that took a million tokens of each kind.
fn answered(before: Vec<Move>) -> Script {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 1_000_000, "completion_tokens": 1_000_000 } });
    let rest = [text("From their own model."), finish("stop"), event(&usage), done()];
    std::iter::once(ok()).chain(before).chain(rest).collect()
}

/// The installation answers by itself; the organization brings `gpt-4o` along, which costs 12.5 for such an answer.
async fn with_own(llm: &Llm) -> TestApp {
    let app = TestApp::start_with(|config| config.assistant.private_addresses = true).await;
    set_model(&app, json!({ "base_url": llm.base_url, "model": "gpt-4o" })).await;
    app
}

async fn set_model(app: &TestApp, model: Value) {
    let set = console(app, Method::PUT, "/model", Some(model)).await;
    assert_eq!(set.status, 200, "{}", set.body);
}

#[tokio::test]
async fn its_calls_are_in_the_ledger_and_a_spent_budget_stops_them() {
    let llm = Llm::start(vec![answered(Vec::new())]).await;
    let app = TestApp::start_with(|config| config.assistant.private_addresses = true).await;
    let set = console(&app, Method::PUT, "/costs/budget", Some(json!({ "monthly": 20 }))).await;
    assert_eq!(set.status, 200, "{}", set.body);
    assert!(say(&app, "before", "How do I return an item?").await.contains("30 days"));
    assert_eq!(read(&app, "/costs").await["total"]["calls"], 0, "who asks no model pays nothing");

    set_model(&app, json!({ "base_url": llm.base_url, "model": "gpt-4o" })).await;
    for session in ["one", "two"] {
        assert_eq!(say(&app, session, "Good morning to you").await, "From their own model.");
    }
    let costs = read(&app, "/costs?group_by=model").await;
    assert_eq!((&costs["rows"][0]["key"], &costs["total"]["cost"]), (&json!("gpt-4o"), &json!(25.0)), "{costs}");
    assert_eq!(read(&app, "/costs/budget").await["state"], "spent");
    assert!(say(&app, "three", "How do I return an item?").await.contains("30 days"), "the builtin assistant answers");
    assert_eq!(llm.asked().len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn what_was_answered_in_its_place_is_not_given_again_once_it_answers() {
    let question = "How do I return an item?";
    for failing in [
        refusal(401, &[], json!({})),
        vec![ok(), text("Well, "), Move::Cut],
        answered(vec![text("You have 99 years. ")]),
    ] {
        let llm = Llm::start(vec![failing, answered(Vec::new())]).await;
        let app = with_own(&llm).await;
        assert!(say(&app, "one", question).await.contains("30 days"), "the builtin assistant answers");
        say(&app, "two", question).await;
        assert_eq!((llm.asked().len(), &read(&app, "/cache").await["hits"]), (2, &json!(0)), "the model is asked anew");
        app.stop().await;
    }
}

#[tokio::test]
async fn what_is_reserved_for_a_turn_is_at_the_price_of_the_organizations_model() {
    let go_on = Arc::new(Notify::new());
    let llm = Llm::start(vec![answered(vec![Move::Wait(Arc::clone(&go_on))])]).await;
    let app = with_own(&llm).await;
    let reserved = async {
        loop {
            let reserved = read(&app, "/costs/budget").await["reserved"].as_f64().unwrap();
            if reserved > 0.0 {
                go_on.notify_one();
                return reserved;
            }
            tokio::task::yield_now().await;
        }
    };
    let turn = say(&app, "s", "Good morning to you");
    let both = async { tokio::join!(turn, reserved) };
    let (answer, reserved) = tokio::time::timeout(PATIENCE, both).await.expect("a turn reserves what it may cost");
    assert_eq!(answer, "From their own model.");
    assert!((reserved - 0.06).abs() < 1e-9, "16,000 tokens read and 2,000 written of gpt-4o: {reserved}");
    assert_eq!(read(&app, "/costs/budget").await["reserved"], 0.0);
    app.stop().await;
}
