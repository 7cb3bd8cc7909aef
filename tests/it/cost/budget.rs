//! Budgets: warnings, and a stop that is never silence.

use std::sync::Arc;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{app_with, console, plain, read, say, world};
use crate::support::rest::Model;

/// What one call of the test's model costs, in the currency.
const CALL: f64 = 0.75;

async fn set(app: &crate::support::app::TestApp, budget: Value) -> Value {
    let reply = console(app, Method::PUT, "/costs/budget", Some(budget)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

#[tokio::test]
async fn a_spent_budget_leaves_the_builtin_assistant_to_answer_until_there_is_more() {
    let model = Arc::new(Model::new(plain));
    let app = app_with(&model, |_| {}).await;
    let unset = read(&app, "/costs/budget").await;
    assert_eq!(
        (&unset["monthly"], &unset["state"], &unset["percent_used"]),
        (&Value::Null, &json!("open"), &Value::Null)
    );
    let one_and_a_half = set(&app, json!({ "monthly": 1.5 * CALL })).await;
    assert_eq!((&one_and_a_half["monthly"], &one_and_a_half["warn_at"]), (&json!(1.125), &json!([50, 80, 100])));
    assert_eq!(say(&app, "s", "How do I return an item?").await, "From the model.");
    assert_eq!(read(&app, "/costs/budget").await["percent_used"], 66.7);
    assert_eq!(say(&app, "s", "How do I return an item?").await, "From the model.");
    let spent = read(&app, "/costs/budget").await;
    assert_eq!((&spent["state"], &spent["percent_used"]), (&json!("spent"), &json!(133.3)));
    let builtin = say(&app, "s", "How do I return an item?").await;
    assert!(builtin.contains("30 days"), "{builtin}");
    assert_eq!(model.asked(), 2);

    let warned: Vec<_> = spent["warnings"].as_array().unwrap().iter().map(|w| w["percent"].clone()).collect();
    assert_eq!(warned, [50, 80, 100]);
    let app = app.restart_in_world(|_| {}, world(&model)).await;
    assert!(say(&app, "s", "How do I return an item?").await.contains("30 days"), "also after a restart");
    set(&app, json!({ "monthly": null })).await;
    assert_eq!(say(&app, "s", "How do I return an item?").await, "From the model.");
    let acts = read(&app, "/audit").await;
    let told = |act: &str| acts["items"].as_array().unwrap().iter().filter(|entry| entry["act"] == act).count();
    assert_eq!((told("budget.reached"), told("budget.changed")), (3, 2), "{acts}");
    app.stop().await;
}

#[tokio::test]
async fn turns_at_the_same_time_pass_a_budget_by_no_more_than_one_turns_reservation() {
    const TURNS: usize = 40;
    let mut model = Model::together(4, plain);
    // Just what is reserved for a turn: 16,000 and 2,000 tokens of this model, 0.0036.
    model.usage.prompt_tokens = 16_000;
    model.usage.completion_tokens = 2_000;
    let model = Arc::new(model);
    let app = app_with(&model, |_| {}).await;
    // Room for three and a bit: a fourth may begin.
    set(&app, json!({ "monthly": 0.0036 * 3.5, "warn_at": [100] })).await;
    let texts: Vec<String> = (0..TURNS).map(|n| format!("s{n}")).collect();
    let answers = join_all(texts.iter().map(|session| say(&app, session, "How do I return an item?"))).await;
    let from_model = answers.iter().filter(|text| *text == "From the model.").count();
    assert_eq!((from_model, model.asked()), (4, 4));
    assert!(answers.iter().all(|text| !text.is_empty()));
    let state = read(&app, "/costs/budget").await;
    assert_eq!((&state["spent"], &state["reserved"]), (&json!(0.0144), &json!(0.0)));
    app.stop().await;
}

#[tokio::test]
async fn a_budget_below_what_is_spent_warns_at_once_and_one_outside_of_its_limits_is_refused() {
    let model = Arc::new(Model::new(plain));
    let app = app_with(&model, |_| {}).await;
    say(&app, "s", "Hello").await;
    for bad in
        [json!({ "monthly": 0 }), json!({ "monthly": -1 }), json!({ "monthly": 1e18 }), json!({ "monthly": "1" })]
    {
        let refused = console(&app, Method::PUT, "/costs/budget", Some(bad)).await;
        assert_eq!((refused.status, &refused.body["error"]["field"]), (400, &json!("monthly")), "{}", refused.body);
    }
    let refused = console(&app, Method::PUT, "/costs/budget", Some(json!({ "monthly": 1, "warn_at": [0] }))).await;
    assert_eq!((refused.status, &refused.body["error"]["field"]), (400, &json!("warn_at")), "{}", refused.body);
    set(&app, json!({ "monthly": CALL })).await;
    let warned = async {
        while read(&app, "/costs/budget").await["warnings"].as_array().unwrap().len() < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::app::PATIENCE, warned).await.expect("it warns without another call");
    app.stop().await;
}
