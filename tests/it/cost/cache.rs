//! Answers that are given again, and those that never are.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::assistant::Turn;
use switchboard::domain::Event;
use switchboard::domain::id::FaqId;
use switchboard::domain::message::Author;
use switchboard::domain::{Action, Answer, Entity, OrganizationId, Reading, SessionId, SessionKey, Source, TurnResult};
use switchboard::domain::{Faq, Timestamp};
use switchboard::store::{Batch, knowledge, log};

use super::{app_with, console, read, say, world};
use crate::support::app::TestApp;
use crate::support::rest::{Model, key_of, message, post_as, send};

const QUESTION: &str = "How do I return shoes?";

/// A model whose answers rest on something, and say what they were asked.
fn sourced(turn: &Turn) -> TurnResult {
    let asked = turn.messages.join(" ");
    let entities =
        if asked.contains("entity") { vec![Entity { kind: "order".to_owned(), value: None }] } else { Vec::new() };
    let sources = if asked.contains("guess") {
        Vec::new()
    } else {
        vec![Source::titled("kb-returns".to_owned(), "Returns".to_owned())]
    };
    let confidence = if asked.contains("unsure") { 0.71 } else { 0.9 };
    let reading = Reading { intent: "x".to_owned(), confidence, entities };
    Ok(Action::Reply(Answer { text: format!("Asked: {asked}"), reading, sources, cached: false }))
}

async fn asked_model(model: &Arc<Model>, app: &TestApp, session: &str, text: &str) -> bool {
    let before = model.asked();
    say(app, session, text).await;
    model.asked() > before
}

#[tokio::test]
async fn the_same_question_of_another_customer_is_answered_without_the_model_and_says_so() {
    let model = Arc::new(Model::new(sourced));
    let app = app_with(&model, |_| {}).await;
    assert_eq!(say(&app, "one", "How do I return shoes?").await, "Asked: How do I return shoes?");
    for (n, text) in ["how do I  return SHOES", "Hi, how do I return the shoes please?"].into_iter().enumerate() {
        assert_eq!(say(&app, &format!("again-{n}"), text).await, "Asked: How do I return shoes?", "{text}");
    }
    assert_eq!(model.asked(), 1);
    let key = SessionKey {
        organization: OrganizationId::default_organization(),
        session: SessionId::parse("again-0").unwrap(),
    };
    let events = log::read::<Event>(app.store(), &key, 0, 100).unwrap();
    let cached = |event: &Event| matches!(event, Event::Posted(m) if m.author == Author::Assistant && m.cached);
    assert!(events.iter().any(|logged| cached(&logged.event)), "the log says so");

    let state = read(&app, "/cache").await;
    assert_eq!([&state["entries"], &state["hits"], &state["misses"]], [&json!(1), &json!(2), &json!(1)], "{state}");
    assert_eq!(state["channels"][0]["channel"], "web");
    let top = [("how do i return shoes", 1), ("hi, how do i return the shoes please", 1)];
    let shown = state["top_queries"].as_array().unwrap();
    assert!(top.iter().all(|(query, hits)| shown.contains(&json!({ "query": query, "hits": hits }))), "{state}");
    let costs = read(&app, "/costs").await;
    assert_eq!(costs["total"]["calls"], 1, "what is given again costs nothing");
    assert_eq!(console(&app, Method::DELETE, "/cache", None).await.status, 204);
    assert!(asked_model(&model, &app, "after", "How do I return shoes?").await);
    app.stop().await;
}

