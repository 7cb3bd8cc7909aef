//! Makes one reading of a document: fetches it where it is a page, takes its text out, cuts it, puts the chunks beside those that
//! are found now, waits until they are indexed, and then makes them the ones that are found, in one batch.
//!
//! Each step is refused by the store when the document was taken away or is to be read anew meanwhile; then nothing of the
//! reading remains. A reading that is begun once more after a crash begins from the start.

use tokio::task::spawn_blocking;

use super::{ATTEMPTS_MAX, Knowledge, unreadable};
use crate::domain::Refusal;
use crate::domain::knowledge::{
    DOCUMENT_CHUNKS_MAX, Document, DocumentKind, DocumentState, Entry, EntryKey, TITLE_MAX_CHARS,
};
use crate::domain::reading::{DocumentText, READING_ATTEMPTS_MAX, ReadFrom, Reading};
use crate::knowledge::chunk::{Markup, chunks};
use crate::knowledge::extract::reader::ReadError;
use crate::knowledge::extract::{Extracted, Format};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, documents, knowledge};

/// Chunks that are put and indexed at a time; progress is told in these steps.
const STEP_CHUNKS: usize = 200;

/// How a reading ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// It is found.
    Ready,
    /// The document can not be read, and says why.
    Failed,
    /// The document was taken away, or another reading is wanted.
    Superseded,
    /// Something else than the document is to blame: it is to be tried again.
    Later(String),
}

/// Why a reading goes no further.
enum Halt {
    Fault(String),
    Superseded,
    Later(String),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Later(refusal.to_string())
    }
}

/// What a document says, and how it is cut.
struct Read {
    extracted: Extracted,
    markup: Markup,
    /// The bytes that it came from; none where it came from a text of its own.
    size: Option<u64>,
}

/// What a step does to the document.
type Made<'a> = &'a (dyn Fn(&mut Batch, &Versioned<Document>) -> Result<(), Refusal> + Send + Sync);

impl Knowledge {
    /// Makes a reading.
    pub(super) async fn make(&self, reading: &Reading) -> Ended {
        let halt = match self.read_and_index(reading).await {
            Ok(()) => return Ended::Ready,
            Err(halt) => halt,
        };
        let told = match &halt {
            Halt::Fault(why) => self.fail(reading, why).await,
            // What was not the document's fault does not count as a try.
            Halt::Later(_) => self.begun(reading, reading.attempts, DocumentState::Waiting).await,
            Halt::Superseded => self.forget(reading).await,
        };
        match (halt, told) {
            (_, Err(Halt::Later(why))) => Ended::Later(why),
            (Halt::Later(why), _) => Ended::Later(why),
            (Halt::Superseded, _) | (_, Err(Halt::Superseded)) => Ended::Superseded,
            (Halt::Fault(_), Ok(()) | Err(Halt::Fault(_))) => Ended::Failed,
        }
    }

    /// Says that a reading which the stop has ended was not begun: that is no fault of the document's, and does not count as a try.
    pub(super) async fn put_back(&self, reading: &Reading) {
        let waits = |batch: &mut Batch, old: &Versioned<Document>| {
            // What was made in the last moment is not made again.
            if !documents::is_ordered(&self.inner.store, reading).map_err(unreadable)? {
                return Ok(());
            }
            self.note_begun(batch, old, reading, DocumentState::Waiting)
        };
        if let Err(Halt::Later(why) | Halt::Fault(why)) = self.step(reading, &waits).await {
            tracing::warn!(document = %reading.document, %why, "a stop counts as a try to read a document");
        }
    }

    async fn read_and_index(&self, reading: &Reading) -> Result<(), Halt> {
        if reading.attempts >= READING_ATTEMPTS_MAX {
            return Err(Halt::Fault(format!("reading it was begun {READING_ATTEMPTS_MAX} times and never ended")));
        }
        self.begun(reading, reading.attempts + 1, DocumentState::Reading).await?;
        let read = self.read(reading).await?;
        let document = self.current(reading)?.ok_or(Halt::Superseded)?.record;
        let document = described(document, &read, reading);
        let (entries, read) = cut(&document, read).await?;
        self.clear(reading, &document, &entries, read).await?;
        for (step, piece) in entries.chunks(STEP_CHUNKS).enumerate() {
            self.put(reading, piece, step * STEP_CHUNKS).await?;
            self.inner.library.caught_up(&reading.organization).await?;
        }
        self.publish(reading).await
    }

