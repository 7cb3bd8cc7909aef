//! The store ends at each write between a customer's message and its answer: the message is taken once, and the customer gets one answer. Exotel
//! can not be asked whether it has one: its news tells, and without any the same goes once more.

use std::future::pending;

use reqwest::Client;
use switchboard::app::World;
use switchboard::config::Config;
use switchboard::domain::Author;
use switchboard::engine::channels::outward::{Dispatch, Step};

use super::exotel::{exotel, inbound, take};
use super::missed::{has_begun, listed};
use super::{Twilio, answered, dispatched, form, twilio, words, write};
use crate::support::app::{TestApp, test_config};
use crate::support::ending::{Ending, News, at_each_write, copied};
use crate::support::provider::Provider;
use crate::support::rest::Parrot;
use crate::support::said::until_done;

fn has_gone(known: &[Dispatch]) -> bool {
    known.len() == 1 && known[0].parts.iter().all(|part| part.step == Step::Gone)
}

/// What Twilio was given for the customer.
fn answers(provider: &Twilio) -> Vec<String> {
    let taken = provider.taken.lock().unwrap();
    let out = taken.iter().filter(|sms| sms["direction"] == "outbound-api");
    out.map(|sms| sms["body"].as_str().unwrap().to_owned()).collect()
}

/// Whether it came to the write at which everything ends.
async fn ends_at(n: usize, is_called_again: bool) -> bool {
    let provider = Twilio::start().await;
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("db");
    let mut config = test_config();
    twilio(&mut config, &provider.server.url);
    config.sms.catch_up_s = 3_600;
    let (mut ending, store) = Ending::store(&folder, n, |_| false).await;
    let world = World { store: Some(store), ..Parrot::world(None) };
    let ended = TestApp::start_on(config.clone(), world, data).await;
    has_begun(&ended).await;
    provider.taken.lock().unwrap().insert(0, listed("SM900", "Hello", 1));
    ending.after(n);
    let answered = async {
        if write(&ended, "SM900", "Hello").await.0 != 200 {
            pending::<()>().await;
        }
        dispatched(&ended, has_gone).await;
    };
    let stands = tokio::select! {
        () = ending.stands() => true,
        () = answered => false,
    };
    let app = TestApp::start_on(config, Parrot::world(None), copied(&folder).await).await;
    if is_called_again {
        assert_eq!(write(&app, "SM900", "Hello").await.0, 200, "write {n}");
    } else {
        // Twilio does not call again: it is asked for what came.
        has_come(&provider, &app).await;
    }
    dispatched(&app, has_gone).await;
    assert_eq!(words(&app, |author| *author == Author::Customer), ["Hello"], "write {n}");
    assert_eq!(answers(&provider), ["Hello"], "write {n}");
    stands
}

/// Waits until the customer's session is there, which whoever catches up begins.
async fn has_come(provider: &Twilio, app: &TestApp) {
    provider.server.until(|asked| asked.iter().filter(|request| request.method == "GET").count() >= 1).await;
    crate::support::said::until_said(app, "it is taken", || {
        !crate::support::said::words_of(app, super::THEIRS).is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_takes_a_message_that_is_brought_again_once_and_answers_it_once() {
    let ended = at_each_write(async |n| ends_at(n, true).await).await;
    assert!(ended >= 6, "only {ended} writes: who writes, the message, the answer, what goes and what went");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_takes_a_message_that_is_asked_for_once_and_answers_it_once() {
    let ended = at_each_write(async |n| ends_at(n, false).await).await;
    assert!(ended >= 6, "only {ended} writes: who writes, the message, the answer, what goes and what went");
}

/// A customer writes by Exotel, through an end at that write. Whether it came to it.
async fn by_exotel_ends_at(n: usize, news: News) -> bool {
    let (provider, data) = (Provider::doing(take).await, tempfile::tempdir().unwrap());
    let (folder, mut config): (_, Config) = (data.path().join("db"), test_config());
    exotel(&mut config, &provider.url);
    config.outbox.unclear_wait_s = news.waited_for_s();
    config.outbox.unclear_start_wait_s = news.waited_for_s();
    let (mut ending, store) = Ending::store(&folder, n, |_| false).await;
    let world = World { store: Some(store), ..Parrot::world(None) };
    let ended = TestApp::start_on(config.clone(), world, data).await;
    let brings = async |app: &TestApp| answered(Client::new().get(inbound(app, "ex-in-1", "Hello"))).await.0;
    ending.after(n);
    let replied = async {
        if brings(&ended).await != 200 {
            pending::<()>().await;
        }
        dispatched(&ended, has_gone).await;
        until_done(&ended, 1).await;
    };
    let stands = tokio::select! {
        () = ending.stands() => true,
        () = replied => false,
    };
    let app = TestApp::start_on(config, Parrot::world(None), copied(&folder).await).await;
    assert_eq!(brings(&app).await, 200, "write {n}");
    let first = provider.until(|asked| !asked.is_empty()).await.remove(0);
    if news == News::Comes {
        let callback = first.field("StatusCallback").strip_prefix(super::PUBLIC).unwrap().to_owned();
        let sent = [("SmsSid", "ex0"), ("Status", "sent"), ("CustomField", &first.field("CustomField"))];
        assert_eq!(answered(form(Client::new().post(app.url(&callback)), &sent)).await.0, 200, "write {n}");
    }
    dispatched(&app, has_gone).await;
    until_done(&app, 1).await;
    assert_eq!(words(&app, |author| *author == Author::Customer), ["Hello"], "write {n}");
    let asked = provider.asked();
    let most = if news == News::Comes { 1 } else { 2 };
    assert!(asked.len() <= most && asked.iter().all(|one| one.raw == first.raw), "write {n}: {asked:?}");
    drop(ended);
    stands
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_answers_who_wrote_by_exotel_once_where_it_tells_of_it() {
    let ended = at_each_write(async |n| by_exotel_ends_at(n, News::Comes).await).await;
    assert!(ended >= 6, "only {ended} writes: who writes, the message, the answer, what goes and what went");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_loses_no_answer_of_which_exotel_tells_nothing() {
    let ended = at_each_write(async |n| by_exotel_ends_at(n, News::StaysAway).await).await;
    assert!(ended >= 6, "only {ended} writes: who writes, the message, the answer, what goes and what went");
}
