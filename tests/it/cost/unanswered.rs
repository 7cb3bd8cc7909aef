//! Questions that had no answer, until somebody wrote one.

use reqwest::Method;
use serde_json::{Value, json};

use super::{console, read, say};
use crate::support::app::TestApp;
use crate::support::rest::{get_as, key_of, send};

async fn listed(app: &TestApp, status: &str) -> Vec<(String, u64)> {
    let page = read(app, &format!("/unanswered?status={status}")).await;
    let row = |row: &Value| (row["question"].as_str().unwrap().to_owned(), row["asked"].as_u64().unwrap());
    page["items"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn what_nobody_could_answer_is_counted_together_most_asked_first_and_only_once() {
    let app = TestApp::start().await;
    say(&app, "a", "Do you repair violins for jo@example.com?").await;
    say(&app, "b", "What is your return policy?").await;
    for session in ["c", "d"] {
        say(&app, session, "Do you tune harpsichords?").await;
    }
    let open = listed(&app, "open").await;
    let harpsichords = ("Do you tune harpsichords?".to_owned(), 2);
    assert_eq!(open, [harpsichords.clone(), ("Do you repair violins for <email>?".to_owned(), 1)]);
    let app = app.restart_with(|_| {}).await;
    assert_eq!(listed(&app, "open").await[0], harpsichords, "a restart counts nothing twice");

    let page = read(&app, "/unanswered").await;
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(page["items"][0]["examples"][0]["session"], "c");
    let theirs = key_of(&app, "acme", &["*"]).await;
    assert_eq!(send(get_as(&app, &theirs, "/api/console/unanswered")).await.status, 403, "a key is no person");
    let dismissed = console(&app, Method::POST, &format!("/unanswered/{id}/dismiss"), None).await;
    assert_eq!((dismissed.status, &dismissed.body["status"]), (200, &json!("dismissed")), "{}", dismissed.body);
    assert_eq!(listed(&app, "open").await.len(), 1);
    assert_eq!(listed(&app, "dismissed").await, [harpsichords]);
    for (id, status) in [("x", 404), ("0190a6f4-7c1e-7000-8000-000000000001", 404)] {
        assert_eq!(console(&app, Method::POST, &format!("/unanswered/{id}/dismiss"), None).await.status, status);
    }
    assert_eq!(console(&app, Method::GET, "/unanswered?status=lost", None).await.status, 400);
    app.stop().await;
}

#[tokio::test]
async fn who_only_tells_of_themselves_has_asked_nothing() {
    let app = TestApp::start().await;
    for (session, told) in [
        ("a", "I am Jo Smith, my order is 88112"),
        ("b", "My name is Ana Low and my email is ana@example.com"),
        ("c", "Hello, I'm Bob. You can reach me at +1 555 010 9999"),
    ] {
        say(&app, session, told).await;
    }
    say(&app, "d", "I am Jo Smith, do you tune harpsichords?").await;
    let open = listed(&app, "open").await;
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open[0].0.contains("harpsichords"), "{open:?}");
    app.stop().await;
}

#[tokio::test]
async fn an_answer_counts_among_the_questions_that_an_organization_may_have() {
    let app = TestApp::start_with(|config| config.documents.faqs_max = 1).await;
    say(&app, "a", "Do you tune harpsichords?").await;
    say(&app, "b", "Where can kites be flown?").await;
    let page = read(&app, "/unanswered").await;
    let path = |n: usize| format!("/unanswered/{}/faq", page["items"][n]["id"].as_str().unwrap());
    let answer = || Some(json!({ "answer": "Yes." }));
    assert_eq!(console(&app, Method::POST, &path(0), answer()).await.status, 201);
    let refused = console(&app, Method::POST, &path(1), answer()).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (409, &json!("conflict")), "{}", refused.body);
    assert_eq!(listed(&app, "open").await.len(), 1, "the question stays");
    assert_eq!(read(&app, "/knowledge/stats").await["faqs"], 1);
    app.stop().await;
}

#[tokio::test]
async fn an_answer_that_somebody_writes_is_found_from_then_on() {
    let app = TestApp::start().await;
    say(&app, "a", "Do you tune harpsichords?").await;
    let page = read(&app, "/unanswered").await;
    let path = format!("/unanswered/{}/faq", page["items"][0]["id"].as_str().unwrap());
    let empty = console(&app, Method::POST, &path, Some(json!({ "answer": " " }))).await;
    assert_eq!((empty.status, &empty.body["error"]["field"]), (400, &json!("answer")), "{}", empty.body);
    let answer = json!({ "answer": "Yes, every Tuesday.", "url": "https://shop.example/tuning" });
    let written = console(&app, Method::POST, &path, Some(answer)).await;
    assert_eq!((written.status, &written.body["status"]), (201, &json!("answered")), "{}", written.body);
    assert!(written.body["faq"].is_string() && listed(&app, "open").await.is_empty());
    assert!(say(&app, "next", "do you tune HARPSICHORDS").await.contains("every Tuesday"), "the next customer has it");

    let again = console(&app, Method::POST, &path, Some(json!({ "answer": "No, never." }))).await;
    assert_eq!(again.status, 409, "who clicks twice writes one answer: {}", again.body);
    let faqs = read(&app, "/knowledge/faqs").await;
    assert_eq!(faqs["items"].as_array().unwrap().len(), 1, "{faqs}");
    let faq = written.body["faq"].as_str().unwrap();
    assert_eq!(console(&app, Method::DELETE, &format!("/knowledge/faqs/{faq}"), None).await.status, 204);
    let anew = console(&app, Method::POST, &path, Some(json!({ "answer": "Not any more." }))).await;
    assert_eq!(anew.status, 201, "its answer is gone: {}", anew.body);
    app.stop().await;
}

#[tokio::test]
async fn an_answer_to_a_group_is_checked_and_counted_as_any_other() {
    let app = TestApp::start_with(|config| config.documents.faqs_max = 1).await;
    say(&app, "a", "Do you tune harpsichords?").await;
    say(&app, "b", "Do you repair violins?").await;
    let page = read(&app, "/unanswered").await;
    let path = |n: usize| format!("/unanswered/{}/faq", page["items"][n]["id"].as_str().unwrap());
    for (body, field) in [
        (json!({ "answer": "x", "url": "https://u:p@shop.example" }), "url"),
        (json!({ "answer": "x", "url": "https://" }), "url"),
        (json!({ "answer": "x", "question": "a\nb" }), "question"),
        (json!({ "answer": "x", "variants": ["fine", " "] }), "variants[1]"),
    ] {
        let refused = console(&app, Method::POST, &path(0), Some(body)).await;
        assert_eq!((refused.status, &refused.body["error"]["field"]), (400, &json!(field)), "{}", refused.body);
    }
    let first = console(&app, Method::POST, &path(0), Some(json!({ "answer": "Yes." }))).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let full = console(&app, Method::POST, &path(1), Some(json!({ "answer": "Yes." }))).await;
    assert_eq!(full.status, 409, "{}", full.body);
    assert_eq!(listed(&app, "open").await.len(), 1, "and it stays open");
    app.stop().await;
}

#[tokio::test]
async fn a_customers_own_numbers_are_in_no_example() {
    let app = TestApp::start().await;
    say(&app, "a", "Do you tune harpsichords with 4111 1111 1111 1111 and DE89 3704 0044 0532 0130 00?").await;
    let page = read(&app, "/unanswered").await.to_string();
    assert!(page.contains("tune harpsichords with <card>") && page.contains("<iban>"), "{page}");
    assert!(!page.contains("1111") && !page.contains("3704"), "{page}");
    app.stop().await;
}
