//! Files of sessions: kept once by content, checked, handed out to whoever may read the session, gone with it.
//!
//! The bytes are somewhere ([`Blobs`]) before any row names them; the rows are in [`crate::store::files`]. Whoever posts a message
//! with files [`claim`](Files::claim)s them first; what is never claimed goes after a day. Deliberately absent: who may read a
//! session (the doors know), and what becomes of a file on a channel.

mod blobs;
mod errands;
mod kept;
mod open;
mod put;
mod room;
mod s3;
mod scan;
mod sniff;

use std::sync::Arc;

use tokio::sync::Notify;

use blobs::Keepers;
pub use blobs::{BlobError, Blobs, Place, StoreBlobs};
pub use kept::KeptFiles;
pub use open::{OpenFile, PIECE_BYTES};
pub use put::Upload;
pub use room::Room;
use room::Rooms;
pub use s3::{S3Blobs, S3Settings};
pub use scan::{Scanner, Verdict};

use crate::clock::SharedClock;
use crate::domain::{Attachment, FileId, OrganizationId, Refusal, SessionKey, State};
pub use crate::store::files::Uploader;
use crate::store::files::{self, KeptFile, Scan};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, Store, StoreError};

/// How often something is tried while others change the same rows.
const TRIES_MAX: usize = 16;

const NO_FILE: Refusal = Refusal::NotFound { what: "file" };

/// What may be kept.
#[derive(Debug, Clone, Copy)]
pub struct FileLimits {
    /// The largest file, in bytes.
    pub file_max_bytes: u64,
    /// The most bytes of one anonymous customer's session.
    pub session_max_bytes: u64,
    /// The most files of one session, whoever brings them.
    pub session_max_files: u64,
    /// How long a file waits for its message, in milliseconds.
    pub unposted_ms: u64,
}

/// See the module.
#[derive(Clone)]
pub struct Files {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: SharedClock,
    keepers: Keepers,
    scanner: Option<Scanner>,
    limits: FileLimits,
    rooms: Rooms,
    /// There are bytes that are to go.
    wake: Notify,
}

impl Files {
    /// Wires the service. Somebody has to [`run`](Files::run) it. New bytes go to `s3`, or stay in the store where there is none;
    /// without a scanner every file passes.
    pub fn new(
        store: Store,
        clock: SharedClock,
        s3: Option<Arc<dyn Blobs>>,
        scanner: Option<Scanner>,
        limits: FileLimits,
    ) -> Self {
        let (rooms, wake) = (Rooms::default(), Notify::new());
        let keepers = Keepers { store: StoreBlobs::new(store.clone()), s3 };
        Self { inner: Arc::new(Inner { store, clock, keepers, scanner, limits, rooms, wake }) }
    }

    /// What may be kept.
    pub fn limits(&self) -> FileLimits {
        self.inner.limits
    }

    /// Room in memory for a file that somebody of an organization brings; to be held until it is kept. It takes what has come, not what was
    /// promised, so whoever sends slowly keeps nobody out.
    pub fn room(&self, organization: &OrganizationId) -> Room {
        self.inner.rooms.of(organization)
    }

    /// What is known of a file of this session.
    ///
    /// # Errors
    /// `NotFound`, also for a file of another session; `Unavailable`.
    pub fn find(&self, session: &SessionKey, id: FileId) -> Result<KeptFile, Refusal> {
        self.inner.find(session, id).map(|found| found.record)
    }

    /// Takes files for a message that is about to be posted: from now on they stay as long as their session. The caller
    /// has entered it. Claimed again, it is the same. A session that is erased meanwhile keeps none.
    ///
    /// # Errors
    /// `Invalid` for too many, or one twice; `NotFound` for what is not of this session, or was brought by somebody else and
    /// never posted; `Conflict` for one that does harm; `Busy`, `Unavailable`.
    pub async fn claim(&self, session: &SessionKey, by: Uploader, ids: &[FileId]) -> Result<Vec<Attachment>, Refusal> {
        if ids.len() > crate::domain::attachment::ATTACHMENTS_MAX {
            return Err(Refusal::invalid("attachments", "must be at most 10"));
        }
        let mut claimed = Vec::with_capacity(ids.len());
        for id in ids {
            claimed.push(self.inner.claim(session, by, *id).await?);
        }
        crate::domain::attachment::check_attachments(&claimed)?;
        Ok(claimed)
    }
}

impl Inner {
    fn find(&self, session: &SessionKey, id: FileId) -> Result<Versioned<KeptFile>, Refusal> {
        files::file(&self.store, session, id).map_err(unreadable)?.ok_or(NO_FILE)
    }

    /// The session as it stands. A batch that expects it writes nothing once it was erased.
    fn standing(&self, session: &SessionKey) -> Result<Versioned<State>, Refusal> {
        let found = record::get(&self.store, &session.organization, session.session.as_str());
        found.map_err(unreadable)?.ok_or(Refusal::NotFound { what: "session" })
    }

    async fn claim(&self, session: &SessionKey, by: Uploader, id: FileId) -> Result<Attachment, Refusal> {
        for _ in 0..TRIES_MAX {
            let standing = self.standing(session)?;
            let found = self.find(session, id)?;
            if found.record.scan == Scan::Infected {
                return Err(harmful());
            }
            if found.record.unposted_until.is_none() {
                return Ok(found.record.attachment);
            }
            if found.record.by != by {
                return Err(NO_FILE);
            }
            let new = KeptFile { unposted_until: None, ..found.record.clone() };
            let mut batch = Batch::default();
            record::expect(&mut batch, &standing);
            record::update(&mut batch, &found, &new).map_err(unreadable)?;
            match self.store.commit(batch).await {
                Ok(()) => return Ok(new.attachment),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(why.refused("")),
            }
        }
        Err(Refusal::Busy)
    }
}

fn harmful() -> Refusal {
    Refusal::invalid("file", "was found to do harm")
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "what is known of a file can not be read or written");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("limits", &self.inner.limits).finish_non_exhaustive()
    }
}
