//! Files that take long to come to Meta, or do not come there: their own conversation waits, for a while, and no other does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::clock::{Clock, SystemClock};
use switchboard::domain::SessionKey;
use switchboard::engine::channels::outward::{Dispatch, SentFile};
use switchboard::store::files::Scan;

use super::media::{PDF, goes_on_after, scanned, shown, talking, told};
use super::{ANN, dispatches, origin, until, went};
use crate::support::app::TestApp;
use crate::support::clock::HandClock;
use crate::support::meta::{Asked, Does, Meta, write};
use crate::support::rest::Parrot;

const BO: &str = "15550003333";

/// What a stop waits for what is being sent.
const DRAIN_WAIT: Duration = Duration::from_secs(5);

/// An app at an hour that a test moves on.
async fn at_an_hour(meta: &Meta) -> (TestApp, Arc<HandClock>) {
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().as_ms()));
    let world = World { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Parrot::world(None) };
    (TestApp::start_in_world(|config| meta.set_up(config), world).await, clock)
}

/// What Ann got behind the first answer.
fn got(sent: &[Asked]) -> Vec<Value> {
    sent.iter().filter(|one| one.body["to"] == ANN).skip(1).map(shown).collect()
}

/// What is known of the first file of a session.
fn file(known: &[Dispatch]) -> SentFile {
    known.iter().flat_map(|one| &one.parts).find_map(|part| part.file.clone()).unwrap_or_default()
}

/// Waits until what is known of the session's file is so.
async fn until_file(app: &TestApp, key: &SessionKey, is_so: impl Fn(&SentFile) -> bool) -> SentFile {
    file(&until(app, key, |known| is_so(&file(known))).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_takes_long_holds_up_its_own_conversation_and_no_other_and_no_stop() {
    let meta = Meta::start().await;
    let set_up = |config: &mut switchboard::config::Config| {
        meta.set_up(config);
        config.whatsapp.timeout_ms = 60_000;
    };
    let app = TestApp::start_in_world(set_up, Parrot::world(None)).await;
    let (mut eva, key, session) = talking(&app, &meta).await;
    // What fails leaves the number trusted with one message at a time, and the file is brought meanwhile.
    meta.does(|_, asked| if asked.body["to"] == BO { Does::Refuse(500, "", 131_000) } else { Does::Take });
    write(&origin(&app), BO, "wamid.bo", "Are you there?").await;
    meta.until_asked(2).await;
    meta.does_with_uploads(|_, _| Does::TakeAndStall);
    eva.shows(&session, "Your bill", ("bill.pdf", PDF)).await;
    eva.says(&session, "Well?", &[]).await;
    meta.until_uploaded(1).await;
    meta.does(|_, _| Does::Take);
    let sent = meta.until_sent(2).await;
    assert_eq!((sent[1].text(), got(&sent)), ("Are you there?", Vec::new()));

    meta.does_with_uploads(|_, _| Does::Take);
    drop(eva);
    let began = Instant::now();
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    assert!(began.elapsed() < DRAIN_WAIT, "it took {:?}", began.elapsed());
    until(&app, &key, went(3)).await;
    let document = json!({ "document": { "id": "media.1", "filename": "bill.pdf", "caption": "Your bill" } });
    assert_eq!(got(&meta.sent()), [document, json!("Well?")]);
    assert_eq!(meta.uploads().len(), 2, "it was brought anew");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_come_to_meta_for_ten_minutes_is_named_and_nobody_else_waits() {
    let meta = Meta::start().await;
    meta.does_with_uploads(|_, _| Does::Status(502));
    let (app, clock) = at_an_hour(&meta).await;
    let (mut eva, key, session) = talking(&app, &meta).await;
    eva.shows(&session, "Your bill", ("bill.pdf", PDF)).await;
    until_file(&app, &key, |file| file.failing.is_some_and(|failing| failing.times >= 3)).await;
    let seen = told(&app, &eva, &session).await;
    assert_eq!((&seen["state"], &seen["why"]), (&json!("waiting"), &json!("the provider fails for the moment")));
    eva.says(&session, "Well?", &[]).await;
    goes_on_after(&app, &meta, &clock, 11 * 60).await;
    until(&app, &key, went(3)).await;
    assert_eq!(got(&meta.sent()), ["Your bill\n[file: bill.pdf] (can not be sent here)", "Well?"]);
    assert_eq!(file(&dispatches(&app, &key)).left_out.as_deref(), Some("the provider fails for the moment"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_at_hand_meanwhile_is_waited_for_anew() {
    let meta = Meta::start().await;
    meta.does_with_uploads(|_, _| Does::Status(502));
    let (app, clock) = at_an_hour(&meta).await;
    let (mut eva, key, session) = talking(&app, &meta).await;
    let bill = eva.brings(&session, "bill.pdf", PDF).await;
    let held = || Scan::Held { tries: 1, next: None };
    scanned(&app, &key, &bill, held()).await;
    eva.says(&session, "Your bill", std::slice::from_ref(&bill)).await;
    let first = until_file(&app, &key, |file| file.held_since.is_some()).await;
    scanned(&app, &key, &bill, Scan::Passed).await;
    goes_on_after(&app, &meta, &clock, 170).await;
    let there = until_file(&app, &key, |file| file.failing.is_some()).await;
    assert_eq!((there.held, there.held_since), (None, None));
    scanned(&app, &key, &bill, held()).await;
    goes_on_after(&app, &meta, &clock, 60).await;
    let again = until_file(&app, &key, |file| file.held_since.is_some()).await;
    assert!(again.held_since > first.held_since && again.left_out.is_none(), "{again:?}");
    scanned(&app, &key, &bill, Scan::Passed).await;
    meta.does_with_uploads(|_, _| Does::Take);
    goes_on_after(&app, &meta, &clock, 30).await;
    until(&app, &key, went(2)).await;
    let got = got(&meta.sent());
    assert_eq!((got.len(), &got[0]["document"]["caption"]), (1, &json!("Your bill")), "{got:?}");
    app.stop().await;
}
