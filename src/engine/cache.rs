//! What the answer cache keeps and did, for the staff.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::assistant::cache::{Shelf, Tallies};
use crate::clock::SharedClock;
use crate::domain::audit::{Act, FieldChange, Target};
use crate::domain::cache::CacheCounts;
use crate::domain::session::Channel;
use crate::domain::{OrganizationId, Refusal, SessionKey};
use crate::engine::audit::Acting;
use crate::engine::privacy::kept::{Erased, Personal, Whose};
use crate::store::{Batch, Store, StoreError, record};

/// See the module.
#[derive(Clone)]
pub struct AnswerCache {
    store: Store,
    shelf: Arc<Shelf>,
    tallies: Tallies,
    clock: SharedClock,
}

/// What is kept now, and was done so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheReport {
    /// Answers that are kept now, by channel.
    pub kept: HashMap<Channel, usize>,
    /// Their size in bytes.
    pub bytes: usize,
    /// What was done so far.
    pub counts: CacheCounts,
}

impl AnswerCache {
    /// Wires the service.
    pub const fn new(store: Store, shelf: Arc<Shelf>, tallies: Tallies, clock: SharedClock) -> Self {
        Self { store, shelf, tallies, clock }
    }

    /// What an organization's cache keeps and did.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn report(&self, organization: &OrganizationId) -> Result<CacheReport, Refusal> {
        let (kept, bytes) = self.shelf.size_of(organization);
        Ok(CacheReport { kept, bytes, counts: self.tallies.of(organization)? })
    }

    /// Bytes of all organizations' answers.
    pub fn bytes(&self) -> usize {
        self.shelf.bytes()
    }

    /// Throws the kept answers of the caller's organization away, and gives how many; the counts stay.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Busy`, `Unavailable`.
    pub async fn clear(&self, acting: Acting<'_>) -> Result<usize, Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        let cleared = self.shelf.clear(organization);
        let changes = vec![FieldChange::unset("answers", &cleared.to_string())];
        let on = Target::new("cache", "answers");
        let entry = acting.entry(organization, self.clock.now(), Act::CacheCleared, on, changes);
        let mut batch = Batch::default();
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        self.store.commit(batch).await.map_err(|why| why.refused("it was cleared meanwhile"))?;
        Ok(cleared)
    }

    /// Forgets what was kept and counted of a session's questions.
    ///
    /// # Errors
    /// `Unavailable` when the store does not read or write.
    pub async fn erase_session(&self, session: &SessionKey) -> Result<(), Refusal> {
        self.shelf.forget_session(&session.organization, &session.session);
        self.tallies.forget_session(&session.organization, &session.session).map_err(unreadable)?;
        self.tallies.flush().await.map_err(|why| {
            tracing::error!(%why, "the cache's counts are not written");
            Refusal::Unavailable { part: "store" }
        })
    }
}

/// What is kept of it is in memory, and the counts that name a session's questions are written over.
impl Personal for AnswerCache {
    fn kind(&self) -> &'static str {
        "answers"
    }

    fn erase(&self, _: &Store, _: Whose<'_>, _: &mut Batch, _: usize) -> Result<Erased, StoreError> {
        Ok(Erased::default())
    }

    fn forget<'a>(&'a self, whose: Whose<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        match whose {
            Whose::Session(session) => Box::pin(self.erase_session(session)),
            Whose::Person { .. } => Box::pin(std::future::ready(Ok(()))),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is the end of the error's way")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "the cache's counts do not read or write");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for AnswerCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerCache").field("shelf", &self.shelf).finish_non_exhaustive()
    }
}
