//! `/api/admin/system-config`: each setting governs the next turn.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use super::{User, administrator, customer, get, messages, post, put, read, room, say};
use crate::support::app::TestApp;
use crate::support::llm::{Llm, answer};

const PATH: &str = "/api/admin/system-config";
const QUESTION: &str = "What is your return policy?";

async fn configure(app: &TestApp, admin: &User, change: &Value) -> Value {
    let changed = put(app, admin, PATH, change).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    changed.body
}

/// What the assistant answers to the question in a new room; none when it only suggests.
async fn answered(app: &TestApp, user: &User, text: &str) -> Option<String> {
    let id = room(app, user).await;
    let sent = say(app, user, &id, "customer", text).await;
    sent["ai_analysis"]["suggestions"][0].as_str().map(str::to_owned)
}

#[tokio::test]
async fn the_configuration_is_the_documented_one_and_keeps_what_is_not_sent() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let before = get(&app, &admin, PATH).await;
    assert_eq!(before.status, 200);
    assert_json_snapshot!("system_config", before.body);
    assert_eq!(configure(&app, &admin, &before.body).await, before.body);
    assert_eq!(configure(&app, &admin, &json!({})).await, before.body);
    let changed = configure(&app, &admin, &json!({ "ai_confidence_threshold": 0.85, "unknown": 1 })).await;
    let mut expected = before.body;
    expected["ai_confidence_threshold"] = json!(0.85);
    assert_eq!((&changed, &get(&app, &admin, PATH).await.body), (&expected, &expected));
    // What a program writes that knows no whole numbers.
    assert_eq!(configure(&app, &admin, &json!({ "max_response_length": 20.0 })).await["max_response_length"], 20);
}

#[tokio::test]
async fn a_wrong_value_is_refused_with_the_fields_name_and_changes_nothing() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let before = get(&app, &admin, PATH).await.body;
    for (field, values) in [
        ("auto_reply_enabled", vec![json!("true"), json!(1), Value::Null]),
        (
            "max_response_length",
            vec![json!(0), json!(-1), json!(1.5), json!(8_001), json!(1e300), json!("500"), Value::Null],
        ),
        ("ai_confidence_threshold", vec![json!(-0.1), json!(1.1), json!("0.7"), json!(true), Value::Null]),
        ("response_style_default", vec![json!(""), json!(7), json!("x".repeat(65)), json!("a\nb"), Value::Null]),
    ] {
        for value in values {
            let reply = put(&app, &admin, PATH, &json!({ field: value })).await;
            assert_eq!(reply.wrong_field(), field, "{value}");
        }
    }
    put(&app, &admin, PATH, &json!([true, 500, 0.7, "friendly"])).await.detail(400);
    assert_eq!(get(&app, &admin, PATH).await.body, before);
}

#[tokio::test]
async fn without_auto_reply_the_assistant_only_suggests_and_to_administrators_alone() {
    let app = TestApp::start().await;
    let (admin, alice) = (administrator(&app).await, customer(&app, "alice").await);
    let text = answered(&app, &alice, QUESTION).await.unwrap();
    configure(&app, &admin, &json!({ "auto_reply_enabled": false })).await;
    let id = room(&app, &alice).await;
    let sent = say(&app, &alice, &id, "customer", QUESTION).await;
    assert_eq!((&sent["ai_analysis"]["intent"], &sent["ai_analysis"]["suggestions"]), (&json!("inquiry"), &json!([])));
    let (seen, known) = (messages(&app, &alice, &id).await, messages(&app, &admin, &id).await);
    assert_eq!((&seen[0]["ai_suggestion"], &known[0]["ai_suggestion"]), (&Value::Null, &json!(text)));
    assert!(seen.iter().all(|row| row["content"] != text.as_str() && row["is_ai_generated"] == false), "{seen:?}");
    assert_eq!(read(&app, &alice, &id).await["status"], "pending");
    let walk_in = room(&app, &admin).await;
    let asked = say(&app, &admin, &walk_in, "customer", QUESTION).await;
    assert_eq!(asked["ai_analysis"]["suggestions"], json!([text]));
    let analyzed = async |who: &User| {
        post(&app, who, "/api/chat/analyze", &json!({ "message": QUESTION })).await.body["suggestions"].clone()
    };
    assert_eq!((analyzed(&alice).await, analyzed(&admin).await), (json!([]), json!([text])));
    configure(&app, &admin, &json!({ "auto_reply_enabled": true })).await;
    assert_eq!(answered(&app, &alice, QUESTION).await, Some(text));
}

