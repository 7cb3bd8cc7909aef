//! `/api/admin/{dashboard,customers,intent-statistics}` and `/api/analytics`

use std::sync::Arc;

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use switchboard::app::World;

use super::{User, administrator, column, customer, get, room, say};
use crate::support::app::TestApp;
use crate::support::clock::HandClock;

/// Two days in June: Alice greets and asks on the first; Bob complains and wants a human on the second, and gets one a
/// minute later.
async fn two_days() -> (TestApp, User, User, User) {
    let clock = Arc::new(HandClock::at("2025-06-02T10:00:00Z"));
    let world = World { clock: Arc::clone(&clock) as _, ..World::default() };
    let app = TestApp::start_in_world(|config| config.auth.token_ttl_s = 100 * 86_400, world).await;
    let (admin, alice, bob) = (administrator(&app).await, customer(&app, "alice").await, customer(&app, "bob").await);
    let first = room(&app, &alice).await;
    say(&app, &alice, &first, "customer", "Hello").await;
    clock.forward_s(120);
    say(&app, &alice, &first, "customer", "What is your return policy?").await;
    clock.set("2025-06-03T09:00:00Z");
    let second = room(&app, &bob).await;
    say(&app, &bob, &second, "customer", "I want to talk to a human agent").await;
    clock.forward_s(60);
    say(&app, &admin, &second, "admin", "Here I am").await;
    (app, admin, alice, bob)
}

async fn report(app: &TestApp, user: &User, path: &str) -> Value {
    let reply = get(app, user, path).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

#[tokio::test]
async fn the_dashboard_tells_how_things_stand() {
    let (app, admin, _, bob) = two_days().await;
    assert_json_snapshot!("dashboard", report(&app, &admin, "/api/admin/dashboard").await);
    let third = room(&app, &bob).await;
    say(&app, &bob, &third, "customer", "I want to talk to a human agent").await;
    let dashboard = report(&app, &admin, "/api/admin/dashboard").await;
    assert_eq!((&dashboard["active_chats"], &dashboard["pending_chats"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn customers_are_listed_with_their_latest_room() {
    let (app, admin, alice, bob) = two_days().await;
    let rows = report(&app, &admin, "/api/admin/customers").await;
    let rows = rows.as_array().unwrap();
    assert_eq!(column(rows, "customer_id"), [bob.id.as_str(), alice.id.as_str()]);
    assert_json_snapshot!("customers", rows, { "[].customer_id" => "[id]", "[].room_id" => "[id]" });
    let second = report(&app, &admin, "/api/admin/customers?limit=1&skip=1").await;
    assert_eq!(second, json!([rows[1]]));
    assert_eq!(get(&app, &admin, "/api/admin/customers?limit=0").await.wrong_field(), "limit");
}

#[tokio::test]
async fn intents_of_the_last_days_are_counted_in_the_documents_words() {
    let (app, admin, ..) = two_days().await;
    assert_json_snapshot!("intents", report(&app, &admin, "/api/admin/intent-statistics").await);
    let today = report(&app, &admin, "/api/admin/intent-statistics?days=1").await;
    let counted: Vec<_> = today.as_array().unwrap().iter().filter(|row| row["count"] != 0).collect();
    assert_eq!(counted, [&json!({ "intent": "support", "count": 1, "percentage": 100.0 })]);
}

#[tokio::test]
async fn the_overview_has_every_day_and_adds_up() {
    let (app, admin, ..) = two_days().await;
    assert_json_snapshot!("overview", report(&app, &admin, "/api/analytics/overview?days=3").await);
    let month = report(&app, &admin, "/api/analytics/overview").await;
    let days = month["daily_activity"].as_array().unwrap();
    assert_eq!((days.len(), &month["period"]["days"]), (30, &json!(30)));
    let sum: u64 = days.iter().map(|day| day["message_count"].as_u64().unwrap()).sum();
    assert_eq!(month["overview"]["total_messages"], sum);
    for day in days {
        let parts = day["ai_count"].as_u64().unwrap() + day["human_count"].as_u64().unwrap();
        assert_eq!(day["message_count"], parts);
    }
}

#[tokio::test]
async fn customers_behaviour_tells_how_long_they_waited() {
    let (app, admin, ..) = two_days().await;
    let behaviour = report(&app, &admin, "/api/analytics/customer-behavior").await;
    assert_json_snapshot!("behaviour", behaviour, { ".**.customer_id" => "[id]" });
    let today = report(&app, &admin, "/api/analytics/customer-behavior?days=1").await;
    assert_eq!(today["customer_engagement"]["total_customers"], 1);
}

#[tokio::test]
async fn days_that_are_none_are_refused_and_an_empty_organization_has_zeros() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    for path in ["/api/admin/intent-statistics", "/api/analytics/overview", "/api/analytics/customer-behavior"] {
        for bad in ["0", "-1", "x", "1.5", "99999999999"] {
            assert_eq!(get(&app, &admin, &format!("{path}?days={bad}")).await.wrong_field(), "days", "{path} {bad}");
        }
    }
    let overview = report(&app, &admin, "/api/analytics/overview?days=1").await;
    assert_eq!(
        (&overview["overview"]["total_messages"], &overview["overview"]["ai_usage_rate"]),
        (&json!(0), &json!(0.0))
    );
    let behaviour = report(&app, &admin, "/api/analytics/customer-behavior").await;
    assert_eq!(behaviour["customer_details"], json!([]));
    assert_eq!(report(&app, &admin, "/api/admin/customers").await, json!([]));
}
