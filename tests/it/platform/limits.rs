//! Rate limits and their headers.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::rest::{Reply, customer_token, get, get_as, send};
use crate::support::ws::Client;

const PATH: &str = "/api/core/sessions/unknown/context";

fn remaining(answer: &Reply) -> u64 {
    answer.header("x-ratelimit-remaining").parse().unwrap()
}

async fn limited(requests: u32) -> TestApp {
    TestApp::start_with(|config| {
        config.limits.enabled = true;
        config.limits.platform_requests = requests;
    })
    .await
}

#[tokio::test]
async fn every_answer_says_what_is_left_of_the_limit() {
    let app = limited(100).await;
    let first = send(get(&app, PATH)).await;
    assert_eq!(first.status, 404, "limit headers are on errors too");
    assert_eq!((first.header("x-ratelimit-limit"), remaining(&first)), ("100", 99));
    let reset: i64 = first.header("x-ratelimit-reset").parse().unwrap();
    assert!(reset > 1_700_000_000, "Unix seconds: {reset}");
    assert_eq!(remaining(&send(get(&app, "/api/core/no-such-thing")).await), 98);
    assert_eq!(remaining(&send(get(&app, "/api/core/messages")).await), 97, "a wrong method counts");
}

#[tokio::test]
async fn beyond_the_limit_it_is_said_when_to_come_back() {
    let app = limited(2).await;
    for _ in 0..2 {
        assert_eq!(send(get(&app, PATH)).await.status, 404);
    }
    let refused = send(get(&app, PATH)).await;
    assert_eq!(refused.status, 429);
    assert_eq!(remaining(&refused), 0);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    insta::assert_json_snapshot!(refused.body, { ".requestId" => "[id]", ".error.details" => "[seconds]" });
}

#[tokio::test]
async fn everybody_has_a_limit_of_their_own() {
    let app = limited(2).await;
    let (one, two) = (customer_token(&app, "one").await, customer_token(&app, "two").await);
    for left in [1, 0] {
        assert_eq!(remaining(&send(get_as(&app, &one, PATH)).await), left);
    }
    let again = customer_token(&app, "one").await;
    assert_eq!(send(get_as(&app, &again, PATH)).await.status, 429, "another token of the same person");
    assert_eq!(remaining(&send(get_as(&app, &two, PATH)).await), 1);
    assert_eq!(remaining(&send(get(&app, PATH)).await), 1);
}

#[tokio::test]
async fn without_limits_nobody_is_refused_and_the_headers_stay() {
    let app = TestApp::start_with(|config| config.limits.platform_requests = 1).await;
    for _ in 0..5 {
        let answer = send(get(&app, PATH)).await;
        assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (404, "1"));
    }
}

#[tokio::test]
async fn sockets_have_limits_of_their_own() {
    let app = TestApp::start_with(|config| {
        config.limits.enabled = true;
        config.limits.live_upgrades = 2;
        config.limits.live_frames = 3;
    })
    .await;
    let path = app.ws_url("/ws?userId=user123&after=0");
    let mut customer = Client::connect(&path).await;
    for number in 1..=3 {
        customer.send(json!({ "type": "text", "text": "Hello", "id": format!("m{number}") })).await;
        customer.wait_for_type("ack").await;
    }
    customer.send(json!({ "type": "text", "text": "Hello", "id": "m4" })).await;
    assert_eq!(customer.wait_for_type("error").await["code"], "rate_limit_exceeded");
    let mut other = Client::connect(&path).await;
    other.wait_for_type("connection_established").await;
    assert_eq!(Client::try_connect(&path).await.err(), Some(429), "the third socket of one address in a minute");
}
