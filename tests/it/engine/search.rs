//! Lists of the staff read what they show, not all that there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use switchboard::app::World;
use switchboard::domain::session::Owner;
use switchboard::domain::{OrganizationId, PersonName, SessionId, SessionKey, State, Timestamp, UserId};
use switchboard::engine::sessions::OPEN_LISTED_MAX;
use switchboard::engine::sessions::search::{OwnedBy, Wanted};
use switchboard::store::{Batch, Direction, KeyRange, Kv, Pair, Store, StoreError, StoreLimits, Write, record};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::kv::MemoryKv;

const JANE: UserId = UserId(Uuid::from_u128(7));
const JOE: UserId = UserId(Uuid::from_u128(8));

/// Sessions that there are.
const SESSIONS: i64 = 10_000;

/// Sessions in one batch.
const BATCH: i64 = 500;

/// A backend that counts the headers that are read of it.
#[derive(Default)]
struct CountedKv {
    inner: MemoryKv,
    headers: AtomicUsize,
}

impl Kv for CountedKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.headers.fetch_add(usize::from(key.starts_with(b"session/")), Ordering::Relaxed);
        self.inner.get(key)
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        self.inner.scan(range, limit, direction)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        self.inner.count(range, limit)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.inner.apply(writes)
    }

    fn name(&self) -> &'static str {
        "counted"
    }
}

fn home() -> OrganizationId {
    OrganizationId::default_organization()
}

fn human(user: UserId) -> Owner {
    Owner::Human { user, name: PersonName::parse("name", "Jane Smith").unwrap() }
}

/// An app with ten thousand sessions, of the owners given by their number.
async fn app_with(owner: impl Fn(i64) -> Owner) -> (TestApp, Arc<CountedKv>) {
    let kv = Arc::new(CountedKv::default());
    let store = Store::over(Arc::clone(&kv) as Arc<dyn Kv>, StoreLimits::default()).unwrap();
    let app = TestApp::start_in_world(|_| {}, World { store: Some(store), ..World::default() }).await;
    for first in (0..SESSIONS).step_by(usize::try_from(BATCH).unwrap()) {
        let mut batch = Batch::default();
        for number in first..first + BATCH {
            let session = SessionId::parse(&format!("s{number:05}")).unwrap();
            let key = SessionKey { organization: home(), session };
            let mut state = State { owner: owner(number), next_seq: 2, ..State::unborn(key) };
            state.started_at = Timestamp::from_ms(1_700_000_000_000 + number);
            record::insert(&mut batch, &state).unwrap();
        }
        app.store().commit(batch).await.unwrap();
    }
    (app, kv)
}

/// The ids that a list shows, and how many headers were read for it.
async fn listed(app: &TestApp, kv: &CountedKv, owner: OwnedBy) -> (Vec<String>, usize) {
    let before = kv.headers.load(Ordering::Relaxed);
    let wanted = Wanted { owner: Some(owner), ..Wanted::default() };
    let found = app.sessions().search(&home(), &wanted, None, 50).await.unwrap();
    let ids = found.sessions.iter().map(|(state, _)| state.key.session.to_string()).collect();
    (ids, kv.headers.load(Ordering::Relaxed) - before)
}

#[tokio::test]
async fn sessions_that_ended_are_not_read_for_lists_of_those_that_did_not() {
    // All that is open began first.
    let (app, kv) = app_with(|number| match number {
        0 | 1 => human(JANE),
        2 => human(JOE),
        3..=5 => Owner::Queue,
        6 => Owner::Assistant,
        _ => Owner::Closed,
    })
    .await;
    let expected: [(OwnedBy, &[&str]); 5] = [
        (OwnedBy::Person(JANE), &["s00001", "s00000"]),
        (OwnedBy::Human, &["s00002", "s00001", "s00000"]),
        (OwnedBy::Queue, &["s00005", "s00004", "s00003"]),
        (OwnedBy::Assistant, &["s00006"]),
        (OwnedBy::Open, &["s00006", "s00005", "s00004", "s00003", "s00002", "s00001", "s00000"]),
    ];
    for (owner, ids) in expected {
        let (found, read) = listed(&app, &kv, owner).await;
        assert_eq!(found, ids, "{owner:?}");
        assert!(read <= 7, "{read} headers are read for {owner:?}");
    }
    let open = app.sessions().open(&home(), None, 0, 50).await.unwrap();
    assert_eq!(open.len(), 7);
    app.stop().await;
}

#[tokio::test]
async fn a_persons_list_does_not_read_a_long_queue_and_no_list_reads_more_than_it_puts_in_order() {
    let (app, kv) = app_with(|number| if number % 5_000 == 0 { human(JANE) } else { Owner::Queue }).await;
    assert_eq!(listed(&app, &kv, OwnedBy::Person(JANE)).await, (vec!["s05000".to_owned(), "s00000".to_owned()], 2));
    for owner in [OwnedBy::Queue, OwnedBy::Open] {
        let (found, read) = listed(&app, &kv, owner).await;
        assert_eq!((found[0].as_str(), found.len()), ("s09999", 50), "{owner:?}");
        assert!(read < OPEN_LISTED_MAX + 200, "{read} headers are read for {owner:?}");
    }
    app.stop().await;
}
