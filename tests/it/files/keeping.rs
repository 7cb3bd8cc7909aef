//! What is kept, for whom, and for how long.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use switchboard::domain::{AttachmentKind, FileId, OrganizationId, Refusal, SessionKey};
use switchboard::engine::files::{BlobError, Blobs, KeptFiles, PIECE_BYTES, Place, StoreBlobs, Upload, Uploader};
use switchboard::engine::privacy::kept::{Personal, Whose};
use switchboard::store::Batch;
use uuid::Uuid;

use super::{Kept, LIMITS, over, over_with, picture, session, upload};
use crate::support::kv::MemoryKv;

fn kept() -> Kept {
    over(Arc::new(MemoryKv::default()))
}

/// Erases a session's files as an erasure does.
async fn erase(kept: &Kept, key: &SessionKey) {
    loop {
        let mut batch = Batch::default();
        let erased = KeptFiles.erase(&kept.store, Whose::Session(key), &mut batch, 100).unwrap();
        kept.store.commit(batch).await.unwrap();
        if !erased.more {
            break;
        }
    }
    kept.files.forget(Whose::Session(key)).await.unwrap();
}

#[tokio::test]
async fn a_file_comes_back_whole_and_in_any_piece() {
    let kept = kept();
    let bytes = picture(2_500_000, 1);
    let file = kept.files.put(&session("a"), upload("../my\u{202e} garden.jpg", bytes.clone())).await.unwrap();
    assert_eq!((file.name.as_str(), file.media_type.as_str()), ("my garden.jpg", "image/jpeg"));
    assert_eq!((file.kind, file.bytes), (AttachmentKind::Image, 2_500_000));
    let open = kept.files.open(&session("a"), file.id).unwrap();
    assert_eq!(open.whole().await.unwrap(), bytes);
    for range in [0..1, 65_534..65_536, 1_000_000..2_400_001, 2_499_999..2_500_000, 5..5] {
        let mut read = Vec::new();
        let mut stream = std::pin::pin!(open.stream(range.clone()));
        while let Some(piece) = stream.next().await {
            let piece = piece.unwrap();
            assert!(piece.len() as u64 <= PIECE_BYTES);
            read.extend_from_slice(&piece);
        }
        assert_eq!(read, bytes[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]);
    }
}

#[tokio::test]
async fn the_same_content_is_kept_once_and_goes_with_the_last_session_that_has_it() {
    let kept = kept();
    let bytes = picture(200_000, 2);
    let (a, b) = (session("a"), session("b"));
    let first = kept.files.put(&a, upload("a.jpg", bytes.clone())).await.unwrap();
    let parts = kept.count("blob_part");
    let again = kept.files.put(&a, upload("again.jpg", bytes.clone())).await.unwrap();
    let second = kept.files.put(&b, upload("b.jpg", bytes.clone())).await.unwrap();
    assert_eq!((kept.count("blob"), kept.count("blob_part"), kept.count("file")), (1, parts, 3));
    assert!(parts > 3 && first.digest == again.digest && first.digest == second.digest);
    erase(&kept, &a).await;
    assert_eq!(kept.files.open(&a, first.id).err(), Some(Refusal::NotFound { what: "file" }));
    assert_eq!(kept.files.open(&b, second.id).unwrap().whole().await.unwrap(), bytes);
    erase(&kept, &b).await;
    for space in ["file", "file_use", "file.session", "file.due", "blob", "blob_part", "blob_errand"] {
        assert_eq!(kept.count(space), 0, "{space}");
    }
}