    /// What the document says.
    async fn read(&self, reading: &Reading) -> Result<Read, Halt> {
        let (format, charset, bytes) = match &reading.from {
            ReadFrom::Kept { version } => return self.kept(reading, *version).await,
            ReadFrom::Given { kind, charset } => (format_of(*kind), charset.clone(), self.given(reading).await?),
            ReadFrom::Url { url } => {
                let fetched = self.inner.fetcher.fetch(url).await;
                let fetched = fetched.map_err(|why| Halt::Fault(format!("the page could not be read: {why}")))?;
                self.check_fetched(reading, fetched.bytes.len())?;
                (fetched.format, fetched.charset, fetched.bytes)
            }
        };
        let size = bytes.len() as u64;
        match self.inner.readers.read(format, charset.as_deref(), bytes).await {
            Ok(extracted) => Ok(Read { extracted, markup: markup(format), size: Some(size) }),
            Err(ReadError::File(fault)) => Err(Halt::Fault(format!("the file could not be read: {fault}"))),
            Err(ReadError::Machine(why)) => Err(Halt::Later(why)),
        }
    }

    /// The bytes that were given.
    async fn given(&self, reading: &Reading) -> Result<Vec<u8>, Halt> {
        let (store, organization, document) =
            (self.inner.store.clone(), reading.organization.clone(), reading.document);
        let found = spawn_blocking(move || documents::source(&store, &organization, document)).await;
        let found = found.map_err(|_ended| Halt::Later("it stops".to_owned()))?.map_err(unreadable)?;
        found.ok_or_else(|| Halt::Fault("what it is read from is gone".to_owned()))
    }

    /// What an earlier reading gave.
    async fn kept(&self, reading: &Reading, version: u32) -> Result<Read, Halt> {
        let (store, organization, id) = (self.inner.store.clone(), reading.organization.clone(), reading.document);
        let found = spawn_blocking(move || documents::text(&store, &organization, id, version)).await;
        let found = found.map_err(|_ended| Halt::Later("it stops".to_owned()))?.map_err(unreadable)?;
        let DocumentText { text, pages, language, is_markdown, .. } =
            found.ok_or_else(|| Halt::Fault("what it is read from is gone".to_owned()))?;
        let kind = self.current(reading)?.ok_or(Halt::Superseded)?.record.kind;
        let markup = match is_markdown {
            Some(true) => Markup::Markdown,
            Some(false) => Markup::Plain,
            None => markup(format_of(kind)),
        };
        let pages = pages.into_iter().map(|page| usize::try_from(page).unwrap_or(usize::MAX)).collect();
        Ok(Read { extracted: Extracted { text, pages, language, ..Extracted::default() }, markup, size: None })
    }

    /// Whether there is room for a page, whose size nobody knew when it was ordered.
    fn check_fetched(&self, reading: &Reading, bytes: usize) -> Result<(), Halt> {
        let (_, all) = self.documents_size(&reading.organization)?;
        let own = self.current(reading)?.ok_or(Halt::Superseded)?.record.bytes;
        let room = self.inner.limits.documents_max_bytes.saturating_sub(all.saturating_sub(own));
        if bytes as u64 > room {
            return Err(Halt::Fault("the organization's documents take as many bytes as they may".to_owned()));
        }
        Ok(())
    }

    /// Says that the reading was begun so often, and how far it is.
    async fn begun(&self, reading: &Reading, attempts: u32, state: DocumentState) -> Result<(), Halt> {
        let begun = Reading { attempts, ..reading.clone() };
        self.step(reading, &|batch, old| self.note_begun(batch, old, &begun, state)).await
    }

    fn note_begun(
        &self,
        batch: &mut Batch,
        old: &Versioned<Document>,
        begun: &Reading,
        state: DocumentState,
    ) -> Result<(), Refusal> {
        documents::begun(batch, begun).map_err(unreadable)?;
        let now = self.inner.clock.now();
        let new = Document { state, chunks: 0, chunks_done: 0, updated_at: now, ..old.record.clone() };
        record::update(batch, old, &new).map(drop).map_err(unreadable)
    }

