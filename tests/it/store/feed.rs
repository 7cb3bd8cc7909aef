//! The feed: commit order, no gaps, cursors that last.

use std::sync::Arc;

use switchboard::store::{Batch, Direction, FeedEntry, KeyRange, Store, StoreLimits, feed};

use super::support::{Backend, FaultyKv, Scratch, commit, session, wait};

super::on_every_backend!(
    entries_are_read_in_commit_order_from_any_position,
    positions_go_on_after_reopening,
    a_cursor_moves_with_the_batch_that_moves_it,
    trimming_keeps_what_readers_need,
);

fn entry(number: u64) -> FeedEntry {
    let key = session("acme", &format!("s{}", number % 7));
    FeedEntry { organization: key.organization, session: key.session, first: number, count: 1 }
}

fn announce(store: &Store, numbers: impl Iterator<Item = u64>) {
    for number in numbers {
        let mut batch = Batch::default();
        batch.announce(entry(number));
        store.submit(batch, Box::new(|outcome| assert!(outcome.is_ok())));
    }
    wait(store.commit(Batch::default())).unwrap();
}

fn numbers(store: &Store, from: u64, limit: usize) -> Vec<(u64, u64)> {
    feed::read(store, from, limit).unwrap().into_iter().map(|(position, entry)| (position, entry.first)).collect()
}

fn entries_are_read_in_commit_order_from_any_position(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    announce(&store, 0..1500);
    for from in [0, 1, 511, 512, 700, 1499, 1500, 9000] {
        for limit in [1, 600, 5000] {
            let expected: Vec<_> = (from..1500).take(limit).map(|number| (number, number)).collect();
            assert_eq!(numbers(&store, from, limit), expected, "from {from}, limit {limit}");
        }
    }
}

fn positions_go_on_after_reopening(backend: Backend) {
    let scratch = Scratch::new(backend);
    announce(&scratch.store(), 0..3);
    let store = scratch.store();
    assert_eq!(*store.feed_end().borrow(), 3);
    announce(&store, 3..5);
    assert_eq!(numbers(&store, 0, 10), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]);
}

fn a_cursor_moves_with_the_batch_that_moves_it(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    assert_eq!(feed::cursor(&store, "outbox").unwrap(), 0);
    commit(&store, |batch| feed::set_cursor(batch, "outbox", 17)).unwrap();
    let refused = commit(&store, |batch| {
        feed::set_cursor(batch, "outbox", 99);
        batch.expect_version(b"nothing".to_vec(), 1);
    });
    assert!(refused.is_err());
    drop(store);
    assert_eq!(feed::cursor(&scratch.store(), "outbox").unwrap(), 17);
    assert_eq!(feed::cursor(&scratch.store(), "webhooks").unwrap(), 0);
}

fn trimming_keeps_what_readers_need(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    for round in 0..4 {
        announce(&store, round * 10..round * 10 + 10);
    }
    let mut removed = 0;
    commit(&store, |batch| removed = feed::trim(&store, batch, 25, 100).unwrap()).unwrap();
    assert!(removed > 0);
    assert_eq!(numbers(&store, 25, 100), (25..40).map(|number| (number, number)).collect::<Vec<_>>());
    commit(&store, |batch| removed += feed::trim(&store, batch, u64::MAX, 1000).unwrap()).unwrap();
    drop(store);
    assert_eq!(*scratch.store().feed_end().borrow(), 40, "positions are never given out twice");
}

#[test]
fn a_group_of_commits_costs_one_page() {
    let kv = Arc::new(FaultyKv::default());
    let (store, _) = Store::over(Arc::clone(&kv) as Arc<_>, StoreLimits::default()).unwrap();
    let hold = kv.hold();
    let mut first = Batch::default();
    first.announce(entry(0));
    store.submit(first, Box::new(|_| ()));
    hold.wait_for_one();
    for number in 1..=600 {
        let mut batch = Batch::default();
        batch.announce(entry(number));
        store.submit(batch, Box::new(|_| ()));
    }
    hold.let_one_through();
    hold.wait_for_one();
    hold.let_one_through();
    store.close();
    let pages = store.scan(KeyRange::prefix("feed/"), 100, Direction::Forward).unwrap();
    assert_eq!(pages.len(), 3, "one of 1, one of 512, one of 88");
    assert_eq!(numbers(&store, 0, 1000), (0..=600).map(|number| (number, number)).collect::<Vec<_>>());
}
