//! `/api/chat/rooms/{room_id}/messages`

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{administrator, column, customer, get, messages, messages_path, post, request, room, say};
use crate::support::app::TestApp;
use crate::support::rest::send;

#[tokio::test]
async fn a_customers_message_gets_the_documented_answer() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    let id = room(&app, &alice).await;
    let sent = say(&app, &alice, &id, "customer", "Hello").await;
    assert_eq!(sent["room_id"], id);
    assert_json_snapshot!("sent", sent, {
        ".message_id" => "[id]",
        ".room_id" => "[id]",
        ".timestamp" => "[time]",
        ".ai_analysis.confidence" => "[0..1]",
        ".ai_analysis.suggestions[]" => "[text]",
    });
    assert!((0.7..=1.0).contains(&sent["ai_analysis"]["confidence"].as_f64().unwrap()));
}

#[tokio::test]
async fn messages_are_listed_as_documented_and_the_suggestion_is_for_administrators() {
    let app = TestApp::start().await;
    let (admin, alice) = (administrator(&app).await, customer(&app, "alice").await);
    let id = room(&app, &alice).await;
    say(&app, &alice, &id, "customer", "What is your return policy?").await;
    say(&app, &admin, &id, "admin", "Anything else?").await;
    let redact = |rows: Vec<Value>| {
        let mut rows = rows;
        for row in &mut rows {
            for field in ["id", "room_id", "timestamp"] {
                assert!(row[field].is_string());
                row[field] = json!(format!("[{field}]"));
            }
            if [&alice.id, &admin.id].iter().any(|id| row["user_id"] == json!(id)) {
                row["user_id"] = json!("[a known id]");
            }
        }
        rows
    };
    let (seen, known) = (messages(&app, &alice, &id).await, messages(&app, &admin, &id).await);
    assert_eq!(known[0]["ai_suggestion"], known[1]["content"]);
    assert_json_snapshot!("listed_for_a_customer", redact(seen));
    assert_json_snapshot!("listed_for_an_administrator", redact(known));
}

#[tokio::test]
async fn messages_come_oldest_first_page_by_page_with_their_intents() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    let id = room(&app, &alice).await;
    for n in 0..60 {
        say(&app, &alice, &id, "customer", if n % 2 == 0 { "Hello" } else { "What is your return policy?" }).await;
    }
    let all = messages(&app, &alice, &id).await;
    assert_eq!(all.len(), 120);
    assert_eq!(&column(&all, "user_type")[..4], ["customer", "admin", "customer", "admin"]);
    assert_eq!(&column(&all, "intent")[..4], ["greeting", "greeting", "inquiry", "inquiry"]);
    let page = async |query: &str| {
        get(&app, &alice, &format!("{}?{query}", messages_path(&id))).await.body.as_array().unwrap().clone()
    };
    assert_eq!(page("").await, all[..50]);
    assert_eq!(page("skip=50").await, all[50..100]);
    assert_eq!(page("skip=110&limit=50").await, all[110..]);
    assert_eq!(page("limit=1&skip=118").await, all[118..119]);
    assert_eq!(page("limit=1000000").await, all);
    assert_eq!(page("skip=1000000000").await, Vec::<Value>::new());
    for (query, field) in [("limit=0", "limit"), ("limit=ten", "limit"), ("skip=-1", "skip")] {
        let reply = get(&app, &alice, &format!("{}?{query}", messages_path(&id))).await;
        assert_eq!(reply.wrong_field(), field);
    }
}

#[tokio::test]
async fn an_administrators_message_is_a_persons_and_the_assistant_is_silent_then() {
    let app = TestApp::start().await;
    let (admin, alice) = (administrator(&app).await, customer(&app, "alice").await);
    let id = room(&app, &alice).await;
    let taken = say(&app, &admin, &id, "admin", "I will look into it").await;
    assert_eq!(taken["user_type"], "admin");
    assert_eq!(taken["ai_analysis"], json!({ "intent": null, "confidence": null, "suggestions": [] }));
    let sent = say(&app, &alice, &id, "customer", "Hello").await;
    let understood = (&sent["ai_analysis"]["intent"], &sent["ai_analysis"]["suggestions"]);
    assert_eq!(understood, (&json!("greeting"), &json!([])), "what is suggested is for the staff");
    let said = messages(&app, &alice, &id).await;
    assert_eq!(column(&said, "content"), ["I will look into it", "Hello"]);
    assert_eq!((&said[0]["user_id"], &said[0]["is_ai_generated"]), (&json!(admin.id), &json!(false)));
}

