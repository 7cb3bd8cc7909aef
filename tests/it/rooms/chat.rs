//! `/api/chat/rooms` and `/api/chat/analyze`

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{User, administrator, column, customer, get, log_in, messages, post, read, request, room, say, user};
use crate::support::app::{ADMIN_EMAIL, ADMIN_PASSWORD, TestApp};
use crate::support::rest::send;

const ROOMS: &str = "/api/chat/rooms";

async fn rooms(app: &TestApp, user: &User, query: &str) -> Vec<Value> {
    let listed = get(app, user, &format!("{ROOMS}{query}")).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    listed.body.as_array().unwrap().clone()
}

#[tokio::test]
async fn a_customer_begins_a_room_as_documented() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    let created = post(&app, &alice, ROOMS, &json!({ "customer_name": "Alice Johnson" })).await;
    assert_eq!((created.status, &created.body["customer_id"]), (201, &json!(alice.id)));
    assert_json_snapshot!("created", created.body, { ".room_id" => "[id]", ".customer_id" => "[id]" });
    let id = created.body["room_id"].as_str().unwrap();
    let fresh = read(&app, &alice, id).await;
    assert_json_snapshot!("fresh_room", fresh, {
        ".id" => "[id]", ".customer_id" => "[id]", ".created_at" => "[time]"
    });
    assert_eq!(rooms(&app, &alice, "").await, [fresh]);
    say(&app, &alice, id, "customer", "Hello").await;
    let room = read(&app, &alice, id).await;
    let last = messages(&app, &alice, id).await.pop().unwrap();
    assert_eq!(
        (&room["message_count"], &room["last_message_at"], &room["status"]),
        (&json!(2), &last["timestamp"], &json!("active"))
    );
    assert_eq!(rooms(&app, &alice, "").await, [room]);
}

#[tokio::test]
async fn a_room_of_an_administrator_is_for_a_customer_of_its_own() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let created = post(&app, &admin, ROOMS, &json!({ "customer_name": "Walk In" })).await;
    assert_eq!((created.status, &created.body["customer_name"]), (201, &json!("Walk In")));
    assert_eq!(created.body["customer_id"], created.body["room_id"]);
    let id = created.body["room_id"].as_str().unwrap();
    let asked = say(&app, &admin, id, "customer", "What is your return policy?").await;
    assert_eq!((&asked["user_type"], &asked["ai_analysis"]["intent"]), (&json!("customer"), &json!("inquiry")));
    let said = messages(&app, &admin, id).await;
    assert_eq!(column(&said, "user_type"), ["customer", "admin"]);
    assert_eq!(said[0]["user_id"], created.body["customer_id"]);
}

#[tokio::test]
async fn rooms_are_listed_by_newest_activity_page_by_page_without_the_closed_ones() {
    let app = TestApp::start().await;
    let (admin, alice, bob) = (administrator(&app).await, customer(&app, "alice").await, customer(&app, "bob").await);
    let mut ids = Vec::new();
    for owner in [&alice, &bob, &alice] {
        ids.push(room(&app, owner).await);
    }
    say(&app, &alice, &ids[0], "customer", "Hello").await;
    let order = [&ids[0], &ids[2], &ids[1]].map(String::as_str);
    assert_eq!(column(&rooms(&app, &admin, "").await, "id"), order);
    assert_eq!(column(&rooms(&app, &alice, "").await, "id"), [&ids[0], &ids[2]].map(String::as_str));
    assert_eq!(column(&rooms(&app, &admin, "?limit=1&skip=1").await, "id"), order[1..2]);
    assert_eq!(rooms(&app, &admin, "?skip=3").await, Vec::<Value>::new());
    assert_eq!(column(&rooms(&app, &admin, "?limit=100000").await, "id"), order);
    for (query, field) in [("limit=0", "limit"), ("limit=x", "limit"), ("skip=-1", "skip"), ("skip=1.5", "skip")] {
        assert_eq!(get(&app, &admin, &format!("{ROOMS}?{query}")).await.wrong_field(), field);
    }
}

