//! One organization's index: tantivy's segments with a key, stems, a language and a small vector for each entry.
//!
//! A commit says in the same file as its list of segments how far in the journal it is, so an index always knows what it holds.

mod snapshot;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tantivy::indexer::{LogMergePolicy, NoMergePolicy};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::store::Compressor;
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyDocument, Term};
use uuid::Uuid;

use super::languages::Language;
use super::quantise::{Codes, Small, sign_words};
use super::words::{fingerprint, stems};
use crate::domain::OrganizationId;
use crate::domain::knowledge::{Entry, EntryKey};

pub(super) use snapshot::{Candidate, Place, Snapshot};

/// Raised whenever what is in an index means something else than before.
const FORMAT: u32 = 2;

/// The most words of one entry that are indexed; its text has a limit of its own.
pub(super) const ENTRY_WORDS_MAX: usize = 20_000;

/// How often the words of a title and of questions count.
const TITLE_WEIGHT: usize = 2;
const QUESTION_WEIGHT: usize = 2;

/// From this share of entries that are gone on, a segment is written anew without them.
const GONE_SHARE_MAX: f32 = 0.2;

/// Segments below so many entries are merged with each other whatever their sizes.
const SMALL_SEGMENT_ENTRIES: u32 = 2_000;

/// Neighbouring entries that are read together, in bytes.
const STORE_BLOCK_BYTES: usize = 8 * 1024;

/// Why an index can not be used; for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum IndexError {
    /// tantivy, or the disk below it.
    #[error("index: {0}")]
    Tantivy(#[from] tantivy::TantivyError),
    /// Files whose contents are not what was written.
    #[error("index: {0}")]
    Damaged(&'static str),
    /// The folder can not be made or read.
    #[error("index: {0}")]
    Folder(#[from] std::io::Error),
}

/// What an index is of, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Label {
    pub format: u32,
    pub organization: OrganizationId,
    pub embedder: String,
    pub dimensions: usize,
    /// The version of the knowledge that it holds.
    pub version: u64,
    /// The mark of the change that led there; of version 0 there is none.
    pub mark: Uuid,
}

/// An open index. One thread at a time writes.
pub(super) struct Shelf {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    label: Mutex<Label>,
    /// Signs of the segments that are open.
    signs: Mutex<HashMap<tantivy::index::SegmentId, Arc<Codes>>>,
}

#[derive(Debug, Clone, Copy)]
struct Fields {
    /// The entry's key.
    key: Field,
    /// Its stems.
    words: Field,
    /// Fingerprints of its questions.
    question: Field,
    /// Its language.
    language: Field,
    /// The signs of its vector.
    signs: Field,
    /// Its vector, in a column: two hundred of them are read for each question.
    vector: Field,
}

/// An entry with its vector, ready to be indexed.
pub(super) struct Ready<'a> {
    pub entry: &'a Entry,
    pub vector: &'a Small,
}

/// A change under way: nothing of it is seen before it is committed.
pub(super) struct Writing<'a> {
    shelf: &'a Shelf,
    writer: IndexWriter,
}

impl Label {
    /// An index that holds nothing yet.
    pub(super) fn empty(organization: &OrganizationId, embedder: String, dimensions: usize) -> Self {
        Self { format: FORMAT, organization: organization.clone(), embedder, dimensions, version: 0, mark: Uuid::nil() }
    }

    /// Whether an index with this label can be followed on by what would make `other`.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let same_vectors = self.embedder == other.embedder && self.dimensions == other.dimensions;
        self.format == other.format && self.organization == other.organization && same_vectors
    }
}

impl Shelf {
    /// A new index, in an empty folder or in memory.
    pub(super) fn create(folder: Option<&Path>, label: Label) -> Result<Self, IndexError> {
        let (schema, _) = schema();
        let settings = IndexSettings {
            docstore_compression: Compressor::None,
            docstore_compress_dedicated_thread: false,
            docstore_blocksize: STORE_BLOCK_BYTES,
            ..IndexSettings::default()
        };
        let builder = Index::builder().schema(schema).settings(settings);
        let index = match folder {
            Some(folder) => {
                std::fs::create_dir_all(folder)?;
                builder.create_in_dir(folder)?
            }
            None => builder.create_in_ram()?,
        };
        Self::over(index, label)
    }

    /// The index in a folder, if it is whole and of this format; its checksums are read, which takes as long as its files
    /// are big.
    pub(super) fn open(folder: &Path) -> Result<Self, IndexError> {
        // tantivy opens an index without its list of files, and then neither checks nor removes any.
        if !folder.join(".managed.json").exists() {
            return Err(IndexError::Damaged("the list of its files is missing"));
        }
        let index = Index::open_in_dir(folder)?;
        if index.schema() != schema().0 {
            return Err(IndexError::Damaged("it has other fields"));
        }
        if !index.validate_checksum()?.is_empty() {
            return Err(IndexError::Damaged("a file is not what was written"));
        }
        let payload = index.load_metas()?.payload.unwrap_or_default();
        let label: Label =
            serde_json::from_str(&payload).map_err(|_| IndexError::Damaged("it says not what it is of"))?;
        if label.format != FORMAT {
            return Err(IndexError::Damaged("it is of another format"));
        }
        Self::over(index, label)
    }

