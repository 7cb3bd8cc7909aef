//! Group commit: conflicts stay alone, outcomes come in order, limits refuse, a failed write ends all writing.

use std::sync::{Arc, Mutex, mpsc};

use switchboard::store::{Batch, CommitError, Completions, Kv, Store, StoreHealth, StoreLimits};

use super::support::{Backend, FaultyKv, Scratch, commit, wait};

super::on_every_backend!(a_thousand_claims_on_one_key_give_one_owner, what_was_submitted_before_closing_is_committed);

type Outcome = Result<(), CommitError>;

fn faulty(limits: StoreLimits) -> (Arc<FaultyKv>, Store, Completions) {
    let kv = Arc::new(FaultyKv::default());
    let (store, completions) = Store::over(Arc::clone(&kv) as Arc<dyn Kv>, limits).unwrap();
    (kv, store, completions)
}

fn put(key: &str) -> Batch {
    let mut batch = Batch::default();
    batch.put(key.into(), b"value".to_vec());
    batch
}

fn claim(key: &str) -> Batch {
    let mut batch = put(&format!("{key}-by"));
    batch.put_new(key.into(), b"mine".to_vec());
    batch
}

fn conflict(key: &str) -> Outcome {
    Err(CommitError::Conflict { key: key.into() })
}

/// Submits and sends the outcome, with a name, to the channel.
fn submit(store: &Store, name: &'static str, batch: Batch, told: &mpsc::Sender<(&'static str, Outcome)>) {
    let told = told.clone();
    store.submit(batch, Box::new(move |outcome| told.send((name, outcome.map(drop))).unwrap()));
}

#[test]
fn a_conflict_is_refused_alone_and_the_rest_of_its_group_goes_on() {
    let (kv, store, completions) = faulty(StoreLimits::default());
    drop(completions);
    let hold = kv.hold();
    let (told, outcomes) = mpsc::channel();
    submit(&store, "first", claim("a"), &told);
    hold.wait_for_one();
    submit(&store, "late", claim("a"), &told);
    submit(&store, "second", claim("b"), &told);
    submit(&store, "later", claim("b"), &told);
    submit(&store, "third", claim("c"), &told);
    hold.let_one_through();
    hold.wait_for_one();
    hold.let_one_through();
    store.close();
    drop(told);
    let expected =
        [("first", Ok(())), ("late", conflict("a")), ("second", Ok(())), ("later", conflict("b")), ("third", Ok(()))];
    assert_eq!(outcomes.iter().collect::<Vec<_>>(), expected);
    let groups = kv.groups.lock().unwrap();
    let sizes: Vec<usize> = groups.iter().skip(1).map(Vec::len).collect();
    assert_eq!(sizes, [2, 4], "the schema apart, a group of one batch and a group of four, of which two wrote");
    assert_eq!(store.get(b"b-by").unwrap(), Some(b"value".to_vec()));
}

