//! A store in memory, a folder for indexes, and entries to put.

use std::path::PathBuf;
use std::sync::Arc;

use switchboard::domain::id::{DocumentId, FaqId, VectorId};
use switchboard::domain::knowledge::{Chunking, Document, DocumentKind, DocumentState, Entry, EntryKey};
use switchboard::domain::{OrganizationId, Timestamp};
use switchboard::knowledge::{Embedder, Hashing, Hit, Library, LibrarySettings, Query};
use switchboard::store::{Batch, CommitError, Store, StoreLimits, knowledge, record};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::index;
use crate::support::kv::MemoryKv;

/// Few, so that tests are quick without optimization.
pub(super) const DIMENSIONS: usize = 256;

pub(super) struct Scratch {
    pub store: Store,
    pub folder: TempDir,
}

pub(super) fn organization(name: &str) -> OrganizationId {
    OrganizationId::parse(name).unwrap()
}

impl Scratch {
    pub(super) fn new() -> Self {
        let (store, _) = Store::over(Arc::new(MemoryKv::default()), StoreLimits::default()).unwrap();
        Self { store, folder: tempfile::tempdir().unwrap() }
    }

    /// A library on disk, as after a start.
    pub(super) fn library(&self) -> Library {
        self.library_with(Arc::new(Hashing::new(DIMENSIONS)))
    }

    pub(super) fn library_with(&self, embedder: Arc<dyn Embedder>) -> Library {
        let folder = Some(self.folder.path().join("index"));
        Library::new(self.store.clone(), embedder, LibrarySettings { folder, ..LibrarySettings::default() })
    }

    pub(super) async fn put(&self, organization: &OrganizationId, entries: &[Entry]) -> u64 {
        let mut batch = Batch::default();
        let version = knowledge::put_entries(&self.store, &mut batch, organization, entries).unwrap();
        self.store.commit(batch).await.unwrap();
        version
    }

    pub(super) async fn remove(&self, organization: &OrganizationId, keys: &[EntryKey]) {
        let mut batch = Batch::default();
        knowledge::remove_entries(&self.store, &mut batch, organization, keys).unwrap();
        self.store.commit(batch).await.unwrap();
    }

    /// Puts a document's reading in the place of whatever was live.
    pub(super) async fn publish(&self, document: &Document) -> Result<(), CommitError> {
        let old = record::get::<Document>(&self.store, &document.organization, &document.id.to_string()).unwrap();
        let mut batch = Batch::default();
        match old {
            Some(old) => drop(knowledge::publish(&self.store, &mut batch, &old, document).unwrap()),
            None => record::insert(&mut batch, document).unwrap(),
        }
        self.store.commit(batch).await
    }

    /// The folders of the indexes that are on disk, of all organizations.
    pub(super) fn generations(&self) -> Vec<PathBuf> {
        index::generations(&self.folder.path().join("index"))
    }

    /// All files of indexes.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let inside = |path: &PathBuf| std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut found: Vec<PathBuf> = self.generations().iter().flat_map(inside).collect();
        found.sort();
        found
    }

    /// Whether any file of an index holds a text as it is.
    pub(super) fn holds(&self, text: &str) -> bool {
        let holds = |bytes: Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        self.files().iter().any(|file| holds(std::fs::read(file).unwrap_or_default()))
    }

    /// The stems in the dictionaries on disk.
    pub(super) fn stems(&self) -> Vec<String> {
        index::stems(&self.folder.path().join("index"))
    }
}

/// A text that is found as it is.
pub(super) fn text(number: u128, title: &str, text: &str) -> Entry {
    entry(EntryKey::Vector(VectorId(Uuid::from_u128(number))), title, text)
}

/// A question with its answer.
pub(super) fn faq(number: u128, questions: &[&str], answer: &str) -> Entry {
    let questions: Vec<String> = questions.iter().map(|question| (*question).to_owned()).collect();
    Entry {
        questions: questions.clone(),
        ..entry(EntryKey::Faq(FaqId(Uuid::from_u128(number))), &questions[0], answer)
    }
}

/// A piece of a document's reading.
pub(super) fn chunk(document: &Document, version: u32, number: u32, text: &str) -> Entry {
    entry(EntryKey::Chunk { document: document.id, version, number }, &document.title, text)
}

fn entry(key: EntryKey, title: &str, text: &str) -> Entry {
    let (title, text) = (title.to_owned(), text.to_owned());
    Entry { key, title, questions: Vec::new(), text, url: None, span: None, external_id: None, source: None }
}

pub(super) fn document(organization: &OrganizationId, number: u128) -> Document {
    Document {
        id: DocumentId(Uuid::from_u128(number)),
        organization: organization.clone(),
        title: "Handbook".to_owned(),
        author: None,
        kind: DocumentKind::Markdown,
        url: None,
        state: DocumentState::Indexing,
        fault: None,
        version: 1,
        live: None,
        chunking: Chunking::default(),
        bytes: 0,
        chars: 0,
        chunks: 1,
        chunks_done: 0,
        created_at: Timestamp::from_ms(0),
        updated_at: Timestamp::from_ms(0),
    }
}

pub(super) fn query(text: &str) -> Query {
    Query { text: text.to_owned(), concealed: None, limit: 5, floor: 0.0 }
}

pub(super) async fn ask(library: &Library, organization: &OrganizationId, text: &str) -> Vec<Hit> {
    library.search(organization, &query(text)).await.unwrap()
}

/// The texts of what was found.
pub(super) fn texts(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.entry.text.as_str()).collect()
}

/// What a small shop knows.
pub(super) fn shop() -> Vec<Entry> {
    vec![
        text(
            1,
            "Return Policy",
            "You can return an item within 30 days of purchase, with its receipt, for a full refund.",
        ),
        text(
            2,
            "Refund Process",
            "Refunds are processed within 5 to 7 business days after we have received your return.",
        ),
        text(
            3,
            "Shipping",
            "We ship to all countries of the European Union. Delivery takes two to four days by courier.",
        ),
        text(4, "Payment", "We accept credit cards, PayPal and bank transfer. Cards are charged when the order ships."),
        text(5, "Warranty", "All electric devices have a warranty of two years against defects in material."),
        text(
            6,
            "Gift cards",
            "Gift cards are sent by e-mail and are valid for three years from the day they were bought.",
        ),
        text(7, "Contact", "Our customer service is open from Monday to Friday between nine and five o'clock."),
        text(
            8,
            "Rückgabe",
            "Sie können Artikel innerhalb von 30 Tagen nach dem Kauf zurückgeben und bekommen Ihr Geld zurück.",
        ),
        faq(
            9,
            &["Do you have a physical store?", "Can I visit your shop?"],
            "We have a showroom in Lyon, open on Saturdays.",
        ),
        faq(10, &["How do I reset my password?", "I forgot my password"], "Use the link below the login form."),
    ]
}