    /// Takes away what an earlier try left, and keeps the text.
    async fn clear(&self, reading: &Reading, described: &Document, entries: &[Entry], read: Read) -> Result<(), Halt> {
        let Extracted { text, language, pages, .. } = read.extracted;
        let pages = pages.into_iter().map(|page| page as u64).collect();
        let is_markdown = Some(read.markup == Markup::Markdown);
        let (organization, document, version) = (reading.organization.clone(), reading.document, reading.version);
        let text = DocumentText { organization, document, version, text, pages, language, is_markdown };
        let chunk_count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        self.step(reading, &|batch, old| {
            let store = &self.inner.store;
            let mut left = knowledge::chunks_of(store, &reading.organization, reading.document).map_err(unreadable)?;
            left.retain(|key| !matches!(key, EntryKey::Chunk { version, .. } if Some(*version) == old.record.live));
            if !left.is_empty() {
                knowledge::remove_entries(store, batch, &reading.organization, &left).map_err(unreadable)?;
            }
            documents::keep_text(batch, &text).map_err(unreadable)?;
            let new = Document {
                title: described.title.clone(),
                author: described.author.clone(),
                bytes: described.bytes,
                chars: described.chars,
                state: DocumentState::Indexing,
                chunks: chunk_count,
                chunks_done: 0,
                updated_at: self.inner.clock.now(),
                ..old.record.clone()
            };
            record::update(batch, old, &new).map(drop).map_err(unreadable)
        })
        .await
    }

    /// Puts some chunks; `done` of those before them are indexed.
    async fn put(&self, reading: &Reading, piece: &[Entry], done: usize) -> Result<(), Halt> {
        let chunks_done = u32::try_from(done).unwrap_or(u32::MAX);
        self.step(reading, &|batch, old| {
            knowledge::put_entries(&self.inner.store, batch, &reading.organization, piece).map_err(unreadable)?;
            let new = Document { chunks_done, updated_at: self.inner.clock.now(), ..old.record.clone() };
            record::update(batch, old, &new).map(drop).map_err(unreadable)
        })
        .await
    }

    /// Makes the reading the one that is found, and takes away what it was made from and the reading before.
    async fn publish(&self, reading: &Reading) -> Result<(), Halt> {
        let (organization, id) = (&reading.organization, reading.document);
        self.step(reading, &|batch, old| {
            let store = &self.inner.store;
            let new = Document {
                live: Some(reading.version),
                state: DocumentState::Ready,
                fault: None,
                chunks_done: old.record.chunks,
                updated_at: self.inner.clock.now(),
                ..old.record.clone()
            };
            knowledge::publish(store, batch, old, &new).map_err(unreadable)?;
            documents::forget_texts(store, batch, organization, id, Some(reading.version)).map_err(unreadable)?;
            documents::made(batch, organization, id);
            Ok(())
        })
        .await?;
        // What the reading before left in the index goes too.
        self.follow(organization);
        Ok(())
    }

    /// Says why the document can not be read. What was found before is found on.
    async fn fail(&self, reading: &Reading, why: &str) -> Result<(), Halt> {
        let (organization, id) = (&reading.organization, reading.document);
        self.step(reading, &|batch, old| {
            let store = &self.inner.store;
            let mut left = knowledge::chunks_of(store, organization, id).map_err(unreadable)?;
            left.retain(|key| !matches!(key, EntryKey::Chunk { version, .. } if Some(*version) == old.record.live));
            if !left.is_empty() {
                knowledge::remove_entries(store, batch, organization, &left).map_err(unreadable)?;
            }
            documents::forget_texts(store, batch, organization, id, old.record.live).map_err(unreadable)?;
            documents::failed(batch, organization, id);
            let (state, fault) = (DocumentState::Error, Some(why.to_owned()));
            let new = Document { state, fault, updated_at: self.inner.clock.now(), ..old.record.clone() };
            record::update(batch, old, &new).map(drop).map_err(unreadable)
        })
        .await
    }

