//! One part of an erasure: a few sessions, which are fenced off, closed, and removed with everything that belongs to them.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::sleep;

use super::erase::{BATCH_MAX_KEYS, Job, Stuck, keys_of, part_of};
use super::people::header;
use crate::actors::{ERASING, Fence};
use crate::domain::privacy::{Cause, Erasure, ErasurePart, Phase};
use crate::domain::{Command, CustomerId, Owner, Refusal, SessionKey, State, Visitor};
use crate::engine::analytics::erase::{Erasing, Name};
use crate::engine::privacy::kept::Whose;
use crate::store::{Batch, StoreError, record};

/// How often a session is asked to let go, and how long between two times.
const ASKED_MAX: usize = 500;

/// See [`ASKED_MAX`].
const ASK_EVERY: Duration = Duration::from_millis(20);

impl Job<'_> {
    /// Erases the sessions of a part, and goes on to the next one.
    pub(super) async fn sessions(&mut self, part: u32) -> Result<(), Stuck> {
        let Some(listed) = part_of(&self.inner.store, &self.now.record, part)? else {
            return self.behind_the_last_part().await;
        };
        let _gate = self.inner.gate.lock().await;
        let keys = self.still_to_go(&listed)?;
        for key in &keys {
            self.shut(key).await?;
        }
        self.followers_have_passed().await?;
        for kind in &self.inner.kept {
            kind.settle().await.map_err(Stuck::Memory)?;
        }
        self.erase(&keys).await?;
        self.tidy_customers(&listed).await?;
        for key in &keys {
            self.forget(Whose::Session(key)).await?;
        }
        let new = Erasure { phase: Phase::Sessions { part: part + 1 }, ..self.now.record.clone() };
        self.commit(Batch::default(), new).await?;
        keys.iter().for_each(|key| self.inner.bus.dismiss(key));
        // Also those that an interrupted run had fenced off.
        keys_of(&listed).for_each(|key| self.inner.directory.fences().lower(&key));
        Ok(())
    }

    async fn behind_the_last_part(&mut self) -> Result<(), Stuck> {
        let phase = match self.now.record.cause {
            // There may be more than one list holds.
            Cause::Request => Phase::Listing,
            Cause::Retention => Phase::Traces,
        };
        let new = Erasure { phase, ..self.now.record.clone() };
        self.commit(Batch::default(), new).await
    }

    /// What goes with time may have come under a hold since it was listed, or gone on.
    fn still_to_go(&self, part: &ErasurePart) -> Result<Vec<SessionKey>, Stuck> {
        if self.now.record.cause == Cause::Request {
            return Ok(keys_of(part).collect());
        }
        let (retention, now) = (self.inner.retention(&part.organization)?, self.inner.clock.now());
        let goes = |state: &State| {
            let held = self.inner.is_held(state).unwrap_or(true);
            !held && self.inner.is_too_old(state, &retention, now).unwrap_or(false)
        };
        let mut keys = Vec::new();
        for key in keys_of(part) {
            // One without a header was begun to be erased.
            if header(&self.inner.store, &key)?.is_none_or(|state| goes(&state)) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// Closes a session that is open or in memory, so that everybody hears of its end, and has its actor forget it.
    async fn shut(&self, key: &SessionKey) -> Result<(), Stuck> {
        let (fences, directory) = (self.inner.directory.fences(), &self.inner.directory);
        fences.raise(key, Fence::Closing);
        let is_open = header(&self.inner.store, key)?.is_some_and(|state| state.owner != Owner::Closed);
        if is_open || directory.holds(key) {
            match directory.ask(key, Command::Close { visitor: Visitor::Service }).await {
                Ok(_) | Err(Refusal::NotFound { .. }) => {}
                Err(why) => return Err(Stuck::Session(why)),
            }
        }
        fences.raise(key, Fence::Shut);
        for _ in 0..ASKED_MAX {
            if !directory.holds(key) || directory.ask(key, Command::Tick).await.err() == Some(ERASING) {
                return Ok(());
            }
            sleep(ASK_EVERY).await;
        }
        Err(Stuck::Session(Refusal::Busy))
    }

    /// Removes the sessions, which nobody can reach, in as many batches as it takes.
    async fn erase(&mut self, keys: &[SessionKey]) -> Result<(), Stuck> {
        let inner = self.inner;
        let rows = inner.analytics.begin_erasing().await;
        let counted = rows.count(&inner.store, keys)?;
        if !counted.is_empty() {
            inner.store.commit(counted).await?;
        }
        let mut rest = keys;
        while !rest.is_empty() {
            let (mut batch, mut new, mut room) = (Batch::default(), self.now.record.clone(), BATCH_MAX_KEYS);
            while let [key, others @ ..] = rest {
                if !self.remove(&rows, key, &mut batch, &mut new, &mut room)? {
                    break;
                }
                rest = others;
            }
            if !batch.is_empty() {
                self.commit(batch, new).await?;
            }
        }
        Ok(())
    }

    /// Puts the removal of a session into the batch; says whether all of it had room. The header goes last: by it the session
    /// is found again after a crash.
    fn remove(
        &self,
        rows: &Erasing<'_>,
        key: &SessionKey,
        batch: &mut Batch,
        new: &mut Erasure,
        room: &mut usize,
    ) -> Result<bool, StoreError> {
        let store = &self.inner.store;
        for kind in &self.inner.kept {
            if *room == 0 {
                return Ok(false);
            }
            let erased = kind.erase(store, Whose::Session(key), batch, *room)?;
            new.count(kind.kind(), erased.count);
            *room = if erased.more { 0 } else { room.saturating_sub(erased.count) };
        }
        if *room == 0 {
            return Ok(false);
        }
        if let Some(found) = record::get::<State>(store, &key.organization, key.session.as_str())? {
            record::remove(batch, &found);
            new.count("sessions", 1);
            *room -= 1;
        }
        rows.session(store, batch, key)?;
        Ok(true)
    }

    /// The rows of those whose sessions they were name none of them any more.
    async fn tidy_customers(&self, part: &ErasurePart) -> Result<(), Stuck> {
        let whose: BTreeSet<(&CustomerId, bool)> =
            part.sessions.iter().map(|listed| (&listed.customer, listed.verified)).collect();
        let rows = self.inner.analytics.begin_erasing().await;
        for whose in whose {
            let batch = rows.customer(&self.inner.store, &part.organization, whose, Name::Stays)?;
            if !batch.is_empty() {
                self.inner.store.commit(batch).await?;
            }
        }
        Ok(())
    }
}
