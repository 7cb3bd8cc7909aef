//! The knowledge as the tool `search_knowledge` looks into it.

use futures_util::FutureExt;

use super::Search;
use crate::assistant::Passage;
use crate::knowledge::{Hit, Library, Query};

/// Looks into the library. What can not be searched now brings nothing, and the log says so.
pub fn search_of(library: &Library) -> Search {
    let library = library.clone();
    std::sync::Arc::new(move |organization, text, limit| {
        let library = library.clone();
        let search = async move {
            let query = Query { text, concealed: None, limit, floor: library.floor() };
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

/// A model that searches gets the question itself: variants would cost it tokens and say nothing new.
fn passage(hit: &Hit) -> Passage {
    Passage { question: hit.entry.questions.first().cloned(), ..Passage::of(hit) }
}