#[test]
fn a_batch_builds_on_what_its_own_group_already_took_in() {
    let (kv, store, completions) = faulty(StoreLimits::default());
    drop(completions);
    let hold = kv.hold();
    let (told, outcomes) = mpsc::channel();
    submit(&store, "hold", put("x"), &told);
    hold.wait_for_one();
    let versioned = |version: u64, next: u64| {
        let mut batch = Batch::default();
        batch.put_over(b"r".to_vec(), format!(r#"{{"n":{next}}}"#).into_bytes(), version);
        batch
    };
    let mut create = Batch::default();
    create.put_new(b"r".to_vec(), br#"{"n":1}"#.to_vec());
    let mut remove = Batch::default();
    remove.delete_at(b"r".to_vec(), 2);
    submit(&store, "create", create, &told);
    submit(&store, "update", versioned(1, 2), &told);
    submit(&store, "stale", versioned(1, 2), &told);
    submit(&store, "remove", remove, &told);
    submit(&store, "gone", versioned(2, 3), &told);
    hold.let_one_through();
    hold.wait_for_one();
    hold.let_one_through();
    store.close();
    drop(told);
    let expected = [
        ("hold", Ok(())),
        ("create", Ok(())),
        ("update", Ok(())),
        ("stale", conflict("r")),
        ("remove", Ok(())),
        ("gone", conflict("r")),
    ];
    assert_eq!(outcomes.iter().collect::<Vec<_>>(), expected);
    assert_eq!(kv.groups.lock().unwrap().last().unwrap().len(), 1, "a key that was touched four times is written once");
    assert_eq!(store.get(b"r").unwrap(), None);
}

#[test]
fn outcomes_are_told_in_commit_order_by_the_completions_task() {
    let (_kv, store, completions) = faulty(StoreLimits::default());
    let order = Arc::new(Mutex::new(Vec::new()));
    wait(async {
        let telling = tokio::spawn(completions.run());
        for number in 0..1000 {
            let order = Arc::clone(&order);
            store.submit(put(&format!("k{number}")), Box::new(move |_| order.lock().unwrap().push(number)));
        }
        store.submit(put("panics"), Box::new(|_| panic!("a completion that panics harms nobody")));
        store.commit(put("last")).await.unwrap();
        assert_eq!(*order.lock().unwrap(), (0..1000).collect::<Vec<_>>());
        drop(store);
        telling.await.unwrap();
    });
}

#[test]
fn a_failed_sync_ends_writing_and_reads_go_on() {
    let (kv, store, completions) = faulty(StoreLimits::default());
    drop(completions);
    commit(&store, |batch| batch.put(b"kept".to_vec(), b"value".to_vec())).unwrap();
    assert_eq!(store.health(), StoreHealth::Writable);
    kv.fail("fdatasync: No space left on device");
    assert_eq!(wait(store.commit(put("lost"))), Err(CommitError::Unavailable));
    let why = "store: fdatasync: No space left on device".to_owned();
    assert_eq!(store.health(), StoreHealth::ReadOnly { why });
    kv.heal();
    assert_eq!(wait(store.commit(put("more"))), Err(CommitError::Unavailable), "a failed sync is never tried again");
    assert_eq!(store.get(b"kept").unwrap(), Some(b"value".to_vec()));
    assert_eq!((store.get(b"lost").unwrap(), store.get(b"more").unwrap()), (None, None));
}

#[test]
fn everybody_in_and_behind_a_failed_group_is_told() {
    let (kv, store, completions) = faulty(StoreLimits::default());
    drop(completions);
    let hold = kv.hold();
    let (told, outcomes) = mpsc::channel();
    submit(&store, "in it", put("a"), &told);
    hold.wait_for_one();
    submit(&store, "behind it", put("b"), &told);
    kv.fail("input/output error");
    hold.let_one_through();
    store.close();
    drop(told);
    let expected = [("in it", Err(CommitError::Unavailable)), ("behind it", Err(CommitError::Unavailable))];
    assert_eq!(outcomes.iter().collect::<Vec<_>>(), expected);
    assert_eq!(store.depth(), 0);
}

#[test]
fn a_backend_that_panics_is_a_failed_write() {
    let (kv, store, completions) = faulty(StoreLimits::default());
    drop(completions);
    kv.panic_next();
    assert_eq!(wait(store.commit(put("a"))), Err(CommitError::Unavailable));
    assert!(matches!(store.health(), StoreHealth::ReadOnly { .. }));
}

#[test]
fn a_full_queue_refuses_at_once_and_takes_more_once_it_has_room() {
    let limits = StoreLimits { queue_max_batches: 3, ..StoreLimits::default() };
    let (kv, store, completions) = faulty(limits);
    drop(completions);
    let hold = kv.hold();
    let (told, outcomes) = mpsc::channel();
    submit(&store, "one", put("a"), &told);
    hold.wait_for_one();
    submit(&store, "two", put("b"), &told);
    submit(&store, "three", put("c"), &told);
    assert_eq!(store.depth(), 3);
    submit(&store, "four", put("d"), &told);
    assert_eq!(outcomes.try_recv(), Ok(("four", Err(CommitError::Busy))));
    hold.let_one_through();
    hold.wait_for_one();
    hold.let_one_through();
    let committed: Vec<_> = outcomes.iter().take(3).collect();
    assert_eq!(committed, [("one", Ok(())), ("two", Ok(())), ("three", Ok(()))]);
    while store.depth() > 0 {
        std::thread::yield_now();
    }
    submit(&store, "five", put("d"), &told);
    hold.wait_for_one();
    hold.let_one_through();
    assert_eq!(outcomes.recv(), Ok(("five", Ok(()))));
}

#[test]
fn a_queue_full_of_bytes_refuses_too_but_never_a_lone_batch() {
    let limits = StoreLimits { queue_max_bytes: 100, ..StoreLimits::default() };
    let (kv, store, completions) = faulty(limits);
    drop(completions);
    let big = |key: &str| {
        let mut batch = Batch::default();
        batch.put(key.into(), vec![b'x'; 200]);
        batch
    };
    let hold = kv.hold();
    let (told, outcomes) = mpsc::channel();
    submit(&store, "lone", big("a"), &told);
    hold.wait_for_one();
    submit(&store, "behind", put("b"), &told);
    hold.let_one_through();
    store.close();
    drop(told);
    assert_eq!(outcomes.iter().collect::<Vec<_>>(), [("behind", Err(CommitError::Busy)), ("lone", Ok(()))]);
}

#[test]
fn a_group_keeps_to_its_limits() {
    let limits = StoreLimits { group_max_batches: 4, group_max_bytes: 1000, ..StoreLimits::default() };
    let (kv, store, completions) = faulty(limits);
    drop(completions);
    let hold = kv.hold();
    store.submit(put("first"), Box::new(|_| ()));
    hold.wait_for_one();
    for number in 0..10 {
        store.submit(put(&format!("k{number}")), Box::new(|_| ()));
    }
    for number in 0..4 {
        let mut batch = Batch::default();
        batch.put(format!("big{number}").into_bytes(), vec![b'x'; 600]);
        store.submit(batch, Box::new(|_| ()));
    }
    for _ in 0..6 {
        hold.let_one_through();
    }
    store.close();
    let groups = kv.groups.lock().unwrap();
    assert_eq!(groups.iter().skip(1).map(Vec::len).collect::<Vec<_>>(), [1, 4, 4, 4, 2]);
}

#[test]
fn a_closed_store_takes_no_writes() {
    let (_kv, store, completions) = faulty(StoreLimits::default());
    store.close();
    assert_eq!(wait(store.commit(put("a"))), Err(CommitError::Unavailable));
    wait(completions.run());
    store.close();
}

fn a_thousand_claims_on_one_key_give_one_owner(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    let (told, outcomes) = mpsc::channel();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..250 {
                    submit(&store, "claim", claim("one"), &told);
                }
            });
        }
    });
    drop(told);
    store.close();
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.iter().map(|(_, outcome)| outcome).partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 999));
    assert!(lost.into_iter().all(|outcome| outcome == conflict("one")));
}

fn what_was_submitted_before_closing_is_committed(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    let (told, outcomes) = mpsc::channel();
    for number in 0..500 {
        submit(&store, "put", put(&format!("k{number:03}")), &told);
    }
    drop(told);
    drop(store);
    assert_eq!(outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count(), 500);
    let range = switchboard::store::KeyRange::prefix("k");
    assert_eq!(scratch.store().count(range, 1000).unwrap(), 500);
}
