//! `kill -9` of the real program between what Meta took and what was written down, an end at each write, and ends that last: a message and
//! a voice note are taken once; the news of an answer keeps it from going twice, and without any it goes once more under the same name.

use std::future::pending;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::assistant::Transcriber;
use switchboard::clock::{Clock, SystemClock};
use switchboard::config::Config;
use switchboard::domain::{Author, Refusal};
use switchboard::store::{Direction, KeyRange};

use super::files::{NOTE, WORDS, nothing_to_fetch, of, spoken, texts as texts_of, typist, with_attachment, with_files};
use super::media::goes_on_after;
use super::{ANN, messages_of, origin, session_of, until, went};
use crate::support::app::{Process, TestApp, test_config};
use crate::support::clock::HandClock;
use crate::support::ending::{Ending, News, at_each_write, copied};
use crate::support::meta::{Asked, Does, Meta, bring, messages, status, statuses, text, write};
use crate::support::rest::Parrot;
use crate::support::said::{until_done, until_said};

fn texts(sent: &[Asked]) -> Vec<&str> {
    sent.iter().map(Asked::text).collect()
}

/// A server that was killed while Meta had the first answer and had not said so.
async fn killed(meta: &Meta, data: &Path, start_wait_s: &str) -> (Process, Asked) {
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

/// Whether a run came to its end at that write: what is brought is brought to a store that ends there, or is answered.
async fn stands(folder: &Path, n: usize, config: &Config, world: World, payload: &Value) -> (bool, TestApp) {
    let (mut ending, store) = Ending::store(folder, n, |_| false).await;
    let data = tempfile::tempdir().unwrap();
    let ended = TestApp::start_on(config.clone(), World { store: Some(store), ..world }, data).await;
    ending.after(n);
    let answered = async {
        if bring(&origin(&ended), payload).await.status != 200 {
            pending::<()>().await;
        }
        is_answered(&ended).await;
    };
    let stands = tokio::select! {
        () = ending.stands() => true,
        () = answered => false,
    };
    (stands, ended)
}

/// Waits until the one answer went, and all that follows from it is written down.
async fn is_answered(app: &TestApp) {
    let key = session_of(app, ANN);
    until_said(app, "it is answered", || !of(&messages_of(app, &key), &Author::Assistant).is_empty()).await;
    until(app, &key, went(1)).await;
    until_done(app, 1).await;
    nothing_to_fetch(app).await;
}

/// A text comes and is answered, through an end at that write.
async fn a_text_through_an_end_at(n: usize, news: News) -> bool {
    let (meta, data) = (Meta::start().await, tempfile::tempdir().unwrap());
    let (folder, mut config) = (data.path().join("db"), test_config());
    meta.set_up(&mut config);
    config.outbox.unclear_wait_s = news.waited_for_s();
    config.outbox.unclear_start_wait_s = news.waited_for_s();
    let hello = messages(ANN, "Ann", &json!([text(ANN, "wamid.1", 0, "Hello")]));
    let (stands, ended) = stands(&folder, n, &config, Parrot::world(None), &hello).await;
    let app = TestApp::start_on(config, Parrot::world(None), copied(&folder).await).await;
    assert_eq!(bring(&origin(&app), &hello).await.status, 200, "write {n}: Meta brings again what it has no answer to");
    let first = meta.until_sent(1).await.remove(0);
    if news == News::Comes {
        let sent = statuses(&json!([status(&first.wamid, first.ours(), "sent")]));
        assert_eq!(bring(&origin(&app), &sent).await.status, 200, "write {n}");
    }
    is_answered(&app).await;
    let said = messages_of(&app, &session_of(&app, ANN));
    assert_eq!((of(&said, &Author::Customer), of(&said, &Author::Assistant)), (vec!["Hello"], vec!["Hello"]));
    let sent = meta.sent();
    match news {
        News::Comes => assert_eq!(sent.len(), 1, "write {n}: the customer reads one answer"),
        News::StaysAway => {
            assert!(sent.len() <= 2 && sent.iter().all(|one| one.body == first.body), "write {n}: {sent:?}");
        }
    }
    drop(ended);
    stands
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_takes_a_message_once_and_answers_it_once_where_meta_tells_of_it() {
    let ended = at_each_write(async |n| a_text_through_an_end_at(n, News::Comes).await).await;
    assert!(ended >= 8, "only {ended} writes: who writes, the day, the message, the answer, what goes and what went");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_loses_no_answer_of_which_meta_tells_nothing_and_repeats_it_under_its_name_alone() {
    let ended = at_each_write(async |n| a_text_through_an_end_at(n, News::StaysAway).await).await;
    assert!(ended >= 8, "only {ended} writes: who writes, the day, the message, the answer, what goes and what went");
}

/// A voice note comes, is fetched, written down and answered, through an end at that write.
async fn a_voice_note_through_an_end_at(n: usize) -> bool {
    let (meta, data) = (with_files(&[("78", NOTE)], |_, _| None).await, tempfile::tempdir().unwrap());
    let (folder, mut config) = (data.path().join("db"), test_config());
    Meta::start().await.set_up(&mut config);
    config.whatsapp.base_url = format!("{}/v25.0", meta.url);
    config.outbox.unclear_wait_s = News::Comes.waited_for_s();
    config.outbox.unclear_start_wait_s = News::Comes.waited_for_s();
    let hearing = || {
        let transcriber: Arc<dyn Transcriber> = Arc::new(typist(0, Refusal::Busy).0);
        World { transcriber: Some(transcriber), ..Parrot::world(None) }
    };
    let note = spoken("wamid.1", "78");
    let (stands, ended) = stands(&folder, n, &config, hearing(), &note).await;
    let app = TestApp::start_on(config, hearing(), copied(&folder).await).await;
    assert_eq!(bring(&origin(&app), &note).await.status, 200, "write {n}: Meta brings again what it has no answer to");
    let asked = meta.until(|asked| !texts_of(asked).is_empty()).await;
    let at = asked.iter().position(|request| request.json()["type"] == "text").unwrap();
    let ours = asked[at].json()["biz_opaque_callback_data"].as_str().unwrap().to_owned();
    let news = statuses(&json!([status(&format!("wamid.out.{at}"), &ours, "sent")]));
    assert_eq!(bring(&origin(&app), &news).await.status, 200, "write {n}");
    is_answered(&app).await;
    let said = messages_of(&app, &session_of(&app, ANN));
    assert_eq!(of(&said, &Author::Customer), ["[voice note]", "[audio: audio.ogg]", WORDS], "write {n}");
    assert_eq!(of(&said, &Author::Assistant), [WORDS], "write {n}");
    let kept = app.store().scan(KeyRange::prefix("file/default/"), 10, Direction::Forward).unwrap();
    assert_eq!((with_attachment(&said).len(), kept.len()), (1, 1), "write {n}: the file is there once");
    assert_eq!(texts_of(&meta.asked()).len(), 1, "write {n}: the customer reads one answer");
    drop(ended);
    stands
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_brings_a_voice_note_once_and_answers_its_words_once() {
    let ended = at_each_write(a_voice_note_through_an_end_at).await;
    assert!(ended >= 14, "only {ended} writes: what is to be fetched, the file and its words besides those of a text");
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
    let app = app.restart_in_world(|_| clock.forward_s(2 * 60), world()).await;
    let to_ann = || meta.sent().into_iter().filter(|sent| sent.body["to"] == ANN).collect::<Vec<_>>();
    goes_on_after(&app, &meta, &clock, 2 * 60).await;
    assert_eq!(to_ann().len(), 1, "its news may still come");
    goes_on_after(&app, &meta, &clock, 9 * 60).await;
    until(&app, &key, went(1)).await;
    let sent = to_ann();
    assert_eq!((sent.len(), sent[0].ours()), (2, sent[1].ours()), "and does not");
    app.stop().await;
}
