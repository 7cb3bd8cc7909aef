//! The knowledge as the tool `search_knowledge` looks into it.

use futures_util::FutureExt;

use super::Search;
use crate::assistant::Passage;
use crate::domain::knowledge::EntryKey;
use crate::domain::{Cited, Source};
use crate::knowledge::{Hit, Library, Query};

/// Looks into the library. What can not be searched now brings nothing, and the log says so.
pub fn search_of(library: &Library) -> Search {
    let library = library.clone();
    std::sync::Arc::new(move |organization, text, limit| {
        let library = library.clone();
        let search = async move {
            let query = Query { text, limit, floor: library.floor() };
            match library.search(&organization, &query).await {
                Ok(hits) => hits.iter().map(passage).collect(),
                Err(refusal) => {
                    tracing::warn!(%organization, %refusal, "a tool's search found nothing");
                    Vec::new()
                }
            }
        };
        search.boxed()
    })
}

fn passage(hit: &Hit) -> Passage {
    let entry = &hit.entry;
    let place = |chars: u64| u32::try_from(chars).unwrap_or(u32::MAX);
    let cited = match (entry.key, entry.span) {
        (EntryKey::Chunk { document, version, .. }, Some(span)) => {
            Some(Cited { document, version, start: place(span.start), end: place(span.end) })
        }
        (EntryKey::Chunk { .. } | EntryKey::Faq(_) | EntryKey::Vector(_), _) => None,
    };
    let id = entry.external_id.clone().unwrap_or_else(|| entry.key.to_string());
    let source = Source { id, title: entry.title.clone(), url: entry.url.clone(), cited };
    let question = entry.questions.first().cloned();
    Passage { source, question, text: entry.text.clone(), score: hit.relevance }
}
