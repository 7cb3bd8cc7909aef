//! `GET /api/admin/analytics/dashboard`

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::domain::{Body, Channel, Command, CustomerId, Draft, MessageId, Opening, PersonName, UserId, Visitor};

use super::{DASHBOARD, key, say};
use crate::support::app::TestApp;
use crate::support::clock::HandClock;
use crate::support::rest::{Parrot, get, get_as, key_of, send};

fn jane() -> Visitor {
    let name = PersonName::parse("name", "Jane Smith").unwrap();
    Visitor::Staff { user: UserId(uuid::Uuid::from_u128(7)), name }
}

/// Three days: two conversations on the first, one of them handed over and closed; none on the second; one on the third,
/// and a session in which nothing was said.
async fn story(app: &TestApp, clock: &HandClock) {
    let sessions = app.sessions();
    clock.set("2023-07-01T10:00:00Z");
    say(app, "s1", "whatsapp", "Hello", json!({})).await;
    say(app, "s2", "web", "Hello", json!({})).await;
    sessions.act(&key("s2"), Command::RequestHuman { visitor: Visitor::Service }).await.unwrap();
    say(app, "s2", "web", "Is anybody there?", json!({})).await;
    clock.forward_s(40);
    let body = Body::parse("text", "Yes").unwrap();
    let draft = Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body,
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    sessions.post(&key("s2"), jane(), None, draft).await.unwrap();
    clock.forward_s(20);
    sessions.act(&key("s2"), Command::Close { visitor: jane() }).await.unwrap();
    clock.set("2023-07-03T10:00:00Z");
    say(app, "s3", "sms", "Hello", json!({})).await;
    let silent = Opening { channel: Channel::Web, resume: None, language: None, name: None };
    let customer = Visitor::Customer(CustomerId::parse("mo").unwrap());
    sessions.enter(&key("s4"), customer, Some(silent)).await.unwrap();
}

#[tokio::test]
async fn the_figures_of_any_range_of_days_are_true() {
    let clock = Arc::new(HandClock::at("2023-07-01T10:00:00Z"));
    let app = TestApp::start_in_world(|_| {}, World { clock: clock.clone(), ..Parrot::world(None) }).await;
    story(&app, &clock).await;
    let range = async |query: &str| {
        let told = send(get(&app, &format!("{DASHBOARD}{query}"))).await;
        assert_eq!(told.status, 200, "{}", told.body);
        told.body
    };
    insta::assert_json_snapshot!(range("?startDate=2023-07-01&endDate=2023-07-03").await);
    let second = range("?startDate=2023-07-02&endDate=2023-07-02").await;
    assert_eq!(
        second["byDay"],
        json!([{ "date": "2023-07-02", "conversations": 0, "aiResolved": 0, "agentHandovers": 0 }])
    );
    assert_eq!(second["overview"]["avgResponseTime"], Value::Null);
    assert_eq!(second["topIntents"], json!([]));
    let third = range("?startDate=2023-07-03").await;
    assert_eq!((&third["period"]["end"], &third["overview"]["totalConversations"]), (&"2023-07-03".into(), &1.into()));
    let usual = range("").await;
    assert_eq!(usual["period"], json!({ "start": "2023-06-04", "end": "2023-07-03" }));
    let days = usual["byDay"].as_array().unwrap();
    let sum: u64 = days.iter().map(|day| day["conversations"].as_u64().unwrap()).sum();
    assert_eq!((days.len(), sum), (30, 3));
    let elsewhere = key_of(&app, "elsewhere", &["*"]).await;
    let theirs = send(get_as(&app, &elsewhere, &format!("{DASHBOARD}?startDate=2023-07-01"))).await;
    assert_eq!(theirs.body["overview"]["totalConversations"], 0);
    app.stop().await;
}

#[tokio::test]
async fn dates_that_are_none_and_ranges_that_end_before_they_start_are_refused() {
    let app = TestApp::start().await;
    for bad in [
        "startDate=yesterday",
        "startDate=2023-02-30",
        "startDate=",
        "endDate=2023-7-1",
        "endDate=2023-07-01T00:00:00Z",
        "startDate=2023-07-02&endDate=2023-07-01",
        "startDate=2999-01-01",
        "startDate=1900-01-01&endDate=2023-07-01",
        "startDate=9999-12-31&endDate=9999-12-31",
    ] {
        let refused = send(get(&app, &format!("{DASHBOARD}?{bad}"))).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &"invalid_request".into()), "{bad}");
    }
}
