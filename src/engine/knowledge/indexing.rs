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

    async fn read_and_index(&self, reading: &Reading) -> Result<(), Halt> {
        if reading.attempts >= READING_ATTEMPTS_MAX {
            return Err(Halt::Fault(format!("reading it was begun {READING_ATTEMPTS_MAX} times and never ended")));
        }
        self.begun(reading, reading.attempts + 1, DocumentState::Reading).await?;
        let (format, charset, bytes) = self.bytes(reading).await?;
        let size = bytes.len() as u64;
        let extracted =
            self.inner.readers.read(format, charset.as_deref(), bytes).await.map_err(|error| match error {
                ReadError::File(fault) => Halt::Fault(format!("the file could not be read: {fault}")),
                ReadError::Machine(why) => Halt::Later(why),
            })?;
        let document = self.current(reading)?.ok_or(Halt::Superseded)?.record;
        let document = described(document, &extracted, reading, format, size);
        let (entries, extracted) = cut(&document, format, extracted).await?;
        self.clear(reading, &document, &entries, extracted).await?;
        for (step, piece) in entries.chunks(STEP_CHUNKS).enumerate() {
            self.put(reading, piece, step * STEP_CHUNKS).await?;
            self.inner.library.caught_up(&reading.organization).await?;
        }
        self.publish(reading).await
    }

    /// The bytes to be read, and what they are.
    async fn bytes(&self, reading: &Reading) -> Result<(Format, Option<String>, Vec<u8>), Halt> {
        match &reading.from {
            ReadFrom::Url { url } => match self.inner.fetcher.fetch(url).await {
                Ok(fetched) => Ok((fetched.format, fetched.charset, fetched.bytes)),
                Err(why) => Err(Halt::Fault(format!("the page could not be read: {why}"))),
            },
            ReadFrom::Given { kind, charset } => {
                let (store, organization, document) =
                    (self.inner.store.clone(), reading.organization.clone(), reading.document);
                let found = spawn_blocking(move || documents::source(&store, &organization, document)).await;
                let found = found.map_err(|_ended| Halt::Later("it stops".to_owned()))?.map_err(unreadable)?;
                let bytes = found.ok_or_else(|| Halt::Fault("what it is read from is gone".to_owned()))?;
                Ok((format_of(*kind), charset.clone(), bytes))
            }
        }
    }

    /// Says that the reading was begun so often, and how far it is.
    async fn begun(&self, reading: &Reading, attempts: u32, state: DocumentState) -> Result<(), Halt> {
        let begun = Reading { attempts, ..reading.clone() };
        self.step(reading, &|batch, old| {
            documents::begun(batch, &begun).map_err(unreadable)?;
            let now = self.inner.clock.now();
            let new = Document { state, chunks: 0, chunks_done: 0, updated_at: now, ..old.record.clone() };
            record::update(batch, old, &new).map(drop).map_err(unreadable)
        })
        .await
    }

    /// Takes away what an earlier try left, and keeps the text.
    async fn clear(
        &self,
        reading: &Reading,
        described: &Document,
        entries: &[Entry],
        extracted: Extracted,
    ) -> Result<(), Halt> {
        let Extracted { text, language, pages, .. } = extracted;
        let pages = pages.into_iter().map(|page| page as u64).collect();
        let (organization, document, version) = (reading.organization.clone(), reading.document, reading.version);
        let text = DocumentText { organization, document, version, text, pages, language };
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
fn described(document: Document, extracted: &Extracted, reading: &Reading, format: Format, size: u64) -> Document {
    let own = || extracted.title.clone().or_else(|| heading(format, &extracted.text));
    let title = if reading.is_titled { None } else { own() };
    Document {
        title: title.unwrap_or_else(|| document.title.clone()),
        author: document.author.clone().or_else(|| extracted.author.clone()),
        bytes: size,
        chars: extracted.text.chars().count() as u64,
        ..document
    }
}

/// The first heading of a text that has such.
fn heading(format: Format, text: &str) -> Option<String> {
    if markup(format) == Markup::Plain {
        return None;
    }
    let line = text.lines().find_map(|line| line.strip_prefix("# "))?;
    let title: String = line.trim().chars().take(TITLE_MAX_CHARS).collect();
    (!title.is_empty()).then_some(title)
}

/// The chunks of a document as entries.
async fn cut(document: &Document, format: Format, extracted: Extracted) -> Result<(Vec<Entry>, Extracted), Halt> {
    let document = document.clone();
    let cut = spawn_blocking(move || {
        let found = chunks(&extracted.text, markup(format), document.chunking);
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
        (entries.collect::<Vec<_>>(), extracted)
    });
    let (entries, extracted) = cut.await.map_err(|_ended| Halt::Fault("its text can not be cut".to_owned()))?;
    if entries.len() > DOCUMENT_CHUNKS_MAX as usize {
        return Err(Halt::Fault(format!("it has more than {DOCUMENT_CHUNKS_MAX} chunks: larger chunks are needed")));
    }
    if entries.is_empty() {
        return Err(Halt::Fault("there is no text in it".to_owned()));
    }
    Ok((entries, extracted))
}

const fn markup(format: Format) -> Markup {
    match format {
        Format::Text | Format::Pdf => Markup::Plain,
        Format::Markdown | Format::Html | Format::Docx => Markup::Markdown,
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
