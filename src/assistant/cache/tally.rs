//! Counts of the cache: in memory at once, on disk some seconds later. A kill loses what was counted since.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::counter;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::domain::cache::CacheCounts;
use crate::domain::session::Channel;
use crate::domain::{OrganizationId, Refusal, SessionId};
use crate::store::{Batch, CommitError, Store, StoreError, cache, record};

/// How often counts become durable.
pub const FLUSH_EVERY: Duration = Duration::from_secs(5);

/// Organizations whose counts are in memory; those that are durable make room for others.
const KEPT_MAX: usize = 10_000;

/// What came of a look into the cache.
#[derive(Debug, Clone, Copy)]
pub(super) enum Looked<'a> {
    /// There was an answer.
    Hit {
        /// The question.
        query: &'a str,
        /// Where it was asked.
        session: &'a SessionId,
    },
    /// There was none.
    Missed,
    /// The turn was no question for it.
    Passed,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Tallies {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: Store,
    kept: Mutex<Kept>,
    /// Held from the reading of counts until they are durable: nobody writes older ones over newer ones, which may be those
    /// that forgot a question.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    counts: HashMap<OrganizationId, CacheCounts>,
    /// Not durable yet.
    changed: HashSet<OrganizationId>,
}

/// Makes counts durable; somebody has to run it.
#[derive(Debug)]
pub struct TallyWriter(Tallies);

impl Tallies {
    /// Counts over a store, and what writes them.
    pub fn new(store: Store) -> (Self, TallyWriter) {
        let tallies =
            Self { shared: Arc::new(Shared { store, kept: Mutex::default(), writing: tokio::sync::Mutex::default() }) };
        (tallies.clone(), TallyWriter(tallies))
    }

    /// What an organization's cache did so far.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn of(&self, organization: &OrganizationId) -> Result<CacheCounts, Refusal> {
        let counts = self.with(organization, |counts| counts.clone());
        counts.map_err(|error| {
            tracing::error!(%error, "the cache's counts do not read");
            Refusal::Unavailable { part: "store" }
        })
    }

    /// Forgets what was asked in a session.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn forget_session(&self, organization: &OrganizationId, session: &SessionId) -> Result<(), StoreError> {
        self.change(organization, |counts| counts.forget_session(session))
    }

    pub(super) fn count(&self, organization: &OrganizationId, channel: Channel, looked: Looked<'_>) {
        let result = match looked {
            Looked::Hit { .. } => "hit",
            Looked::Missed => "miss",
            Looked::Passed => "passed",
        };
        counter!("switchboard_cache_lookups_total", "result" => result).increment(1);
        let counted = self.change(organization, |counts| match looked {
            Looked::Hit { query, session } => {
                counts.channel(channel).hits += 1;
                counts.hit(query, session);
            }
            Looked::Missed => counts.channel(channel).misses += 1,
            Looked::Passed => counts.channel(channel).passed += 1,
        });
        if let Err(error) = counted {
            tracing::warn!(%error, "a look into the cache is not counted");
        }
    }

    fn change(&self, organization: &OrganizationId, change: impl FnOnce(&mut CacheCounts)) -> Result<(), StoreError> {
        self.with(organization, change)?;
        self.lock().changed.insert(organization.clone());
        Ok(())
    }

    fn with<T>(
        &self,
        organization: &OrganizationId,
        look: impl FnOnce(&mut CacheCounts) -> T,
    ) -> Result<T, StoreError> {
        let mut kept = self.lock();
        if let Some(counts) = kept.counts.get_mut(organization) {
            return Ok(look(counts));
        }
        if kept.counts.len() >= KEPT_MAX {
            let Kept { counts, changed } = &mut *kept;
            counts.retain(|organization, _| changed.contains(organization));
        }
        let found = record::get::<CacheCounts>(&self.shared.store, organization, cache::ID)?;
        let mut counts = found.map_or_else(|| CacheCounts::new(organization.clone()), |found| found.record);
        let looked = look(&mut counts);
        kept.counts.insert(organization.clone(), counts);
        Ok(looked)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what changed durable.
    ///
    /// # Errors
    /// When the store does not read or write; what was counted is tried again.
    pub async fn flush(&self) -> Result<(), String> {
        let _alone = self.shared.writing.lock().await;
        let changed: Vec<OrganizationId> = self.lock().changed.iter().cloned().collect();
        let mut outcome = Ok(());
        for organization in changed {
            let counts = {
                let mut kept = self.lock();
                kept.changed.remove(&organization);
                kept.counts.get(&organization).cloned()
            };
            let Some(counts) = counts else { continue };
            if let Err(why) = self.write(&counts).await {
                self.lock().changed.insert(organization);
                outcome = Err(why);
            }
        }
        outcome
    }

    async fn write(&self, counts: &CacheCounts) -> Result<(), String> {
        let store = &self.shared.store;
        let mut batch = Batch::default();
        let old = record::get::<CacheCounts>(store, &counts.organization, cache::ID).map_err(|why| why.to_string())?;
        record::replace(&mut batch, old.as_ref(), counts).map_err(|why| why.to_string())?;
        store.commit(batch).await.map_err(|why: CommitError| why.to_string())
    }
}

impl TallyWriter {
    /// Writes every [`FLUSH_EVERY`], until `stopping` says so and then once more.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut tick = interval(FLUSH_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let stops = tokio::select! {
                _ = tick.tick() => false,
                _ = stopping.wait_for(|stop| *stop) => true,
            };
            if let Err(why) = self.0.flush().await {
                tracing::warn!(%why, "the cache's counts are not durable yet");
            }
            if stops {
                return;
            }
        }
    }
}