#[tokio::test]
async fn fixed_texts_are_not_the_assistants() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    let id = room(&app, &alice).await;
    for text in ["Hello", "Colourless green ideas sleep furiously", "I want to talk to a human agent"] {
        say(&app, &alice, &id, "customer", text).await;
    }
    let said = messages(&app, &alice, &id).await;
    let made: Vec<_> = said.iter().map(|row| (row["intent"].as_str(), row["is_ai_generated"] == true)).collect();
    let (greeting, unknown, support) = (Some("greeting"), Some("uncategorized"), Some("support"));
    let expected = [
        (greeting, false),
        (greeting, true),
        (unknown, false),
        (unknown, false),
        (support, false),
        (None, false),
        (None, false),
    ];
    assert_eq!(made, expected);
    let expected = [&alice.id, "assistant", &alice.id, "assistant", &alice.id, "system", "system"].map(str::to_owned);
    assert_eq!(column(&said, "user_id"), expected);
}

#[tokio::test]
async fn the_same_message_twice_counts_once_and_gets_the_same_answer() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    let id = room(&app, &alice).await;
    let by_header = || {
        let request = request(&app, Method::POST, &messages_path(&id)).bearer_auth(&alice.token);
        send(request.header("Idempotency-Key", "once").json(&json!({ "content": "Hello", "user_type": "customer" })))
    };
    let by_id = || async {
        let body = json!({ "content": "Hello", "user_type": "customer", "id": "mine-1" });
        post(&app, &alice, &messages_path(&id), &body).await
    };
    let first = futures_util::future::join_all((0..10).map(|_| by_header())).await;
    assert!(first.iter().all(|reply| (reply.status, &reply.body) == (201, &first[0].body)), "{first:?}");
    let second = futures_util::future::join_all((0..10).map(|_| by_id())).await;
    assert!(second.iter().all(|reply| (reply.status, &reply.body) == (201, &second[0].body)), "{second:?}");
    assert_ne!(first[0].body["message_id"], second[0].body["message_id"]);
    let said = messages(&app, &alice, &id).await;
    assert_eq!(said.iter().filter(|row| row["user_type"] == "customer").count(), 2);
    let other = request(&app, Method::POST, &messages_path(&id)).bearer_auth(&alice.token);
    let body = json!({ "content": "Goodbye", "user_type": "customer" });
    send(other.header("Idempotency-Key", "once").json(&body)).await.detail(409);
    let body = json!({ "content": "Goodbye", "user_type": "customer", "id": "mine-1" });
    post(&app, &alice, &messages_path(&id), &body).await.detail(409);
}

#[tokio::test]
async fn a_message_that_can_be_none_is_refused_with_the_fields_name() {
    let app = TestApp::start().await;
    let alice = customer(&app, "alice").await;
    let id = room(&app, &alice).await;
    for (body, field) in [
        (json!({ "user_type": "customer" }), "content"),
        (json!({ "content": null, "user_type": "customer" }), "content"),
        (json!({ "content": " \n", "user_type": "customer" }), "content"),
        (json!({ "content": { "text": "hi" }, "user_type": "customer" }), "content"),
        (json!({ "content": "hi" }), "user_type"),
        (json!({ "content": "hi", "user_type": "agent" }), "user_type"),
        (json!({ "content": "hi", "user_type": "customer", "id": 7 }), "id"),
        (json!({ "content": "hi", "user_type": "customer", "id": "" }), "id"),
        (json!({ "content": "hi", "user_type": "customer", "id": "x".repeat(129) }), "id"),
        (json!(["hi", "customer"]), "body"),
    ] {
        assert_eq!(post(&app, &alice, &messages_path(&id), &body).await.wrong_field(), field, "{body}");
    }
    let long = json!({ "content": "x".repeat(40_000), "user_type": "customer" });
    post(&app, &alice, &messages_path(&id), &long).await.detail(413);
    assert!(messages(&app, &alice, &id).await.is_empty());
}