#[tokio::test]
async fn below_the_threshold_an_answer_becomes_a_suggestion() {
    let app = TestApp::start().await;
    let (admin, alice) = (administrator(&app).await, customer(&app, "alice").await);
    let text = answered(&app, &alice, QUESTION).await.unwrap();
    configure(&app, &admin, &json!({ "ai_confidence_threshold": 1.0 })).await;
    let id = room(&app, &alice).await;
    let sent = say(&app, &alice, &id, "customer", QUESTION).await;
    assert_eq!(sent["ai_analysis"]["suggestions"], json!([]));
    assert!(sent["ai_analysis"]["confidence"].as_f64().unwrap() < 1.0);
    assert_eq!(messages(&app, &admin, &id).await[0]["ai_suggestion"], text);
    assert_eq!(read(&app, &admin, &id).await["status"], "pending");
    configure(&app, &admin, &json!({ "ai_confidence_threshold": 0.0 })).await;
    assert_eq!(answered(&app, &alice, QUESTION).await, Some(text));
}

#[tokio::test]
async fn an_answer_is_as_long_as_it_may_be_and_in_the_style_that_is_set() {
    let app = TestApp::start().await;
    let (admin, alice) = (administrator(&app).await, customer(&app, "alice").await);
    let greeted = "Hello, what is your return policy?";
    let friendly = answered(&app, &alice, greeted).await.unwrap();
    configure(&app, &admin, &json!({ "response_style_default": "formal" })).await;
    let formal = answered(&app, &alice, greeted).await.unwrap();
    assert!(friendly.starts_with("Hi there!") && formal.starts_with("Good day."), "{friendly} / {formal}");
    configure(&app, &admin, &json!({ "max_response_length": 20 })).await;
    let short = answered(&app, &alice, greeted).await.unwrap();
    assert!(short.chars().count() <= 20 && formal.chars().count() > 20, "{short}");
}

#[tokio::test]
async fn what_was_set_still_holds_after_a_restart() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let wanted = json!({
        "auto_reply_enabled": false,
        "max_response_length": 20,
        "ai_confidence_threshold": 0.25,
        "response_style_default": "formal",
    });
    assert_eq!(configure(&app, &admin, &wanted).await, wanted);
    let app = app.restart_with(|_| {}).await;
    let admin = administrator(&app).await;
    assert_eq!(get(&app, &admin, PATH).await.body, wanted);
    let alice = customer(&app, "alice").await;
    let id = room(&app, &alice).await;
    assert_eq!(say(&app, &alice, &id, "customer", QUESTION).await["ai_analysis"]["suggestions"], json!([]));
    let suggestion = messages(&app, &admin, &id).await[0]["ai_suggestion"].as_str().unwrap().to_owned();
    assert!(suggestion.chars().count() <= 20, "{suggestion}");
}

#[tokio::test]
async fn a_model_is_told_the_style_of_the_next_turn() {
    let llm = Llm::start(vec![answer(&["Thirty days."])]).await;
    let base_url = llm.base_url.clone();
    let app = TestApp::start_with(|config| {
        config.assistant.provider = switchboard::config::Provider::Openai;
        config.assistant.openai_base_url = base_url;
    })
    .await;
    let (admin, alice) = (administrator(&app).await, customer(&app, "alice").await);
    configure(&app, &admin, &json!({ "ai_confidence_threshold": 0.0 })).await;
    for style in ["friendly", "formal", "like a pirate"] {
        configure(&app, &admin, &json!({ "response_style_default": style })).await;
        answered(&app, &alice, QUESTION).await;
        let asked = llm.asked().pop().unwrap().body.to_string();
        assert!(asked.contains(style), "{asked}");
    }
}
