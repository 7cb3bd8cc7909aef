//! How often: public endpoints by address, the others by user.

use insta::assert_json_snapshot;
use reqwest::Method;

use super::{Reply, User, conversation, customer, get, request, send};
use crate::support::app::TestApp;
use crate::support::ws::Client;

async fn limited(public: u32, user: u32) -> TestApp {
    TestApp::start_with(|config| {
        config.limits.enabled = true;
        config.limits.care_public_requests = public;
        config.limits.care_user_requests = user;
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
    assert_eq!(left(&send(request(&app, Method::GET, "/health")).await), (100, 99));
    let user = customer(&app, "user").await;
    assert_eq!(left(&get(&app, &user, "/conversations").await), (1000, 999));
}

#[tokio::test]
async fn an_address_is_refused_beyond_its_public_requests_with_the_documented_error() {
    let app = limited(3, 100).await;
    for (path, status, remaining) in [("/health", 200, 2), ("/v1/nowhere", 404, 1), ("/conversations", 401, 0)] {
        let reply = send(request(&app, Method::GET, path)).await;
        assert_eq!((reply.status, left(&reply)), (status, (3, remaining)), "{path}");
    }
    let refused = send(request(&app, Method::GET, "/health")).await;
    assert_eq!(left(&refused), (3, 0));
    let retry: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&retry));
    assert!(refused.header("x-ratelimit-reset").parse::<u64>().unwrap() > 1_700_000_000);
    assert_json_snapshot!("too_many", refused.refused(429), { ".details.retry_after" => "[seconds]" });
    let wrong = User { id: String::new(), token: "nonsense".to_owned() };
    get(&app, &wrong, "/conversations").await.refused(429);
    assert_eq!(send(request(&app, Method::GET, "/api/core/health")).await.status, 200);
}

#[tokio::test]
async fn with_a_token_only_the_users_own_limit_counts() {
    let app = limited(4, 3).await;
    let (user, other) = (customer(&app, "user").await, customer(&app, "other").await);
    send(request(&app, Method::GET, "/health")).await.refused(429);
    for (path, remaining) in [("/health", 2), ("/conversations", 1), ("/v1/analytics/conversations", 0)] {
        assert_eq!(left(&get(&app, &user, path).await), (3, remaining), "{path}");
    }
    get(&app, &user, "/health").await.refused(429);
    assert_eq!(left(&get(&app, &other, "/conversations").await), (3, 2));
}

#[tokio::test]
async fn sockets_do_not_count_as_requests() {
    let app = limited(2, 1).await;
    let user = customer(&app, "user").await;
    let id = conversation(&app, &user).await;
    get(&app, &user, "/conversations").await.refused(429);
    for path in ["/ws/conversations", "/v1/ws/conversations"] {
        Client::connect(app.ws_url(&format!("{path}/{id}?token={}", user.token))).await;
    }
}
