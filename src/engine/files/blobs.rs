//! Where bytes are: behind [`Blobs`], the store itself ([`StoreBlobs`]) or an S3-compatible server ([`super::s3`]).

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::domain::attachment::Digest;
use crate::domain::{OrganizationId, Refusal};
use crate::store::files::{Blob, Errand, Keeper, part_key, parts_of};
use crate::store::{Batch, CommitError, Store, VALUE_MAX_BYTES};

/// Stands before each part, so that none begins with the byte that the store marks its own parts with.
const PART_MARK: u8 = b'b';

/// Bytes of one part.
const PART_BYTES: u64 = VALUE_MAX_BYTES as u64 - 1;

/// Parts that one commit writes: about a megabyte, so that no message waits long for the disk.
const COMMIT_PARTS: usize = 16;

/// Keys that one commit removes.
const REMOVE_KEYS: usize = 256;

/// How often a commit is tried while the store's queue is full, each time after a short wait.
const TRIES_MAX: u32 = 20;

/// How long it is waited before that, in milliseconds.
const TRY_AFTER_MS: u64 = 50;

/// Why bytes were not found or not kept; the text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BlobError {
    /// Something is wrong with these bytes, or with what was asked.
    #[error("{0}")]
    Failed(String),
    /// Whoever has them is not reached, and so none of the others that they have.
    #[error("{0}")]
    Unreached(String),
}

impl BlobError {
    /// What whoever asked for it is told.
    pub fn refused(&self) -> Refusal {
        tracing::warn!(why = %self, "the bytes of a file are not at hand");
        Refusal::Unavailable { part: "file store" }
    }
}

/// Where some bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose they are.
    pub organization: OrganizationId,
    /// What names them.
    pub digest: Digest,
    /// Which writing of them it is.
    pub place: Uuid,
    /// How many there are.
    pub bytes: u64,
    /// Who has them.
    pub keeper: Keeper,
}

impl From<&Blob> for Place {
    fn from(blob: &Blob) -> Self {
        let Blob { organization, digest, place, bytes, keeper, .. } = blob.clone();
        Self { organization, digest, place, bytes, keeper }
    }
}

impl From<&Errand> for Place {
    fn from(errand: &Errand) -> Self {
        let Errand { organization, digest, place, bytes, keeper, .. } = errand.clone();
        Self { organization, digest, place, bytes, keeper }
    }
}

