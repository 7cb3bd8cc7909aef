//! Opening: one process at a time, schemas of older and newer programs, directories that are something else.

use std::sync::Arc;

use switchboard::store::{Direction, KeyRange, Kv, Store, StoreError, StoreLimits, Write, feed, log, record};

use super::support::{Backend, Desk, FaultyKv, Scratch, commit, organization, session};

super::on_every_backend!(
    a_store_that_is_open_can_not_be_opened_again,
    a_store_of_a_newer_program_is_refused,
    a_database_of_something_else_is_refused,
    a_directory_of_the_other_backend_is_refused,
    a_value_at_the_limit_and_above_reads_back,
);

fn open(backend: Backend, scratch: &Scratch) -> Result<Store, StoreError> {
    Store::open(&backend.url(scratch.path()), StoreLimits::default()).map(|(store, _)| store)
}

fn a_store_that_is_open_can_not_be_opened_again(backend: Backend) {
    let scratch = Scratch::new(backend);
    let first = open(backend, &scratch).unwrap();
    let refused = open(backend, &scratch).unwrap_err();
    assert!(matches!(refused, StoreError::Locked(_)), "{refused}");
    assert!(refused.to_string().ends_with("is in use by another process"), "{refused}");
    drop(first);
    open(backend, &scratch).unwrap();
}

fn a_store_of_a_newer_program_is_refused(backend: Backend) {
    let scratch = Scratch::new(backend);
    drop(open(backend, &scratch).unwrap());
    scratch.kv().apply(vec![Write::Put(b"schema".to_vec(), br#"{"v":99}"#.to_vec())]).unwrap();
    let refused = open(backend, &scratch).unwrap_err().to_string();
    assert_eq!(refused, "store: written by a newer program: schema 99, this one knows up to 3");
}

fn a_database_of_something_else_is_refused(backend: Backend) {
    let scratch = Scratch::new(backend);
    scratch.kv().apply(vec![Write::Put(b"theirs".to_vec(), b"x".to_vec())]).unwrap();
    assert!(matches!(open(backend, &scratch), Err(StoreError::Schema(_))));
    assert_eq!(scratch.kv().get(b"theirs").unwrap(), Some(b"x".to_vec()));
}

fn a_directory_of_the_other_backend_is_refused(backend: Backend) {
    let scratch = Scratch::new(backend);
    drop(open(backend, &scratch).unwrap());
    let other = if backend == Backend::Sled { Backend::Fjall } else { Backend::Sled };
    let refused = open(other, &scratch).unwrap_err();
    assert!(matches!(refused, StoreError::Schema(_)), "{refused}");
}

fn a_value_at_the_limit_and_above_reads_back(backend: Backend) {
    const LIMIT: usize = switchboard::store::VALUE_MAX_BYTES;
    let scratch = Scratch::new(backend);
    let store = open(backend, &scratch).unwrap();
    for len in [0, 1, LIMIT - 1, LIMIT, LIMIT + 1, 2 * LIMIT, 1024 * 1024] {
        for first in [b'{', 0xFF] {
            let value: Vec<u8> = std::iter::once(first).chain((0..len).map(|place| place.to_le_bytes()[1])).collect();
            commit(&store, |batch| batch.put(b"value".to_vec(), value.clone())).unwrap();
            assert_eq!(store.get(b"value").unwrap().as_ref(), Some(&value), "{} bytes from {first}", value.len());
        }
    }
    commit(&store, |batch| batch.put(b"value".to_vec(), b"small".to_vec())).unwrap();
    let left = store.count(KeyRange::prefix("~/"), 100).unwrap();
    assert_eq!(left, 0, "parts that nobody refers to");
}

#[test]
fn a_part_that_is_missing_is_corruption_not_a_shorter_value() {
    let kv = Arc::new(FaultyKv::default());
    let (store, _) = Store::over(Arc::clone(&kv) as Arc<_>, StoreLimits::default()).unwrap();
    commit(&store, |batch| batch.put(b"big".to_vec(), vec![b'x'; 200_000])).unwrap();
    let range = KeyRange::prefix("~/");
    let (part, _) = kv.scan(range, 1, Direction::Backward).unwrap().remove(0);
    kv.apply(vec![Write::Delete(part)]).unwrap();
    assert!(matches!(store.get(b"big"), Err(StoreError::Corrupt { .. })));
}

/// What version 1 wrote must read for ever; these bytes are never edited, only added to.
#[test]
fn values_of_version_1_still_read() {
    let kv = Arc::new(FaultyKv::default());
    let written: [(&[u8], &str); 6] = [
        (b"schema", r#"{"v":1}"#),
        (b"log/acme/s1/\0\0\0\0\0\0\0\x01", r#"{"v":1,"at":1700000000000,"events":["a","b"]}"#),
        (b"feed/\0\0\0\0\0\0\0\0", r#"{"v":1,"e":[{"o":"acme","s":"s1","f":1,"c":2}]}"#),
        (b"feed.cursor/outbox", "1"),
        (b"desk/acme/d1", r#"{"n":7,"v":1,"r":{"organization":"acme","id":"d1","state":"open","name":"front"}}"#),
        (b"desk.name/acme/front", "d1"),
    ];
    kv.apply(written.map(|(key, value)| Write::Put(key.to_vec(), value.into())).to_vec()).unwrap();
    let (store, _) = Store::over(kv, StoreLimits::default()).unwrap();
    let events: Vec<_> = log::read::<String>(&store, &session("acme", "s1"), 0, 10).unwrap();
    assert_eq!(
        events.iter().map(|logged| (logged.seq, logged.event.as_str())).collect::<Vec<_>>(),
        [(1, "a"), (2, "b")]
    );
    assert_eq!(feed::read(&store, 0, 10).unwrap()[0].1.count, 2);
    assert_eq!((feed::cursor(&store, "outbox").unwrap(), *store.feed_end().borrow()), (1, 1));
    let found = record::by_unique::<Desk>(&store, &organization("acme"), "name", "front").unwrap().unwrap();
    assert_eq!((found.version, found.record), (7, Desk::new("d1", "open", "front")));
}
