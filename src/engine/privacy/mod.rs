//! What is kept of customers: handed out, erased with a receipt, held for a court, forgotten with time. `docs/privacy.md` has
//! the inventory.
//!
//! An erasure is a durable job ([`crate::domain::privacy::Erasure`]) that one worker ([`Worker`]) does step by step, each step
//! a batch that also says how far it has come: a crash anywhere is gone on from. Sessions go a few at a time. A fence keeps
//! everybody out of those first, so nothing of them comes back from memory; new messages begin new sessions afterwards.
//! When all of it is gone, the store is written anew, and the receipt says when that was done.
//! Deliberately absent: what other services keep. Each says that itself ([`kept::Personal`]).

mod erase;
pub mod export;
pub(in crate::engine) mod holds;
pub mod kept;
pub mod people;
mod retention;
mod sessions;
mod traces;

use std::collections::HashMap;
use std::sync::Arc;

use rand::RngExt;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Notify, Semaphore};
use uuid::Uuid;

pub use erase::Worker;
pub use holds::HOLDS_MAX;
pub use retention::{LookLimits, Looked, RUN_MAX_SESSIONS, SCAN_MAX_SESSIONS};

use crate::actors::{Directory, recovery};
use crate::bus::Bus;
use crate::clock::SharedClock;
use crate::domain::audit::{Act, Actor, Target};
use crate::domain::privacy::{Cause, Erasure, Phase};
use crate::domain::{AuditEntry, CustomerId, OrganizationId, Refusal};
use crate::engine::Analytics;
use crate::engine::audit::{Acting, operators};
use crate::knowledge::Library;
use crate::store::index::{Cursor, Page};
use crate::store::privacy::{OPEN_MAX, RUN, waiting};
use crate::store::{Batch, Direction, Store, StoreError, feed, record};
use kept::Personal;

/// The most receipts on a page.
pub const PAGE_MAX: usize = 100;

/// Documents that are written at once: each keeps a thread, for as long as its reader takes.
pub const EXPORTS_MAX: usize = 4;

/// Random bytes of a receipt's salt.
const SALT_BYTES: usize = 16;

const NO_CUSTOMER: Refusal = Refusal::NotFound { what: "customer" };

/// See the module.
#[derive(Clone)]
pub struct Privacy {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: SharedClock,
    directory: Arc<Directory>,
    bus: Arc<Bus>,
    analytics: Analytics,
    library: Library,
    kept: Vec<Box<dyn Personal>>,
    /// Who follows the feed here, and may be about to note something.
    followers: Vec<&'static str>,
    /// Held while it is decided what may be erased, and while a part is: a hold comes before it or after it.
    gate: Mutex<()>,
    /// There is something to do.
    wake: Notify,
    /// Where the look for old conversations goes on, by organization; from the beginning after a restart.
    looked_at: std::sync::Mutex<HashMap<OrganizationId, Cursor>>,
    /// Documents that are being written.
    exports: Arc<Semaphore>,
}

/// Who follows the feed and may note something of a session that is being erased: all but those who stay behind by intention
/// and note nothing.
pub fn followers() -> impl Iterator<Item = &'static str> {
    feed::READERS.into_iter().filter(|reader| *reader != recovery::READER)
}

impl Privacy {
    /// Wires the service, and gives the worker, which somebody has to run. `followers` are those of [`followers`] that run
    /// beside it. What a crash interrupted is fenced off at once.
    ///
    /// # Errors
    /// When the store does not read.
    pub fn new(
        store: Store,
        clock: SharedClock,
        directory: Arc<Directory>,
        bus: Arc<Bus>,
        (analytics, library): (Analytics, Library),
        kept: Vec<Box<dyn Personal>>,
        followers: Vec<&'static str>,
    ) -> Result<(Self, Worker), StoreError> {
        let (gate, wake, looked_at) = (Mutex::default(), Notify::new(), std::sync::Mutex::default());
        let exports = Arc::new(Semaphore::new(EXPORTS_MAX));
        let inner =
            Inner { store, clock, directory, bus, analytics, library, kept, followers, gate, wake, looked_at, exports };
        let inner = Arc::new(inner);
        let worker = Worker::new(Arc::clone(&inner));
        worker.fence_interrupted()?;
        Ok((Self { inner }, worker))
    }

