//! The handle on all organizations' indexes: searches, and waits until an index has caught up.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::embed::{EmbedError, Embedder, Purse};
use super::index::{Snapshot, WRITER_MIN_BYTES};
use super::quantise::Small;
use super::search::{HITS_MAX, Hit, Query, Room, SearchError};
use crate::domain::{EntryKey, OrganizationId, Refusal};
use crate::store::knowledge::{self, Kept};
use crate::store::{Store, StoreError, record};

mod follow;
mod slot;

use slot::Slot;

/// How long a search waits for an index that is being opened.
const OPEN_WAIT: Duration = Duration::from_secs(5);

/// How long a search waits for its turn.
const TURN_WAIT: Duration = Duration::from_secs(5);

/// Indexes that are followed at the same time; most of them wait for vectors, and the others for their turn to be written.
const FOLLOWING_MAX: usize = 16;

/// How often a search begins anew because something was published or taken away meanwhile; then it tells what it has.
const ATTEMPTS_MAX: usize = 4;

/// Where indexes are, and what they may take.
#[derive(Debug, Clone)]
pub struct LibrarySettings {
    /// The folder of all indexes; none keeps them in memory, and makes them anew at each start.
    pub folder: Option<PathBuf>,
    /// Indexes that are open at the same time; beyond it the longest unused one is closed.
    pub open_max: usize,
    /// Memory of one index that is being written, in bytes.
    pub writer_bytes: usize,
    /// Searches at the same time; others wait for their turn.
    pub searches_max: usize,
    /// Indexes that are written at the same time; others wait.
    pub writers_max: usize,
    /// What is less relevant is not worth telling, 0..1; for those who search without a floor of their own.
    pub floor: f32,
}

/// Everything that can be found, by organization. A cheap handle.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    embedder: Arc<dyn Embedder>,
    /// What vectors are paid from; nobody pays where there is none.
    purse: OnceLock<Arc<dyn Purse>>,
    settings: LibrarySettings,
    slots: Mutex<HashMap<OrganizationId, Arc<Slot>>>,
    uses: AtomicU64,
    searching: Semaphore,
    /// Places of those who catch up.
    following: Arc<Semaphore>,
    /// Turns of those who write: each holds an index's memory.
    writing: Arc<Semaphore>,
    /// Whose index still holds something in its files that was taken away.
    unclean: Mutex<BTreeSet<OrganizationId>>,
    closed: AtomicBool,
}

impl Default for LibrarySettings {
    fn default() -> Self {
        let writer_bytes = WRITER_MIN_BYTES * 2;
        Self { folder: None, open_max: 64, writer_bytes, searches_max: 4, writers_max: 2, floor: 0.3 }
    }
}

impl Library {
    /// A library over what the store holds. Indexes are opened when they are first asked.
    pub fn new(store: Store, embedder: Arc<dyn Embedder>, settings: LibrarySettings) -> Self {
        let settings = LibrarySettings { writer_bytes: settings.writer_bytes.max(WRITER_MIN_BYTES), ..settings };
        let searching = Semaphore::new(settings.searches_max.max(1));
        let writing = Arc::new(Semaphore::new(settings.writers_max.max(1)));
        let following = Arc::new(Semaphore::new(FOLLOWING_MAX));
        let (slots, uses, closed) = (Mutex::default(), AtomicU64::new(0), AtomicBool::new(false));
        let (purse, unclean) = (OnceLock::new(), Mutex::default());
        let inner =
            Inner { store, embedder, purse, settings, slots, uses, searching, following, writing, unclean, closed };
        Self { inner: Arc::new(inner) }
    }

    /// With organizations that pay for their vectors; to be said once, before anybody searches.
    #[must_use]
    pub fn paid_from(self, purse: Arc<dyn Purse>) -> Self {
        // A second purse would let some calls be paid from the one and some from the other.
        let _first_stays = self.inner.purse.set(purse);
        self
    }

