//! What is remembered of customers: stored, listed, recalled for a turn, forgotten.
//!
//! A customer is the person behind all of their ids: what was remembered before two were merged is found under either, and
//! goes on under the id that remains. Writes of one customer come one after the other, so that limits hold; the store's unique
//! index on a memory's place holds without that. A read moves `last_accessed` on the disk once a minute at most, beside the
//! read; whoever crashes in between loses that and nothing else.

mod change;
mod forget;
pub mod learner;
mod recall;

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::assistant::learning;
use crate::clock::SharedClock;
use crate::domain::memories::{
    self, MEMORIES_MAX, Memory, MemoryDraft, MemoryKey, MemorySource, ORGANIZATION_MEMORIES_MAX, Wanted,
};
use crate::domain::{CustomerId, OrganizationId, Refusal, Timestamp};
use crate::store::customer::{self, Person};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, Store, StoreError, memories as stored};

pub use change::MemoryChange;
pub use learner::Learner;

/// How often a change is tried again that another one was faster than.
const TRIES_MAX: usize = 8;

/// Customers are written in so many lanes: two customers seldom wait for each other.
const LANES: usize = 64;

/// Organizations whose memories are counted in memory; beyond it they are counted anew.
const COUNTED_MAX: usize = 10_000;

const NO_MEMORY: Refusal = Refusal::NotFound { what: "memory" };

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Memories {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: SharedClock,
    short_term_ttl_ms: i64,
    lanes: Vec<tokio::sync::Mutex<()>>,
    counts: Mutex<HashMap<OrganizationId, usize>>,
}

/// What was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The memory as it is now.
    pub memory: Memory,
    /// Whether there was none of its kind and key.
    pub is_new: bool,
}

impl Memories {
    /// Wires the service; what is remembered for a while is forgotten after so long.
    pub fn new(store: Store, clock: SharedClock, short_term_ttl_ms: i64) -> Self {
        let lanes = (0..LANES).map(|_| tokio::sync::Mutex::default()).collect();
        let counts = Mutex::default();
        Self { inner: Arc::new(Inner { store, clock, short_term_ttl_ms, lanes, counts }) }
    }

    /// Stores a memory, in place of the one of its kind and key.
    ///
    /// # Errors
    /// `Invalid` or `TooLarge` on `value`; `Conflict` when the organization has as many memories as it may; `Busy`,
    /// `Unavailable`.
    pub async fn store(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        draft: MemoryDraft,
    ) -> Result<Stored, Refusal> {
        let kept = self.put(organization, customer, draft, None, |_| true).await?;
        kept.ok_or(Refusal::Busy)
    }

    /// Remembers a fact for good, on behalf of whoever may decide to: a model's tool, for one. The newest word counts, but not
    /// over what the staff has noted; then what is there stays and is given back as `None`.
    ///
    /// # Errors
    /// As [`Memories::store`], and `Invalid` on `key`, or on a `value` that is a secret.
    pub async fn remember(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        key: &str,
        value: &str,
        source: MemorySource,
    ) -> Result<Option<Stored>, Refusal> {
        if learning::is_secret(value) {
            return Err(Refusal::invalid("value", "must not be a secret"));
        }
        let draft = MemoryDraft {
            source: Some(source),
            ..MemoryDraft::long_term(MemoryKey::parse("key", key)?, value.trim().into())
        };
        self.put(organization, customer, draft, None, |old| old.source != MemorySource::staff()).await
    }

