//! What is known, as JSON.

use crate::domain::knowledge::{Document, DocumentKind, DocumentState, EntryKey, Faq, Span};
use crate::domain::reading::DocumentText;
use crate::engine::knowledge::{DocumentChunk, Found, IndexState, KnowledgeLimits as Limits, Stats};
use crate::http::console::wire::{
    ChunkRow, DocumentCounts, DocumentRow, EmbedderState, FaqRow, HitRow, KnowledgeLimits, KnowledgeStats, Range,
    TextOfDocument,
};

/// A document.
pub(crate) fn document(document: &Document) -> DocumentRow {
    DocumentRow {
        id: document.id.to_string(),
        title: document.title.clone(),
        author: document.author.clone(),
        kind: kind(document.kind),
        url: document.url.clone(),
        state: state(document.state),
        fault: document.fault.clone(),
        version: document.version,
        live: document.live,
        chunk_chars: document.chunking.chunk_chars,
        overlap_chars: document.chunking.overlap_chars,
        bytes: document.bytes,
        chars: document.chars,
        chunks: document.chunks,
        chunks_done: document.chunks_done,
        created_at: document.created_at.to_string(),
        updated_at: document.updated_at.to_string(),
    }
}

/// A stretch of a text, in characters.
pub(crate) fn text(found: &DocumentText, start: u64, end: u64) -> TextOfDocument {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let wanted = found.text.chars().skip(place(start)).take(place(end.saturating_sub(start)));
    TextOfDocument {
        version: found.version,
        language: found.language.clone(),
        chars: found.text.chars().count() as u64,
        pages: found.pages.clone(),
        start,
        text: wanted.collect(),
    }
}

/// A chunk.
pub(crate) fn chunk(chunk: &DocumentChunk) -> ChunkRow {
    let Span { start, end } = chunk.span;
    ChunkRow { key: chunk.key.to_string(), number: chunk.number, start, end, text: chunk.text.clone() }
}

/// A question with its answer.
pub(crate) fn faq(faq: &Faq) -> FaqRow {
    FaqRow {
        id: faq.id.to_string(),
        question: faq.question.clone(),
        variants: faq.variants.clone(),
        answer: faq.answer.clone(),
        url: faq.url.clone(),
        created_at: faq.created_at.to_string(),
        updated_at: faq.updated_at.to_string(),
    }
}

/// Something that was found.
pub(crate) fn hit(found: &Found) -> HitRow {
    let (hit, entry) = (&found.hit, &found.hit.entry);
    let (kind, document, faq) = match entry.key {
        EntryKey::Chunk { document, .. } => ("chunk", Some(document.to_string()), None),
        EntryKey::Faq(id) => ("faq", None, Some(id.to_string())),
        EntryKey::Vector(_) => ("vector", None, None),
    };
    HitRow {
        key: entry.key.to_string(),
        kind,
        title: entry.title.clone(),
        text: entry.text.clone(),
        url: entry.url.clone(),
        document,
        span: entry.span.map(range),
        faq,
        external_id: entry.external_id.clone(),
        relevance: hit.relevance,
        lexical: hit.lexical,
        similarity: hit.similarity,
        highlights: found.highlights.iter().copied().map(range).collect(),
    }
}

/// Figures.
pub(crate) fn stats(stats: Stats, limits: &Limits) -> KnowledgeStats {
    let [waiting, reading, indexing, ready, error] = stats.documents;
    KnowledgeStats {
        documents: DocumentCounts { waiting, reading, indexing, ready, error },
        documents_bytes: stats.documents_bytes,
        chunks: stats.chunks,
        faqs: stats.faqs,
        vectors: stats.vectors,
        indexed: stats.indexed,
        version: stats.version,
        index: match stats.index {
            IndexState::Empty => "empty",
            IndexState::Ready => "ready",
            IndexState::Building => "building",
        },
        embedder: EmbedderState { id: stats.embedder, dimensions: stats.dimensions },
        limits: KnowledgeLimits {
            file_max_bytes: limits.file_max_bytes,
            documents_max: limits.documents_max,
            documents_max_bytes: limits.documents_max_bytes,
            faqs_max: limits.faqs_max,
            vectors_max: limits.vectors_max,
            chunk_chars: limits.chunking.chunk_chars,
            overlap_chars: limits.chunking.overlap_chars,
        },
    }
}

const fn range(span: Span) -> Range {
    Range { start: span.start, end: span.end }
}

const fn kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Text => "text",
        DocumentKind::Markdown => "markdown",
        DocumentKind::Html => "html",
        DocumentKind::Pdf => "pdf",
        DocumentKind::Docx => "docx",
        DocumentKind::Url => "url",
    }
}

const fn state(state: DocumentState) -> &'static str {
    match state {
        DocumentState::Waiting => "waiting",
        DocumentState::Reading => "reading",
        DocumentState::Indexing => "indexing",
        DocumentState::Ready => "ready",
        DocumentState::Error => "error",
    }
}