    /// What answers a question, most relevant first. What was taken away before is never found; what was put may come late: see
    /// [`Library::caught_up`].
    ///
    /// # Errors
    /// `Busy` when too many search, `Unavailable` when the index or the store can not be read.
    pub async fn search(&self, organization: &OrganizationId, query: &Query) -> Result<Vec<Hit>, Refusal> {
        if self.committed(organization)? == 0 || query.limit == 0 {
            return Ok(Vec::new());
        }
        let slot = self.slot(organization);
        let opened = self.snapshot(&slot).await?;
        let vector = self.vector_of(query, &opened).await;
        drop(opened);
        let query = query.clone();
        self.in_turn(&slot, move |inner, asked| {
            let vector = vector.as_ref().filter(|_| asked.label().embedder == inner.embedder.id());
            let organization = &asked.label().organization;
            let room = Room { snapshot: asked, store: &inner.store, organization, scale: inner.embedder.scale() };
            room.find(&query, vector)
        })
        .await
    }

    /// The entries whose vectors are nearest to one that the library's embedder made, each with the cosine between them; nearest
    /// first. Readings that are not live are among them.
    ///
    /// # Errors
    /// As [`Library::search`].
    pub async fn nearest(
        &self,
        organization: &OrganizationId,
        vector: &[f32],
        limit: usize,
    ) -> Result<Vec<(EntryKey, f32)>, Refusal> {
        if self.committed(organization)? == 0 || limit == 0 {
            return Ok(Vec::new());
        }
        let (slot, vector, limit) = (self.slot(organization), Small::of(vector), limit.min(HITS_MAX));
        drop(self.snapshot(&slot).await?);
        self.in_turn(&slot, move |inner, asked| {
            if asked.label().embedder != inner.embedder.id() {
                return Ok(Vec::new());
            }
            let places = asked.by_likeness(&vector, limit)?.into_iter();
            let found = places.map(|place| asked.candidate(place, Some(&vector)));
            let found = found.map(|found| found.map(|found| (found.key, found.similarity.unwrap_or(0.0))));
            Ok(found.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Waits until everything that was committed before can be found.
    ///
    /// # Errors
    /// `Unavailable` when the index can not be written, or the embedder gives no vectors.
    pub async fn caught_up(&self, organization: &OrganizationId) -> Result<(), Refusal> {
        let goal = self.committed(organization)?;
        let slot = self.slot(organization);
        let mut opened = slot.opened();
        let embedder = self.inner.embedder.id();
        let is_current = |snapshot: &Option<Arc<Snapshot>>| {
            let label = snapshot.as_ref().map(|snapshot| snapshot.label());
            goal == 0 || label.is_some_and(|label| label.version >= goal && label.embedder == embedder)
        };
        if slot.is_trusted() && is_current(&opened.borrow()) {
            return Ok(());
        }
        // What is followed by merges is not waited for: it can be found before.
        tokio::select! {
            followed = self.follow(&slot) => followed,
            Ok(_) = opened.wait_for(is_current), if slot.is_trusted() => Ok(()),
        }
    }

    /// The number of the newest change, if all changes up to it can be found: what an answer from before is good for. None
    /// while the index is behind, or not open: what is found then is good for this moment only.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn version(&self, organization: &OrganizationId) -> Result<Option<u64>, Refusal> {
        let committed = self.committed(organization)?;
        if committed == 0 {
            return Ok(Some(0));
        }
        let slot = self.slot(organization);
        // Where nothing is left, nothing is found, however old the index is.
        let is_current = slot.version() == committed && slot.is_trusted() || self.is_empty(organization)?;
        Ok(is_current.then_some(committed))
    }

    /// Whether the organization has no entry at all.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn is_empty(&self, organization: &OrganizationId) -> Result<bool, Refusal> {
        Ok(record::count::<Kept>(&self.inner.store, organization, 1).map_err(unreadable)? == 0)
    }

    /// How many entries an organization's index holds now, those of documents that are not live yet among them.
    pub fn indexed(&self, organization: &OrganizationId) -> u64 {
        self.slot(organization).snapshot().map_or(0, |snapshot| snapshot.entries())
    }

    /// Rewrites an organization's index so that nothing of what was taken away before is in its files: neither its stems nor its
    /// vectors. Without it they stay until the segments that they are in are merged.
    ///
    /// # Errors
    /// As [`Library::caught_up`].
    pub async fn purge(&self, organization: &OrganizationId) -> Result<(), Refusal> {
        if self.committed(organization)? == 0 {
            return Ok(());
        }
        let slot = self.slot(organization);
        self.follow(&slot).await?;
        let inner = Arc::clone(&self.inner);
        let purged = tokio::spawn(async move { follow::purge(&inner, &slot).await });
        purged.await.unwrap_or(Err(Refusal::Unavailable { part: "knowledge" }))
    }

    /// Purges every index that has taken in since the start that something was taken away, one after the other; says how many
    /// are clean now. One that fails is tried again the next time.
    pub async fn purge_all(&self) -> usize {
        let unclean = std::mem::take(&mut *self.inner.unclean());
        let mut purged = 0;
        for organization in unclean {
            match self.purge(&organization).await {
                Ok(()) => purged += 1,
                // The error was logged where it arose.
                Err(_) => drop(self.inner.unclean().insert(organization)),
            }
        }
        purged
    }

    /// Ends what is being written soon, and waits for it; the journal leads on from there at the next start.
    pub async fn close(&self) {
        self.inner.closed.store(true, Ordering::Relaxed);
        let all = |places: usize| u32::try_from(places).unwrap_or(u32::MAX);
        drop(self.inner.following.acquire_many(all(FOLLOWING_MAX)).await);
        drop(self.inner.writing.acquire_many(all(self.inner.settings.writers_max.max(1))).await);
    }

    /// What is less relevant is not worth telling, 0..1; for those who search without a floor of their own.
    pub fn floor(&self) -> f32 {
        self.inner.settings.floor
    }

    /// Who makes the vectors.
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.inner.embedder
    }

    /// The version of the knowledge in the store.
    fn committed(&self, organization: &OrganizationId) -> Result<u64, Refusal> {
        knowledge::version(&self.inner.store, organization).map_err(unreadable)
    }

    /// The index to search in: the one that there is, however old; while none is open, it is waited for.
    async fn snapshot(&self, slot: &Arc<Slot>) -> Result<Arc<Snapshot>, Refusal> {
        let goal = self.committed(slot.organization())?;
        if slot.version() < goal || !slot.is_trusted() {
            self.follow_beside(slot);
        }
        let mut opened = slot.opened();
        let waited = timeout(OPEN_WAIT, opened.wait_for(Option::is_some)).await;
        let snapshot = match waited {
            Ok(Ok(snapshot)) => snapshot.clone(),
            Ok(Err(_)) | Err(_) => None,
        };
        snapshot.ok_or(Refusal::Unavailable { part: "knowledge" })
    }

    /// Reads the index that answers, on a thread that may block, once it is this one's turn.
    async fn in_turn<T: Send + 'static>(
        &self,
        slot: &Arc<Slot>,
        read: impl Fn(&Inner, &Snapshot) -> Result<T, SearchError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = timeout(TURN_WAIT, self.inner.searching.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(Refusal::Busy) };
        let (inner, at) = (Arc::clone(&self.inner), Arc::clone(slot));
        let reading = move || {
            let mut attempt = 1;
            loop {
                let before = knowledge::version(&inner.store, at.organization())?;
                // Taken with the turn: whoever purges waits for all turns, and then nobody has an older one. And taken after the
                // version: a reading that was live before is in it.
                let Some(snapshot) = at.snapshot() else { return Ok(None) };
                let found = read(&inner, &snapshot)?;
                if attempt == ATTEMPTS_MAX || before == knowledge::version(&inner.store, at.organization())? {
                    return Ok(Some(found));
                }
                attempt += 1;
            }
        };
        match tokio::task::spawn_blocking(reading).await {
            Ok(Ok(found)) => found.ok_or(Refusal::Unavailable { part: "knowledge" }),
            Ok(Err(SearchError::Store(error))) => Err(unreadable(error)),
            Ok(Err(SearchError::Index(error))) => Err(self.distrust(slot, &error.to_string())),
            Err(panic) => Err(self.distrust(slot, &panic.to_string())),
        }
    }