#[tokio::test]
async fn the_same_idempotency_key_begins_one_room_for_customers_and_for_administrators() {
    let app = TestApp::start().await;
    for who in [customer(&app, "alice").await, administrator(&app).await] {
        let begin = |name: &str| {
            let request = request(&app, Method::POST, ROOMS).bearer_auth(&who.token);
            send(request.header("Idempotency-Key", "once").json(&json!({ "customer_name": name })))
        };
        let replies = futures_util::future::join_all((0..10).map(|_| begin("Alice"))).await;
        for reply in &replies {
            assert_eq!((reply.status, &reply.body), (201, &replies[0].body));
        }
        begin("Bob").await.detail(409);
    }
}

#[tokio::test]
async fn a_room_that_can_be_none_is_refused_with_the_fields_name() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    for body in [
        json!({}),
        json!({ "customer_name": null }),
        json!({ "customer_name": 7 }),
        json!({ "customer_name": " " }),
        json!({ "customer_name": "a\nb" }),
        json!({ "customer_name": "x".repeat(201) }),
    ] {
        assert_eq!(post(&app, &alice, ROOMS, &body).await.wrong_field(), "customer_name", "{body}");
    }
    for bad in ["x".repeat(129), "a%20b".to_owned(), "a%00b".to_owned()] {
        assert_eq!(get(&app, &alice, &format!("{ROOMS}/{bad}")).await.wrong_field(), "room_id", "{bad}");
    }
    assert_eq!(get(&app, &alice, &format!("{ROOMS}/no-such-room")).await.detail(404), "Resource not found");
}

#[tokio::test]
async fn a_room_that_waits_for_a_person_is_pending_until_one_answers() {
    let app = TestApp::start().await;
    let (admin, alice) = (administrator(&app).await, customer(&app, "alice").await);
    let id = room(&app, &alice).await;
    say(&app, &alice, &id, "customer", "I want to talk to a human agent").await;
    assert_eq!(read(&app, &alice, &id).await["status"], "pending");
    say(&app, &admin, &id, "admin", "Here I am").await;
    assert_eq!(read(&app, &alice, &id).await["status"], "active");
    say(&app, &alice, &id, "customer", "Finally").await;
    assert_eq!(read(&app, &admin, &id).await["status"], "pending");
}

#[tokio::test]
async fn the_documents_examples_work_in_their_order() {
    let app = TestApp::start().await;
    let login = log_in(&app, "admin", ADMIN_PASSWORD).await;
    let listed = get(&app, &user(&login.body), ROOMS).await;
    assert_eq!((listed.status, listed.body), (200, json!([])));
    assert_eq!(log_in(&app, ADMIN_EMAIL, ADMIN_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_text_is_analyzed_as_documented_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let (admin, alice) = (administrator(&app).await, customer(&app, "alice").await);
    let path = "/api/chat/analyze";
    for who in [&admin, &alice] {
        let analyzed = post(&app, who, path, &json!({ "message": "Hello" })).await;
        assert_eq!(analyzed.status, 200, "{}", analyzed.body);
        assert_json_snapshot!("analyzed", analyzed.body, { ".confidence" => "[0..1]", ".suggestions[]" => "[text]" });
        let confidence = analyzed.body["confidence"].as_f64().unwrap();
        assert!((0.7..=1.0).contains(&confidence), "{confidence}");
    }
    assert_eq!(get(&app, &admin, ROOMS).await.body, json!([]));
    for (text, intent) in [
        ("I want to make a complaint", "complaint"),
        ("What is your return policy?", "inquiry"),
        ("I forgot my password", "support"),
        ("I love your shop, great service!", "feedback"),
        ("Colourless green ideas sleep furiously", "uncategorized"),
    ] {
        assert_eq!(post(&app, &admin, path, &json!({ "message": text })).await.body["intent"], intent, "{text}");
    }
    for bad in [json!({}), json!({ "message": " " }), json!({ "message": 1 })] {
        assert_eq!(post(&app, &alice, path, &bad).await.wrong_field(), "message");
    }
    post(&app, &alice, path, &json!({ "message": "x".repeat(40_000) })).await.detail(413);
}
