//! Much at once: pipelined messages and requests, the same thing many times, beginnings that race.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use switchboard::domain::{Event, OrganizationId, SessionId, SessionKey};
use switchboard::store::log;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::{follower, get, post, read_until, say, text};
use crate::support::app::{API_KEY, TestApp};
use crate::support::ws::Client;

const MANY: usize = 10_000;

/// The longest that many of anything may take on a slow machine.
const LONG: Duration = Duration::from_secs(120);

fn events(app: &TestApp, session: &str) -> Vec<Event> {
    let key = SessionKey {
        organization: OrganizationId::default_organization(),
        session: SessionId::parse(session).unwrap(),
    };
    log::read::<Event>(app.store(), &key, 0, usize::MAX).unwrap().into_iter().map(|logged| logged.event).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_messages_without_waiting_are_all_acknowledged_in_order() {
    let app = TestApp::start().await;
    let path = format!("/ws?userId=ann&sessionId=s&token={API_KEY}&after=0");
    let (socket, _) = connect_async(app.ws_url(&path)).await.unwrap();
    let (mut out, mut incoming) = socket.split();
    let sending = tokio::spawn(async move {
        for n in 0..MANY {
            out.feed(Message::text(text("Hello", &n.to_string()).to_string())).await.unwrap();
        }
        out.flush().await.unwrap();
        out
    });
    let reading = async {
        let (mut next, mut last_seq) = (0, 0);
        while next < MANY {
            let Some(Ok(Message::Text(frame))) = incoming.next().await else { continue };
            let frame: Value = serde_json::from_str(&frame).unwrap();
            assert_ne!(frame["type"], "error", "{frame}");
            if frame["type"] == "ack" {
                assert_eq!(frame["id"], next.to_string());
                assert!(frame["seq"].as_u64().unwrap() > last_seq && frame.get("duplicate").is_none());
                last_seq = frame["seq"].as_u64().unwrap();
                next += 1;
            }
        }
    };
    tokio::time::timeout(LONG, reading).await.expect("all are acknowledged");
    drop(sending.await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_typing_crowds_out_no_message() {
    let app = TestApp::start().await;
    let mut client = follower(&app, "ann", "s", "0").await;
    for n in 0..20 {
        for flip in 0..500 {
            client.feed(json!({ "type": "typing", "isTyping": flip % 2 == 0 })).await;
        }
        client.send(text("Hello", &n.to_string())).await;
    }
    for n in 0..20 {
        let frame = client.wait_for(|frame| frame["type"] == "ack" || frame["type"] == "error").await;
        assert_eq!((&frame["type"], &frame["id"]), (&json!("ack"), &json!(n.to_string())));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_on_one_connection_are_all_answered() {
    let app = TestApp::start().await;
    let (mut incoming, mut out) = TcpStream::connect(app.address()).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        let request = b"GET /api/core/health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(MANY - 1);
        out.write_all(&request).await.unwrap();
        out.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        out
    });
    let mut answers = Vec::new();
    tokio::time::timeout(LONG, incoming.read_to_end(&mut answers)).await.expect("all are answered").unwrap();
    drop(sending.await.unwrap());
    assert_eq!(answers.windows(15).filter(|bytes| *bytes == b"HTTP/1.1 200 OK").count(), MANY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_message_a_hundred_times_at_once_is_one_message() {
    let app = TestApp::start().await;
    let over_rest = (0..50).map(|_| post(&app, "ann", "s", "Hello", "same"));
    let over_sockets = (0..10).map(|_| async {
        let mut client = follower(&app, "ann", "s", "0").await;
        for _ in 0..5 {
            client.send(text("Hello", "same")).await;
        }
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(client.wait_for_type("ack").await["messageId"].clone());
        }
        ids
    });
    let (answers, ids) = tokio::join!(join_all(over_rest), join_all(over_sockets));
    let ids: Vec<Value> = ids.into_iter().flatten().collect();
    assert_eq!(ids.len(), 50);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let (_, first) = &answers[0];
    for (status, answer) in &answers {
        assert_eq!((*status, &answer["response"]["id"]), (200, &first["response"]["id"]), "{answer}");
    }
    let posted = events(&app, "s");
    let ours = posted.iter().filter(|event| matches!(event, Event::Posted(message) if message.client_id.is_some()));
    assert_eq!(ours.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_begin_the_same_session_at_once_begin_one() {
    let app = TestApp::start().await;
    let known = join_all((0..20).map(|_| follower(&app, "ann", "race", "0"))).await;
    assert_eq!(known.len(), 20);
    let begun = events(&app, "race").iter().filter(|event| matches!(event, Event::Started(_))).count();
    assert_eq!(begun, 1);
    let url = app.ws_url("/ws?userId=ann&sessionId=anonymous&after=0");
    let strangers = join_all((0..20).map(|_| Client::try_connect(url.as_str()))).await;
    let refused = strangers.iter().filter_map(|entered| entered.as_ref().err()).collect::<Vec<_>>();
    assert_eq!(refused, [&404; 19], "one of them began it, and it is theirs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_memory_has_let_go_of_is_still_known() {
    let app = TestApp::start().await;
    let mut client = follower(&app, "ann", "s", "0").await;
    let first = say(&mut client, "Hello", "m0").await;
    for n in 1..200 {
        say(&mut client, "Hello", &format!("m{n}")).await;
    }
    let again = say(&mut client, "Hello", "m0").await;
    assert_eq!((&again["messageId"], &again["duplicate"]), (&first["messageId"], &true.into()));
    client.vanish();
    let app = app.restart_with(|_| {}).await;
    let mut client = follower(&app, "ann", "s", "0").await;
    let again = say(&mut client, "Hello", "m0").await;
    assert_eq!((&again["messageId"], &again["seq"]), (&first["messageId"], &first["seq"]));
    say(&mut client, "the end", "end").await;
    let mut fresh = follower(&app, "ann", "s", "0").await;
    let frames = read_until(&mut fresh, "the end").await;
    assert_eq!(frames.iter().filter(|frame| frame["id"] == "m0").count(), 1);
    let (status, answer) = post(&app, "ann", "s", "Hello", "m0").await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(get(&app, "/api/core/health").await.0, 200);
}
