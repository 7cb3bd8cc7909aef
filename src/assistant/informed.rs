//! Lays what the organization's knowledge holds beside each turn before somebody answers it.
//!
//! Deliberately absent: whether that is an answer. Whoever responds reads the passages and judges.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::time::timeout;

use super::{Builtin, Delta, Passage, Responder, Turn, Writing, Written};
use crate::domain::knowledge::{Document, Faq};
use crate::domain::{Failure, OrganizationId};
use crate::knowledge::{Hit, Library, Query};
use crate::store::{Store, record};

/// The most passages that a turn is given.
const PASSAGES_MAX: usize = 12;

/// The most passages of one question of a turn.
const PASSAGES_PER_QUERY: usize = 6;

/// How long finding may take in all; the turn goes on with what was found by then.
const FIND_WITHIN: Duration = Duration::from_secs(4);

/// Gives a responder the passages that bear on its turns.
pub struct Informed {
    finder: Finder,
    inner: Arc<dyn Responder>,
}

/// Finds the passages of a turn. A cheap handle.
#[derive(Clone)]
pub struct Finder {
    library: Library,
    store: Store,
    builtin: Arc<Builtin>,
}

impl Informed {
    /// Puts the passages that the finder finds beside the turns of another responder.
    pub fn new(finder: Finder, inner: Arc<dyn Responder>) -> Self {
        Self { finder, inner }
    }
}

impl Finder {
    /// Finds in the library; the store says whether there is anything, the builtin assistant what a burst asks.
    pub fn new(library: Library, store: Store, builtin: Arc<Builtin>) -> Self {
        Self { library, store, builtin }
    }

    /// The turn with its passages. What can not be read or takes too long is left out, so that there is an answer all the same.
    pub async fn informed(&self, mut turn: Turn) -> Turn {
        let organization = turn.organization().clone();
        turn.has_knowledge = self.has_knowledge(&organization);
        if self.library.is_empty(&organization).unwrap_or(true) {
            return turn;
        }
        let mut hits: Vec<Hit> = Vec::new();
        let search = async {
            for text in self.builtin.queries(&turn) {
                let query = Query { text, concealed: None, limit: PASSAGES_PER_QUERY, floor: 0.0 };
                match self.library.search(&organization, &query).await {
                    Ok(found) => merge(&mut hits, found),
                    Err(refusal) => tracing::warn!(%organization, ?refusal, "a turn is answered without all passages"),
                }
            }
        };
        if timeout(FIND_WITHIN, search).await.is_err() {
            tracing::warn!(%organization, "finding took too long; a turn is answered without all passages");
        }
        hits.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        hits.truncate(PASSAGES_MAX);
        turn.passages = hits.iter().map(Passage::of).collect();
        turn
    }

    fn has_knowledge(&self, organization: &OrganizationId) -> bool {
        let documents = record::count::<Document>(&self.store, organization, 1);
        let faqs = || record::count::<Faq>(&self.store, organization, 1);
        documents.is_ok_and(|count| count > 0) || faqs().is_ok_and(|count| count > 0)
    }
}

/// An entry that several questions find counts as what it is to the best of them.
fn merge(hits: &mut Vec<Hit>, found: Vec<Hit>) {
    for hit in found {
        match hits.iter_mut().find(|other| other.entry.key == hit.entry.key) {
            Some(other) if other.relevance < hit.relevance => *other = hit,
            Some(_) => {}
            None => hits.push(hit),
        }
    }
}

impl Responder for Informed {
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
        let (finder, inner) = (self.finder.clone(), Arc::clone(&self.inner));
        let replying = async move { inner.reply(finder.informed(turn).await) };
        stream::once(replying).flatten().boxed()
    }

    fn write(&self, writing: Writing) -> BoxFuture<'static, Result<Written, Failure>> {
        self.inner.write(writing)
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn healthy(&self) -> bool {
        self.inner.healthy()
    }
}

impl std::fmt::Debug for Informed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Informed").field("inner", &self.inner.name()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finder").finish_non_exhaustive()
    }
}
