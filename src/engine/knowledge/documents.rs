//! Documents: everybody of the staff reads them, administrators write them.

use uuid::Uuid;

use super::draft::{DocumentChanges, DocumentDraft, NewSource};
use super::{Knowledge, note, unreadable};
use crate::auth::Caller;
use crate::domain::audit::{Act, Target};
use crate::domain::knowledge::{Document, DocumentKind, DocumentState, EntryKey, Span};
use crate::domain::reading::{DocumentText, ReadFrom, Reading};
use crate::domain::{DocumentId, OrganizationId, Refusal};
use crate::engine::audit::Acting;
use crate::store::index::Cursor;
use crate::store::record::{self, Versioned};
use crate::store::{Direction, documents, knowledge};

/// What a document is called that nobody gave a name.
const UNTITLED: &str = "Untitled";

/// Documents that are counted at a time.
const STRIDE: usize = 200;

/// What two changes at once are told.
const CHANGED: &str = "the document was changed meanwhile";

/// Which documents are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Those whose title or address holds this, whatever the capitals.
    pub text: Option<String>,
    /// Those in this state.
    pub state: Option<DocumentState>,
}

/// A chunk as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentChunk {
    /// Its key.
    pub key: EntryKey,
    /// Which piece it is, from 0.
    pub number: u32,
    /// Where it stands in the document's text.
    pub span: Span,
    /// It.
    pub text: String,
}