    /// Takes the order away of a reading whose document is gone.
    async fn forget(&self, reading: &Reading) -> Result<(), Halt> {
        if self.document_at(&reading.organization, reading.document).is_ok() {
            return Ok(());
        }
        let mut batch = Batch::default();
        documents::made(&mut batch, &reading.organization, reading.document);
        self.inner.store.commit(batch).await.map_err(|why| Halt::Later(why.to_string()))
    }

    /// The document, if this is still the reading that is wanted of it.
    fn current(&self, reading: &Reading) -> Result<Option<Versioned<Document>>, Refusal> {
        match self.document_at(&reading.organization, reading.document) {
            Ok(document) => Ok(Some(document).filter(|document| document.record.version == reading.version)),
            Err(Refusal::NotFound { .. }) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Commits a step, which updates the document, so that it is refused when the document changed; again where only other
    /// changes of the knowledge came first.
    async fn step(&self, reading: &Reading, make: Made<'_>) -> Result<(), Halt> {
        for _ in 0..ATTEMPTS_MAX {
            let document = self.current(reading)?.ok_or(Halt::Superseded)?;
            let mut batch = Batch::default();
            make(&mut batch, &document)?;
            match self.inner.store.commit(batch).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(Halt::Later(why.to_string())),
            }
        }
        Err(Halt::Later("others write at the same time".to_owned()))
    }
}

/// The document with what its file says of itself.
fn described(document: Document, read: &Read, reading: &Reading) -> Document {
    let extracted = &read.extracted;
    let own = || extracted.title.clone().or_else(|| heading(read.markup, &extracted.text));
    let title = if reading.is_titled { None } else { own() };
    Document {
        title: title.unwrap_or_else(|| document.title.clone()),
        author: document.author.clone().or_else(|| extracted.author.clone()),
        bytes: read.size.unwrap_or(document.bytes),
        chars: extracted.text.chars().count() as u64,
        ..document
    }
}

/// The first heading of a text that has such.
fn heading(markup: Markup, text: &str) -> Option<String> {
    if markup == Markup::Plain {
        return None;
    }
    let line = text.lines().find_map(|line| line.strip_prefix("# "))?;
    let title: String = line.trim().chars().take(TITLE_MAX_CHARS).collect();
    (!title.is_empty()).then_some(title)
}

/// The chunks of a document as entries.
async fn cut(document: &Document, read: Read) -> Result<(Vec<Entry>, Read), Halt> {
    let document = document.clone();
    let cut = spawn_blocking(move || {
        // One more than may be says that there are too many.
        let found = chunks(&read.extracted.text, read.markup, document.chunking).take(DOCUMENT_CHUNKS_MAX as usize + 1);
        let entries = (0..).zip(found).map(|(number, chunk)| Entry {
            key: EntryKey::Chunk { document: document.id, version: document.version, number },
            title: document.title.clone(),
            questions: Vec::new(),
            text: chunk.text.to_owned(),
            url: document.url.clone(),
            span: Some(chunk.span),
            external_id: None,
            source: None,
        });
        (entries.collect::<Vec<_>>(), read)
    });
    let (entries, read) = cut.await.map_err(|_ended| Halt::Fault("its text can not be cut".to_owned()))?;
    if entries.len() > DOCUMENT_CHUNKS_MAX as usize {
        return Err(Halt::Fault(format!("it has more than {DOCUMENT_CHUNKS_MAX} chunks: larger chunks are needed")));
    }
    if entries.is_empty() {
        return Err(Halt::Fault("there is no text in it".to_owned()));
    }
    Ok((entries, read))
}

const fn markup(format: Format) -> Markup {
    match format {
        Format::Text => Markup::Plain,
        Format::Markdown | Format::Html | Format::Docx | Format::Pdf => Markup::Markdown,
    }
}

/// What bytes that were given are. A page's bytes are fetched and say themselves what they are.
const fn format_of(kind: DocumentKind) -> Format {
    match kind {
        DocumentKind::Text => Format::Text,
        DocumentKind::Markdown => Format::Markdown,
        DocumentKind::Html | DocumentKind::Url => Format::Html,
        DocumentKind::Pdf => Format::Pdf,
        DocumentKind::Docx => Format::Docx,
    }
}
