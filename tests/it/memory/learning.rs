//! What customers say of themselves is known in their next conversation, on any channel, and gone when they want it gone.

use serde_json::json;

use super::{asks, customer, is, learnt, of};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::rest::{customer_token, get, message, post, send};
use crate::support::ws::Client;

#[tokio::test]
async fn whoever_said_their_name_is_greeted_by_it_in_the_next_conversation_and_on_another_channel() {
    let app = TestApp::start().await;
    let mut first = customer(&app, "ana", "first").await;
    assert!(!asks(&mut first, "Hello!").await.contains("Ana"));
    asks(&mut first, "My name is Ana López, and I prefer express shipping.").await;
    learnt(&app, "ana", "name", is("Ana López")).await;
    learnt(&app, "ana", "preferred_shipping", is("express shipping")).await;
    let mut second = customer(&app, "ana", "second").await;
    let greeting = asks(&mut second, "Hello!").await;
    assert!(greeting.starts_with("Hello Ana!"), "{greeting}");
    assert!(!asks(&mut second, "Hello again!").await.contains("Ana"), "once is enough");
    let mail = json!({
        "message": { "text": "Hi, what is your return policy?" }, "userId": "ana", "sessionId": "third", "channel": "email"
    });
    let answer = send(post(&app, "/api/core/messages").json(&mail)).await;
    assert!(answer.body["response"]["text"].as_str().unwrap().starts_with("Hi Ana!"), "{}", answer.body);
    let other = send(post(&app, "/api/core/messages").json(&message("other", "Hello!"))).await;
    assert!(!other.body["response"]["text"].as_str().unwrap().contains("Ana"), "{}", other.body);
    app.stop().await;
}

#[tokio::test]
async fn the_contact_that_a_customer_gives_is_in_their_record_too() {
    let app = TestApp::start().await;
    let mut socket = customer(&app, "ana", "s").await;
    asks(&mut socket, "My name is Ana. My email is ana@example.com and my phone number is +1 555 010 9999").await;
    learnt(&app, "ana", "phone", is("+15550109999")).await;
    learnt(&app, "ana", "email", is("ana@example.com")).await;
    let admin = crate::support::rest::admin_token(&app).await;
    let card = send(crate::support::rest::get_as(&app, &admin, "/api/console/customers/ana")).await.body;
    assert_eq!(
        (&card["name"], &card["email"], &card["phone"]),
        (&json!("Ana"), &json!("ana@example.com"), &json!("+15550109999"))
    );
    app.stop().await;
}