    /// Has everything erased that is kept of a customer, under all of their ids, up to now. Durable before this returns; the
    /// worker does it. Asked for again while it is under way, it is the same one.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound`; `Conflict` while a hold stands on the customer or on one of
    /// their sessions; `Busy`, `Unavailable`.
    pub async fn erase(&self, acting: impl Into<Acting<'_>>, id: &CustomerId) -> Result<Erasure, Refusal> {
        let acting = acting.into();
        acting.caller.require_admin()?;
        let entry = |erasure: &Erasure| {
            let on = Target::new("erasure", erasure.id);
            acting.entry(&erasure.organization, erasure.asked_at, Act::ErasureRequested, on, Vec::new())
        };
        self.begin(&acting.caller.organization, id, acting.actor(), entry).await
    }

    /// The same on behalf of whoever runs the installation.
    ///
    /// # Errors
    /// As [`Privacy::erase`].
    pub async fn erase_for_operator(&self, organization: &OrganizationId, id: &CustomerId) -> Result<Erasure, Refusal> {
        let entry = |erasure: &Erasure| {
            let on = Target::new("erasure", erasure.id);
            operators(&erasure.organization, erasure.asked_at, Act::ErasureRequested, on, Vec::new())
        };
        self.begin(organization, id, Actor::Operator, entry).await
    }

    async fn begin(
        &self,
        organization: &OrganizationId,
        id: &CustomerId,
        by: Actor,
        entry: impl Fn(&Erasure) -> AuditEntry,
    ) -> Result<Erasure, Refusal> {
        let inner = &self.inner;
        let _gate = inner.gate.lock().await;
        let ids = people::ids_of(&inner.store, organization, id).map_err(unreadable)?.ok_or(NO_CUSTOMER)?;
        let open = inner.under_way(organization)?;
        if let Some(same) = open.iter().find(|open| open.ids.iter().any(|theirs| ids.contains(theirs))) {
            return Ok(same.clone());
        }
        if waiting(&inner.store, RUN).map_err(unreadable)?.len() >= OPEN_MAX {
            return Err(Refusal::Busy);
        }
        holds::require_none(&inner.store, organization, &ids)?;
        let erasure = inner.erasure(organization, by, Cause::Request, ids);
        let mut batch = Batch::default();
        record::insert(&mut batch, &erasure).map_err(unreadable)?;
        record::insert(&mut batch, &entry(&erasure)).map_err(unreadable)?;
        inner.store.commit(batch).await.map_err(|why| why.refused("it was changed meanwhile"))?;
        inner.wake.notify_one();
        Ok(erasure)
    }

    /// An erasure, or its receipt.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub fn erasure(&self, organization: &OrganizationId, id: Uuid) -> Result<Erasure, Refusal> {
        let found = record::get::<Erasure>(&self.inner.store, organization, &id.to_string()).map_err(unreadable)?;
        found.map(|found| found.record).ok_or(Refusal::NotFound { what: "erasure" })
    }

    /// An organization's erasures and receipts, the newest first: up to `limit`, at most [`PAGE_MAX`], after `after`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn erasures(
        &self,
        organization: &OrganizationId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Erasure>, Refusal> {
        let limit = limit.clamp(1, PAGE_MAX);
        record::all(&self.inner.store, organization, after, limit, Direction::Backward).map_err(unreadable)
    }
}

impl Inner {
    fn erasure(&self, organization: &OrganizationId, by: Actor, cause: Cause, ids: Vec<CustomerId>) -> Erasure {
        let salt = hex(&rand::rng().random::<[u8; SALT_BYTES]>());
        let mut hasher = Sha256::new_with_prefix(&salt);
        for part in std::iter::once(organization.as_str()).chain(ids.iter().map(CustomerId::as_str)) {
            hasher.update("\n");
            hasher.update(part);
        }
        Erasure {
            organization: organization.clone(),
            id: Uuid::now_v7(),
            asked_at: self.clock.now(),
            by,
            cause,
            phase: Phase::Listing,
            ids,
            salt,
            fingerprint: hex(&hasher.finalize()),
            counts: std::collections::BTreeMap::new(),
            done_at: None,
            compacted_at: None,
        }
    }

    /// What is being erased of an organization.
    fn under_way(&self, organization: &OrganizationId) -> Result<Vec<Erasure>, Refusal> {
        let open = waiting(&self.store, RUN).map_err(unreadable)?;
        let ours = open.into_iter().filter(|(theirs, _)| theirs == organization);
        let read = |(organization, id): (OrganizationId, String)| {
            record::get::<Erasure>(&self.store, &organization, &id).map(|found| found.map(|found| found.record))
        };
        ours.map(read).filter_map(Result::transpose).collect::<Result<_, _>>().map_err(unreadable)
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "what is to be erased, held or handed out does not read");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for Privacy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Privacy").finish_non_exhaustive()
    }
}
