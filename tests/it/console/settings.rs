//! What an organization sets.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::domain::Role;

use super::{ask, code, colleague, colleague_of, get, staffed};
use crate::support::app::TestApp;
use crate::support::rest::{post, send};

/// As a browser writes it, to which 1.0 is 1.
fn whole(value: &Value) -> Value {
    if value.as_f64() == Some(1.0) { json!(1) } else { value.clone() }
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_not_written_over_unseen() {
    let app = TestApp::start().await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    let put = async |section: &str, body: Value| {
        ask(&app, &ada, Method::PUT, &format!("/settings/{section}"), Some(body)).await
    };
    let seen = get(&app, &ada, "/settings").await;
    for (section, field, theirs, ours) in [
        ("assistant", "persona", json!("You are Pia."), json!("You are Max.")),
        ("assistant", "confidence_floor", json!(1.0), json!(0.9)),
        ("widget", "title", json!("Help"), json!("Support")),
        ("desk", "capacity", json!(7), json!(9)),
    ] {
        let was = json!({ field: seen[section][field] });
        let first = put(section, json!({ field: theirs, "was": was })).await;
        assert_eq!((first.status, &first.body[field]), (200, &theirs), "{}", first.body);
        let second = put(section, json!({ field: ours, "was": was })).await;
        assert_eq!(code(&second, 409), "conflict", "{field}");
        let message = second.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(field), "it says which: {message}");
        let knowing = put(section, json!({ field: ours, "was": { field: whole(&theirs) } })).await;
        assert_eq!((knowing.status, &knowing.body[field]), (200, &ours), "{}", knowing.body);
    }
    let other = put("assistant", json!({ "style": "formal", "was": { "style": seen["assistant"]["style"] } })).await;
    assert_eq!(other.body["persona"], "You are Max.", "what nobody names stays");
    assert_eq!(code(&put("assistant", json!({ "style": "x", "was": 1 })).await, 400), "invalid");
    app.stop().await;
}

