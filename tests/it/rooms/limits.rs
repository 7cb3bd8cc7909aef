//! How often: an address by the minute, a user by the hour, both at once.

use reqwest::Method;

use super::{customer, get, request};
use crate::support::app::TestApp;
use crate::support::rest::{Reply, send};

async fn limited(address: u32, user: u32) -> TestApp {
    TestApp::start_with(|config| {
        config.limits.enabled = true;
        config.limits.rooms_address_requests = address;
        config.limits.rooms_user_requests = user;
    })
    .await
}

fn left(reply: &Reply) -> (u32, u32) {
    let number = |name| reply.header(name).parse().unwrap();
    (number("x-ratelimit-limit"), number("x-ratelimit-remaining"))
}

#[tokio::test]
async fn the_documented_numbers_are_the_default() {
    let app = TestApp::start_with(|config| config.limits.enabled = true).await;
    assert_eq!(left(&send(request(&app, Method::GET, "/api/auth/me")).await), (100, 99));
    let config = switchboard::config::Config::load(None).unwrap();
    assert_eq!(config.limits.rooms_user_requests, 1_000);
}

#[tokio::test]
async fn an_address_is_refused_beyond_its_requests_whoever_asks() {
    let app = limited(4, 100).await;
    let alice = customer(&app, "alice").await;
    for (path, status, remaining) in [("/api/auth/me", 200, 2), ("/api/nowhere", 404, 2), ("/api/chat/rooms/x", 404, 1)]
    {
        let reply = get(&app, &alice, path).await;
        assert_eq!(reply.status, status);
        if !path.ends_with("nowhere") {
            assert_eq!(left(&reply), (4, remaining), "{path}");
        }
    }
    assert_eq!(left(&send(request(&app, Method::GET, "/api/chat/rooms")).await), (4, 0));
    let refused = get(&app, &alice, "/api/auth/me").await;
    assert_eq!(left(&refused), (4, 0));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert!(refused.detail(429).starts_with("Rate limit exceeded"));
    assert_eq!(send(request(&app, Method::GET, "/health")).await.status, 200);
}

#[tokio::test]
async fn a_user_is_refused_beyond_their_requests_and_others_are_not() {
    let app = limited(100, 2).await;
    let (alice, bob) = (customer(&app, "alice").await, customer(&app, "bob").await);
    for remaining in [1, 0] {
        assert_eq!(left(&get(&app, &alice, "/api/auth/me").await), (2, remaining));
    }
    let refused = get(&app, &alice, "/api/auth/me").await;
    assert_eq!(left(&refused), (2, 0));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((61..=3600).contains(&wait), "{wait}");
    refused.detail(429);
    assert_eq!(left(&get(&app, &bob, "/api/auth/me").await), (2, 1));
}
