//! Documents, questions with answers, and searching them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What `POST /knowledge/documents` and `PUT /knowledge/documents/:id` bring: exactly one of `text`, `file` and `url`. A PUT may
/// bring none of the three: then the text stays, and title, author and chunks change.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewDocument {
    /// Else as the file says, or is called.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub title: Option<String>,
    /// Else as the file says.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub author: Option<String>,
    /// A text, of which `kind` says what it is.
    #[schema(min_length = 1, pattern = r"\S")]
    pub text: Option<String>,
    /// `text`, `markdown` or `html`; `text` unless given.
    #[schema(pattern = "^(text|markdown|html)$")]
    pub kind: Option<String>,
    /// A file, in base64.
    #[schema(min_length = 4, format = Byte)]
    pub file: Option<String>,
    /// What the file is called; its ending says what it is where the content type does not.
    pub file_name: Option<String>,
    /// What the file is: text, Markdown, HTML, PDF or DOCX.
    pub content_type: Option<String>,
    /// A page to be fetched.
    #[schema(max_length = 2048)]
    pub url: Option<String>,
    /// How long a chunk is at most, in characters.
    #[schema(minimum = 50, maximum = 8000)]
    pub chunk_chars: Option<u64>,
    /// How much of a chunk the next one may repeat; below `chunk_chars`.
    #[schema(minimum = 0, maximum = 7999)]
    pub overlap_chars: Option<u64>,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentRow {
    pub id: String,
    pub title: String,
    pub author: Option<String>,
    /// `text`, `markdown`, `html`, `pdf`, `docx` or `url`.
    pub kind: &'static str,
    pub url: Option<String>,
    /// `waiting`, `reading`, `indexing`, `ready` or `error`.
    pub state: &'static str,
    /// Why it could not be read.
    pub fault: Option<String>,
    /// The newest reading, which may be under way; from 1.
    pub version: u32,
    /// The reading that is found.
    pub live: Option<u32>,
    pub chunk_chars: u32,
    pub overlap_chars: u32,
    /// The size of what came.
    pub bytes: u64,
    /// The length of its text.
    pub chars: u64,
    pub chunks: u32,
    /// How many of them are indexed.
    pub chunks_done: u32,
    pub created_at: String,
    pub updated_at: String,
}

/// A range of characters (not bytes) of a text; `end` is behind the last one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Range {
    pub start: u64,
    pub end: u64,
}

/// A stretch of a document's text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TextOfDocument {
    pub version: u32,
    pub language: Option<String>,
    /// The length of the whole text, in characters.
    pub chars: u64,
    /// Where each page begins in the whole text; empty where there are none.
    pub pages: Vec<u64>,
    /// Where `text` begins in the whole text.
    pub start: u64,
    pub text: String,
}

/// A chunk of a document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChunkRow {
    pub key: String,
    pub number: u32,
    pub start: u64,
    pub end: u64,
    pub text: String,
}

/// What `POST /knowledge/faqs` and `PUT /knowledge/faqs/:id` bring.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewFaq {
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub question: String,
    /// Other ways to ask it, at most 50.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub variants: Vec<String>,
    #[schema(min_length = 1, max_length = 16000, pattern = r"\S")]
    pub answer: String,
    /// Where more can be read.
    #[schema(max_length = 2048)]
    pub url: Option<String>,
}

/// A question with its answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FaqRow {
    pub id: String,
    pub question: String,
    pub variants: Vec<String>,
    pub answer: String,
    pub url: Option<String>,
    pub created_at: String,
    pub updated_at: String,
}

/// What `POST /knowledge/search` brings.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Ask {
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    pub query: String,
    /// 1 to 50; 10 unless given.
    #[schema(minimum = 1)]
    pub limit: Option<u64>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hits {
    pub hits: Vec<HitRow>,
    /// What is less relevant than this is not found by the APIs; here it is shown.
    pub floor: f32,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HitRow {
    pub key: String,
    /// `chunk`, `faq` or `vector`.
    pub kind: &'static str,
    pub title: String,
    pub text: String,
    pub url: Option<String>,
    /// Of a chunk: the document.
    pub document: Option<String>,
    /// Of a chunk: where it stands in the document's text.
    pub span: Option<Range>,
    /// Of a question with its answer: its id.
    pub faq: Option<String>,
    /// The giver's own id.
    pub external_id: Option<String>,
    /// How well it answers, 0 to 1.
    pub relevance: f32,
    /// The share of the question's words that it holds, 0 to 1.
    pub lexical: f32,
    /// How like the question it is, -1 to 1.
    pub similarity: f32,
    /// Where the question's words stand in `text`.
    pub highlights: Vec<Range>,
}

/// Figures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnowledgeStats {
    pub documents: DocumentCounts,
    /// The bytes of all documents, as they came.
    pub documents_bytes: u64,
    /// The chunks of documents that are ready.
    pub chunks: u64,
    pub faqs: usize,
    pub vectors: usize,
    /// What the index holds.
    pub indexed: u64,
    /// Another number whenever something else can be found.
    pub version: u64,
    /// `empty`, `ready` or `building`.
    pub index: &'static str,
    pub embedder: EmbedderState,
    pub limits: KnowledgeLimits,
}

/// Documents by state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentCounts {
    pub waiting: usize,
    pub reading: usize,
    pub indexing: usize,
    pub ready: usize,
    pub error: usize,
}

/// Who makes vectors.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmbedderState {
    pub id: String,
    pub dimensions: usize,
}

/// How much an organization may have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnowledgeLimits {
    pub file_max_bytes: usize,
    pub documents_max: usize,
    pub documents_max_bytes: u64,
    pub faqs_max: usize,
    pub vectors_max: usize,
    pub chunk_chars: u32,
    pub overlap_chars: u32,
}
