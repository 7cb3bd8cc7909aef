//! What an organization's assistant may know: documents, questions with their answers, and the entries that they are found by.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::id::{DocumentId, FaqId, VectorId};
use super::{OrganizationId, Refusal, Timestamp};

/// The longest title, in characters.
pub const TITLE_MAX_CHARS: usize = 300;

/// The longest question of an FAQ, or variant of it, in characters.
pub const QUESTION_MAX_CHARS: usize = 500;

/// The most variants of one question.
pub const VARIANTS_MAX: usize = 50;

/// The longest answer of an FAQ, and the longest text of any one entry, in characters.
pub const ENTRY_TEXT_MAX_CHARS: usize = 16_000;

/// The smallest chunk that a document may be cut into, in characters.
pub const CHUNK_MIN_CHARS: u32 = 50;

/// The largest, in characters.
pub const CHUNK_MAX_CHARS: u32 = 8_000;

/// The most chunks of one document.
pub const DOCUMENT_CHUNKS_MAX: u32 = 5_000;

/// One thing that can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum EntryKey {
    /// A piece of a document.
    Chunk {
        /// The document.
        document: DocumentId,
        /// Which reading of the document; from 1.
        version: u32,
        /// Which piece of it; from 0, in the order of the text.
        number: u32,
    },
    /// A question with its answer.
    Faq(FaqId),
    /// A text that was given to be found as it is.
    Vector(VectorId),
}

/// What is found, and what an answer can be made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, unique in the organization.
    pub key: EntryKey,
    /// What it is called: the document's title, the question.
    pub title: String,
    /// Of an FAQ: the question and its variants. Whoever asks one of them means this entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<String>,
    /// The text: of an FAQ the answer.
    pub text: String,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Of a chunk: where it stands in the document's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The name that whoever gave it knows it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The collection that whoever gave it says it is from, such as `knowledge_base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A range of characters (not bytes) of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The first character.
    pub start: u64,
    /// The one behind the last.
    pub end: u64,
}

/// How a document is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunking {
    /// The most characters of a chunk.
    pub chunk_chars: u32,
    /// How many characters of a chunk the next one may repeat.
    pub overlap_chars: u32,
}

/// What a document was when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// A page.
    Html,
    /// A PDF file.
    Pdf,
    /// A file of a word processor.
    Docx,
    /// A page to be fetched.
    Url,
}

/// How far a document has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentState {
    /// It is queued.
    Waiting,
    /// Its text is being taken out.
    Reading,
    /// Its chunks become findable.
    Indexing,
    /// It can be found.
    Ready,
    /// It could not be read; an older version, if there is one, is still found.
    Error,
}

/// A document. Its chunks are entries of their own; they are found only while `live` names their version, so one small write
/// changes all of them at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What it is called.
    pub title: String,
    /// Who wrote it, as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// What it was when it came.
    pub kind: DocumentKind,
    /// Where it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How far it has come.
    pub state: DocumentState,
    /// Why it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The newest reading, which may still be under way; from 1.
    pub version: u32,
    /// The reading whose chunks are found; none before the first is indexed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<u32>,
    /// How it is cut.
    #[serde(flatten)]
    pub chunking: Chunking,
    /// The size of what came, in bytes.
    pub bytes: u64,
    /// The length of its text, in characters.
    pub chars: u64,
    /// How many chunks the newest reading has.
    pub chunks: u32,
    /// How many of them are indexed.
    pub chunks_done: u32,
    /// When it came.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// A question that is asked often, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faq {
    /// Its id.
    pub id: FaqId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// The question.
    pub question: String,
    /// Other ways to ask it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<String>,
    /// The answer.
    pub answer: String,
    /// Where more can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

impl EntryKey {
    /// Reads the text form; `None` if it is none. Only the one way to write a key is read.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let key = match (parts.next()?, parts.next()?) {
            ("chunk", document) => Self::Chunk {
                document: DocumentId::parse(document)?,
                version: parts.next()?.parse().ok()?,
                number: parts.next()?.parse().ok()?,
            },
            ("faq", id) => Self::Faq(FaqId::parse(id)?),
            ("vector", id) => Self::Vector(VectorId::parse(id)?),
            _ => return None,
        };
        (key.to_string() == text).then_some(key)
    }
}

