//! The one that erases: takes one job after the other, in steps that a crash may fall between, and has the store written anew
//! once everything of a job is gone.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::traces::Names;
use super::{Inner, people};
use crate::actors::Fence;
use crate::domain::audit::{Act, Actor, FieldChange, Target};
use crate::domain::privacy::{Cause, Erasure, ErasurePart, Listed, Phase};
use crate::domain::{AuditEntry, OrganizationId, Refusal, SessionKey};
use crate::engine::analytics::erase::Name;
use crate::engine::privacy::kept::Whose;
use crate::store::privacy::{COMPACT, RUN, waiting};
use crate::store::record::{self, Record, Versioned};
use crate::store::{Batch, CommitError, Direction, KeyRange, Store, StoreError, feed};

/// Keys that one batch removes.
pub(super) const BATCH_MAX_KEYS: usize = 512;

/// Sessions that are fenced off and erased at once.
pub(super) const PART_MAX_SESSIONS: usize = 32;

/// Sessions that are listed at once; what is beyond is listed when those are gone.
const LIST_MAX_SESSIONS: usize = 512;

/// Parts of the list whose names are looked for at once where others name them; each time costs a walk through the feed.
const TRACED_MAX_PARTS: usize = 256;

/// The pause before a step that could not be taken is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The shortest time from one writing anew of the store to the next: it costs as much as the store is large.
const COMPACT_PAUSE: Duration = Duration::from_secs(60);

/// The same where nothing but time was the cause, and nobody waits for a receipt: most hours have something that is old.
const COMPACT_FOR_RETENTION_EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// How long those are waited for who follow the feed.
const FOLLOWERS_WAIT_MAX: Duration = Duration::from_secs(30);

/// How often it is looked where they are.
const FOLLOWERS_LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why a step was not taken. It is tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stuck {
    /// The store did not read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store did not take the batch.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Something in memory was not forgotten.
    #[error("something in memory is not forgotten: {0}")]
    Memory(Refusal),
    /// An index could not be written anew.
    #[error("an index still holds what is gone: {0}")]
    Index(Refusal),
    /// A session could not be stopped.
    #[error("a session does not stop: {0}")]
    Session(Refusal),
}

/// See the module. There is one per store.
pub struct Worker {
    inner: Arc<Inner>,
    /// When the store was written anew last, by us.
    compacted: Option<Instant>,
    /// Since when there is somebody to do it.
    began: Instant,
}

/// A job on its way, as the store has it.
pub(super) struct Job<'a> {
    pub(super) inner: &'a Inner,
    pub(super) now: Versioned<Erasure>,
}