#[tokio::test]
async fn what_asks_something_else_or_is_somebodys_own_is_always_asked_anew() {
    let model = Arc::new(Model::new(sourced));
    let app = app_with(&model, |_| {}).await;
    for (n, text) in [
        "Can I return shoes?",
        "Can I return food?",
        "Can I not return shoes?",
        "Can I return shoes within 14 days?",
        "Can I return shoes within 30 days?",
        "Do you ship from Germany to France?",
        "Do you ship from France to Germany?",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(asked_model(&model, &app, &format!("other-{n}"), text).await, "{text}");
    }
    for (n, text) in [
        "Where is my parcel?",
        "What do you guess of returns?",
        "Which entity returns shoes?",
        "Is it waterproof?",
        "Are you open today?",
    ]
    .into_iter()
    .enumerate()
    {
        for time in ["first", "second"] {
            assert!(asked_model(&model, &app, &format!("own-{n}-{time}"), text).await, "{text}, the {time} time");
        }
    }
    // In the middle of a conversation nothing is kept: the answer may rest on what was said.
    say(&app, "talk", "Hello there").await;
    assert!(asked_model(&model, &app, "talk", "How do I return a gift?").await);
    assert!(asked_model(&model, &app, "fresh", "How do I return a gift?").await);
    assert!(
        !asked_model(&model, &app, "talk", "How do I return a gift?").await,
        "but what is anybody's is given there"
    );
    app.stop().await;
}

#[tokio::test]
async fn a_change_of_settings_or_knowledge_ends_what_was_kept_and_no_organization_has_anothers() {
    let model = Arc::new(Model::new(sourced));
    let app = app_with(&model, |_| {}).await;
    assert!(asked_model(&model, &app, "a", QUESTION).await);
    assert!(!asked_model(&model, &app, "b", QUESTION).await);
    let style = json!({ "style": "formal" });
    assert_eq!(console(&app, Method::PUT, "/settings/assistant", Some(style)).await.status, 200);
    assert!(asked_model(&model, &app, "c", QUESTION).await);
    assert!(!asked_model(&model, &app, "d", QUESTION).await);
    let mut batch = Batch::default();
    let organization = OrganizationId::default_organization();
    knowledge::put_entries(app.store(), &mut batch, &organization, &[]).unwrap();
    app.store().commit(batch).await.unwrap();
    assert!(asked_model(&model, &app, "e", QUESTION).await, "the knowledge is another one");

    let before = model.asked();
    let theirs = key_of(&app, "acme", &["*"]).await;
    let said = send(post_as(&app, &theirs, "/api/core/messages").json(&message("s", QUESTION))).await;
    assert_eq!((said.status, model.asked()), (200, before + 1), "{}", said.body);
    app.stop().await;
}

#[tokio::test]
async fn counts_outlive_a_restart_and_answers_do_not() {
    let model = Arc::new(Model::new(sourced));
    let app = app_with(&model, |_| {}).await;
    say(&app, "a", "How do I return shoes?").await;
    say(&app, "b", "How do I return shoes?").await;
    let app = app.restart_in_world(|_| {}, world(&model)).await;
    let state: Value = read(&app, "/cache").await;
    assert_eq!([&state["entries"], &state["hits"], &state["misses"]], [&json!(0), &json!(1), &json!(1)], "{state}");
    assert!(asked_model(&model, &app, "c", "How do I return shoes?").await);
    app.stop().await;
}

/// Puts something beside the services, so that no index hears of it.
async fn put_unheard(app: &TestApp, text: &str) {
    let organization = OrganizationId::default_organization();
    let faq = Faq {
        id: FaqId(uuid::Uuid::now_v7()),
        organization: organization.clone(),
        question: text.to_owned(),
        variants: Vec::new(),
        answer: text.to_owned(),
        url: None,
        created_at: Timestamp::from_ms(0),
        updated_at: Timestamp::from_ms(0),
    };
    let mut batch = Batch::default();
    knowledge::put_entries(app.store(), &mut batch, &organization, &[faq.entry()]).unwrap();
    app.store().commit(batch).await.unwrap();
}

#[tokio::test]
async fn an_answer_from_an_index_that_is_behind_is_not_given_as_one_from_the_new_knowledge() {
    let model = Arc::new(Model::new(sourced));
    let app = app_with(&model, |_| {}).await;
    put_unheard(&app, "Something else.").await;
    assert!(asked_model(&model, &app, "behind", QUESTION).await);
    let began = std::time::Instant::now();
    while read(&app, "/knowledge/stats").await["indexed"] != 1 {
        assert!(began.elapsed() < crate::support::app::PATIENCE);
    }
    assert!(asked_model(&model, &app, "first", QUESTION).await, "it might be another answer now");
    assert!(!asked_model(&model, &app, "second", QUESTION).await, "from then on it is kept");
    app.stop().await;
}
