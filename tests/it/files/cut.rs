//! The store ends at each write in turn: afterwards a file is there and whole, or nothing of it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use switchboard::domain::FileId;
use switchboard::engine::files::Upload;
use switchboard::store::{Direction, KeyRange, Kv, Pair, StoreError, Write};
use uuid::Uuid;

use super::{over, picture, session, upload};
use crate::support::kv::MemoryKv;

/// A backend that takes so many more writes.
struct Ending {
    inner: Arc<MemoryKv>,
    left: AtomicUsize,
}

impl Kv for Ending {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        self.inner.scan(range, limit, direction)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        self.inner.count(range, limit)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map_err(|_none| StoreError::Backend("it ended".to_owned()))?;
        self.inner.apply(writes)
    }

    fn name(&self) -> &'static str {
        "ending"
    }
}

#[tokio::test]
async fn wherever_the_store_ends_a_file_is_whole_or_not_there() {
    let bytes = picture(2_500_000, 7);
    let id = FileId(Uuid::now_v7());
    let mut kept_once = false;
    for writes in 0..12 {
        let disk = Arc::new(MemoryKv::default());
        drop(over(Arc::clone(&disk) as Arc<dyn Kv>));
        let before = over(Arc::new(Ending { inner: Arc::clone(&disk), left: AtomicUsize::new(writes) }));
        let told = before.files.put(&session("a"), Upload { id: Some(id), ..upload("a.jpg", bytes.clone()) }).await;
        let after = over(disk);
        after.clock.forward_s(2 * 60 * 60);
        after.files.sweep().await.unwrap();
        let open = after.files.open(&session("a"), id);
        assert_eq!(after.count("blob_errand"), 0, "after {writes} writes");
        match open {
            Ok(open) => assert_eq!(open.whole().await.unwrap(), bytes),
            Err(_) => {
                assert!(told.is_err(), "it was told after {writes} writes that it is kept");
                for space in ["file", "file_use", "blob", "blob_part"] {
                    assert_eq!(after.count(space), 0, "{space} after {writes} writes");
                }
            }
        }
        kept_once |= told.is_ok();
        // Brought again, it is kept.
        let again =
            after.files.put(&session("a"), Upload { id: Some(id), ..upload("a.jpg", bytes.clone()) }).await.unwrap();
        let whole = after.files.open(&session("a"), again.id).unwrap().whole().await.unwrap();
        assert!(whole == bytes && after.count("file") == 1);
    }
    assert!(kept_once, "it is kept where the store goes on");
}

#[tokio::test]
async fn wherever_the_store_ends_what_was_to_go_goes_afterwards() {
    for writes in 0..6 {
        let disk = Arc::new(MemoryKv::default());
        let first = over(Arc::clone(&disk) as Arc<dyn Kv>);
        first.files.put(&session("a"), upload("a.jpg", picture(600_000, 8))).await.unwrap();
        drop(first);
        let ending = over(Arc::new(Ending { inner: Arc::clone(&disk), left: AtomicUsize::new(writes) }));
        ending.clock.forward_s(25 * 60 * 60);
        let swept = ending.files.sweep().await;
        let after = over(disk);
        after.clock.forward_s(25 * 60 * 60);
        after.files.sweep().await.unwrap();
        for space in ["file", "blob", "blob_part", "blob_errand"] {
            assert_eq!(after.count(space), 0, "{space} after {writes} writes, {swept:?}");
        }
    }
}