impl Worker {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self { inner, compacted: None, began: Instant::now() }
    }

    /// Keeps everybody out of sessions that are erased in part.
    pub(super) fn fence_interrupted(&self) -> Result<(), StoreError> {
        let inner = &self.inner;
        for (organization, id) in waiting(&inner.store, RUN)? {
            let Some(found) = record::get::<Erasure>(&inner.store, &organization, &id)? else { continue };
            let Phase::Sessions { part } = found.record.phase else { continue };
            let part = part_of(&inner.store, &found.record, part)?;
            for key in part.iter().flat_map(keys_of) {
                inner.directory.fences().raise(&key, Fence::Shut);
            }
        }
        Ok(())
    }

    /// Erases what is asked for until `stopping` says so. A stop in the middle is as safe as a kill.
    pub async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            () = self.work() => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }

    async fn work(&mut self) {
        loop {
            match self.next().await {
                Ok(true) => {}
                Ok(false) => self.rest().await,
                Err(error) => {
                    tracing::warn!(%error, "an erasure does not go on yet; it is tried again");
                    sleep(RETRY_AFTER).await;
                }
            }
        }
    }

    /// Waits for something to do.
    async fn rest(&self) {
        let compacts = async {
            match self.compacts_from() {
                Ok(Some(from)) => sleep_until(from).await,
                Ok(None) => std::future::pending().await,
                Err(_unread) => sleep(RETRY_AFTER).await,
            }
        };
        tokio::select! {
            () = self.inner.wake.notified() => {}
            () = compacts => {}
        }
    }

    /// Does the next job, or writes the store anew; says whether there was anything. A job that does not go on keeps none of
    /// the others from being done.
    async fn next(&mut self) -> Result<bool, Stuck> {
        let inner = Arc::clone(&self.inner);
        let mut stuck = None;
        for (organization, id) in waiting(&inner.store, RUN)? {
            match inner.run(&organization, &id).await {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(why) => {
                    tracing::warn!(%organization, erasure = id, %why, "an erasure does not go on yet");
                    stuck = Some(why);
                }
            }
        }
        if self.compacts_from()?.is_some_and(|from| from <= Instant::now()) {
            let done = inner.purged(waiting(&inner.store, COMPACT)?).await?;
            self.compacted = Some(Instant::now());
            inner.store.compact().await?;
            inner.compacted(done).await?;
            return Ok(true);
        }
        stuck.map_or(Ok(false), Err)
    }

    /// From when on the store is to be written anew; never while nothing waits for that.
    fn compacts_from(&self) -> Result<Option<Instant>, StoreError> {
        let done = waiting(&self.inner.store, COMPACT)?;
        if done.is_empty() {
            return Ok(None);
        }
        for (organization, id) in &done {
            let found = record::get::<Erasure>(&self.inner.store, organization, id)?;
            if found.is_some_and(|found| found.record.cause == Cause::Request) {
                return Ok(Some(self.compacted.map_or(self.began, |last| last + COMPACT_PAUSE)));
            }
        }
        Ok(Some(self.compacted.unwrap_or(self.began) + COMPACT_FOR_RETENTION_EVERY))
    }
}

impl Inner {
    /// Does a job to its end; says whether it is still there.
    async fn run(&self, organization: &OrganizationId, id: &str) -> Result<bool, Stuck> {
        let Some(now) = record::get::<Erasure>(&self.store, organization, id)? else { return Ok(false) };
        Job { inner: self, now }.run().await?;
        Ok(true)
    }

    /// Those of whose organizations no index holds anything that was taken out of it; the others are done another time, unless
    /// there are none but them.
    async fn purged(&self, done: Vec<(OrganizationId, String)>) -> Result<Vec<(OrganizationId, String)>, Stuck> {
        let (mut purged, mut why) = (BTreeMap::new(), None);
        for (organization, _) in &done {
            if !purged.contains_key(organization) {
                let outcome = self.library.purge(organization).await;
                purged.insert(organization.clone(), outcome.is_ok());
                why = outcome.err().or(why);
            }
        }
        let clean: Vec<_> = done.into_iter().filter(|(organization, _)| purged[organization]).collect();
        why.filter(|_| clean.is_empty()).map_or(Ok(clean), |why| Err(Stuck::Index(why)))
    }

    /// The bytes of these are gone. Of what went with time nothing else is to be told.
    async fn compacted(&self, done: Vec<(OrganizationId, String)>) -> Result<(), Stuck> {
        for (organization, id) in done {
            let Some(found) = record::get::<Erasure>(&self.store, &organization, &id)? else { continue };
            let mut batch = Batch::default();
            match found.record.cause {
                Cause::Retention => record::remove(&mut batch, &found),
                Cause::Request => {
                    let compacted_at = Some(self.clock.now());
                    record::update(&mut batch, &found, &Erasure { compacted_at, ..found.record.clone() })?;
                }
            }
            self.store.commit(batch).await?;
        }
        Ok(())
    }
}

