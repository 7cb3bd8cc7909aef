//! The same request twice has one effect.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use switchboard::clock::Clock;
use switchboard::domain::{Refusal, Role};
use switchboard::engine::accounts::request_key::{
    self, Earlier, OTHER_REQUEST, REMEMBERED_S, SWEEP_BATCH_MAX_ENTRIES, Swept,
};
use switchboard::store::{Batch, Direction, FjallKv, KeyRange, Kv, Pair, Store, StoreError, StoreLimits, Write};

use super::{Installation, home, request, somebody};
use crate::support::clock::HandClock;

#[tokio::test]
async fn a_request_that_is_repeated_gets_the_first_answer() {
    let (at, _) = Installation::started().await;
    let new = || somebody("jo@example.com", Role::Customer);
    let first = at.accounts.register(new(), Some(request("k1", "{}"))).await.unwrap();
    let at = at.restarted().await;
    let again = at.accounts.register(new(), Some(request("\"k1\"", "{}"))).await.unwrap();
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.value, again.value);
    let without = at.accounts.register(new(), Some(request("k2", "{}"))).await;
    assert!(matches!(without, Err(Refusal::Conflict { why }) if why != OTHER_REQUEST));
}

#[tokio::test]
async fn a_key_with_another_body_is_a_conflict_and_makes_nobody() {
    let (at, _) = Installation::started().await;
    at.accounts.register(somebody("jo@example.com", Role::Customer), Some(request("k1", "a"))).await.unwrap();
    let other = at.accounts.register(somebody("mo@example.com", Role::Customer), Some(request("k1", "b"))).await;
    assert_eq!(other, Err(Refusal::conflict(OTHER_REQUEST)));
    assert_eq!(at.accounts.list(&home(), Some(Role::Customer), 1, 10).unwrap().1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_requests_at_once_one_makes_the_user_and_the_others_get_them_too() {
    let (at, _) = Installation::started().await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let accounts = at.accounts.clone();
            let new = somebody("jo@example.com", Role::Customer);
            tokio::spawn(async move { accounts.register(new, Some(request("k1", "{}"))).await })
        })
        .collect();
    let mut made = Vec::new();
    for tried in tries {
        made.push(tried.await.unwrap().unwrap());
    }
    assert_eq!(made.iter().filter(|made| !made.replayed).count(), 1);
    assert!(made.iter().all(|other| other.value.id == made[0].value.id));
    assert_eq!(at.accounts.list(&home(), Some(Role::Customer), 1, 10).unwrap().1, 1);
}

#[tokio::test]
async fn after_a_day_a_key_is_as_good_as_new() {
    let (at, _) = Installation::started().await;
    at.accounts.register(somebody("jo@example.com", Role::Customer), Some(request("k1", "a"))).await.unwrap();
    at.clock.forward_s(REMEMBERED_S - 1);
    let early = at.accounts.register(somebody("mo@example.com", Role::Customer), Some(request("k1", "b"))).await;
    assert_eq!(early, Err(Refusal::conflict(OTHER_REQUEST)));
    at.clock.forward_s(1);
    let new = || somebody("mo@example.com", Role::Customer);
    let made = at.accounts.register(new(), Some(request("k1", "b"))).await.unwrap();
    assert!(!made.replayed);
    let again = at.accounts.register(new(), Some(request("k1", "b"))).await.unwrap();
    assert_eq!((again.replayed, again.value), (true, made.value));
}

#[tokio::test]
async fn of_two_claims_on_an_old_key_one_holds() {
    let at = Installation::empty().await;
    let claimed = async |id: &str| {
        let Earlier::Nothing(claim) = request_key::find(&at.store, &request("k1", "{}"), at.clock.now()).unwrap()
        else {
            panic!("it should be as good as new");
        };
        let mut batch = Batch::default();
        request_key::claim(&mut batch, claim, id).unwrap();
        batch
    };
    at.store.commit(claimed("old").await).await.unwrap();
    at.clock.forward_s(REMEMBERED_S);
    let (one, other) = (claimed("one").await, claimed("other").await);
    at.store.commit(one).await.unwrap();
    assert!(at.store.commit(other).await.is_err());
    let found = request_key::find(&at.store, &request("k1", "{}"), at.clock.now()).unwrap();
    assert!(matches!(found, Earlier::Made(id) if id == "one"));
}

#[tokio::test]
async fn requests_that_are_too_old_to_count_are_swept_and_younger_ones_are_not() {
    let (at, _) = Installation::started().await;
    for n in 0..3 {
        let new = somebody(&format!("p{n}@example.com"), Role::Customer);
        at.accounts.register(new, Some(request(&format!("k{n}"), "{}"))).await.unwrap();
        at.clock.forward_s(REMEMBERED_S / 2);
    }
    let swept = |forgotten| Ok(Swept { forgotten, unreadable: 0 });
    assert_eq!(request_key::sweep(&at.store, at.clock.now()).await, swept(2));
    assert_eq!(request_key::sweep(&at.store, at.clock.now()).await, swept(0));
    let kept = request_key::find(&at.store, &request("k2", "{}"), at.clock.now()).unwrap();
    assert!(matches!(kept, Earlier::Made(_)));
}

/// A store that counts what is written, and notes who reads.
struct Watched {
    inner: FjallKv,
    applied: AtomicUsize,
    readers: Mutex<Vec<ThreadId>>,
}

impl Kv for Watched {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        self.readers.lock().unwrap().push(thread::current().id());
        self.inner.scan(range, limit, direction)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        self.inner.count(range, limit)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.applied.fetch_add(1, Ordering::SeqCst);
        self.inner.apply(writes)
    }

    fn name(&self) -> &'static str {
        "watched"
    }
}

#[tokio::test]
async fn a_sweep_takes_batches_beside_the_runtime_and_an_entry_that_does_not_read_holds_up_no_other() {
    let data = tempfile::tempdir().unwrap();
    let inner = FjallKv::open(data.path()).unwrap();
    let kv = Arc::new(Watched { inner, applied: AtomicUsize::new(0), readers: Mutex::default() });
    let (store, completions) = Store::over(kv.clone(), StoreLimits::default()).unwrap();
    tokio::spawn(completions.run());
    let clock = HandClock::at_ms(1_800_000_000_000);
    let entries = SWEEP_BATCH_MAX_ENTRIES + 100;
    let mut batch = Batch::default();
    for n in 0..entries {
        let found = request_key::find(&store, &request(&format!("k{n}"), "{}"), clock.now()).unwrap();
        let Earlier::Nothing(claim) = found else { panic!("it is new") };
        request_key::claim(&mut batch, claim, n).unwrap();
    }
    // Before, among, and behind the others.
    for damaged in ["request/!", "request/7", "request/~"] {
        batch.put(damaged.as_bytes().to_vec(), b"{\"n\":1,".to_vec());
    }
    store.commit(batch).await.unwrap();
    clock.forward_s(REMEMBERED_S);
    let applied = kv.applied.load(Ordering::SeqCst);
    kv.readers.lock().unwrap().clear();
    let swept = request_key::sweep(&store, clock.now()).await;
    assert_eq!(swept, Ok(Swept { forgotten: entries, unreadable: 3 }));
    assert_eq!(kv.applied.load(Ordering::SeqCst) - applied, 2, "a batch a page");
    let readers = kv.readers.lock().unwrap().clone();
    assert!(readers.len() == 2 && !readers.contains(&thread::current().id()), "read on the runtime's own thread");
    assert_eq!(store.scan(KeyRange::prefix("request/"), 10, Direction::Forward).unwrap().len(), 3);
}
