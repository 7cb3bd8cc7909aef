//! `kill -9` of the real program between what Meta took and what was written down: the news tells, and without any it goes once more.

use serde_json::json;

use super::ANN;
use crate::support::app::Process;
use crate::support::meta::{Asked, Does, Meta, bring, status, statuses, write};

fn texts(sent: &[Asked]) -> Vec<&str> {
    sent.iter().map(Asked::text).collect()
}

/// A server that was killed while Meta had the first answer and had not said so.
async fn killed(meta: &Meta, data: &std::path::Path, wait_s: &str) -> (Process, Asked) {
    let settings = [meta.settings().as_slice(), &[("OUTBOX__UNCLEAR_WAIT_S", wait_s)]].concat();
    let mut server = Process::start(data, &settings).await;
    write(&format!("http://{}", server.address()), ANN, "wamid.1", "Hello").await;
    let sent = meta.until_sent(1).await.remove(0);
    server.kill();
    meta.does(|_, _| Does::Take);
    server.start_again().await;
    (server, sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_the_news_of_a_message_keeps_it_from_going_twice() {
    let data = tempfile::tempdir().unwrap();
    let meta = Meta::doing(|_, _| Does::TakeAndStall).await;
    let (server, sent) = killed(&meta, &data.path().join("db"), "10").await;
    let origin = format!("http://{}", server.address());
    let news = statuses(&json!([status(&sent.wamid, sent.ours(), "delivered")]));
    assert_eq!(bring(&origin, &news).await.status, 200);
    write(&origin, ANN, "wamid.2", "Good bye").await;
    let sent = meta.until_sent(2).await;
    assert_ne!(sent[0].ours(), sent[1].ours(), "the second answer, and not the first again");
    assert_eq!(meta.asked().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_without_any_news_it_goes_once_more_under_the_same_name() {
    let data = tempfile::tempdir().unwrap();
    let meta = Meta::doing(|_, _| Does::TakeAndStall).await;
    let (server, first) = killed(&meta, &data.path().join("db"), "1").await;
    let sent = meta.until_sent(2).await;
    assert_eq!((first.ours(), texts(&sent)[0]), (sent[1].ours(), texts(&sent)[1]));
    let news = statuses(&json!([status(&sent[1].wamid, sent[1].ours(), "delivered")]));
    assert_eq!(bring(&format!("http://{}", server.address()), &news).await.status, 200);
}
