//! Files that take long to come to Meta: their own conversation waits, and no other does.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::media::{PDF, shown, talking};
use super::{ANN, origin, until, went};
use crate::support::app::TestApp;
use crate::support::meta::{Asked, Does, Meta, write};
use crate::support::rest::Parrot;

const BO: &str = "15550003333";

/// What a stop waits for what is being sent.
const DRAIN_WAIT: Duration = Duration::from_secs(5);

/// What Ann got behind the first answer.
fn got(sent: &[Asked]) -> Vec<Value> {
    sent.iter().filter(|one| one.body["to"] == ANN).skip(1).map(shown).collect()
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
