//! Who gets in: tokens, secrets, origins. Knowing an id opens nothing.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use switchboard::app::World;
use switchboard::clock::SystemClock;
use switchboard::domain::{CustomerId, Label, Organization, OrganizationId, Timestamp};
use switchboard::store::{Batch, record};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Request};

use super::{HandClock, accounts, customer_token, follower, post, say};
use crate::support::app::{API_KEY, TestApp};
use crate::support::ws::Client;

fn request(app: &TestApp, path: &str, name: &'static str, value: &str) -> Request<()> {
    let mut request = app.ws_url(path).into_client_request().unwrap();
    request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    request
}

/// The status of a refused socket.
async fn refused(app: &TestApp, query: &str) -> Option<u16> {
    Client::try_connect(app.ws_url(&format!("/ws?{query}"))).await.err()
}

/// The status of a read over REST.
async fn read(app: &TestApp, session: &str, credential: Option<&str>) -> u16 {
    let mut request = reqwest::Client::new().get(app.url(&format!("/api/core/sessions/{session}/context")));
    if let Some(credential) = credential {
        request = request.bearer_auth(credential);
    }
    request.send().await.unwrap().status().as_u16()
}

/// A customer's token of another organization.
async fn foreign_token(app: &TestApp, user: &str) -> String {
    let id = OrganizationId::parse("acme").unwrap();
    let acme =
        Organization { id: id.clone(), name: Label::parse("name", "Acme").unwrap(), created_at: Timestamp::default() };
    let mut batch = Batch::default();
    record::insert(&mut batch, &acme).unwrap();
    app.store().commit(batch).await.unwrap();
    let accounts = accounts(app, Arc::new(SystemClock)).await;
    accounts.issue_customer_token(&id, &CustomerId::parse(user).unwrap()).unwrap().token
}

#[tokio::test]
async fn a_token_counts_in_the_query_and_as_a_subprotocol_and_is_never_echoed() {
    let app = TestApp::start().await;
    let token = customer_token(&app, "ann").await;
    let mut in_query = Client::connect(app.ws_url(&format!("/ws?userId=ann&sessionId=s&token={token}&after=0"))).await;
    in_query.next().await;
    say(&mut in_query, "Hello", "m").await;
    let offer = format!("switchboard.v1, bearer.{token}");
    let (_, answer) =
        connect_async(request(&app, "/ws?userId=ann&sessionId=s", "sec-websocket-protocol", &offer)).await.unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "switchboard.v1");
    assert!(!format!("{:?}", answer.headers()).contains(&token));
    assert_eq!(refused(&app, "userId=bob&sessionId=s").await, Some(404));
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_refused() {
    let clock = HandClock::new();
    let world = World { clock: clock.clone(), ..World::default() };
    let app = TestApp::start_in_world(|_| {}, world).await;
    let ann = CustomerId::parse("ann").unwrap();
    let issuer = accounts(&app, clock.clone()).await;
    let token = issuer.issue_customer_token(&OrganizationId::default_organization(), &ann).unwrap().token;
    assert_eq!(refused(&app, &format!("userId=ann&token={token}")).await, None);
    assert_eq!(refused(&app, &format!("userId=bob&token={token}")).await, Some(404), "another customer's name");
    let mut parts = token.split('.');
    let (head, claims, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let tampered = URL_SAFE_NO_PAD
        .encode(String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap().replace("ann", "bob"));
    for bad in [
        "x".to_owned(),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{head}.{tampered}.{signature}"),
        format!("{head}.{claims}"),
    ] {
        assert_eq!(refused(&app, &format!("userId=ann&token={bad}")).await, Some(401), "{bad}");
        assert_eq!(refused(&app, &format!("userId=bob&token={bad}")).await, Some(401), "{bad}");
    }
    clock.forward_ms(2 * 3600 * 1000);
    assert_eq!(refused(&app, &format!("userId=ann&token={token}")).await, Some(401), "expired");
}

#[tokio::test]
async fn without_a_user_id_nobody_gets_in() {
    let app = TestApp::start().await;
    assert_eq!(refused(&app, "").await, Some(400));
    assert_eq!(refused(&app, "sessionId=s").await, Some(400));
    assert_eq!(refused(&app, &format!("token={API_KEY}")).await, Some(400));
}

#[tokio::test]
async fn knowing_an_id_opens_nothing() {
    let app = TestApp::start().await;
    let bob = customer_token(&app, "bob").await;
    post(&app, "ann", "known", "My secret is 42", "m").await;
    for query in [
        "userId=ann&sessionId=known",
        "userId=ann&sessionId=known&after=0",
        "userId=ann&sessionId=known&resume=guess",
        &format!("userId=bob&sessionId=known&token={bob}"),
        &format!("userId=ann&sessionId=known&token={bob}"),
    ] {
        assert_eq!(refused(&app, query).await, Some(404), "{query}");
    }
    assert_eq!(read(&app, "known", None).await, 401);
    assert_eq!(read(&app, "known", Some(&bob)).await, 404);
    assert_eq!(read(&app, "unknown", Some(&bob)).await, 404, "the same as for one that is not there");
    let body = serde_json::json!({ "message": { "text": "hi" }, "userId": "ann", "sessionId": "known" });
    let http = reqwest::Client::new();
    let posted = http.post(app.url("/api/core/messages")).bearer_auth(&bob).json(&body).send().await.unwrap();
    assert_eq!(posted.status(), 404);
    let body = serde_json::json!({ "message": { "text": "hi" }, "userId": "bob", "sessionId": "known" });
    let posted = http.post(app.url("/api/core/messages")).bearer_auth(&bob).json(&body).send().await.unwrap();
    assert_eq!(posted.status(), 404);
    let reset = http.post(app.url("/api/core/sessions/known/reset")).bearer_auth(&bob).send().await.unwrap();
    assert_eq!(reset.status(), 404);
}

#[tokio::test]
async fn a_session_of_another_organization_is_not_found() {
    let app = TestApp::start().await;
    post(&app, "ann", "known", "My secret is 42", "m").await;
    let foreign = foreign_token(&app, "ann").await;
    assert_eq!(read(&app, "known", Some(&foreign)).await, 404);
    // The same id names another session there.
    let path = format!("/ws?userId=ann&sessionId=known&token={foreign}&after=0");
    let mut stranger = Client::connect(app.ws_url(&path)).await;
    assert_eq!(stranger.next().await["type"], "connection_established");
    let mut own = follower(&app, "ann", "known", "0").await;
    say(&mut own, "for us only", "m2").await;
    let ack = say(&mut stranger, "for them only", "m").await;
    assert_eq!(ack["seq"], 2, "a log of its own, from the start");
}

#[tokio::test]
async fn a_resume_secret_opens_its_own_session_only() {
    let app = TestApp::start().await;
    let mut clients = Vec::new();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(app.ws_url("/ws?userId=ann&after=0")).await;
        let hello = client.next().await;
        let of = |field: &str| hello[field].as_str().unwrap().to_owned();
        keys.push((of("sessionId"), of("resumeSecret")));
        clients.push(client);
    }
    let enter = |session: &str, secret: &str| format!("userId=ann&sessionId={session}&resume={secret}&after=0");
    assert_eq!(refused(&app, &enter(&keys[0].0, &keys[0].1)).await, None);
    assert_eq!(refused(&app, &enter(&keys[1].0, &keys[1].1)).await, None);
    assert_eq!(refused(&app, &enter(&keys[0].0, &keys[1].1)).await, Some(404));
    assert_eq!(refused(&app, &enter(&keys[1].0, &keys[0].1)).await, Some(404));
    assert_eq!(refused(&app, &enter("another", &keys[0].1)).await, Some(404));
    let app = app.restart_with(|_| {}).await;
    assert_eq!(refused(&app, &enter(&keys[0].0, &keys[0].1)).await, None, "it outlives a restart");
    assert_eq!(refused(&app, &enter(&keys[0].0, &keys[1].1)).await, Some(404));
}

