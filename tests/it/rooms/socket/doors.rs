//! Who may come in: tokens, roles, origins, other organizations, and how many.

use serde_json::json;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::{admin_token, quiet_app, room_of};
use crate::support::app::{API_KEY, TestApp};
use crate::support::rest::{customer_token, key_of};
use crate::support::socketio::{Poller, SocketIo, ws_url};

const REFUSED: &str = "Could not validate credentials";

#[tokio::test]
async fn a_connection_without_a_token_that_holds_is_refused_with_a_reason() {
    let app = quiet_app().await;
    let mut none = SocketIo::open(ws_url(app.address())).await;
    none.send("40").await;
    assert_eq!(none.admitted().await, Err(REFUSED.to_owned()));
    for auth in
        [r#"{"token":"nonsense"}"#, r#"{"token":""}"#, r#"{"token":7}"#, r#"{"token":"eyJhbGciOiJub25lIn0.e30."}"#]
    {
        let mut bad = SocketIo::open(ws_url(app.address())).await;
        bad.send(&format!("40{auth}")).await;
        assert_eq!(bad.admitted().await, Err(REFUSED.to_owned()), "{auth}");
    }
}

#[tokio::test]
async fn a_token_comes_in_the_connect_packet_the_header_or_the_query() {
    let app = quiet_app().await;
    let token = customer_token(&app, "ann").await;
    SocketIo::connect(app.address(), &token).await;
    let mut by_query = SocketIo::open(format!("{}&token={token}", ws_url(app.address()))).await;
    by_query.send("40").await;
    assert_eq!(by_query.admitted().await, Ok(()));
    let mut request = ws_url(app.address()).into_client_request().unwrap();
    request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().unwrap());
    let mut by_header = SocketIo::open(request).await;
    by_header.send("40").await;
    assert_eq!(by_header.admitted().await, Ok(()));
    let mut contradicting = SocketIo::open(format!("{}&token={token}", ws_url(app.address()))).await;
    contradicting.send(r#"40{"token":"nonsense"}"#).await;
    assert_eq!(contradicting.admitted().await, Err(REFUSED.to_owned()), "the connect packet counts");
}

#[tokio::test]
async fn a_customer_enters_own_rooms_only_whatever_user_type_they_claim() {
    let app = quiet_app().await;
    let (_, room) = room_of(&app, "ann").await;
    let mut bob = SocketIo::connect(app.address(), &customer_token(&app, "bob").await).await;
    for user_type in ["customer", "admin"] {
        let wanted = json!({ "room": room, "user": "Ann", "user_type": user_type });
        let refused = bob.call("join_room", wanted).await;
        assert_eq!(refused, json!({ "error": { "code": "not_found", "detail": "Resource not found" } }));
        let error = bob.event("error").await;
        assert_eq!((&error["detail"], &error["event"]), (&json!("Resource not found"), &json!("join_room")));
        assert_eq!(error["room"], room);
        let message = json!({ "room": room, "message": "let me in", "user_type": user_type });
        assert_eq!(bob.call("send_message", message).await["error"]["code"], "not_found");
        bob.event("error").await;
    }
    bob.emit("join_room", json!({ "room": room })).await;
    assert_eq!(bob.event("error").await["code"], "not_found", "without an acknowledgement it is said as an event");
}

#[tokio::test]
async fn a_customer_who_says_to_be_an_admin_is_still_the_customer() {
    let app = quiet_app().await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.call("join_room", json!({ "room": room, "user": "boss", "user_type": "admin" })).await;
    ann.call("send_message", json!({ "room": room, "message": "I am the boss", "user_type": "admin" })).await;
    assert_eq!(ann.event("new_message").await["user_type"], "customer");
}

#[tokio::test]
async fn staff_enter_every_room_of_their_organization_and_none_of_another() {
    let app = quiet_app().await;
    let (_, room) = room_of(&app, "ann").await;
    SocketIo::connect(app.address(), &admin_token(&app).await).await.join(&room).await;
    let key = key_of(&app, "elsewhere", &["*"]).await;
    let mut foreign = SocketIo::connect(app.address(), &key).await;
    assert_eq!(foreign.call("join_room", json!({ "room": room })).await["error"]["code"], "not_found");
}

#[tokio::test]
async fn another_sites_page_is_refused_on_both_transports_and_listed_ones_are_not() {
    let app = quiet_app().await;
    for (origin, allowed) in [("http://localhost:3000", true), ("https://evil.example", false), ("null", false)] {
        let mut request = ws_url(app.address()).into_client_request().unwrap();
        request.headers_mut().insert("Origin", origin.parse().unwrap());
        match connect_async(request).await {
            Ok(_) => assert!(allowed, "{origin}"),
            Err(Error::Http(answer)) => assert_eq!((answer.status().as_u16(), allowed), (403, false), "{origin}"),
            Err(other) => panic!("{other}"),
        }
        let url = app.url("/socket.io/?EIO=4&transport=polling");
        let answer = reqwest::Client::new().get(&url).header("Origin", origin).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), if allowed { 200 } else { 403 }, "{origin}");
    }
    let known = Poller::open(app.address()).await.unwrap();
    let stolen = reqwest::Client::new().get(known.url()).header("Origin", "https://evil.example").send().await.unwrap();
    assert_eq!(stolen.status(), 403);
    assert_eq!(stolen.json::<serde_json::Value>().await.unwrap(), json!({ "code": 4, "message": "Forbidden" }));
}