/// Somewhere to keep bytes. Each place is written once, whole, before anybody reads it.
pub trait Blobs: Send + Sync + 'static {
    /// Keeps the bytes; durable when it returns. The same again does no harm.
    fn put(&self, place: Place, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>>;

    /// Some of the bytes, which must lie within them.
    fn read(&self, place: Place, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, BlobError>>;

    /// Takes the bytes away; what is gone already is no error.
    fn remove(&self, place: Place) -> BoxFuture<'_, Result<(), BlobError>>;
}

/// Whoever has bytes: the store always, an S3 server if there is one, which then gets what is new. What is old stays with whom it is.
#[derive(Clone)]
pub(super) struct Keepers {
    pub(super) store: StoreBlobs,
    pub(super) s3: Option<Arc<dyn Blobs>>,
}

impl Keepers {
    /// Who gets what is new.
    pub(super) const fn of_new(&self) -> Keeper {
        if self.s3.is_some() { Keeper::S3 } else { Keeper::Store }
    }

    /// Who has these.
    pub(super) fn of(&self, place: &Place) -> Result<&dyn Blobs, BlobError> {
        match (place.keeper, &self.s3) {
            (Keeper::Store, _) => Ok(&self.store),
            (Keeper::S3, Some(s3)) => Ok(s3.as_ref()),
            (Keeper::S3, None) => Err(BlobError::Unreached("it is on an S3 server, and none is configured".to_owned())),
        }
    }
}

/// Bytes in the store, in parts of their own.
#[derive(Debug, Clone)]
pub struct StoreBlobs {
    store: Store,
}

impl StoreBlobs {
    /// In this store.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Commits; where the queue is full, a little later.
    async fn commit(&self, batch: impl Fn() -> Batch) -> Result<(), BlobError> {
        for _ in 0..TRIES_MAX {
            match self.store.commit(batch()).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Busy) => tokio::time::sleep(std::time::Duration::from_millis(TRY_AFTER_MS)).await,
                Err(why) => return Err(BlobError::Failed(why.to_string())),
            }
        }
        Err(BlobError::Failed("the store is busy".to_owned()))
    }

    async fn write(&self, place: Place, bytes: Bytes) -> Result<(), BlobError> {
        let parts: Vec<Bytes> = pieces(bytes.len() as u64, PART_BYTES).map(|range| slice(&bytes, &range)).collect();
        for (some, parts) in parts.chunks(COMMIT_PARTS).enumerate() {
            let batch = || {
                let mut batch = Batch::default();
                for (number, part) in (some * COMMIT_PARTS..).zip(parts) {
                    let key = part_key(&place.organization, place.place, number as u64);
                    batch.put(key, [&[PART_MARK], part.as_ref()].concat());
                }
                batch
            };
            self.commit(batch).await?;
        }
        Ok(())
    }

    async fn erase(&self, place: Place) -> Result<(), BlobError> {
        loop {
            let range = parts_of(&place.organization, place.place);
            let keys = self.store.keys(range, REMOVE_KEYS).map_err(|why| BlobError::Failed(why.to_string()))?;
            if keys.is_empty() {
                return Ok(());
            }
            let batch = || {
                let mut batch = Batch::default();
                keys.iter().for_each(|key| batch.delete(key.clone()));
                batch
            };
            self.commit(batch).await?;
        }
    }
}

impl Blobs for StoreBlobs {
    fn put(&self, place: Place, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(self.write(place, bytes))
    }

    fn read(&self, place: Place, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, BlobError>> {
        let store = self.store.clone();
        Box::pin(async move {
            let read = spawn_blocking(move || read_parts(&store, &place, &range)).await;
            read.map_err(|broke| BlobError::Failed(broke.to_string()))?
        })
    }

    fn remove(&self, place: Place) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(self.erase(place))
    }
}

/// The bytes of a place as they lie in the store; for whoever has no [`Blobs`].
///
/// # Errors
/// When a part does not read or is missing.
pub(in crate::engine) fn read_parts(store: &Store, place: &Place, range: &Range<u64>) -> Result<Bytes, BlobError> {
    let Place { organization, place, bytes, keeper, .. } = place;
    if *keeper != Keeper::Store {
        return Err(BlobError::Failed("the store does not have it".to_owned()));
    }
    let range = range.start..range.end.min(*bytes);
    let mut read = BytesMut::with_capacity(usize::try_from(range.end.saturating_sub(range.start)).unwrap_or_default());
    for number in range.start / PART_BYTES..range.end.div_ceil(PART_BYTES) {
        let part =
            store.get(&part_key(organization, *place, number)).map_err(|why| BlobError::Failed(why.to_string()))?;
        let part = part.as_deref().and_then(|part| part.strip_prefix(&[PART_MARK]));
        let part = part.ok_or_else(|| BlobError::Failed("a part of a file is missing".to_owned()))?;
        let begins = number * PART_BYTES;
        let within = |at: u64| usize::try_from(at.saturating_sub(begins)).unwrap_or(usize::MAX).min(part.len());
        read.extend_from_slice(&part[within(range.start)..within(range.end)]);
    }
    if read.len() as u64 != range.end.saturating_sub(range.start) {
        return Err(BlobError::Failed("a part of a file is too short".to_owned()));
    }
    Ok(read.freeze())
}

/// A length in pieces of so many bytes, the last one shorter.
pub(super) fn pieces(len: u64, piece: u64) -> impl Iterator<Item = Range<u64>> {
    (0..len.div_ceil(piece)).map(move |number| number * piece..((number + 1) * piece).min(len))
}

fn slice(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let at = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(at(range.start)..at(range.end))
}
