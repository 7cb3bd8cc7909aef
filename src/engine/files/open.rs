//! A file that is handed out, piece by piece.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream::{self, StreamExt};

use super::blobs::{BlobError, Keepers, Place, pieces};
use super::{Files, Inner, NO_FILE, harmful, unreadable};
use crate::domain::{Attachment, FileId, Refusal, SessionKey};
use crate::store::files::{Blob, Scan};
use crate::store::record;

/// How much of a file is in memory at a time while it is handed out, in bytes.
pub const PIECE_BYTES: u64 = 1024 * 1024;

/// A file whose bytes can be read.
#[derive(Clone)]
pub struct OpenFile {
    /// What it is.
    pub attachment: Attachment,
    place: Place,
    keepers: Keepers,
}

impl Files {
    /// Opens a file of this session, for whoever may read it.
    ///
    /// # Errors
    /// `NotFound`, also for a file of another session; `Invalid` for one that does harm; `Unavailable` while the scanner has not
    /// said that it does none.
    pub fn open(&self, session: &SessionKey, id: FileId) -> Result<OpenFile, Refusal> {
        let found = self.find(session, id)?;
        match found.scan {
            Scan::Passed => {}
            Scan::Held { .. } => return Err(Refusal::Unavailable { part: "file scanner" }),
            Scan::Infected => return Err(harmful()),
        }
        self.inner.opened(session, &found.attachment)
    }
}

impl Inner {
    /// Opens a file, whatever the scanner said of it.
    pub(super) fn opened(&self, session: &SessionKey, attachment: &Attachment) -> Result<OpenFile, Refusal> {
        let digest = attachment.digest.as_str();
        let blob = record::get::<Blob>(&self.store, &session.organization, digest).map_err(unreadable)?;
        let place = Place::from(&blob.ok_or(NO_FILE)?.record);
        Ok(OpenFile { attachment: attachment.clone(), place, keepers: self.keepers.clone() })
    }
}

impl OpenFile {
    /// How large it is, in bytes.
    pub const fn len(&self) -> u64 {
        self.place.bytes
    }

    /// Whether there is nothing in it, which is never so.
    pub const fn is_empty(&self) -> bool {
        self.place.bytes == 0
    }

    /// All of it.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn whole(&self) -> Result<Bytes, Refusal> {
        let mut whole = BytesMut::with_capacity(usize::try_from(self.len()).unwrap_or_default());
        let mut stream = std::pin::pin!(self.stream(0..self.len()));
        while let Some(piece) = stream.next().await {
            whole.extend_from_slice(&piece.map_err(|why: BlobError| why.refused())?);
        }
        Ok(whole.freeze())
    }

    /// Some of it, in pieces of at most [`PIECE_BYTES`]. After an error there is nothing more.
    pub fn stream(&self, range: Range<u64>) -> impl Stream<Item = Result<Bytes, BlobError>> + Send + use<> {
        let (file, end) = (self.clone(), range.end.min(self.len()));
        let start = range.start.min(end);
        let ranges = pieces(end - start, PIECE_BYTES).map(move |piece| start + piece.start..start + piece.end);
        stream::iter(ranges).then(move |piece| {
            let file = file.clone();
            async move { file.keepers.of(&file.place)?.read(file.place.clone(), piece).await }
        })
    }
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenFile").field("attachment", &self.attachment).finish_non_exhaustive()
    }
}
