//! `GET /analytics/conversations`

use std::sync::Arc;

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::app::World;

use super::{User, administrator, agent, conversation, customer, get, log_in, request, say, send};
use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, TestApp};
use crate::support::clock::HandClock;

const PATH: &str = "/analytics/conversations";

/// An app whose first day is Monday, 2 June 2025.
async fn app_in_june() -> (TestApp, Arc<HandClock>) {
    let clock = Arc::new(HandClock::at("2025-06-02T10:15:00Z"));
    let world = World { clock: Arc::clone(&clock) as _, ..World::default() };
    (TestApp::start_in_world(|config| config.auth.token_ttl_s = 100 * 86_400, world).await, clock)
}

/// Three conversations: a greeting on Monday, a question on Monday, a complaint nine days later.
async fn three_conversations(app: &TestApp, clock: &HandClock) -> (User, User) {
    let (user, other) = (customer(app, "user").await, customer(app, "other").await);
    let first = conversation(app, &user).await;
    say(app, &user, &first, "Hello").await;
    say(app, &user, &first, "What is your return policy?").await;
    clock.set("2025-06-02T23:59:59Z");
    let second = conversation(app, &user).await;
    say(app, &user, &second, "What is your return policy?").await;
    clock.set("2025-06-11T08:00:00Z");
    let third = conversation(app, &other).await;
    say(app, &other, &third, "I want to make a complaint").await;
    (user, other)
}

fn series(body: &Value) -> Vec<(&str, u64)> {
    let row = |row: &'static str| row;
    let rows = body["time_series"].as_array().unwrap().iter();
    rows.map(|point| (point[row("timestamp")].as_str().unwrap(), point[row("count")].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn the_report_has_the_documented_shape_and_adds_up() {
    let (app, clock) = app_in_june().await;
    three_conversations(&app, &clock).await;
    let admin = administrator(&app).await;
    let report = get(&app, &admin, PATH).await;
    assert_eq!(report.status, 200);
    assert_json_snapshot!("analytics", report.body);
    let sum: u64 = series(&report.body).iter().map(|(_, count)| count).sum();
    assert_eq!(report.body["total_conversations"], sum);
    assert_eq!(get(&app, &admin, &format!("/v1{PATH}")).await.body, report.body);
}

#[tokio::test]
async fn a_range_counts_what_began_in_it_with_its_empty_pieces() {
    let (app, clock) = app_in_june().await;
    three_conversations(&app, &clock).await;
    let admin = administrator(&app).await;
    for (query, total, pieces, first, last) in [
        ("start_date=2025-06-02&end_date=2025-06-02", 2, 1, "2025-06-02T00:00:00.000Z", "2025-06-02T00:00:00.000Z"),
        ("start_date=2025-06-03&end_date=2025-06-10", 0, 8, "2025-06-03T00:00:00.000Z", "2025-06-10T00:00:00.000Z"),
        ("start_date=2025-06-03", 1, 9, "2025-06-03T00:00:00.000Z", "2025-06-11T00:00:00.000Z"),
        ("end_date=2025-06-02T12:00:00Z", 1, 1, "2025-06-02T00:00:00.000Z", "2025-06-02T00:00:00.000Z"),
        ("timeframe=hourly&end_date=2025-06-02", 2, 14, "2025-06-02T10:00:00.000Z", "2025-06-02T23:00:00.000Z"),
        ("timeframe=weekly", 3, 2, "2025-06-02T00:00:00.000Z", "2025-06-09T00:00:00.000Z"),
        (
            "timeframe=monthly&start_date=2025-05-20T00:00:00%2B02:00&end_date=2025-07-01",
            3,
            3,
            "2025-05-01T00:00:00.000Z",
            "2025-07-01T00:00:00.000Z",
        ),
    ] {
        let report = get(&app, &admin, &format!("{PATH}?{query}")).await;
        assert_eq!(report.status, 200, "{query}: {}", report.body);
        let series = series(&report.body);
        assert_eq!(report.body["total_conversations"], total, "{query}");
        assert_eq!(series.iter().map(|(_, count)| count).sum::<u64>(), total, "{query}");
        assert_eq!((series.len(), series[0].0, series[series.len() - 1].0), (pieces, first, last), "{query}");
    }
}

#[tokio::test]
async fn whoever_wrote_in_the_range_is_active_also_in_an_older_conversation() {
    let (app, clock) = app_in_june().await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    say(&app, &user, &id, "Hello").await;
    clock.set("2025-06-05T10:00:00Z");
    let admin = administrator(&app).await;
    let since = format!("{PATH}?start_date=2025-06-04");
    let active = |report: &Value| (report["total_conversations"].clone(), report["active_users"].clone());
    assert_eq!(active(&get(&app, &admin, &since).await.body), (json!(0), json!(0)));
    say(&app, &user, &id, "Hello again").await;
    assert_eq!(active(&get(&app, &admin, &since).await.body), (json!(0), json!(1)));
}

#[tokio::test]
async fn an_installation_without_conversations_has_an_empty_report() {
    let app = TestApp::start().await;
    let report = get(&app, &administrator(&app).await, PATH).await;
    assert_eq!((report.status, &report.body["time_series"]), (200, &json!([])));
    assert_eq!(
        (&report.body["total_conversations"], &report.body["messages_per_conversation"]),
        (&json!(0), &json!(0.0))
    );
    assert_eq!(report.body["intent_distribution"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn dates_and_timeframes_that_are_none_are_refused() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    for (query, field) in [
        ("start_date=yesterday", "start_date"),
        ("end_date=2025-13-01", "end_date"),
        ("end_date=2025-06-31", "end_date"),
        ("timeframe=yearly", "timeframe"),
        ("timeframe=Daily", "timeframe"),
        ("start_date=2025-06-02&end_date=2025-06-01", "end_date"),
        ("start_date=1900-01-01&timeframe=hourly", "timeframe"),
    ] {
        assert_eq!(get(&app, &admin, &format!("{PATH}?{query}")).await.wrong_field(), field, "{query}");
    }
}

#[tokio::test]
async fn administrators_and_agents_may_look_and_nobody_else() {
    let app = TestApp::start().await;
    get(&app, &customer(&app, "user").await, PATH).await.refused(403);
    send(request(&app, Method::GET, PATH)).await.refused(401);
    assert_eq!(get(&app, &agent(&app).await, PATH).await.status, 200);
    assert_eq!(get(&app, &log_in(&app, ADMIN_EMAIL, ADMIN_PASSWORD).await, PATH).await.status, 200);
}