#[tokio::test]
async fn only_pages_of_the_list_open_sockets() {
    let app = TestApp::start_with(|config| config.server.allowed_origins.0 = vec!["https://shop.example".into()]).await;
    let own = format!("http://{}", app.address());
    for (origin, status) in [
        ("https://shop.example", None),
        (own.as_str(), None),
        ("https://evil.example", Some(403)),
        ("https://shop.example.evil", Some(403)),
        ("null", Some(403)),
    ] {
        let answer = Client::try_connect(request(&app, "/ws?userId=ann", "origin", origin)).await;
        assert_eq!(answer.err(), status, "{origin}");
    }
    let plain = reqwest::Client::new().get(app.url("/ws?userId=ann")).send().await.unwrap();
    assert_eq!(plain.status(), 426);
}

#[tokio::test]
async fn an_anonymous_customer_names_their_session_where_that_is_allowed() {
    let app = TestApp::start().await;
    let mut first = Client::connect(app.ws_url("/ws?userId=ann&sessionId=order-7")).await;
    assert_eq!(first.next().await["sessionId"], "order-7");
    let (status, _) = post(&app, "ann", "order-7", "Hello", "m").await;
    assert_eq!(status, 404, "it is theirs, whoever else wanted the id");
}

#[tokio::test]
async fn where_it_is_not_allowed_an_anonymous_customer_gets_an_id_of_ours() {
    let app = TestApp::start_with(|config| config.live.anonymous_names_sessions = false).await;
    let mut first = Client::connect(app.ws_url("/ws?userId=ann&sessionId=order-7&after=0")).await;
    let hello = first.next().await;
    let (session, secret) = (hello["sessionId"].as_str().unwrap(), hello["resumeSecret"].as_str().unwrap());
    assert!(uuid::Uuid::parse_str(session).is_ok(), "{session}");
    say(&mut first, "My secret is 42", "m1").await;
    let (status, _) = post(&app, "ann", "order-7", "Hello", "m").await;
    assert_eq!(status, 200, "the id is still free");
    // Whether a session has that id or not, they find out nothing.
    let mut second = Client::connect(app.ws_url("/ws?userId=ann&sessionId=order-7&after=0")).await;
    let other = second.next().await["sessionId"].clone();
    assert!(other != "order-7" && other != session, "{other}");
    let path = format!("/ws?userId=ann&sessionId={session}&resume={secret}&after=0");
    let mut again = Client::connect(app.ws_url(&path)).await;
    assert_eq!(again.next().await["sessionId"], session, "with the secret they come back");
    let mut known = follower(&app, "ann", "mine", "0").await;
    say(&mut known, "Hello", "m1").await;
}