/// The customer's record, as soon as a part of their contact is gone.
async fn card_without(app: &TestApp, part: &str) -> serde_json::Value {
    let admin = crate::support::rest::admin_token(app).await;
    let began = std::time::Instant::now();
    loop {
        let card = send(crate::support::rest::get_as(app, &admin, "/api/console/customers/ana")).await.body;
        if card[part].is_null() {
            return card;
        }
        assert!(began.elapsed() < PATIENCE, "{card}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whoever_is_forgotten_leaves_no_contact_in_their_record_but_under_a_legal_hold() {
    let app = TestApp::start().await;
    let mut socket = customer(&app, "ana", "s").await;
    let contact = "My name is Ana. My email is ana@example.com and my phone number is +1 555 010 9999";
    asks(&mut socket, contact).await;
    learnt(&app, "ana", "phone", is("+15550109999")).await;
    asks(&mut socket, "Forget my email address").await;
    let card = card_without(&app, "email").await;
    assert_eq!((&card["name"], &card["phone"]), (&json!("Ana"), &json!("+15550109999")), "{card}");
    asks(&mut socket, "Please forget me").await;
    let card = card_without(&app, "name").await;
    assert_eq!(card["phone"], json!(null), "{card}");

    asks(&mut socket, contact).await;
    learnt(&app, "ana", "phone", is("+15550109999")).await;
    let admin = crate::support::rest::admin_token(&app).await;
    let hold = reqwest::Client::new().put(app.url("/api/console/customers/ana/hold")).bearer_auth(&admin);
    assert_eq!(send(hold.json(&json!({ "reason": "a court" }))).await.status, 200);
    asks(&mut socket, "Please forget me").await;
    learnt(&app, "ana", "phone", |value| value.is_none()).await;
    // What comes behind the wish is learnt once the wish is through.
    asks(&mut socket, "I'm vegan").await;
    learnt(&app, "ana", "diet", is("vegan")).await;
    let card = send(crate::support::rest::get_as(&app, &admin, "/api/console/customers/ana")).await.body;
    assert_eq!((&card["name"], &card["email"]), (&json!("Ana"), &json!("ana@example.com")), "{card}");
    app.stop().await;
}

#[tokio::test]
async fn an_order_number_is_offered_again_and_not_taken_for_granted() {
    let app = TestApp::start().await;
    let mut first = customer(&app, "jo", "first").await;
    asks(&mut first, "Where is my order?").await;
    assert!(asks(&mut first, "12345").await.contains("#12345"));
    learnt(&app, "jo", "order_number", is("12345")).await;
    let again = json!({
        "message": { "text": "Hello, I need help with my order" }, "userId": "jo", "sessionId": "second"
    });
    let asked = send(post(&app, "/api/core/messages").json(&again)).await.body;
    assert_eq!(asked["context"]["intent"], "order_inquiry", "no number was named in this session");
    assert!(asked["response"]["text"].as_str().unwrap().contains("#12345"), "{asked}");
    let context = send(get(&app, "/api/core/sessions/second/context")).await.body;
    assert_eq!(context["context"]["entities"]["order_number"], json!(null));
    let mut second = customer(&app, "jo", "second").await;
    let answer = asks(&mut second, "Yes").await;
    assert!(answer.starts_with("I'll help you with your order #12345"), "{answer}");
    app.stop().await;
}

#[tokio::test]
async fn whoever_wants_to_be_forgotten_is_told_so_and_is() {
    let app = TestApp::start().await;
    let mut socket = customer(&app, "ana", "first").await;
    asks(&mut socket, "My name is Ana").await;
    asks(&mut socket, "Where is my order 12345?").await;
    learnt(&app, "ana", "name", is("Ana")).await;
    learnt(&app, "ana", "order_number", is("12345")).await;
    assert_eq!(asks(&mut socket, "Forget my order number").await, "Done. I no longer remember your order number.");
    learnt(&app, "ana", "order_number", |value| value.is_none()).await;
    learnt(&app, "ana", "name", is("Ana")).await;
    let began = std::time::Instant::now();
    while !send(get(&app, "/api/core/sessions/first/context")).await.body["context"]["entities"]["order_number"]
        .is_null()
    {
        assert!(began.elapsed() < PATIENCE, "the session itself forgets it too");
        tokio::task::yield_now().await;
    }
    assert!(!asks(&mut socket, "Where is my order?").await.contains("12345"));
    let answer = asks(&mut socket, "Please delete everything you know about me").await;
    assert!(answer.starts_with("Done. I no longer remember anything about you."), "{answer}");
    learnt(&app, "ana", "name", |value| value.is_none()).await;
    assert_eq!(of(&app, "ana", "").await, [] as [serde_json::Value; 0]);
    let mut next = customer(&app, "ana", "second").await;
    assert!(!asks(&mut next, "Hello!").await.contains("Ana"));
    app.stop().await;
}

#[tokio::test]
async fn who_has_not_signed_in_is_remembered_only_as_the_visitor_that_they_are() {
    let app = TestApp::start().await;
    let mut visitor = Client::connect(app.ws_url("/ws?userId=ana&sessionId=visit")).await;
    asks(&mut visitor, "My name is Mallory").await;
    learnt(&app, "~visit", "name", is("Mallory")).await;
    assert_eq!(of(&app, "ana", "").await, [] as [serde_json::Value; 0], "a name that anybody may give proves nothing");
    let token = customer_token(&app, "ana").await;
    let mut ana = Client::connect(app.ws_url(&format!("/ws?userId=ana&sessionId=own&token={token}"))).await;
    assert!(!asks(&mut ana, "Hello!").await.contains("Mallory"));
    app.stop().await;
}

#[tokio::test]
async fn of_two_words_that_are_learnt_together_the_newer_one_stays() {
    let app = TestApp::start().await;
    let mut socket = customer(&app, "ana", "s").await;
    // Both are there before anybody looks: what is said gathers before it is read.
    for (number, said) in ["My name is Hanna.", "Sorry, my name is Ana.", "I'm vegan"].into_iter().enumerate() {
        socket.send(json!({ "type": "text", "text": said, "id": format!("m{number}") })).await;
    }
    learnt(&app, "ana", "diet", is("vegan")).await;
    learnt(&app, "ana", "name", is("Ana")).await;
    app.stop().await;
}

#[tokio::test]
async fn cards_and_passwords_are_not_learnt() {
    let app = TestApp::start().await;
    let mut socket = customer(&app, "ana", "s").await;
    asks(&mut socket, "I prefer to pay by credit card 4111 1111 1111 1111").await;
    asks(&mut socket, "I prefer email, my password is hunter2").await;
    asks(&mut socket, "My name is Ana").await;
    learnt(&app, "ana", "name", is("Ana")).await;
    let known = of(&app, "ana", "").await;
    assert!(!serde_json::to_string(&known).unwrap().contains("4111"), "{known:?}");
    assert!(!serde_json::to_string(&known).unwrap().contains("hunter2"), "{known:?}");
    app.stop().await;
}