    /// The question's vector, if the index has such. Without it words are all that is searched by.
    async fn vector_of(&self, query: &Query, snapshot: &Snapshot) -> Option<Small> {
        let label = snapshot.label();
        if label.embedder != self.inner.embedder.id() || !self.inner.may_pay(&label.organization) {
            return None;
        }
        match self.inner.embed(&label.organization, &[query.meant()]).await {
            Ok(vectors) => vectors.first().map(|vector| Small::of(vector)),
            Err(why) => {
                tracing::warn!(%why, "a question has no vector; it is searched by its words");
                None
            }
        }
    }

    /// Catches up, and waits for it.
    async fn follow(&self, slot: &Arc<Slot>) -> Result<(), Refusal> {
        let (inner, slot) = (Arc::clone(&self.inner), Arc::clone(slot));
        let followed = tokio::spawn(async move { follow::run(inner, slot).await });
        followed.await.unwrap_or(Err(Refusal::Unavailable { part: "knowledge" }))
    }

    /// Catches up without being waited for, unless that is under way or failed just now.
    fn follow_beside(&self, slot: &Arc<Slot>) {
        if let Some(place) = slot.place_beside() {
            let (inner, slot) = (Arc::clone(&self.inner), Arc::clone(slot));
            tokio::spawn(async move {
                // The error was logged where it arose.
                let _told = follow::run(inner, slot).await;
                drop(place);
            });
        }
    }