impl Knowledge {
    /// An organization's documents, the newest first: `limit` of them after `after`.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn documents(
        &self,
        caller: &Caller,
        wanted: &Wanted,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Document>, Option<Cursor>), Refusal> {
        caller.require_staff()?;
        let text = wanted.text.as_deref().unwrap_or_default().to_lowercase();
        let fits = |document: &Document| {
            let has = |place: &str| place.to_lowercase().contains(&text);
            wanted.state.is_none_or(|state| document.state == state)
                && (has(&document.title) || document.url.as_deref().is_some_and(has))
        };
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let missing = limit - found.len();
            let page = record::all::<Document>(
                &self.inner.store,
                &caller.organization,
                after.as_ref(),
                missing,
                Direction::Backward,
            );
            let page = page.map_err(unreadable)?;
            found.extend(page.items.into_iter().map(|found| found.record).filter(fits));
            after = page.next;
            if after.is_none() || found.len() >= limit {
                return Ok((found, after));
            }
        }
    }

    /// One document.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Unavailable`.
    pub fn document(&self, caller: &Caller, id: DocumentId) -> Result<Document, Refusal> {
        caller.require_staff()?;
        self.document_at(&caller.organization, id).map(|found| found.record)
    }

    /// The text of a document, as it is found now; before its first version is ready, as far as it was read.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound` also where nothing was read yet, `Unavailable`.
    pub fn document_text(&self, caller: &Caller, id: DocumentId) -> Result<DocumentText, Refusal> {
        let document = self.document(caller, id)?;
        let version = document.live.unwrap_or(document.version);
        let text = documents::text(&self.inner.store, &caller.organization, id, version).map_err(unreadable)?;
        text.ok_or(Refusal::NotFound { what: "text" })
    }

    /// The chunks of a document as they are found now, in the order of the text: `limit` of them from number `from`, and the
    /// number of the next.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Unavailable`.
    pub fn document_chunks(
        &self,
        caller: &Caller,
        id: DocumentId,
        from: u32,
        limit: usize,
    ) -> Result<(Vec<DocumentChunk>, Option<u32>), Refusal> {
        let document = self.document(caller, id)?;
        let version = document.live.unwrap_or(document.version);
        let mut chunks = Vec::new();
        for number in from.. {
            let key = EntryKey::Chunk { document: id, version, number };
            let entry = knowledge::entry(&self.inner.store, &caller.organization, key).map_err(unreadable)?;
            let Some(entry) = entry.map(|found| found.record.entry) else { break };
            if chunks.len() == limit {
                return Ok((chunks, Some(number)));
            }
            let span = entry.span.unwrap_or(Span { start: 0, end: 0 });
            chunks.push(DocumentChunk { key, number, span, text: entry.text });
        }
        Ok((chunks, None))
    }

    /// Adds a document. It is durable, and waits to be read.
    ///
    /// # Errors
    /// `Forbidden`; `TooLarge`; `Conflict` when the organization has as many documents, or as many bytes of them, as it may;
    /// `Busy`, `Unavailable`.
    pub async fn add_document(&self, acting: Acting<'_>, draft: DocumentDraft) -> Result<Document, Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        let _adding = self.inner.adding.of(organization).await;
        self.check_room(organization, None, &draft.source)?;
        let now = self.inner.clock.now();
        let title = draft.title.clone().or_else(|| draft.source.name()).unwrap_or_else(|| UNTITLED.to_owned());
        let document = Document {
            id: DocumentId(Uuid::now_v7()),
            organization: organization.clone(),
            title,
            author: draft.author.clone(),
            kind: kind_of(&draft.source),
            url: url_of(&draft.source),
            state: DocumentState::Waiting,
            fault: None,
            version: 1,
            live: None,
            chunking: draft.chunking.unwrap_or(self.inner.limits.chunking),
            bytes: size_of(&draft.source),
            chars: 0,
            chunks: 0,
            chunks_done: 0,
            created_at: now,
            updated_at: now,
        };
        let (from, bytes) = split(draft.source);
        let reading = reading_of(&document, from, draft.title.is_some());
        let on = target(&document);
        let entry = acting.entry(organization, now, Act::DocumentAdded, on, Vec::new());
        self.change(CHANGED, |batch| {
            record::insert(batch, &document).map_err(unreadable)?;
            documents::order(batch, &reading, bytes.clone()).map_err(unreadable)?;
            note(batch, &entry)
        })
        .await?;
        self.inner.wake.notify_one();
        Ok(document)
    }

    /// Gives a document another text. The one before is found until the new one is.
    ///
    /// # Errors
    /// As [`Knowledge::add_document`]; `NotFound`.
    pub async fn replace_document(
        &self,
        acting: Acting<'_>,
        id: DocumentId,
        draft: DocumentDraft,
    ) -> Result<Document, Refusal> {
        acting.caller.require_admin()?;
        let _adding = self.inner.adding.of(&acting.caller.organization).await;
        let old = self.document_at(&acting.caller.organization, id)?.record;
        self.check_room(&acting.caller.organization, Some(&old), &draft.source)?;
        let (kind, url, size) = (kind_of(&draft.source), url_of(&draft.source), size_of(&draft.source));
        let (from, bytes) = split(draft.source);
        let changed = |old: &Document| Document {
            title: draft.title.clone().unwrap_or_else(|| old.title.clone()),
            author: draft.author.clone().or_else(|| old.author.clone()),
            kind,
            url: url.clone(),
            chunking: draft.chunking.unwrap_or(old.chunking),
            bytes: size,
            ..old.clone()
        };
        self.read_anew(acting, id, None, (from, bytes), changed).await
    }

    /// Calls a document otherwise, or cuts it otherwise: what is found of it is found until that is done. It is read again only
    /// where it could not be read before.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` while it is read, or when there is nothing to cut; `Busy`, `Unavailable`.
    pub async fn change_document(
        &self,
        acting: Acting<'_>,
        id: DocumentId,
        changes: DocumentChanges,
    ) -> Result<Document, Refusal> {
        acting.caller.require_admin()?;
        let old = self.document_at(&acting.caller.organization, id)?.record;
        let from = match (old.state, old.live) {
            (DocumentState::Ready, Some(version)) => (ReadFrom::Kept { version }, None),
            (DocumentState::Ready | DocumentState::Error, _) => self.what_it_was_read_from(&old)?,
            (DocumentState::Waiting | DocumentState::Reading | DocumentState::Indexing, _) => {
                return Err(Refusal::conflict("the document is being read"));
            }
        };
        let changed = |old: &Document| Document {
            title: changes.title.clone().unwrap_or_else(|| old.title.clone()),
            author: changes.author.clone().or_else(|| old.author.clone()),
            chunking: changes.chunking.unwrap_or(old.chunking),
            ..old.clone()
        };
        self.read_anew(acting, id, Some(old.version), from, changed).await
    }

    /// Reads a document once more: a page as it is now, a file that could not be read.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` when there is nothing to read it from any more, because it was read; `Busy`,
    /// `Unavailable`.
    pub async fn reread_document(&self, acting: Acting<'_>, id: DocumentId) -> Result<Document, Refusal> {
        acting.caller.require_admin()?;
        let old = self.document_at(&acting.caller.organization, id)?.record;
        let from = self.what_it_was_read_from(&old)?;
        self.read_anew(acting, id, Some(old.version), from, Document::clone).await
    }

    /// Where a document's text is: at its address, or in the bytes that could not be read yet.
    fn what_it_was_read_from(&self, old: &Document) -> Result<(ReadFrom, Option<Vec<u8>>), Refusal> {
        if let (DocumentKind::Url, Some(url)) = (old.kind, &old.url) {
            return Ok((ReadFrom::Url { url: url.clone() }, None));
        }
        let bytes = documents::source(&self.inner.store, &old.organization, old.id).map_err(unreadable)?;
        let Some(bytes) = bytes else {
            return Err(Refusal::conflict("the document was read; what it was read from is not kept"));
        };
        Ok((ReadFrom::Given { kind: old.kind, charset: None }, Some(bytes)))
    }

    /// Takes a document away, with all that is kept and found of it. A reading that is under way comes to nothing.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Busy`, `Unavailable`.
    pub async fn delete_document(&self, acting: Acting<'_>, id: DocumentId) -> Result<(), Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        self.change(CHANGED, |batch| {
            let old = self.document_at(organization, id)?;
            documents::remove(&self.inner.store, batch, &old).map_err(unreadable)?;
            let now = self.inner.clock.now();
            note(batch, &acting.entry(organization, now, Act::DocumentDeleted, target(&old.record), Vec::new()))
        })
        .await?;
        self.follow(organization);
        Ok(())
    }

    pub(super) fn document_at(
        &self,
        organization: &OrganizationId,
        id: DocumentId,
    ) -> Result<Versioned<Document>, Refusal> {
        let found = record::get(&self.inner.store, organization, &id.to_string()).map_err(unreadable)?;
        found.ok_or(Refusal::NotFound { what: "document" })
    }

    /// Orders the next reading of a document, if the one before is `known`: what is to be read was found by that. It must not
    /// take the place of something newer.
    async fn read_anew(
        &self,
        acting: Acting<'_>,
        id: DocumentId,
        known: Option<u32>,
        (from, bytes): (ReadFrom, Option<Vec<u8>>),
        changed: impl Fn(&Document) -> Document + Send + Sync,
    ) -> Result<Document, Refusal> {
        let organization = &acting.caller.organization;
        let document = self
            .change(CHANGED, |batch| {
                let old = self.document_at(organization, id)?;
                if known.is_some_and(|known| known != old.record.version) {
                    return Err(Refusal::conflict(CHANGED));
                }
                let now = self.inner.clock.now();
                let new = Document {
                    state: DocumentState::Waiting,
                    fault: None,
                    version: old.record.version.saturating_add(1),
                    chunks: 0,
                    chunks_done: 0,
                    updated_at: now,
                    ..changed(&old.record)
                };
                record::update(batch, &old, &new).map_err(unreadable)?;
                documents::order(batch, &reading_of(&new, from.clone(), true), bytes.clone()).map_err(unreadable)?;
                note(batch, &acting.entry(organization, now, Act::DocumentChanged, target(&new), Vec::new()))?;
                Ok(new)
            })
            .await?;
        self.inner.wake.notify_one();
        Ok(document)
    }

    /// Whether the organization may have this too, in the place of `old` where there is one.
    fn check_room(
        &self,
        organization: &OrganizationId,
        old: Option<&Document>,
        new: &NewSource,
    ) -> Result<(), Refusal> {
        let limits = &self.inner.limits;
        let size = size_of(new);
        if usize::try_from(size).is_ok_and(|size| size > limits.file_max_bytes) {
            return Err(Refusal::TooLarge { what: "file", limit_bytes: limits.file_max_bytes });
        }
        let (count, bytes) = self.documents_size(organization)?;
        if old.is_none() && count >= limits.documents_max {
            return Err(Refusal::conflict("the organization has as many documents as it may"));
        }
        let others = bytes.saturating_sub(old.map_or(0, |old| old.bytes));
        if others.saturating_add(size) > limits.documents_max_bytes {
            return Err(Refusal::conflict("the organization's documents take as many bytes as they may"));
        }
        Ok(())
    }

    /// How many documents there are, and their bytes together.
    pub(super) fn documents_size(&self, organization: &OrganizationId) -> Result<(usize, u64), Refusal> {
        let (mut count, mut bytes, mut after) = (0, 0_u64, None);
        loop {
            let page =
                record::all::<Document>(&self.inner.store, organization, after.as_ref(), STRIDE, Direction::Forward);
            let page = page.map_err(unreadable)?;
            count += page.items.len();
            bytes = page.items.iter().fold(bytes, |sum, found| sum.saturating_add(found.record.bytes));
            after = page.next;
            if after.is_none() {
                return Ok((count, bytes));
            }
        }
    }
}

fn reading_of(document: &Document, from: ReadFrom, is_titled: bool) -> Reading {
    Reading {
        organization: document.organization.clone(),
        document: document.id,
        version: document.version,
        attempts: 0,
        from,
        is_titled,
    }
}

fn split(source: NewSource) -> (ReadFrom, Option<Vec<u8>>) {
    match source {
        NewSource::Bytes { kind, charset, bytes, .. } => (ReadFrom::Given { kind, charset }, Some(bytes)),
        NewSource::Url(url) => (ReadFrom::Url { url }, None),
    }
}

const fn kind_of(source: &NewSource) -> DocumentKind {
    match source {
        NewSource::Bytes { kind, .. } => *kind,
        NewSource::Url(_) => DocumentKind::Url,
    }
}

fn url_of(source: &NewSource) -> Option<String> {
    match source {
        NewSource::Bytes { .. } => None,
        NewSource::Url(url) => Some(url.clone()),
    }
}

fn size_of(source: &NewSource) -> u64 {
    match source {
        NewSource::Bytes { bytes, .. } => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        NewSource::Url(_) => 0,
    }
}

fn target(document: &Document) -> Target {
    Target::new("document", document.id).named(&document.title)
}