#[tokio::test]
async fn neither_is_a_budget_nor_a_model() {
    let app = TestApp::start().await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    for (path, field, theirs, ours) in [
        ("/costs/budget", "monthly", json!(50.5), json!(20.0)),
        ("/model", "model", json!("gpt-4o"), json!("gpt-4o-mini")),
        ("/model", "temperature", json!(0.7), json!(0.1)),
    ] {
        let put = async |body: Value| ask(&app, &ada, Method::PUT, path, Some(body)).await;
        let seen = get(&app, &ada, path).await;
        let was = json!({ field: seen[field] });
        let first = put(json!({ field: theirs, "was": was })).await;
        assert_eq!((first.status, &first.body[field]), (200, &theirs), "{}", first.body);
        let second = put(json!({ field: ours, "was": was })).await;
        assert_eq!(code(&second, 409), "conflict", "{field}");
        assert_eq!(get(&app, &ada, path).await[field], theirs);
        let knowing = put(json!({ field: ours, "was": { field: theirs } })).await;
        assert_eq!((knowing.status, &knowing.body[field]), (200, &ours), "{}", knowing.body);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_section_keeps_what_is_not_sent_and_governs_only_its_organization() {
    let app = staffed().await;
    let (ada, jane) = (colleague(&app, "Ada Low", Role::Admin).await, colleague(&app, "Jane Smith", Role::Agent).await);
    let eve = colleague_of(&app, "acme", "Eve Oh", Role::Admin).await;
    let before = get(&app, &jane, "/settings").await;
    assert_eq!(
        (&before["desk"]["policy"], &before["assistant"]["confidence_floor"]),
        (&json!("least_loaded"), &json!(0.7))
    );
    let hours = json!({ "zone": "Europe/Berlin", "exceptions": [], "week": {
        "mon": [["09:00", "12:30"], ["13:30", "24:00"]], "tue": [], "wed": [], "thu": [], "fri": [], "sat": [], "sun": [] } });
    let sent = json!({ "offer_s": 45, "hours": hours });
    let changed = ask(&app, &ada, Method::PUT, "/settings/desk", Some(sent)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let mut expected = before["desk"].clone();
    expected["offer_s"] = 45.into();
    expected["hours"] = hours;
    assert_eq!(changed.body, expected);
    let answered = ask(&app, &ada, Method::PUT, "/settings/assistant", Some(json!({ "auto_reply": false }))).await;
    assert_eq!((answered.status, &answered.body["auto_reply"]), (200, &json!(false)));
    assert_eq!(get(&app, &jane, "/settings").await["desk"], expected);
    assert_eq!(get(&app, &eve, "/settings").await, before);
    app.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let app = staffed().await;
    let (ada, jane) = (colleague(&app, "Ada Low", Role::Admin).await, colleague(&app, "Jane Smith", Role::Agent).await);
    let before = get(&app, &jane, "/settings").await;
    let week = |monday: Value| {
        json!({ "hours": { "zone": "UTC", "exceptions": [], "week": {
            "mon": monday, "tue": [], "wed": [], "thu": [], "fri": [], "sat": [], "sun": [] } } })
    };
    let wrong = [
        ("desk", week(json!([["09:00", "12:00"], ["11:00", "13:00"]])), "hours.week.mon[1]"),
        ("desk", week(json!([["12:00", "09:00"]])), "hours.week.mon[0]"),
        ("desk", json!({ "offer_s": 0 }), "offer_s"),
        ("desk", json!({ "offer_s": "soon" }), "offer_s"),
        ("desk", json!({ "policy": "hook" }), "hook_url"),
        ("assistant", json!({ "confidence_floor": 1.5 }), "confidence_floor"),
        ("assistant", json!({ "reply_max_chars": 0 }), "reply_max_chars"),
        ("assistant", json!({ "style": " " }), "style"),
        ("assistant", json!({ "prohibited_topics": ["refunds", " "] }), "prohibited_topics[1]"),
        ("assistant", json!({ "scope": vec!["x"; 101] }), "scope"),
        ("assistant", json!({ "language": "xx" }), "language"),
        ("assistant", json!({ "pii": ["shoe_size"] }), "pii[0]"),
        ("assistant", json!({ "pii_patterns": [{ "name": "member", "pattern": "(" }] }), "pii_patterns[0].pattern"),
        ("assistant", json!({ "link_hosts": ["https://shop.example"] }), "link_hosts[0]"),
        ("assistant", json!({ "fallback_message": "x".repeat(501) }), "fallback_message"),
    ];
    for (section, sent, field) in wrong {
        let refused = ask(&app, &ada, Method::PUT, &format!("/settings/{section}"), Some(sent.clone())).await;
        assert_eq!(code(&refused, 400), "invalid", "{sent}");
        assert_eq!(refused.body["error"]["field"], field, "{sent}: {}", refused.body);
    }
    let refused = ask(&app, &jane, Method::PUT, "/settings/desk", Some(json!({ "offer_s": 45 }))).await;
    assert_eq!(code(&refused, 403), "forbidden");
    assert_eq!(get(&app, &jane, "/settings").await, before);
    app.stop().await;
}

#[tokio::test]
async fn what_an_assistant_may_not_say_governs_the_next_turn() {
    let app = TestApp::start().await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    let asked = |text: &'static str| {
        let body = json!({ "message": { "text": text }, "userId": "user123", "sessionId": "s" });
        send(post(&app, "/api/core/messages").json(&body))
    };
    let before = asked("What is your return policy?").await;
    assert!(before.body["response"]["text"].as_str().unwrap().contains("30 days"), "{}", before.body);
    let rules = json!({ "prohibited_topics": ["return policy"], "fallback_message": "Please ask in the shop." });
    let changed = ask(&app, &ada, Method::PUT, "/settings/assistant", Some(rules)).await;
    assert_eq!((changed.status, &changed.body["no_promises"]), (200, &json!(true)), "{}", changed.body);
    let after = asked("What are your return policies?").await;
    assert_eq!(after.body["response"]["text"], "Please ask in the shop.", "{}", after.body);
    app.stop().await;
}