impl Job<'_> {
    async fn run(mut self) -> Result<(), Stuck> {
        loop {
            match self.now.record.phase {
                Phase::Listing => self.list().await?,
                Phase::Sessions { part } => self.sessions(part).await?,
                Phase::Person => self.person().await?,
                Phase::Traces => self.traces().await?,
                Phase::Done => return Ok(()),
            }
            tokio::task::yield_now().await;
        }
    }

    /// Commits a batch together with how far the job has come by it.
    pub(super) async fn commit(&mut self, mut batch: Batch, new: Erasure) -> Result<(), Stuck> {
        let next = record::update(&mut batch, &self.now, &new)?;
        self.inner.store.commit(batch).await?;
        self.now = next;
        Ok(())
    }

    async fn move_on(&mut self, phase: Phase) -> Result<(), Stuck> {
        let new = Erasure { phase, ..self.now.record.clone() };
        self.commit(Batch::default(), new).await
    }

    /// Lists sessions that are there; none means that all of them are gone.
    async fn list(&mut self) -> Result<(), Stuck> {
        let Erasure { organization, ids, asked_at, .. } = &self.now.record;
        let mut sessions = Vec::new();
        for id in ids {
            let room = LIST_MAX_SESSIONS.saturating_sub(sessions.len());
            sessions.extend(people::sessions_of(&self.inner.store, organization, id, *asked_at, room)?);
        }
        if sessions.is_empty() {
            return self.move_on(Phase::Person).await;
        }
        let (mut batch, mut new) = (Batch::default(), self.now.record.clone());
        let first = parts(&self.inner.store, &new, 1, Direction::Backward)?.last().map_or(0, |last| last.part + 1);
        add_parts(&mut batch, &new, first, &sessions)?;
        new.phase = Phase::Sessions { part: first };
        self.commit(batch, new).await
    }

    /// What is kept of the customer besides their sessions.
    async fn person(&mut self) -> Result<(), Stuck> {
        let (inner, organization, ids) =
            (self.inner, self.now.record.organization.clone(), self.now.record.ids.clone());
        let whose = Whose::Person { organization: &organization, ids: &ids };
        self.followers_have_passed().await?;
        let rows = inner.analytics.begin_erasing().await;
        for id in &ids {
            let batch = rows.customer(&inner.store, &organization, (id, true), Name::Goes)?;
            if !batch.is_empty() {
                inner.store.commit(batch).await?;
            }
        }
        drop(rows);
        for kind in &inner.kept {
            loop {
                let (mut batch, mut new) = (Batch::default(), self.now.record.clone());
                let erased = kind.erase(&inner.store, whose, &mut batch, BATCH_MAX_KEYS)?;
                if erased.count > 0 {
                    new.count(kind.kind(), erased.count);
                    self.commit(batch, new).await?;
                }
                if !erased.more {
                    break;
                }
            }
        }
        self.forget(whose).await?;
        self.move_on(Phase::Traces).await
    }

    /// Every kind forgets what it has in memory.
    pub(super) async fn forget(&self, whose: Whose<'_>) -> Result<(), Stuck> {
        for kind in &self.inner.kept {
            kind.forget(whose).await.map_err(Stuck::Memory)?;
        }
        Ok(())
    }

    /// Whoever follows the feed may have read messages that are gone now, and be about to note something of their writer:
    /// waits until they are through with all that was announced by now, but not for ever.
    pub(super) async fn followers_have_passed(&self) -> Result<(), Stuck> {
        let (store, end) = (&self.inner.store, *self.inner.store.feed_end().borrow());
        let began = Instant::now();
        for reader in &self.inner.followers {
            while feed::cursor(store, reader)? < end {
                if began.elapsed() > FOLLOWERS_WAIT_MAX {
                    tracing::warn!(reader, "an erasure does not wait any longer for who follows the feed");
                    break;
                }
                sleep(FOLLOWERS_LOOK_EVERY).await;
            }
        }
        Ok(())
    }

    /// What others say of the customer and the sessions, some parts of the list at a time: it may be longer than memory is.
    async fn traces(&mut self) -> Result<(), Stuck> {
        loop {
            let parts = parts(&self.inner.store, &self.now.record, TRACED_MAX_PARTS, Direction::Forward)?;
            self.clean(&parts).await?;
            if parts.len() < TRACED_MAX_PARTS {
                return self.finish(&parts).await;
            }
            let mut batch = Batch::default();
            parts.iter().for_each(|part| batch.delete(part_key(&self.now.record, part.part)));
            self.commit(batch, self.now.record.clone()).await?;
        }
    }

    async fn clean(&mut self, parts: &[ErasurePart]) -> Result<(), Stuck> {
        let (inner, done) = (self.inner, self.now.record.clone());
        let listed = parts.iter().flat_map(|part| &part.sessions);
        let names = Names {
            organization: done.organization.clone(),
            customers: done.ids.iter().cloned().collect(),
            sessions: listed.map(|listed| listed.session.clone()).collect::<HashSet<_>>(),
            pseudonym: done.pseudonym(),
        };
        let mut from = Some(0);
        while let Some(position) = from {
            let cleaned = names.in_feed(&inner.store, position)?;
            self.cleaned("feed_entries", cleaned.batch, cleaned.changed).await?;
            from = cleaned.next;
        }
        let mut after = None;
        loop {
            let cleaned = names.in_audit(&inner.store, after.as_ref())?;
            self.cleaned("audit_entries", cleaned.batch, cleaned.changed).await?;
            after = cleaned.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn cleaned(&mut self, kind: &str, batch: Batch, changed: usize) -> Result<(), Stuck> {
        if changed == 0 {
            return Ok(());
        }
        let mut new = self.now.record.clone();
        new.count(kind, changed);
        self.commit(batch, new).await
    }

    /// Nothing is left: the job becomes its receipt.
    async fn finish(&mut self, parts: &[ErasurePart]) -> Result<(), Stuck> {
        let now = self.inner.clock.now();
        let new = Erasure { phase: Phase::Done, ids: Vec::new(), done_at: Some(now), ..self.now.record.clone() };
        let mut batch = Batch::default();
        for part in parts {
            batch.delete(part_key(&new, part.part));
        }
        record::insert(&mut batch, &told(&new))?;
        self.commit(batch, new).await
    }
}

/// What the audit log says of it.
fn told(done: &Erasure) -> AuditEntry {
    let act = match done.cause {
        Cause::Request => Act::CustomerErased,
        Cause::Retention => Act::RetentionRun,
    };
    let changes = done.counts.iter().map(|(kind, count)| FieldChange::set(kind, &count.to_string())).collect();
    let at = done.done_at.unwrap_or(done.asked_at);
    let entry = crate::engine::audit::operators(&done.organization, at, act, Target::new("erasure", done.id), changes);
    AuditEntry { by: Actor::clone(&done.by), ..entry }
}

/// Puts a list of sessions into the batch, in parts from this number on.
pub(super) fn add_parts(batch: &mut Batch, of: &Erasure, first: u32, sessions: &[Listed]) -> Result<(), StoreError> {
    for (part, sessions) in (first..).zip(sessions.chunks(PART_MAX_SESSIONS)) {
        let (organization, sessions) = (of.organization.clone(), sessions.to_vec());
        record::insert(batch, &ErasurePart { organization, erasure: of.id, part, sessions })?;
    }
    Ok(())
}

pub(super) fn part_of(store: &Store, of: &Erasure, part: u32) -> Result<Option<ErasurePart>, StoreError> {
    let id = format!("{}.{part:08}", of.id);
    Ok(record::get::<ErasurePart>(store, &of.organization, &id)?.map(|found| found.record))
}

/// Its sessions by their full names.
pub(super) fn keys_of(part: &ErasurePart) -> impl Iterator<Item = SessionKey> {
    let key = |listed: &Listed| SessionKey { organization: part.organization.clone(), session: listed.session.clone() };
    part.sessions.iter().map(key)
}

/// Up to `limit` parts of a list. Keys first: parts are found by the erasure's id, which theirs begin with.
fn parts(store: &Store, of: &Erasure, limit: usize, direction: Direction) -> Result<Vec<ErasurePart>, StoreError> {
    let prefix = format!("{}/{}/{}.", ErasurePart::SPACE, of.organization, of.id);
    let keys = store.scan(KeyRange::prefix(prefix.as_bytes()), limit, direction)?;
    let number = |key: &[u8]| std::str::from_utf8(key.strip_prefix(prefix.as_bytes())?).ok()?.parse().ok();
    let read = |part| part_of(store, of, part);
    keys.iter().filter_map(|(key, _)| number(key)).map(read).filter_map(Result::transpose).collect()
}

fn part_key(of: &Erasure, part: u32) -> Vec<u8> {
    format!("{}/{}/{}.{part:08}", ErasurePart::SPACE, of.organization, of.id).into_bytes()
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}
