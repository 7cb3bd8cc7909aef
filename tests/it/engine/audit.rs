//! How long the audit log is kept.

use std::sync::Arc;

use switchboard::app::World;
use switchboard::domain::audit::{Act, Target};
use switchboard::domain::{AuditEntry, OrganizationId, Timestamp};
use switchboard::engine::Audit;
use switchboard::engine::audit::{Kept, TRIM_BATCH_MAX_ENTRIES, operators};
use switchboard::store::{Batch, Direction, KeyRange, Store, StoreLimits, record};

use crate::support::app::{PATIENCE, TestApp};
use crate::support::clock::HandClock;
use crate::support::kv::MemoryKv;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const NOW_MS: i64 = 1_800_000_000_000;
const KEPT_DAYS: u32 = 30;

/// Entries of an organization, each so many days old.
async fn acted(store: &Store, organization: &str, ages_days: impl IntoIterator<Item = i64>) {
    let organization = OrganizationId::parse(organization).unwrap();
    let mut batch = Batch::default();
    for age in ages_days {
        let at = Timestamp::from_ms(NOW_MS - age * DAY_MS);
        let entry = operators(&organization, at, Act::SettingsChanged, Target::new("settings", "desk"), Vec::new());
        record::insert(&mut batch, &entry).unwrap();
    }
    store.commit(batch).await.unwrap();
}

/// The ages of an organization's entries in days, oldest first.
fn ages(store: &Store, organization: &str) -> Vec<i64> {
    let organization = OrganizationId::parse(organization).unwrap();
    let page = record::all::<AuditEntry>(store, &organization, None, 10_000, Direction::Forward).unwrap();
    page.items.iter().map(|found| (NOW_MS - found.record.at.as_ms()) / DAY_MS).collect()
}

fn audit(store: &Store, kept: Kept) -> Audit {
    Audit::new(store.clone(), Arc::new(HandClock::at_ms(NOW_MS)), kept)
}

fn in_memory() -> Store {
    let (store, completions) = Store::over(Arc::new(MemoryKv::default()), StoreLimits::default()).unwrap();
    tokio::spawn(completions.run());
    store
}

#[tokio::test]
async fn what_is_too_old_is_forgotten_in_every_organization_and_nothing_else() {
    let store = in_memory();
    let many = i64::try_from(TRIM_BATCH_MAX_ENTRIES).unwrap() * 2 + 3;
    acted(&store, "acme", (0..many).map(|_| 31).chain([30, 1])).await;
    acted(&store, "bolt", [29, 0]).await;
    acted(&store, "core", [400, 31]).await;
    let others = || store.count(KeyRange::all(), 100_000).unwrap();
    let before = others();
    let forgotten = audit(&store, Kept::Days(KEPT_DAYS)).trim().await.unwrap();
    assert_eq!(i64::try_from(forgotten), Ok(many + 2));
    assert_eq!((ages(&store, "acme"), ages(&store, "bolt")), (vec![30, 1], vec![29, 0]));
    assert_eq!(ages(&store, "core"), [0; 0]);
    assert_eq!(before - others(), forgotten, "nothing else is gone");
    assert_eq!(audit(&store, Kept::Days(KEPT_DAYS)).trim().await, Ok(0));
}

#[tokio::test]
async fn an_entry_that_does_not_read_stays_and_holds_up_no_other() {
    let store = in_memory();
    let mut batch = Batch::default();
    batch.put(b"audit/acme/00000000-0000-7000-8000-000000000000".to_vec(), b"not an entry".to_vec());
    store.commit(batch).await.unwrap();
    acted(&store, "acme", [40]).await;
    acted(&store, "bolt", [40]).await;
    assert_eq!(audit(&store, Kept::Days(KEPT_DAYS)).trim().await, Ok(2));
    assert_eq!(store.count(KeyRange::prefix("audit/"), 10).unwrap(), 1);
}

#[tokio::test]
async fn without_a_limit_everything_is_kept() {
    let store = in_memory();
    acted(&store, "acme", [10_000, 0]).await;
    assert_eq!(audit(&store, Kept::ForEver).trim().await, Ok(0));
    assert_eq!(ages(&store, "acme"), [10_000, 0]);
}

#[tokio::test]
async fn a_server_forgets_by_itself() {
    let clock = || Arc::new(HandClock::at_ms(NOW_MS));
    let app = TestApp::start_in_world(|_| {}, World { clock: clock(), ..World::default() }).await;
    acted(app.store(), "acme", [400, 364]).await;
    let app = app.restart_in_world(|_| {}, World { clock: clock(), ..World::default() }).await;
    let forgotten = async {
        while ages(app.store(), "acme") != [364] {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, forgotten).await.expect("what is a year old goes");
    app.stop().await;
}
