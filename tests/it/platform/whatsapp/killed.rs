//! `kill -9` of the real program between what Meta took and what was written down, and ends that last: the news tells, and without any
//! it goes once more.

use std::sync::Arc;

use serde_json::json;
use switchboard::app::World;
use switchboard::clock::{Clock, SystemClock};
use switchboard::config::Config;

use super::media::goes_on_after;
use super::{ANN, origin, session_of, until, went};
use crate::support::app::{Process, TestApp};
use crate::support::clock::HandClock;
use crate::support::meta::{Asked, Does, Meta, bring, status, statuses, write};
use crate::support::rest::Parrot;

fn texts(sent: &[Asked]) -> Vec<&str> {
    sent.iter().map(Asked::text).collect()
}

/// A server that was killed while Meta had the first answer and had not said so.
async fn killed(meta: &Meta, data: &std::path::Path, start_wait_s: &str) -> (Process, Asked) {
    let waits = [("OUTBOX__UNCLEAR_WAIT_S", "1"), ("OUTBOX__UNCLEAR_START_WAIT_S", start_wait_s)];
    let settings = [meta.settings().as_slice(), &waits].concat();
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
    let (server, sent) = killed(&meta, &data.path().join("db"), "600").await;
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

#[tokio::test(flavor = "multi_thread")]
async fn the_time_in_which_nobody_was_there_is_no_time_in_which_news_could_come() {
    let meta = Meta::doing(|number, _| if number == 0 { Does::TakeAndStall } else { Does::Take }).await;
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().as_ms()));
    let world = || World { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Parrot::world(None) };
    let set_up = |config: &mut Config| {
        meta.set_up(config);
        config.whatsapp.timeout_ms = 300;
        config.outbox.unclear_wait_s = 60;
        config.outbox.unclear_start_wait_s = 600;
    };
    let app = TestApp::start_in_world(set_up, world()).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    let key = session_of(&app, ANN);
    until(&app, &key, |known| known.iter().any(|one| one.failure.is_some())).await;
    clock.forward_s(2 * 60);
    let app = app.restart_in_world(|_| (), world()).await;
    let to_ann = || meta.sent().into_iter().filter(|sent| sent.body["to"] == ANN).collect::<Vec<_>>();
    goes_on_after(&app, &meta, &clock, 2 * 60).await;
    assert_eq!(to_ann().len(), 1, "its news may still come");
    goes_on_after(&app, &meta, &clock, 9 * 60).await;
    until(&app, &key, went(1)).await;
    let sent = to_ann();
    assert_eq!((sent.len(), sent[0].ours()), (2, sent[1].ours()), "and does not");
    app.stop().await;
}
