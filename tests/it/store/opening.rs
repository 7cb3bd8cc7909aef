//! Opening: one process at a time, schemas of older and newer programs, directories that are something else.

use std::sync::Arc;

use switchboard::store::{Kv, Store, StoreError, StoreLimits, Write};

use super::support::{Backend, FaultyKv, Scratch, commit};

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
    assert_eq!(refused, "store: written by a newer program: schema 99, this one knows up to 1");
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
    let left = store.count(switchboard::store::KeyRange::prefix("~/"), 100).unwrap();
    assert_eq!(left, 0, "parts that nobody refers to");
}

#[test]
fn a_part_that_is_missing_is_corruption_not_a_shorter_value() {
    let kv = Arc::new(FaultyKv::default());
    let (store, _) = Store::over(Arc::clone(&kv) as Arc<_>, StoreLimits::default()).unwrap();
    commit(&store, |batch| batch.put(b"big".to_vec(), vec![b'x'; 200_000])).unwrap();
    let range = switchboard::store::KeyRange::prefix("~/");
    let (part, _) = kv.scan(range, 1, switchboard::store::Direction::Backward).unwrap().remove(0);
    kv.apply(vec![Write::Delete(part)]).unwrap();
    assert!(matches!(store.get(b"big"), Err(StoreError::Corrupt { .. })));
}
