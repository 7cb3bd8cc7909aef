//! What an organization sets.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::domain::Role;

use super::{ask, code, colleague, colleague_of, get, staffed};
use crate::support::app::TestApp;
use crate::support::rest::{post, send};

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