    /// The memories of a customer, in the order in which they came; nobody's are none.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn list(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        wanted: &Wanted,
    ) -> Result<Vec<Memory>, Refusal> {
        let found = self.found(organization, customer, wanted)?;
        Ok(found.into_iter().map(|found| found.record).collect())
    }

    /// The same, as a use of them: `last_accessed` is now.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn retrieve(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        wanted: &Wanted,
    ) -> Result<Vec<Memory>, Refusal> {
        let found = self.found(organization, customer, wanted)?;
        let now = self.touch(&found);
        Ok(found.into_iter().map(|found| Memory { last_accessed: now, ..found.record }).collect())
    }

    /// How many memories a customer has.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn count(&self, organization: &OrganizationId, customer: &CustomerId) -> Result<usize, Refusal> {
        self.found(organization, customer, &Wanted::default()).map(|found| found.len())
    }

    /// Writes unless what is there may not be replaced; `None` then. What was said a while ago is dated then, so that of two
    /// words that are learnt late the newer one stays.
    async fn put(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        draft: MemoryDraft,
        said_at: Option<Timestamp>,
        may_replace: impl Fn(&Memory) -> bool,
    ) -> Result<Option<Stored>, Refusal> {
        memories::check_value("value", &draft.value)?;
        let person = self.person(organization, customer)?;
        let _alone = self.lane(organization, &person).lock().await;
        for _ in 0..TRIES_MAX {
            let now = said_at.unwrap_or_else(|| self.now());
            let mut batch = Batch::default();
            let mut places = self.at(organization, &person, &draft)?.into_iter();
            let old = places.next();
            // Of what was kept under several ids of one person, the first is the one that is found.
            let others = places.as_slice().len();
            places.for_each(|other| record::remove(&mut batch, &other));
            if old.as_ref().is_some_and(|old| !old.record.has_expired(now) && !may_replace(&old.record)) {
                return Ok(None);
            }
            let (memory, more, fewer) = match &old {
                Some(old) => (self.again(&mut batch, old, &person, draft.clone(), now)?, 0, others),
                None => {
                    let (memory, removed) = self.first(&mut batch, organization, &person, draft.clone(), now)?;
                    (memory, 1, removed)
                }
            };
            if self.commit(batch).await? {
                self.counted(organization, more, fewer);
                return Ok(Some(Stored { memory, is_new: old.is_none() }));
            }
        }
        Err(Refusal::Busy)
    }

    /// Stores over a memory, which keeps its id; of one that has expired nothing else is left.
    fn again(
        &self,
        batch: &mut Batch,
        old: &Versioned<Memory>,
        person: &Person,
        draft: MemoryDraft,
        now: Timestamp,
    ) -> Result<Memory, Refusal> {
        let (organization, ttl_ms) = (old.record.organization.clone(), self.inner.short_term_ttl_ms);
        let customer = kept_under(person);
        let memory = if old.record.has_expired(now) {
            Memory::new(old.record.id, organization, customer, draft, now, ttl_ms)
        } else {
            Memory { customer, ..old.record.stored_again(draft, now, ttl_ms) }
        };
        record::update(batch, old, &memory).map_err(unreadable)?;
        Ok(memory)
    }

    /// Stores a memory that there was none of, and makes room for it; says how many went.
    fn first(
        &self,
        batch: &mut Batch,
        organization: &OrganizationId,
        person: &Person,
        draft: MemoryDraft,
        now: Timestamp,
    ) -> Result<(Memory, usize), Refusal> {
        if self.total(organization)? >= ORGANIZATION_MEMORIES_MAX {
            return Err(Refusal::conflict("the organization has as many memories as it may"));
        }
        let (customer, ttl_ms) = (kept_under(person), self.inner.short_term_ttl_ms);
        let memory = Memory::new(Uuid::now_v7(), organization.clone(), customer, draft, now, ttl_ms);
        let mut all = self.of_person(organization, person)?;
        let mut removed = 0;
        while all.len() >= MEMORIES_MAX {
            let records: Vec<Memory> = all.iter().map(|found| found.record.clone()).collect();
            let Some(at) = memories::least_worth(&records, now) else { break };
            record::remove(batch, &all.swap_remove(at));
            removed += 1;
        }
        record::insert(batch, &memory).map_err(unreadable)?;
        Ok((memory, removed))
    }

    /// What stands where the draft is to stand, under any id of the person, the one they are kept under first.
    fn at(
        &self,
        organization: &OrganizationId,
        person: &Person,
        draft: &MemoryDraft,
    ) -> Result<Vec<Versioned<Memory>>, Refusal> {
        let store = &self.inner.store;
        let places = person.ids.iter().map(|id| stored::at(store, organization, id, draft.kind, &draft.key));
        places.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(unreadable)
    }

    /// The wanted memories of the person behind an id that have not expired.
    fn found(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        wanted: &Wanted,
    ) -> Result<Vec<Versioned<Memory>>, Refusal> {
        let person = self.person(organization, customer)?;
        let now = self.now();
        let mut found = self.of_person(organization, &person)?;
        found.retain(|found| wanted.holds(&found.record) && !found.record.has_expired(now));
        found.sort_by_key(|found| (found.record.created_at, found.record.id));
        Ok(found)
    }

    /// Everything of a person, expired or not; of one kind and key what is under the id that they are kept under.
    fn of_person(&self, organization: &OrganizationId, person: &Person) -> Result<Vec<Versioned<Memory>>, Refusal> {
        let mut all: Vec<Versioned<Memory>> = Vec::new();
        for id in &person.ids {
            let more = stored::of_customer(&self.inner.store, organization, id).map_err(unreadable)?;
            for memory in more {
                let is_there = |one: &Versioned<Memory>| {
                    (one.record.kind, &one.record.key) == (memory.record.kind, &memory.record.key)
                };
                if !all.iter().any(is_there) {
                    all.push(memory);
                }
            }
        }
        Ok(all)
    }

    /// Writes down that they were read, where that is due; nobody waits for it. Gives the moment.
    fn touch(&self, found: &[Versioned<Memory>]) -> Timestamp {
        let now = self.now();
        let mut batch = Batch::default();
        for old in found.iter().filter(|found| found.record.access_is_due(now)) {
            let read = Memory { last_accessed: now, ..old.record.clone() };
            if let Err(error) = record::update(&mut batch, old, &read) {
                tracing::error!(%error, "a memory is not written");
                return now;
            }
        }
        if !batch.is_empty() {
            // Whatever was faster said something newer.
            self.inner.store.submit(batch, Box::new(drop));
        }
        now
    }

    fn person(&self, organization: &OrganizationId, customer: &CustomerId) -> Result<Person, Refusal> {
        customer::person(&self.inner.store, organization, customer).map_err(unreadable)
    }

    fn lane(&self, organization: &OrganizationId, person: &Person) -> &tokio::sync::Mutex<()> {
        let mut hasher = DefaultHasher::new();
        (organization, person.ids.first()).hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default();
        &self.inner.lanes[lane]
    }

    /// How many memories an organization has.
    fn total(&self, organization: &OrganizationId) -> Result<usize, Refusal> {
        if let Some(count) = self.counts().get(organization) {
            return Ok(*count);
        }
        let count = record::count::<Memory>(&self.inner.store, organization, ORGANIZATION_MEMORIES_MAX);
        let count = count.map_err(unreadable)?;
        let mut counts = self.counts();
        if counts.len() >= COUNTED_MAX {
            counts.clear();
        }
        counts.insert(organization.clone(), count);
        Ok(count)
    }

    fn counted(&self, organization: &OrganizationId, more: usize, fewer: usize) {
        if let Some(count) = self.counts().get_mut(organization) {
            *count = (*count + more).saturating_sub(fewer);
        }
    }

    /// They are counted anew: somebody else has removed some.
    fn uncount(&self, organization: &OrganizationId) {
        self.counts().remove(organization);
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<OrganizationId, usize>> {
        self.inner.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Whether it was written; not if somebody else was faster.
    async fn commit(&self, batch: Batch) -> Result<bool, Refusal> {
        match self.inner.store.commit(batch).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(CommitError::Busy) => Err(Refusal::Busy),
            Err(CommitError::Unavailable) => Err(Refusal::Unavailable { part: "store" }),
        }
    }
}

/// The id that a person is kept under.
fn kept_under(person: &Person) -> CustomerId {
    person.ids[0].clone()
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "memories do not read or write");
    Refusal::Unavailable { part: "store" }
}

impl fmt::Debug for Memories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memories").field("store", &self.inner.store).finish_non_exhaustive()
    }
}