#[tokio::test]
async fn a_caller_has_so_many_connections_and_gets_a_place_when_one_ends() {
    let app = TestApp::start_with(|config| {
        config.limits.enabled = true;
        config.limits.rooms_connections_max = 2;
    })
    .await;
    let token = customer_token(&app, "ann").await;
    let first = SocketIo::connect(app.address(), &token).await;
    let _second = SocketIo::connect(app.address(), &token).await;
    let refused = SocketIo::try_connect(app.address(), &token).await.err().expect("it is refused");
    assert!(refused.starts_with("Rate limit exceeded"), "{refused}");
    SocketIo::connect(app.address(), &customer_token(&app, "bob").await).await;
    first.vanish();
    // The place is free once the server has seen that the first one is gone.
    let begun = tokio::time::Instant::now();
    while SocketIo::try_connect(app.address(), &token).await.is_err() {
        assert!(begun.elapsed() < crate::support::app::PATIENCE);
    }
}

#[tokio::test]
async fn new_connections_of_one_address_are_counted_and_open_ones_go_on() {
    let app = TestApp::start_with(|config| {
        config.limits.enabled = true;
        config.limits.live_upgrades = 3;
    })
    .await;
    let mut open = Poller::connect(app.address(), API_KEY).await;
    Poller::open(app.address()).await.unwrap();
    SocketIo::connect(app.address(), API_KEY).await;
    let (status, text) = Poller::open(app.address()).await.err().expect("it is refused");
    assert_eq!(status, 429);
    assert!(text.contains("detail"), "{text}");
    open.post(&format!("427{}", json!(["nothing", {}]))).await;
    assert!(open.wait_for("437").await.contains("error"));
}

#[tokio::test]
async fn so_many_may_poll_at_a_time() {
    let app = TestApp::start_with(|config| config.live.socketio_polling_max = 2).await;
    let (one, _two) = (Poller::open(app.address()).await.unwrap(), Poller::open(app.address()).await.unwrap());
    assert_eq!(Poller::open(app.address()).await.err().expect("it is refused").0, 503);
    assert_eq!(one.post("1").await.0, 200);
    let begun = tokio::time::Instant::now();
    while Poller::open(app.address()).await.is_err() {
        assert!(begun.elapsed() < crate::support::app::PATIENCE);
    }
}

/// The library reads parameters and upgrades in its own way: whatever is written so that only one of the two sees it must
/// not open a connection past the places and limits.
#[tokio::test]
async fn no_way_of_writing_a_request_opens_a_connection_that_is_not_counted() {
    let app = TestApp::start_with(|config| config.live.socketio_polling_max = 1).await;
    let known = Poller::open(app.address()).await.unwrap();
    let http = reqwest::Client::new();
    for query in ["transport=polling&%73id=x", "transport=polling&sid=&x=1", "transport=polling&%73id="] {
        let answer = http.get(app.url(&format!("/socket.io/?EIO=4&{query}"))).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{query}");
    }
    for upgrade in ["foo", "websocket, foo"] {
        for url in
            [app.url("/socket.io/?EIO=4&transport=websocket&%73id=x"), known.url().replace("polling", "websocket")]
        {
            let asked = http.get(&url).header("Connection", "upgrade").header("Upgrade", upgrade);
            let asked =
                asked.header("Sec-WebSocket-Version", "13").header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            assert_eq!(asked.send().await.unwrap().status(), 400, "{upgrade}: {url}");
        }
    }
}