    /// What an index says can not be believed: it is made anew.
    fn distrust(&self, slot: &Arc<Slot>, why: &str) -> Refusal {
        tracing::error!(organization = %slot.organization(), why, "an index is damaged and is made anew");
        slot.distrust();
        self.follow_beside(slot);
        Refusal::Unavailable { part: "knowledge" }
    }

    /// An organization's place, which is made room for.
    fn slot(&self, organization: &OrganizationId) -> Arc<Slot> {
        let mut slots = self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.inner.uses.fetch_add(1, Ordering::Relaxed);
        if let Some(slot) = slots.get(organization) {
            slot.used(now);
            return Arc::clone(slot);
        }
        while slots.len() >= self.inner.settings.open_max.max(1) {
            let unused = slots.iter().filter(|(_, slot)| Arc::strong_count(slot) == 1);
            let Some(longest) = unused.min_by_key(|(_, slot)| slot.last_use()).map(|(id, _)| id.clone()) else { break };
            slots.remove(&longest);
        }
        let slot = Arc::new(Slot::new(organization.clone(), now));
        slots.insert(organization.clone(), Arc::clone(&slot));
        slot
    }
}

impl Inner {
    fn unclean(&self) -> MutexGuard<'_, BTreeSet<OrganizationId>> {
        self.unclean.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a question's vector may be made: it costs nothing, or there is something left.
    fn may_pay(&self, organization: &OrganizationId) -> bool {
        !self.embedder.costs() || self.purse.get().is_none_or(|purse| purse.is_open(organization))
    }

    /// Vectors of an organization's texts, at its own cost.
    async fn embed(&self, organization: &OrganizationId, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let pay = |made| {
            if let Some(purse) = self.purse.get() {
                purse.pay(organization, made);
            }
        };
        self.embedder.embed_paid(texts, &pay).await
    }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "the knowledge does not read");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}
