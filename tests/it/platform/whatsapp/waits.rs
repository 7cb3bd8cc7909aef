//! How long a message waits: by how often it failed so in a row, and by what Meta takes of the number.

use std::sync::Arc;

use serde_json::json;
use switchboard::app::World;
use switchboard::channels::FailureClass;
use switchboard::clock::{Clock, SystemClock};
use switchboard::domain::OrganizationId;
use switchboard::domain::outbox::{Stage, TargetKey};
use switchboard::engine::channels::outward::{Dispatch, Step};
use switchboard::store::{Direction, outbox};

use super::{ANN, dispatches, origin, parrot, session_of, until};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::clock::HandClock;
use crate::support::meta::{Does, Meta, bring, changed, seconds_ago, write};
use crate::support::rest::Parrot;

const HOUR_MS: u64 = 60 * 60 * 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_holds_back_after_a_passing_error_waits_its_day() {
    let meta = Meta::doing(|number, _| match number {
        0 => Does::Refuse(500, "", 131_000),
        _ => Does::Refuse(400, "", 131_049),
    })
    .await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    let key = session_of(&app, ANN);
    let is_held = |known: &[Dispatch]| {
        let failures = known.iter().filter_map(|one| one.failure.as_ref());
        failures.map(|failure| failure.class).any(|class| class == FailureClass::NotToday)
    };
    let known = until(&app, &key, is_held).await.remove(0);
    let streak = known.streak.unwrap();
    assert_eq!((streak.class, streak.times), (FailureClass::NotToday, 1));
    let target = TargetKey { organization: OrganizationId::default_organization(), target: known.account().target() };
    let rows = |stage| outbox::list(app.store(), &target, stage, None, 10, Direction::Forward).unwrap().items;
    let written = async {
        loop {
            assert_eq!(rows(Stage::Parked), [], "it is not set aside");
            if let Some(until) = rows(Stage::Waiting).first().and_then(|row| row.record.not_before) {
                return until;
            }
            tokio::task::yield_now().await;
        }
    };
    let waits = tokio::time::timeout(PATIENCE, written).await.expect("that it waits is written down");
    assert!(waits.since_ms(SystemClock.now()) > 23 * HOUR_MS, "{waits}");
    app.stop().await;
}

/// The number of one of many customers.
fn phone(number: usize) -> String {
    format!("155500044{number:02}")
}

/// How far the answers to the first so many of them came.
fn steps(app: &TestApp, customers: usize) -> Vec<Step> {
    let known = (0..customers).flat_map(|number| dispatches(app, &session_of(app, &phone(number))));
    known.flat_map(|one| one.parts).map(|part| part.step).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_by_which_a_colleague_writes_in_the_app_sends_twenty_at_once() {
    let meta = Meta::start().await;
    let clock = Arc::new(HandClock::at_ms(SystemClock.now().as_ms()));
    let world = World { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Parrot::world(None) };
    let app = TestApp::start_in_world(|config| meta.set_up(config), world).await;
    let echo = json!({ "from": "15550001111", "to": ANN, "id": "wamid.app.1", "timestamp": seconds_ago(0),
        "type": "text", "text": { "body": "It is me, Sam" } });
    let echoes = changed("smb_message_echoes", &json!({ "message_echoes": [echo] }));
    assert_eq!(bring(&origin(&app), &echoes).await.status, 200);
    for number in 0..25 {
        write(&origin(&app), &phone(number), &format!("wamid.{number}"), "Hello").await;
    }
    let waits = async {
        loop {
            let steps = steps(&app, 25);
            let gone = steps.iter().filter(|step| **step == Step::Gone).count();
            let going = steps.iter().filter(|step| matches!(step, Step::Going { .. })).count();
            if (gone, going) == (20, 5) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waits).await.expect("five of them wait for their turn");
    assert_eq!(meta.sent().len(), 20);
    clock.forward_s(1);
    meta.until_sent(25).await;
    app.stop().await;
}
