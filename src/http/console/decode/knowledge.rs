//! What is brought to be known, checked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::id::{FaqId, VectorId};
use crate::domain::knowledge::{Chunking, DocumentKind, DocumentState};
use crate::domain::{DocumentId, Refusal};
use crate::engine::knowledge::{DocumentChanges, DocumentDraft, FaqDraft, KnowledgeLimits, NewSource, Wanted};
use crate::http::console::wire::{NewDocument, NewFaq};
use crate::http::query::Query;

/// Of a chunk, the part that the next one repeats where only the chunk's length is given: one in so many characters.
const OVERLAP_OF_CHUNK: u64 = 6;

/// A document.
///
/// # Errors
/// `NotFound`: what is no id is nobody's document.
pub(crate) fn document_id(text: &str) -> Result<DocumentId, Refusal> {
    DocumentId::parse(text).ok_or(Refusal::NotFound { what: "document" })
}

/// A question.
///
/// # Errors
/// `NotFound`: what is no id is nobody's question.
pub(crate) fn faq_id(text: &str) -> Result<FaqId, Refusal> {
    FaqId::parse(text).ok_or(Refusal::NotFound { what: "question" })
}

/// A text that a program gave.
///
/// # Errors
/// `NotFound`: what is no id is nobody's text.
pub(crate) fn vector_id(text: &str) -> Result<VectorId, Refusal> {
    VectorId::parse(text).ok_or(Refusal::NotFound { what: "text" })
}

/// Which documents are wanted.
///
/// # Errors
/// `Invalid` on `state` or `q`.
pub(crate) fn documents_wanted(query: &Query) -> Result<Wanted, Refusal> {
    let state = match query.get("state") {
        None => None,
        Some("waiting") => Some(DocumentState::Waiting),
        Some("reading") => Some(DocumentState::Reading),
        Some("indexing") => Some(DocumentState::Indexing),
        Some("ready") => Some(DocumentState::Ready),
        Some("error") => Some(DocumentState::Error),
        Some(_) => return Err(Refusal::invalid("state", "must be waiting, reading, indexing, ready or error")),
    };
    Ok(Wanted { text: super::search(query)?.map(str::to_owned), state })
}

/// What is to become of a document.
pub(crate) enum Replacement {
    /// It has another text.
    Draft(DocumentDraft),
    /// It keeps its text.
    Changes(DocumentChanges),
}

/// What is to become of a document, as JSON brings it.
///
/// # Errors
/// As [`document`].
pub(crate) fn replacement(wanted: NewDocument, limits: &KnowledgeLimits) -> Result<Replacement, Refusal> {
    let has_source = wanted.text.is_some() || wanted.file.is_some() || wanted.url.is_some();
    let chunking = chunking(wanted.chunk_chars, wanted.overlap_chars, limits)?;
    if has_source || (wanted.title.is_none() && wanted.author.is_none() && chunking.is_none()) {
        return document(wanted, limits).map(Replacement::Draft);
    }
    DocumentChanges::new(wanted.title.as_deref(), wanted.author.as_deref(), chunking).map(Replacement::Changes)
}

/// A document as JSON brings it.
///
/// # Errors
/// `Invalid` on the field that is wrong.
pub(crate) fn document(wanted: NewDocument, limits: &KnowledgeLimits) -> Result<DocumentDraft, Refusal> {
    let chunking = chunking(wanted.chunk_chars, wanted.overlap_chars, limits)?;
    let source = match (wanted.text, wanted.file, wanted.url) {
        (Some(text), None, None) => NewSource::text(text_kind(wanted.kind.as_deref())?, text)?,
        (None, Some(file), None) => {
            let bytes = STANDARD.decode(file).map_err(|_| Refusal::invalid("file", "must be base64"))?;
            NewSource::file(wanted.content_type.as_deref(), wanted.file_name.as_deref(), bytes)?
        }
        (None, None, Some(url)) => NewSource::url(&url)?,
        _ => return Err(Refusal::invalid("text", "must be given, or `file`, or `url`: one of the three")),
    };
    DocumentDraft::new(wanted.title.as_deref(), wanted.author.as_deref(), chunking, source)
}

/// A document as a file of its own.
///
/// # Errors
/// As [`document`].
pub(crate) fn file(
    query: &Query,
    content_type: Option<&str>,
    bytes: Vec<u8>,
    limits: &KnowledgeLimits,
) -> Result<DocumentDraft, Refusal> {
    let number = |name| query.raw(name).is_some().then(|| query.number(name, 0, 0)).transpose();
    let chunking = chunking(number("chunk_chars")?, number("overlap_chars")?, limits)?;
    let source = NewSource::file(content_type, query.get("file_name"), bytes)?;
    DocumentDraft::new(query.get("title"), query.get("author"), chunking, source)
}

/// A question with its answer.
///
/// # Errors
/// `Invalid` on the field that is wrong.
pub(crate) fn faq(wanted: &NewFaq) -> Result<FaqDraft, Refusal> {
    FaqDraft::new(&wanted.question, &wanted.variants, &wanted.answer, wanted.url.as_deref())
}

fn text_kind(kind: Option<&str>) -> Result<DocumentKind, Refusal> {
    match kind {
        None | Some("text") => Ok(DocumentKind::Text),
        Some("markdown") => Ok(DocumentKind::Markdown),
        Some("html") => Ok(DocumentKind::Html),
        Some(_) => Err(Refusal::invalid("kind", "must be text, markdown or html")),
    }
}

fn chunking(chunk: Option<u64>, overlap: Option<u64>, limits: &KnowledgeLimits) -> Result<Option<Chunking>, Refusal> {
    if chunk.is_none() && overlap.is_none() {
        return Ok(None);
    }
    let size = chunk.unwrap_or_else(|| u64::from(limits.chunking.chunk_chars));
    let overlap = overlap.unwrap_or(size / OVERLAP_OF_CHUNK);
    Chunking::parse(("chunk_chars", size), ("overlap_chars", overlap)).map(Some)
}
