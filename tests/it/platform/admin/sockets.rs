//! Open connections of somebody who may no longer be there end at once, in every dialect; others stay.

use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{USERS, made, request, root, say};
use crate::support::app::TestApp;
use crate::support::rest::{get_as, post_as, send};
use crate::support::socketio::SocketIo;
use crate::support::ws::Client;

/// Reads on until the server closes; gives the code.
async fn close_code(mut client: Client) -> CloseCode {
    loop {
        match client.try_next().await {
            Ok(_) => {}
            Err(close) => return close.expect("a close frame").code,
        }
    }
}

#[tokio::test]
async fn connections_of_a_deactivated_user_end_and_those_of_others_stay() {
    let app = TestApp::start().await;
    say(&app, "s1", "web", "Hello", json!({})).await;
    let (id, agent) = made(&app, "jo@example.com", "agent").await;
    let (_, other) = made(&app, "mo@example.com", "agent").await;
    let platform = |token: &str| app.ws_url(&format!("/ws?userId=x&sessionId=s1&token={token}"));
    let begun = send(post_as(&app, &agent, "/conversations")).await;
    let care =
        app.ws_url(&format!("/ws/conversations/{}?token={agent}", begun.body["conversation_id"].as_str().unwrap()));
    let (one, two) = (Client::connect(platform(&agent)).await, Client::connect(care).await);
    let three = SocketIo::connect(app.address(), &agent).await;
    let mut stays = Client::connect(platform(&other)).await;
    stays.wait_for_type("connection_established").await;

    let gone = send(request(&app, &root(&app).await, Method::DELETE, &format!("{USERS}/{id}"))).await;
    assert_eq!(gone.status, 200);
    assert_eq!(close_code(one).await, CloseCode::Library(4401));
    assert_eq!(close_code(two).await, CloseCode::Library(4401));
    three.wait_for_end().await;
    assert!(SocketIo::try_connect(app.address(), &agent).await.is_err());
    assert_eq!(Client::try_connect(platform(&agent)).await.err(), Some(401));
    assert_eq!(send(get_as(&app, &agent, "/api/auth/me")).await.status, 401);
    say(&app, "s1", "web", "Are you there?", json!({})).await;
    stays.wait_for(|frame| frame["text"] == "Are you there?").await;
    app.stop().await;
}

#[tokio::test]
async fn a_socket_of_the_staff_ends_with_the_role() {
    let app = TestApp::start().await;
    say(&app, "s1", "web", "Hello", json!({})).await;
    let (id, agent) = made(&app, "jo@example.com", "agent").await;
    let socket = Client::connect(app.ws_url(&format!("/ws?userId=x&sessionId=s1&token={agent}"))).await;
    let change = request(&app, &root(&app).await, Method::PATCH, &format!("{USERS}/{id}"));
    assert_eq!(send(change.json(&json!({ "role": "customer" }))).await.status, 200);
    assert_eq!(close_code(socket).await, CloseCode::Library(4401));
    app.stop().await;
}
