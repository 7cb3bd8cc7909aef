//! The session log: one order without a gap, read from any place.

use switchboard::domain::{SessionKey, Timestamp};
use switchboard::store::{Batch, CommitError, Logged, Store, VALUE_MAX_BYTES, log};

use super::support::{Backend, Scratch, commit, session, wait};

super::on_every_backend!(
    events_are_read_from_any_place,
    the_last_events_are_read_oldest_first,
    of_two_writers_at_the_same_place_one_is_refused,
    sessions_are_kept_apart,
    a_long_event_is_read_whole,
);

fn append(store: &Store, key: &SessionKey, first: u64, events: &[String]) -> Result<(), CommitError> {
    commit(store, |batch| log::append(batch, key, first, Timestamp::from_ms(1000), events).unwrap())
}

/// Entries of 1, 2, 3, 1, 2, 3.. events; returns the last number.
fn fill(store: &Store, key: &SessionKey, entries: u64) -> u64 {
    let mut next = 1;
    for entry in 0..entries {
        let events: Vec<String> = (next..next + 1 + entry % 3).map(|seq| format!("event {seq}")).collect();
        let mut batch = Batch::default();
        log::append(&mut batch, key, next, Timestamp::from_ms(1000), &events).unwrap();
        next += events.len() as u64;
        if entry + 1 == entries {
            wait(store.commit(batch)).unwrap();
        } else {
            store.submit(batch, Box::new(|outcome| assert!(outcome.is_ok())));
        }
    }
    next - 1
}

fn expected(seqs: impl Iterator<Item = u64>) -> Vec<Logged<String>> {
    seqs.map(|seq| Logged { seq, at: Timestamp::from_ms(1000), event: format!("event {seq}") }).collect()
}

fn events_are_read_from_any_place(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    let key = session("acme", "s1");
    let last = fill(&store, &key, 300);
    for after in (0..last + 3).step_by(7).chain([last - 2, last - 1, last, u64::MAX]) {
        for limit in [1, 2, 5, 1000] {
            let read = log::read::<String>(&store, &key, after, limit).unwrap();
            assert_eq!(read, expected((after.saturating_add(1)..=last).take(limit)), "after {after}, limit {limit}");
        }
    }
    assert_eq!(log::read::<String>(&store, &key, 0, 0).unwrap(), []);
}

fn the_last_events_are_read_oldest_first(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    let key = session("acme", "s1");
    assert_eq!(log::tail::<String>(&store, &key, 5).unwrap(), []);
    let last = fill(&store, &key, 400);
    for limit in [0, 1, 2, 3, 100, 700, 10_000] {
        let first = (last + 1).saturating_sub(limit as u64).max(1);
        assert_eq!(log::tail::<String>(&store, &key, limit).unwrap(), expected(first..=last), "limit {limit}");
    }
}

fn of_two_writers_at_the_same_place_one_is_refused(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    let key = session("acme", "s1");
    append(&store, &key, 1, &["event 1".to_owned()]).unwrap();
    let refused = append(&store, &key, 1, &["other".to_owned()]).unwrap_err();
    assert!(matches!(refused, CommitError::Conflict { key } if key == b"log/acme/s1/\0\0\0\0\0\0\0\x01"));
    assert_eq!(log::read::<String>(&store, &key, 0, 10).unwrap(), expected(1..=1));
    append(&store, &key, 2, &[]).unwrap();
    assert_eq!(log::read::<String>(&store, &key, 0, 10).unwrap(), expected(1..=1));
}

fn sessions_are_kept_apart(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    for key in [session("acme", "s"), session("acme", "s1"), session("acme2", "s"), session("acm", "e")] {
        append(&store, &key, 1, &["event 1".to_owned()]).unwrap();
    }
    assert_eq!(log::read::<String>(&store, &session("acme", "s"), 0, 10).unwrap(), expected(1..=1));
    assert_eq!(log::tail::<String>(&store, &session("acme", "s1"), 10).unwrap(), expected(1..=1));
    assert_eq!(log::tail::<String>(&store, &session("acme", "s2"), 10).unwrap(), []);
}

fn a_long_event_is_read_whole(backend: Backend) {
    let scratch = Scratch::new(backend);
    let key = session("acme", "s1");
    let long = "long ".repeat(VALUE_MAX_BYTES);
    append(&scratch.store(), &key, 1, std::slice::from_ref(&long)).unwrap();
    let store = scratch.store();
    append(&store, &key, 2, &["event 2".to_owned()]).unwrap();
    assert_eq!(log::read::<String>(&store, &key, 0, 10).unwrap()[0].event, long);
    assert_eq!(log::tail::<String>(&store, &key, 2).unwrap()[0].event, long);
}
