//! What a receiver hears, signed as it can check, in the order in which it happened.

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::json;
use switchboard::auth::SigningSecret;

use super::receiver::Receiver;
use super::{assert_each_once_in_order, assert_signed, care, hook, origin, path, quick, say, until};
use crate::support::app::TestApp;
use crate::support::rest::{Parrot, Silent};
use switchboard::app::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_heard_from_its_beginning_to_its_end() {
    let receiver = Receiver::start().await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    say(&origin, "before", "Hello").await;
    let hook = hook(&origin, &receiver).await;
    let secret = hook["secret"].as_str().unwrap();
    say(&origin, "s1", "My address is jo@mail.example").await;
    let taken = receiver.until(|taken| taken.len() >= 2).await;
    let kinds: Vec<&str> = taken.iter().map(|taken| taken.body["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["conversation.started", "message.received"], "and nothing from before it was made");
    let data = &taken[1].body["data"];
    assert_eq!(data["conversation_id"], "s1");
    assert_eq!((&data["channel"], &data["customer_id"]), (&json!("web"), &json!("user123")));
    assert_eq!(data["message"], "My address is <email>", "the organization's privacy rules hold here too");
    assert!(data["message_id"].is_string() && taken[1].body["timestamp"].is_string());
    taken.iter().for_each(|taken| assert_signed(taken, &[secret]));
    assert_each_once_in_order(&taken);
    until(&origin, &hook, |hook| hook["waiting"] == 0).await;
    let finished = super::deliveries(&origin, &hook, "finished").await;
    assert_eq!(finished.len(), 2);
    assert_eq!((&finished[0]["event"], &finished[0]["attempts"]), (&json!("message.received"), &json!(1)));
    assert_eq!((&finished[0]["id"], &finished[0]["last_attempt"]["status"]), (&json!(taken[1].id), &json!(200)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_ends_in_the_fallback_is_an_error_that_is_heard_of() {
    let receiver = Receiver::start().await;
    let world = World { responder: Some(std::sync::Arc::new(Silent)), ..World::default() };
    let app = TestApp::start_in_world(
        |config| {
            quick(config);
            config.assistant.deadline_ms = 50;
        },
        world,
    )
    .await;
    let origin = origin(&app);
    let wanted = json!({ "url": receiver.url, "events": ["error.occurred"] });
    assert_eq!(care(&origin, Method::POST, "/webhooks", Some(wanted)).await.status, 201);
    say(&origin, "s1", "Hello?").await;
    let taken = receiver.until(|taken| !taken.is_empty()).await;
    assert_eq!(
        (&taken[0].body["type"], &taken[0].body["data"]["error"]),
        (&json!("error.occurred"), &json!("fallback"))
    );
    assert_eq!(taken.len(), 1, "it hears of nothing else");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_replaced_both_are_signed_with() {
    let receiver = Receiver::start().await;
    let app = TestApp::start_in_world(quick, Parrot::world(None)).await;
    let origin = origin(&app);
    let hook = hook(&origin, &receiver).await;
    let old = hook["secret"].as_str().unwrap();
    let rotated = care(&origin, Method::POST, &format!("{}/secret", path(&hook)), None).await;
    assert_eq!(rotated.status, 200, "{}", rotated.body);
    let new = rotated.body["secret"].as_str().unwrap();
    assert!(new != old && rotated.body["previous_secret_until"].is_string());
    say(&origin, "s1", "Hello").await;
    let taken = receiver.until(|taken| taken.len() >= 2).await;
    taken.iter().for_each(|taken| assert_signed(taken, &[new, old]));
    let chosen = json!({ "secret": "0123456789abcdef" });
    let chosen = care(&origin, Method::POST, &format!("{}/secret", path(&hook)), Some(chosen)).await;
    assert_eq!(chosen.body["secret"], "0123456789abcdef");
    let pinged = care(&origin, Method::POST, &format!("{}/ping", path(&hook)), None).await;
    assert_eq!((&pinged.body["delivered"], &pinged.body["attempt"]["status"]), (&json!(true), &json!(200)));
    let ping = receiver.until(|taken| taken.len() >= 3).await[2].clone();
    assert_eq!(ping.body["type"], "ping");
    assert_signed(&ping, &["0123456789abcdef", new]);
    assert!(SigningSecret::generate().text().expose_secret().starts_with("whsec_"));
    app.stop().await;
}