#[tokio::test]
async fn what_nobody_posts_goes_after_a_day_and_what_is_claimed_stays() {
    let kept = kept();
    let a = session("a");
    let posted = kept.files.put(&a, upload("posted.jpg", picture(70_000, 3))).await.unwrap();
    let left = kept.files.put(&a, upload("left.jpg", picture(70_000, 4))).await.unwrap();
    let staff = Uploader::Staff(switchboard::domain::UserId(Uuid::from_u128(1)));
    assert_eq!(kept.files.claim(&a, staff, &[posted.id]).await, Err(Refusal::NotFound { what: "file" }));
    assert_eq!(kept.files.claim(&a, Uploader::Customer, &[posted.id]).await.unwrap(), std::slice::from_ref(&posted));
    assert!(kept.files.claim(&a, Uploader::Customer, &[posted.id, posted.id]).await.is_err(), "one file twice");
    kept.clock.forward_s(23 * 60 * 60);
    kept.files.sweep().await.unwrap();
    assert!(kept.files.open(&a, left.id).is_ok());
    kept.clock.forward_s(60 * 60 + 1);
    kept.files.sweep().await.unwrap();
    assert!(kept.files.open(&a, posted.id).is_ok());
    assert_eq!(kept.files.claim(&a, Uploader::Customer, &[left.id]).await, Err(Refusal::NotFound { what: "file" }));
    assert_eq!((kept.count("file"), kept.count("blob"), kept.count("blob_errand")), (1, 1, 0));
}

#[tokio::test]
async fn a_file_belongs_to_its_session_alone() {
    let kept = kept();
    let file = kept.files.put(&session("a"), upload("a.jpg", picture(100, 5))).await.unwrap();
    let elsewhere = SessionKey { organization: OrganizationId::parse("other").unwrap(), ..session("a") };
    for wrong in [session("b"), elsewhere] {
        assert_eq!(kept.files.open(&wrong, file.id).err(), Some(Refusal::NotFound { what: "file" }));
        assert!(kept.files.claim(&wrong, Uploader::Customer, &[file.id]).await.is_err());
    }
    assert!(kept.files.open(&session("a"), FileId(Uuid::now_v7())).is_err());
}

#[tokio::test]
async fn what_may_not_be_kept_is_refused_and_leaves_nothing() {
    let kept = kept();
    let a = session("a");
    let refused = async |upload| kept.files.put(&a, upload).await.unwrap_err();
    assert!(matches!(refused(upload("a.jpg", "")).await, Refusal::Invalid { .. }));
    assert!(matches!(refused(upload("bill.pdf", &b"MZ\x90\0"[..])).await, Refusal::Invalid { .. }));
    assert!(matches!(refused(upload("run.bat", "hello")).await, Refusal::Invalid { .. }));
    let large = picture(usize::try_from(LIMITS.file_max_bytes).unwrap() + 1, 6);
    assert!(matches!(refused(upload("a.jpg", large)).await, Refusal::TooLarge { what: "file", .. }));
    for space in ["file", "file_use", "blob", "blob_part", "blob_errand"] {
        assert_eq!(kept.count(space), 0, "{space}");
    }
    let page = kept.files.put(&a, upload("page.html", "<html><script>alert(1)</script>")).await.unwrap();
    assert_eq!(page.media_type.as_str(), "application/octet-stream");
}

#[tokio::test]
async fn a_stranger_has_a_budget_and_gets_it_back_with_what_they_did_not_post() {
    let kept = kept();
    let a = session("a");
    let strange = |seed| Upload { vouched: false, ..upload("a.jpg", picture(1_500_000, seed)) };
    kept.files.put(&a, strange(1)).await.unwrap();
    kept.files.put(&a, strange(2)).await.unwrap();
    assert!(matches!(kept.files.put(&a, strange(3)).await, Err(Refusal::TooLarge { .. })));
    kept.files.put(&a, Upload { vouched: true, ..strange(3) }).await.unwrap();
    kept.clock.forward_s(25 * 60 * 60);
    kept.files.sweep().await.unwrap();
    kept.files.put(&a, strange(4)).await.unwrap();
}

