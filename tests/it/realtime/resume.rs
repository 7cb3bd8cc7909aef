//! A client that comes back gets exactly what it missed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::{follower, read_until, say, text};
use crate::support::app::TestApp;
use crate::support::ws::Client;

const CUTS: usize = 200;
const RESTARTS: [usize; 3] = [50, 100, 150];

/// What a returning client keeps: its position, and what it has got so far.
#[derive(Default)]
struct Memory {
    epoch: u64,
    seq: u64,
    got: Vec<(u64, String)>,
    from_customer: usize,
}

impl Memory {
    fn take(&mut self, frame: &Value) {
        assert_ne!(frame["type"], "resync");
        let Some(seq) = frame["seq"].as_u64() else { return };
        assert!(seq > self.seq, "{seq} came after {}", self.seq);
        self.seq = seq;
        self.epoch = frame["epoch"].as_u64().unwrap();
        let words = frame["text"].as_str().or(frame["message"].as_str()).unwrap();
        self.from_customer += usize::from(frame["sender"] == "customer");
        self.got.push((seq, words.to_owned()));
    }

    /// As `<epoch>:<seq>`, once an epoch is known.
    fn position(&self) -> String {
        if self.epoch == 0 { "0".to_owned() } else { format!("{}:{}", self.epoch, self.seq) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_returning_client_gets_exactly_what_it_missed() {
    let mut dice = StdRng::seed_from_u64(7);
    let mut app = TestApp::start().await;
    let mut writer = follower(&app, "ann", "stream", "0").await;
    let mut reader = Memory::default();
    let mut sent = 0;
    for cut in 0..CUTS {
        if RESTARTS.contains(&cut) {
            say(&mut writer, &format!("m{sent}"), &format!("m{sent}")).await;
            sent += 1;
            writer.vanish();
            app = app.restart_with(|_| {}).await;
            writer = follower(&app, "ann", "stream", "0").await;
        }
        for _ in 0..dice.random_range(0..4) {
            writer.send(text(&format!("m{sent}"), &format!("m{sent}"))).await;
            sent += 1;
        }
        let mut client = follower(&app, "ann", "stream", &reader.position()).await;
        let wanted = dice.random_range(reader.from_customer..=sent);
        while reader.from_customer < wanted {
            reader.take(&client.next().await);
        }
        client.vanish();
    }
    say(&mut writer, "the end", "end").await;
    let mut client = follower(&app, "ann", "stream", &reader.position()).await;
    while reader.got.last().is_none_or(|(_, words)| words != "the end") {
        reader.take(&client.next().await);
    }
    let mut fresh = Memory::default();
    let mut client = follower(&app, "ann", "stream", "0").await;
    read_until(&mut client, "the end").await.iter().for_each(|frame| fresh.take(frame));
    assert_eq!(reader.got, fresh.got);
    let customers: Vec<&String> = fresh.got.iter().map(|(_, words)| words).filter(|w| w.starts_with('m')).collect();
    assert_eq!(customers.len(), sent, "nothing is missing and nothing is there twice");
    assert!(customers.iter().enumerate().all(|(n, words)| **words == format!("m{n}")), "{customers:?}");
}

#[tokio::test]
async fn a_position_that_does_not_fit_gets_a_resync_and_then_everything() {
    let app = TestApp::start().await;
    let mut writer = follower(&app, "ann", "s", "0").await;
    let mut epoch = 0;
    for n in 0..3 {
        epoch = say(&mut writer, &format!("m{n}"), &format!("m{n}")).await["epoch"].as_u64().unwrap();
    }
    let mut whole = follower(&app, "ann", "s", "0").await;
    let whole = read_until(&mut whole, "m2").await;
    for after in ["1:1".to_owned(), "999999".to_owned(), format!("{epoch}:999999")] {
        let mut client = follower(&app, "ann", "s", &after).await;
        let resync = client.next().await;
        assert_eq!(resync["type"], "resync", "{after}");
        assert_eq!(resync["position"]["epoch"], epoch);
        assert_eq!(read_until(&mut client, "m2").await, whole, "{after}");
    }
    let mut fitting = follower(&app, "ann", "s", &format!("{epoch}:{}", whole[0]["seq"])).await;
    assert_eq!(read_until(&mut fitting, "m2").await, whole[1..]);
}

#[tokio::test]
async fn a_position_that_is_none_is_refused() {
    let app = TestApp::start().await;
    for after in ["x", "-1", "1:", ":1", "1:2:3", "99999999999999999999999"] {
        let refused = Client::try_connect(app.ws_url(&format!("/ws?userId=u&after={after}"))).await;
        assert_eq!(refused.err(), Some(400), "{after}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_see_the_same_order() {
    let app = TestApp::start().await;
    let mut devices = Vec::new();
    for _ in 0..2 {
        devices.push(follower(&app, "ann", "s", "0").await);
    }
    let mut watching = Vec::new();
    for _ in 0..2 {
        let mut watcher = follower(&app, "ann", "s", "0").await;
        watching.push(tokio::spawn(async move { read_until(&mut watcher, "the end").await }));
    }
    let mut speaking = Vec::new();
    for (which, mut device) in devices.into_iter().enumerate() {
        speaking.push(tokio::spawn(async move {
            for n in 0..50 {
                say(&mut device, &format!("{which}-{n}"), &format!("{which}-{n}")).await;
            }
            device
        }));
    }
    let mut last = None;
    for speaker in speaking {
        last = Some(speaker.await.unwrap());
    }
    say(&mut last.unwrap(), "the end", "end").await;
    let mut orders = Vec::new();
    for watcher in watching {
        let frames = watcher.await.unwrap();
        orders.push(frames.iter().map(|frame| (frame["seq"].clone(), frame["text"].clone())).collect::<Vec<_>>());
    }
    assert_eq!(orders[0], orders[1]);
    let seqs: Vec<u64> = orders[0].iter().map(|(seq, _)| seq.as_u64().unwrap()).collect();
    assert!(seqs.is_sorted_by(|one, next| one < next));
    assert!(orders[0].len() > 100);
}