/// `chunk:<document>:<version>:<number>`, `faq:<id>`, `vector:<id>`; chunks of a document order as they stand in it.
impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunk { document, version, number } => write!(f, "chunk:{document}:{version:06}:{number:06}"),
            Self::Faq(id) => write!(f, "faq:{id}"),
            Self::Vector(id) => write!(f, "vector:{id}"),
        }
    }
}

impl From<EntryKey> for String {
    fn from(key: EntryKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for EntryKey {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text).ok_or_else(|| Refusal::invalid("key", "is no key of an entry"))
    }
}

impl VectorId {
    /// The id of what its giver calls by this name, so that giving it again replaces it.
    pub fn of_source(name: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// A new id, for what has no name of its giver's.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }
}

impl Chunking {
    /// Checks the two lengths; the fields are called as the caller calls them.
    ///
    /// # Errors
    /// `Invalid` when a chunk would be below [`CHUNK_MIN_CHARS`] or above [`CHUNK_MAX_CHARS`], or the overlap is not below it.
    pub fn parse(size: (&'static str, u64), overlap: (&'static str, u64)) -> Result<Self, Refusal> {
        let chunk_chars =
            u32::try_from(size.1).ok().filter(|chars| (CHUNK_MIN_CHARS..=CHUNK_MAX_CHARS).contains(chars));
        let Some(chunk_chars) = chunk_chars else {
            return Err(Refusal::invalid(size.0, format!("must be {CHUNK_MIN_CHARS} to {CHUNK_MAX_CHARS} characters")));
        };
        match u32::try_from(overlap.1).ok().filter(|chars| *chars < chunk_chars) {
            Some(overlap_chars) => Ok(Self { chunk_chars, overlap_chars }),
            None => Err(Refusal::invalid(overlap.0, format!("must be below {}", size.0))),
        }
    }
}

impl Default for Chunking {
    /// A paragraph or two, and a sentence that the next chunk repeats.
    fn default() -> Self {
        Self { chunk_chars: 1_000, overlap_chars: 150 }
    }
}

impl Faq {
    /// What makes it findable.
    pub fn entry(&self) -> Entry {
        let questions = std::iter::once(&self.question).chain(&self.variants).cloned().collect();
        Entry {
            key: EntryKey::Faq(self.id),
            title: self.question.clone(),
            questions,
            text: self.answer.clone(),
            url: self.url.clone(),
            span: None,
            external_id: None,
            source: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_it_is_written_and_in_no_other_way() {
        let id = Uuid::from_u128(7);
        let keys = [
            EntryKey::Chunk { document: DocumentId(id), version: 3, number: 1_234_567 },
            EntryKey::Faq(FaqId(id)),
            EntryKey::Vector(VectorId(id)),
        ];
        for key in keys {
            assert_eq!(EntryKey::parse(&key.to_string()), Some(key));
        }
        let chunk = keys[0].to_string();
        for bad in ["", "faq:", "faq:x", "file:1", &chunk.replace("000003", "3"), &format!("{chunk}:1"), &chunk[..50]] {
            assert_eq!(EntryKey::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn chunks_order_as_they_stand_in_the_document() {
        let key = |number| EntryKey::Chunk { document: DocumentId(Uuid::nil()), version: 1, number }.to_string();
        assert!(key(2) < key(10) && key(10) < key(DOCUMENT_CHUNKS_MAX));
    }

    #[test]
    fn what_its_giver_calls_by_one_name_has_one_id() {
        assert_eq!(VectorId::of_source("kb-1"), VectorId::of_source("kb-1"));
        assert_ne!(VectorId::of_source("kb-1"), VectorId::of_source("kb-2"));
    }

    #[test]
    fn an_overlap_is_below_the_chunk() {
        let parse = |size, overlap| Chunking::parse(("chunkSize", size), ("overlap", overlap));
        assert!(parse(500, 499).is_ok() && parse(50, 0).is_ok());
        for (size, overlap) in [(500, 500), (49, 0), (8_001, 0), (u64::MAX, 0), (500, u64::MAX)] {
            assert!(parse(size, overlap).is_err(), "{size} {overlap}");
        }
    }
}
