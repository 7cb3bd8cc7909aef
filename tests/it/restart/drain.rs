//! SIGTERM under load: what was acknowledged is kept, sockets are told to come back, the process ends in time.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::support::app::Process;
use crate::support::ws::Client;

/// Sockets that send while the server stops.
const SENDERS: usize = 8;

/// Messages of a sender that may wait for their acknowledgement.
const AHEAD: usize = 4;

/// The server's drain, in seconds.
const DRAIN_S: u64 = 4;

/// What one sender can prove.
struct Proof {
    query: String,
    acknowledged: Vec<(String, u64)>,
    code: CloseCode,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_closes_with_1012_in_time_and_loses_nothing_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let drain = DRAIN_S.to_string();
    let mut server = Process::start(&data.path().join("db"), &[("SERVER__DRAIN_S", &drain)]).await;
    let (warm, mut warmed) = tokio::sync::mpsc::channel::<()>(SENDERS);
    let senders: Vec<_> =
        (0..SENDERS).map(|number| tokio::spawn(send_until_closed(server.address(), number, warm.clone()))).collect();
    for _ in 0..SENDERS {
        warmed.recv().await.expect("every sender gets going");
    }
    let began = Instant::now();
    let code = tokio::task::block_in_place(|| server.terminate());
    assert_eq!(code, Some(0));
    // Closes take up to half of the drain and what is left the other half; the process itself needs a moment.
    assert!(began.elapsed() < Duration::from_secs(DRAIN_S + 4), "it took {:?}", began.elapsed());
    server.start_again().await;
    for sender in senders {
        let proof = sender.await.unwrap();
        assert_eq!(proof.code, CloseCode::Restart);
        assert!(proof.acknowledged.len() >= 10);
        stands_in_the_log(&server, &proof).await;
    }
}

async fn send_until_closed(address: String, number: usize, warm: tokio::sync::mpsc::Sender<()>) -> Proof {
    let mut client = Client::connect(format!("ws://{address}/ws?userId=user{number}&after=0")).await;
    let hello = client.next().await;
    let (session, secret) = (hello["sessionId"].as_str().unwrap(), hello["resumeSecret"].as_str().unwrap());
    let query = format!("userId=user{number}&sessionId={session}&resume={secret}&after=0");
    let mut acknowledged = Vec::new();
    let mut sent = 0;
    loop {
        while sent < acknowledged.len() + AHEAD {
            sent += 1;
            client.send(json!({ "type": "text", "text": "hello", "id": format!("c{sent}") })).await;
        }
        match client.try_next().await {
            Ok(frame) if frame["type"] == "ack" => {
                acknowledged.push((frame["id"].as_str().unwrap().to_owned(), frame["seq"].as_u64().unwrap()));
                if acknowledged.len() == 10 {
                    warm.send(()).await.unwrap();
                }
            }
            Ok(_) => {}
            Err(close) => return Proof { query, acknowledged, code: close.expect("a close with a code").code },
        }
    }
}

async fn stands_in_the_log(server: &Process, proof: &Proof) {
    let mut client = Client::connect(format!("ws://{}/ws?{}", server.address(), proof.query)).await;
    let hello = client.next().await;
    let end = hello["position"]["seq"].as_u64().unwrap();
    let last = proof.acknowledged.last().unwrap().1;
    assert!(end >= last);
    let mut missing = proof.acknowledged.iter();
    let mut next = missing.next();
    while let Some((id, seq)) = next {
        let frame: Value = client.wait_for(|frame| frame["sender"] == "customer").await;
        if frame["id"] == id.as_str() {
            assert_eq!(frame["seq"].as_u64(), Some(*seq));
            next = missing.next();
        }
    }
}