#[tokio::test]
async fn the_same_id_brings_the_same_file_and_never_another_one() {
    let kept = kept();
    let id = Some(FileId(Uuid::now_v7()));
    let first = kept.files.put(&session("a"), Upload { id, ..upload("a.jpg", picture(100, 1)) }).await.unwrap();
    let again = kept.files.put(&session("a"), Upload { id, ..upload("b.jpg", picture(100, 1)) }).await.unwrap();
    assert_eq!((first, kept.count("file")), (again, 1));
    let other = kept.files.put(&session("a"), Upload { id, ..upload("a.jpg", picture(100, 2)) }).await;
    assert!(matches!(other, Err(Refusal::Conflict { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn content_that_comes_while_its_last_file_goes_is_never_lost() {
    let kept = Arc::new(kept());
    for round in 0..20 {
        let bytes = picture(150_000, round);
        let first = session("first");
        for n in 0..4 {
            kept.begin(session(&format!("{round}-{n}"))).await;
        }
        kept.files.put(&first, upload("a.jpg", bytes.clone())).await.unwrap();
        let going = tokio::spawn({
            let kept = Arc::clone(&kept);
            async move {
                loop {
                    let mut batch = Batch::default();
                    let first = session("first");
                    KeptFiles.erase(&kept.store, Whose::Session(&first), &mut batch, 100).unwrap();
                    if kept.store.commit(batch).await.is_ok() {
                        break;
                    }
                }
                kept.files.sweep().await.unwrap();
            }
        });
        let coming = (0..4).map(|n| {
            let (kept, bytes) = (Arc::clone(&kept), bytes.clone());
            tokio::spawn(async move { kept.files.put(&session(&format!("{round}-{n}")), upload("b.jpg", bytes)).await })
        });
        let came: Vec<_> = futures_util::future::join_all(coming).await;
        going.await.unwrap();
        for (n, file) in came.into_iter().enumerate() {
            let file = file.unwrap().unwrap();
            let open = kept.files.open(&session(&format!("{round}-{n}")), file.id).unwrap();
            assert_eq!(open.whole().await.unwrap(), bytes, "round {round}");
        }
    }
    kept.files.sweep().await.unwrap();
    assert_eq!((kept.count("blob"), kept.count("blob_part"), kept.count("blob_errand")), (20, 60, 0));
}

/// Keeps bytes, and has the session `a` erased as soon as they are kept.
#[derive(Default)]
struct Erasing(OnceLock<Arc<Kept>>);

impl Blobs for Erasing {
    fn put(&self, place: Place, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        async move {
            let kept = self.0.get().unwrap();
            StoreBlobs::new(kept.store.clone()).put(place, bytes).await?;
            kept.erase(&session("a")).await;
            Ok(())
        }
        .boxed()
    }

    fn read(&self, _: Place, _: Range<u64>) -> BoxFuture<'_, Result<Bytes, BlobError>> {
        std::future::ready(Err(BlobError::Failed("nobody reads".to_owned()))).boxed()
    }

    fn remove(&self, place: Place) -> BoxFuture<'_, Result<(), BlobError>> {
        let store = self.0.get().unwrap().store.clone();
        async move { StoreBlobs::new(store).remove(place).await }.boxed()
    }
}

#[tokio::test]
async fn a_session_that_is_erased_while_its_file_comes_keeps_nothing_of_it() {
    let erasing = Arc::<Erasing>::default();
    let blobs = Arc::clone(&erasing) as Arc<dyn Blobs>;
    let kept = Arc::new(over_with(Arc::new(MemoryKv::default()), Some(blobs), None));
    assert!(erasing.0.set(Arc::clone(&kept)).is_ok());
    let gone = Refusal::NotFound { what: "session" };
    assert_eq!(kept.files.put(&session("a"), upload("a.jpg", picture(200_000, 1))).await, Err(gone.clone()));
    kept.files.sweep().await.unwrap();
    for space in ["file", "file_use", "blob", "blob_part", "blob_errand"] {
        assert_eq!(kept.count(space), 0, "{space}");
    }
    assert_eq!(kept.files.claim(&session("a"), Uploader::Customer, &[FileId(Uuid::now_v7())]).await, Err(gone));
}
