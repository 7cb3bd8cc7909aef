//! How a file is kept: checked, its bytes put somewhere under an errand that would take them away again, then named by its rows
//! in one batch. Killed anywhere, nothing is named that is not whole, and no bytes stay that nobody names.

use bytes::Bytes;
use metrics::counter;
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::blobs::{BlobError, Place};
use super::{Files, Inner, TRIES_MAX, harmful, sniff, unreadable};
use crate::domain::attachment::Digest;
use crate::domain::{Attachment, FileId, FileName, MediaType, Refusal, SessionKey, Timestamp};
use crate::store::files::{self, Blob, Errand, FileUse, KeptFile, Scan, Uploader};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError};

/// What became of files that were brought, by outcome.
const FILES: &str = "switchboard_files_total";

/// Bytes that were kept, each content once.
const BYTES: &str = "switchboard_file_bytes_total";

/// How long bytes may take to be written before they count as left behind, in milliseconds.
const WRITING_MAX_MS: i64 = 60 * 60 * 1_000;

/// A file as somebody brings it.
#[derive(Clone)]
pub struct Upload {
    /// Its id, where whoever brings it may bring it again: the same id with the same bytes is the same file.
    pub id: Option<FileId>,
    /// What it is called; any text.
    pub name: Option<String>,
    /// What its sender says that it is; any text.
    pub declared: Option<String>,
    /// What is in it.
    pub bytes: Bytes,
    /// Who brings it.
    pub by: Uploader,
    /// Whether somebody vouches for them. Of whom nobody does, a session has a budget.
    pub vouched: bool,
}

impl std::fmt::Debug for Upload {
    /// Shows the size only: names and contents are the customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({:?}, {} bytes, by {:?})", self.id, self.bytes.len(), self.by)
    }
}

impl Files {
    /// Keeps a file in a session, which the caller has entered. It waits for its message for a day. The same content is kept once
    /// in an organization.
    ///
    /// # Errors
    /// `Invalid` for an empty one, a program, or one that does harm; `TooLarge`; `Conflict` when the id is another file's; `NotFound`
    /// for a session that is erased meanwhile; `Busy`, `Unavailable`.
    pub async fn put(&self, session: &SessionKey, upload: Upload) -> Result<Attachment, Refusal> {
        let kept = self.kept(session, &upload).await;
        if matches!(kept, Err(Refusal::Busy | Refusal::Unavailable { .. } | Refusal::NotFound { .. })) {
            counted("failed");
        }
        kept
    }

    /// Says whether a file can be kept, whatever session it is for, before anything is done with it.
    ///
    /// # Errors
    /// As [`put`](Files::put) for an empty one, a program, and one that is too large.
    pub fn admits(&self, upload: &Upload) -> Result<(), Refusal> {
        self.inner.admitted(upload).map(drop)
    }

    async fn kept(&self, session: &SessionKey, upload: &Upload) -> Result<Attachment, Refusal> {
        let file = self.inner.checked(session, upload).await?;
        if let Some(known) = self.inner.known(&file, upload.id)? {
            counted("again");
            return Ok(known);
        }
        let place = Place {
            organization: session.organization.clone(),
            digest: file.attachment.digest.clone(),
            place: Uuid::now_v7(),
            bytes: file.attachment.bytes,
            keeper: self.inner.keepers.of_new(),
        };
        let mut writing = Writing { place, errand: None };
        let kept = self.inner.keep(&file, upload, &mut writing).await;
        self.inner.tidy(writing).await;
        kept?;
        counted(if file.scan == Scan::Passed { "stored" } else { "held_back" });
        Ok(file.attachment)
    }
}

/// Bytes that may have been put somewhere, and not be named yet.
struct Writing {
    place: Place,
    /// What would take them away; there once they may be there.
    errand: Option<Versioned<Errand>>,
}

impl Inner {
    /// The name of a file that can be kept, as far as it has one.
    fn admitted(&self, upload: &Upload) -> Result<Option<FileName>, Refusal> {
        let bytes = upload.bytes.len() as u64;
        if bytes == 0 {
            return Err(refused("empty", Refusal::invalid("file", "must not be empty")));
        }
        if bytes > self.limits.file_max_bytes {
            let limit_bytes = usize::try_from(self.limits.file_max_bytes).unwrap_or(usize::MAX);
            return Err(refused("too_large", Refusal::TooLarge { what: "file", limit_bytes }));
        }
        let name = upload.name.as_deref().and_then(FileName::clean);
        if sniff::is_program(&upload.bytes, name.as_ref()) {
            return Err(refused("program", Refusal::invalid("file", "must not be a program")));
        }
        Ok(name)
    }

    /// The file's row, made of what was brought.
    async fn checked(&self, session: &SessionKey, upload: &Upload) -> Result<KeptFile, Refusal> {
        let name = self.admitted(upload)?;
        let declared = upload.declared.as_deref().and_then(MediaType::parse);
        let media_type = sniff::media_type(&upload.bytes, declared.as_ref(), name.as_ref());
        let attachment = Attachment {
            id: upload.id.unwrap_or_else(|| FileId(Uuid::now_v7())),
            name: name.or_else(|| made_up(&media_type)).ok_or_else(|| Refusal::invalid("name", "must be a name"))?,
            kind: media_type.kind(),
            media_type,
            bytes: upload.bytes.len() as u64,
            digest: digest(upload.bytes.clone()).await?,
        };
        let now = self.clock.now();
        let until = now.plus_ms(i64::try_from(self.limits.unposted_ms).unwrap_or(i64::MAX));
        let scan = self.scanned(self.verdict(&upload.bytes).await, 0);
        if scan == Scan::Infected {
            return Err(refused("infected", harmful()));
        }
        let (key, by) = (session.clone(), upload.by);
        Ok(KeptFile { key, attachment, at: now, by, unposted_until: Some(until), scan })
    }