    fn over(index: Index, label: Label) -> Result<Self, IndexError> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, reader, fields: schema().1, label: Mutex::new(label), signs: Mutex::default() })
    }

    /// What it is of, and how far it is.
    pub(super) fn label(&self) -> Label {
        self.label.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a change.
    pub(super) fn write(&self, memory_bytes: usize) -> Result<Writing<'_>, IndexError> {
        let writer: IndexWriter = self.index.writer_with_num_threads(1, memory_bytes)?;
        let mut merging = LogMergePolicy::default();
        merging.set_min_layer_size(SMALL_SEGMENT_ENTRIES);
        merging.set_del_docs_ratio_before_merge(GONE_SHARE_MAX);
        writer.set_merge_policy(Box::new(merging));
        Ok(Writing { shelf: self, writer })
    }

    /// Whether a segment still holds something that is gone.
    pub(super) fn holds_gone(&self) -> Result<bool, IndexError> {
        Ok(self.index.searchable_segment_metas()?.iter().any(|meta| meta.num_deleted_docs() > 0))
    }

    /// Writes every segment that holds something that is gone anew without it. No file of the index has a word of that any more
    /// once [`Shelf::sweep`] took the old ones away.
    pub(super) fn purge(&self, memory_bytes: usize) -> Result<(), IndexError> {
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, memory_bytes)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let metas = self.index.searchable_segment_metas()?;
        for meta in metas.iter().filter(|meta| meta.num_deleted_docs() > 0) {
            writer.merge(&[meta.id()]).wait()?;
        }
        writer.wait_merging_threads()?;
        Ok(self.reader.reload()?)
    }

    /// Takes the files away that no segment is in any more. Those that a snapshot still reads stay until the next time.
    pub(super) fn sweep(&self) -> Result<(), IndexError> {
        let writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_MIN_BYTES)?;
        writer.garbage_collect_files().wait()?;
        Ok(())
    }
}

impl Writing<'_> {
    /// Puts an entry, over an older one of the same key.
    pub(super) fn put(&mut self, ready: &Ready<'_>) -> Result<(), IndexError> {
        self.remove(ready.entry.key);
        self.add(ready)
    }

    /// Puts an entry whose key the index does not hold.
    pub(super) fn add(&mut self, ready: &Ready<'_>) -> Result<(), IndexError> {
        self.writer.add_document(document(self.shelf.fields, ready))?;
        Ok(())
    }

    /// Takes an entry away.
    pub(super) fn remove(&mut self, key: EntryKey) {
        self.writer.delete_term(Term::from_field_text(self.shelf.fields.key, &key.to_string()));
    }

    /// Makes everything durable and seen, together with how far the index is then.
    pub(super) fn commit(&mut self, version: u64, mark: Uuid) -> Result<(), IndexError> {
        let label = Label { version, mark, ..self.shelf.label() };
        let payload = serde_json::to_string(&label).map_err(|_| IndexError::Damaged("its label does not write"))?;
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        self.shelf.reader.reload()?;
        *self.shelf.label.lock().unwrap_or_else(PoisonError::into_inner) = label;
        Ok(())
    }

    /// Waits until segments that were to be merged are, so that the next snapshot is of few.
    pub(super) fn finish(self) -> Result<(), IndexError> {
        self.writer.wait_merging_threads()?;
        Ok(self.shelf.reader.reload()?)
    }
}

/// The least memory that tantivy's writer takes.
pub(super) const WRITER_MIN_BYTES: usize = 15_000_000;

fn document(fields: Fields, ready: &Ready<'_>) -> TantivyDocument {
    let entry = ready.entry;
    let mut document = TantivyDocument::new();
    let language = Language::detect(&format!("{} {}", entry.title, entry.text));
    let stemmed = |text: &str| stems(text, language, ENTRY_WORDS_MAX).join(" ");
    document.add_text(fields.key, entry.key.to_string());
    document.add_text(fields.language, language.code());
    document.add_text(fields.words, stemmed(&entry.text));
    let title = stemmed(&entry.title);
    (0..TITLE_WEIGHT).for_each(|_| document.add_text(fields.words, &title));
    for question in &entry.questions {
        let stems = stemmed(question);
        (0..QUESTION_WEIGHT).for_each(|_| document.add_text(fields.words, &stems));
        if let Some(print) = fingerprint(question) {
            document.add_u64(fields.question, print);
        }
    }
    for word in ready.vector.signs() {
        document.add_u64(fields.signs, word);
    }
    for word in ready.vector.to_words() {
        document.add_u64(fields.vector, word);
    }
    document
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let words = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(IndexRecordOption::WithFreqs)
        .set_fieldnorms(true);
    let fields = Fields {
        key: schema.add_text_field("key", STRING | STORED),
        words: schema.add_text_field("words", TextOptions::default().set_indexing_options(words)),
        question: schema.add_u64_field("question", INDEXED),
        language: schema.add_text_field("language", STRING | STORED),
        signs: schema.add_u64_field(SIGNS, FAST),
        vector: schema.add_u64_field(VECTOR, FAST),
    };
    (schema.build(), fields)
}

const SIGNS: &str = "signs";
const VECTOR: &str = "vector";
