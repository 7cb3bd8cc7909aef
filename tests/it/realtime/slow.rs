//! Peers that do not read, and peers that do not answer.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use futures_util::StreamExt;

use super::{follower, read_until, say};
use crate::support::app::{API_KEY, PATIENCE, TestApp};

/// A socket whose kernel takes in little.
async fn narrow(app: &TestApp) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(app.address()).await.unwrap()
}

async fn narrow_follower(app: &TestApp) -> WebSocketStream<TcpStream> {
    let path = format!("/ws?userId=ann&sessionId=s&token={API_KEY}&after=0");
    let request = app.ws_url(&path).into_client_request().unwrap();
    client_async(request, narrow(app).await).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_read_is_closed_and_others_are_not_disturbed() {
    let app = TestApp::start_with(|config| {
        config.live.write_timeout_s = 1;
        config.live.outbox_items_max = 64;
        config.live.outbox_bytes_max = 256 * 1024;
    })
    .await;
    let mut slow = narrow_follower(&app).await;
    let mut quick = follower(&app, "ann", "s", "0").await;
    let watching = tokio::spawn(async move { read_until(&mut quick, "the end").await });
    let mut writer = follower(&app, "ann", "s", "0").await;
    let words = "x".repeat(30 * 1024);
    for n in 0..400 {
        say(&mut writer, &words, &format!("m{n}")).await;
    }
    say(&mut writer, "the end", "end").await;
    let all = watching.await.unwrap();
    let mut got = Vec::new();
    let end = loop {
        match tokio::time::timeout(PATIENCE, slow.next()).await.expect("the server ends it") {
            Some(Ok(Message::Text(text))) => {
                let frame: serde_json::Value = serde_json::from_str(&text).unwrap();
                got.extend(frame["seq"].is_u64().then_some(frame));
            }
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| frame.code),
            Some(Ok(_)) => {}
            Some(Err(Error::Io(_) | Error::Protocol(_))) | None => break None,
            Some(Err(other)) => panic!("{other}"),
        }
    };
    assert!(matches!(end, None | Some(CloseCode::Again)), "{end:?}");
    assert!(got.len() < all.len(), "it was not given everything");
    assert_eq!(got[..], all[..got.len()], "what it has is without a gap");
    let after = got.last().map_or(0, |frame| frame["seq"].as_u64().unwrap());
    let mut again = follower(&app, "ann", "s", &after.to_string()).await;
    assert_eq!(read_until(&mut again, "the end").await[..], all[got.len()..]);
}

#[tokio::test]
async fn a_peer_that_does_not_answer_pings_is_let_go_and_one_that_does_stays() {
    let app = TestApp::start_with(|config| {
        config.live.ping_every_s = 1;
        config.live.pong_timeout_s = 1;
    })
    .await;
    let mut alive = follower(&app, "ann", "s", "0").await;
    let mut dead = narrow(&app).await;
    let head = format!(
        "GET /ws?userId=ann&sessionId=s&token={API_KEY} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    dead.write_all(head.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    let until_end = async {
        tokio::select! {
            ended = dead.read_to_end(&mut read) => drop(ended),
            frame = alive.try_next() => panic!("nothing is said: {frame:?}"),
        }
    };
    tokio::time::timeout(PATIENCE, until_end).await.expect("it is let go");
    assert!(read.windows(2).any(|bytes| bytes == [0x89, 0]), "it was pinged");
    say(&mut alive, "I am here", "m").await;
}