    /// The file that was brought under this id before.
    fn known(&self, file: &KeptFile, id: Option<FileId>) -> Result<Option<Attachment>, Refusal> {
        let Some(id) = id else { return Ok(None) };
        let known = record::get::<KeptFile>(&self.store, &file.key.organization, &id.to_string());
        let Some(known) = known.map_err(unreadable)? else { return Ok(None) };
        let known = known.record;
        if known.key == file.key && known.attachment.digest == file.attachment.digest {
            return Ok(Some(known.attachment));
        }
        Err(refused("id_taken", Refusal::conflict("this id is another file's")))
    }

    /// Makes the rows durable, and before them the bytes where nobody has them yet.
    async fn keep(&self, file: &KeptFile, upload: &Upload, writing: &mut Writing) -> Result<(), Refusal> {
        let organization = &file.key.organization;
        for _ in 0..TRIES_MAX {
            let standing = self.standing(&file.key)?;
            let mut batch = Batch::default();
            record::expect(&mut batch, &standing);
            self.charge(&mut batch, file, upload.vouched)?;
            let digest = &file.attachment.digest;
            let blob = record::get::<Blob>(&self.store, organization, digest.as_str()).map_err(unreadable)?;
            match &blob {
                Some(blob) => {
                    let new = Blob { refs: blob.record.refs + 1, ..blob.record.clone() };
                    record::update(&mut batch, blob, &new).map_err(unreadable)?;
                }
                None => {
                    self.write(upload, writing).await?;
                    let Place { organization, digest, bytes, place, keeper } = writing.place.clone();
                    record::insert(&mut batch, &Blob { organization, digest, bytes, refs: 1, place, keeper })
                        .map_err(unreadable)?;
                    writing.errand.iter().for_each(|errand| record::remove(&mut batch, errand));
                }
            }
            record::insert(&mut batch, file).map_err(unreadable)?;
            match self.store.commit(batch).await {
                Ok(()) => {
                    if blob.is_none() {
                        writing.errand = None;
                        counter!(BYTES).increment(file.attachment.bytes);
                    }
                    return Ok(());
                }
                Err(CommitError::Conflict { .. }) if self.known(file, upload.id)?.is_some() => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(why.refused("")),
            }
        }
        Err(Refusal::Busy)
    }

    /// Counts the file among what its session has.
    fn charge(&self, batch: &mut Batch, file: &KeptFile, vouched: bool) -> Result<(), Refusal> {
        let key = &file.key;
        let before =
            record::get::<FileUse>(&self.store, &key.organization, key.session.as_str()).map_err(unreadable)?;
        let (files, used) = before.as_ref().map_or((0, 0), |before| (before.record.files, before.record.bytes));
        let now = FileUse { key: key.clone(), files: files + 1, bytes: used.saturating_add(file.attachment.bytes) };
        if !vouched && now.bytes > self.limits.session_max_bytes {
            let limit_bytes = usize::try_from(self.limits.session_max_bytes).unwrap_or(usize::MAX);
            let what = "what the session's files have together";
            return Err(refused("over_budget", Refusal::TooLarge { what, limit_bytes }));
        }
        if now.files > self.limits.session_max_files {
            return Err(refused("too_many", Refusal::conflict("the session has as many files as it may")));
        }
        files::charge(batch, before.as_ref(), &now).map_err(unreadable)
    }

    /// Puts the bytes at their place, once; the errand that would take them away comes first.
    async fn write(&self, upload: &Upload, writing: &mut Writing) -> Result<(), Refusal> {
        if writing.errand.is_some() {
            return Ok(());
        }
        let Place { organization, digest, place, bytes, keeper } = writing.place.clone();
        let due = self.clock.now().plus_ms(WRITING_MAX_MS);
        let errand = Errand { organization, place, digest, bytes, due, keeper };
        let mut batch = Batch::default();
        record::insert(&mut batch, &errand).map_err(unreadable)?;
        self.store.commit(batch).await.map_err(|why| why.refused("the place is taken"))?;
        writing.errand = Some(Versioned { record: errand, version: record::FIRST_VERSION });
        let put = async { self.keepers.of(&writing.place)?.put(writing.place.clone(), upload.bytes.clone()).await };
        put.await.map_err(|why: BlobError| why.refused())
    }

    /// Has bytes taken away that came to nothing: others brought the same meanwhile, or something failed.
    async fn tidy(&self, writing: Writing) {
        let Some(errand) = writing.errand else { return };
        let mut batch = Batch::default();
        let new = Errand { due: Timestamp::from_ms(0), ..errand.record.clone() };
        if record::update(&mut batch, &errand, &new).is_ok() && self.store.commit(batch).await.is_ok() {
            self.wake.notify_one();
        }
    }
}

/// Counts what became of a file.
pub(super) fn counted(outcome: &'static str) {
    counter!(FILES, "outcome" => outcome).increment(1);
}

/// The same, of one that is refused.
fn refused(outcome: &'static str, why: Refusal) -> Refusal {
    counted(outcome);
    why
}

/// A name for what came without one.
fn made_up(media_type: &MediaType) -> Option<FileName> {
    FileName::clean(&format!("{}.{}", media_type.kind().as_str(), sniff::ending_of(media_type)))
}

/// The SHA-256, beside the runtime: a large file takes a tenth of a second.
async fn digest(bytes: Bytes) -> Result<Digest, Refusal> {
    let hash = spawn_blocking(move || <[u8; 32]>::from(Sha256::digest(&bytes))).await;
    hash.map(Digest::of_sha256).map_err(|_broke| Refusal::Unavailable { part: "file store" })
}
