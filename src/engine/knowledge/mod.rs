//! What organizations know: documents that are read and cut into chunks, questions with their answers, texts that are given to
//! be found as they are; and searching all of it.
//!
//! What is written is durable before it is answered for; reading and indexing come after, beside everything else
//! ([`Librarian`]). While a new reading of a document is made, the one before is found; then one batch swaps the two.

mod documents;
mod draft;
mod faqs;
mod fetch;
mod indexing;
mod librarian;
mod search;
mod vectors;
mod writers;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::actors::Policies;
use crate::assistant::guard::Scanners;
use crate::clock::SharedClock;
use crate::domain::audit::AuditEntry;
use crate::domain::knowledge::Chunking;
use crate::domain::{OrganizationId, Refusal};
use crate::knowledge::Library;
use crate::knowledge::extract::Readers;
use crate::store::{Batch, CommitError, Store, StoreError, record};

pub use crate::knowledge::Hit;
pub use documents::{DocumentChunk, Wanted};
pub use draft::{DocumentChanges, DocumentDraft, FaqDraft, NewSource, VectorDraft};
pub use fetch::FetchConfig;
pub use librarian::Librarian;
pub use search::{Found, IndexState, Stats};

use fetch::Fetcher;
use writers::Writers;

/// How often a change is made again that others' changes came before. Every change of an organization's knowledge takes the next
/// number, so two at once are made one after the other.
const ATTEMPTS_MAX: usize = 64;

/// How much of everything an organization may have.
#[derive(Debug, Clone)]
pub struct KnowledgeLimits {
    /// The largest file, in bytes.
    pub file_max_bytes: usize,
    /// Documents of one organization.
    pub documents_max: usize,
    /// Bytes of all its documents together, as they came.
    pub documents_max_bytes: u64,
    /// Its questions with answers.
    pub faqs_max: usize,
    /// Its texts that were given to be found as they are.
    pub vectors_max: usize,
    /// How documents are cut, unless they say otherwise.
    pub chunking: Chunking,
    /// What is less relevant to a question is not found by the APIs, 0..1.
    pub floor: f32,
}

/// Everything that it works with.
#[derive(Debug)]
pub struct KnowledgeParts {
    /// Where everything is kept.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// Where it is found.
    pub library: Library,
    /// Who reads files.
    pub readers: Readers,
    /// How pages are fetched.
    pub fetch: FetchConfig,
    /// What each organization wants hidden from others.
    pub policies: Arc<Policies>,
    /// How much an organization may have.
    pub limits: KnowledgeLimits,
}

/// See the module. A cheap handle.
#[derive(Debug, Clone)]
pub struct Knowledge {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: SharedClock,
    library: Library,
    readers: Readers,
    fetcher: Fetcher,
    policies: Arc<Policies>,
    scanners: Scanners,
    limits: KnowledgeLimits,
    /// Told when there is something to read.
    wake: Notify,
    /// Who counts and adds something, so that no two go beyond a limit together.
    adding: Writers,
}

impl Knowledge {
    /// Wires the service, and whoever does its reading.
    pub fn new(parts: KnowledgeParts) -> (Self, Librarian) {
        let KnowledgeParts { store, clock, library, readers, fetch, policies, limits } = parts;
        let (fetcher, scanners) = (Fetcher::new(fetch), Scanners::default());
        let (wake, adding) = (Notify::new(), Writers::default());
        let inner = Inner { store, clock, library, readers, fetcher, policies, scanners, limits, wake, adding };
        let knowledge = Self { inner: Arc::new(inner) };
        let librarian = Librarian::new(knowledge.clone());
        (knowledge, librarian)
    }

    /// How much an organization may have.
    pub fn limits(&self) -> &KnowledgeLimits {
        &self.inner.limits
    }

    /// The most a request may bring that brings a file in base64, in bytes.
    pub fn upload_max_bytes(&self) -> usize {
        // Four characters for three bytes, and room for what stands around them.
        self.inner.limits.file_max_bytes.saturating_mul(4) / 3 + 64 * 1024
    }

    /// Makes a change of what can be found, again where another one came first.
    async fn change<T, F>(&self, conflict: &'static str, mut make: F) -> Result<T, Refusal>
    where
        F: FnMut(&mut Batch) -> Result<T, Refusal> + Send,
        T: Send,
    {
        for _ in 0..ATTEMPTS_MAX {
            let mut batch = Batch::default();
            let made = make(&mut batch)?;
            match self.inner.store.commit(batch).await {
                Ok(()) => return Ok(made),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(why.refused(conflict)),
            }
        }
        Err(Refusal::conflict(conflict))
    }

    /// Lets the index follow what was just committed, without waiting for it.
    fn follow(&self, organization: &OrganizationId) {
        let (library, organization) = (self.inner.library.clone(), organization.clone());
        tokio::spawn(async move {
            // It says itself why it could not; whoever searches next lets it try again.
            drop(library.caught_up(&organization).await);
        });
    }
}

/// Puts what somebody did into the batch of what they did.
fn note(batch: &mut Batch, entry: &AuditEntry) -> Result<(), Refusal> {
    record::insert(batch, entry).map_err(unreadable)
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "the knowledge does not read or write");
    Refusal::Unavailable { part: "store" }
}
