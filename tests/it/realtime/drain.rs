//! A stop: sockets are told to come back, and nothing acknowledged is lost.

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{follower, read_until, say, text};
use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_closes_sockets_with_1012_and_keeps_what_was_acknowledged() {
    let app = TestApp::start().await;
    let mut silent = Vec::new();
    for n in 0..20 {
        silent.push(follower(&app, "ann", &format!("quiet-{n}"), "0").await);
    }
    let mut client = follower(&app, "ann", "s", "0").await;
    say(&mut client, "Hello", "first").await;
    let talking = tokio::spawn(async move {
        let mut acknowledged = vec!["first".to_owned()];
        for n in 0.. {
            client.send(text("Hello", &n.to_string())).await;
            loop {
                match client.try_next().await {
                    Ok(frame) if frame["type"] == "ack" => {
                        acknowledged.push(frame["id"].as_str().unwrap().to_owned());
                        break;
                    }
                    Ok(frame) if frame["type"] == "error" => break,
                    Ok(_) => {}
                    Err(close) => return (acknowledged, close),
                }
            }
        }
        unreachable!("it ends with the connection")
    });
    let app = app.restart_with(|_| {}).await;
    let (acknowledged, close) = talking.await.unwrap();
    assert_eq!(close.map(|close| close.code), Some(CloseCode::Restart));
    for client in &mut silent {
        let close = client.try_next().await.expect_err("it is closed").expect("with a frame");
        assert_eq!(close.code, CloseCode::Restart);
    }
    let mut fresh = follower(&app, "ann", "s", "0").await;
    say(&mut fresh, "the end", "end").await;
    let mut reader = follower(&app, "ann", "s", "0").await;
    let frames = read_until(&mut reader, "the end").await;
    let kept: Vec<&str> = frames.iter().filter_map(|frame| frame["id"].as_str()).collect();
    for id in &acknowledged {
        assert_eq!(kept.iter().filter(|kept| *kept == id).count(), 1, "{id}");
    }
}
