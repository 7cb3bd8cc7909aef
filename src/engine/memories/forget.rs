//! Forgetting: what a customer or a program wants gone, all of a customer, what a reset ends, what has expired.

use futures_util::future::BoxFuture;

use super::{Memories, TRIES_MAX, unreadable};
use crate::domain::audit::{Act, FieldChange, Target};
use crate::domain::memories::{Memory, MemoryKey, MemoryKind, MemorySource, Wanted};
use crate::domain::{CustomerId, OrganizationId, Refusal, Timestamp};
use crate::engine::audit::Acting;
use crate::engine::privacy::holds;
use crate::engine::privacy::kept::{Erased, Personal, Whose};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, Store, StoreError, memories as stored};

/// Memories that go with one batch.
const BATCH_MAX: usize = 128;

impl Memories {
    /// Forgets the wanted memories of a customer, and says how many.
    ///
    /// # Errors
    /// `Conflict` while a legal hold stands on the customer or a session of theirs; `Busy`, `Unavailable`; what was forgotten
    /// stays so.
    pub async fn forget(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        wanted: &Wanted,
    ) -> Result<usize, Refusal> {
        let person = self.person(organization, customer)?;
        holds::require_none(&self.inner.store, organization, &person.ids)?;
        self.forget_where(organization, customer, None, |memory| wanted.holds(memory)).await
    }

    /// Forgets what was remembered of a customer, up to the moment at which they wanted it, under the keys that are meant.
    /// While a legal hold stands, only what was learnt from conversations goes: the conversations themselves are held.
    pub(super) async fn forget_keys(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        at: Timestamp,
        meant: impl Fn(&MemoryKey) -> bool,
    ) -> Result<usize, Refusal> {
        let person = self.person(organization, customer)?;
        let is_held = match holds::require_none(&self.inner.store, organization, &person.ids) {
            Ok(()) => false,
            Err(Refusal::Conflict { .. }) => true,
            Err(why) => return Err(why),
        };
        let goes = |memory: &Memory| {
            let stands_elsewhere = !is_held || memory.source == MemorySource::conversation();
            stands_elsewhere && memory.updated_at <= at && meant(&memory.key)
        };
        self.forget_where(organization, customer, None, goes).await
    }

    /// Forgets everything of a customer on behalf of the staff, with an entry in the audit log.
    ///
    /// # Errors
    /// As [`Memories::forget`].
    pub async fn forget_everything(&self, acting: Acting<'_>, customer: &CustomerId) -> Result<usize, Refusal> {
        let person = self.person(&acting.caller.organization, customer)?;
        holds::require_none(&self.inner.store, &acting.caller.organization, &person.ids)?;
        self.forget_where(&acting.caller.organization, customer, Some(acting), |_| true).await
    }

    /// Forgets what a customer's session ends that was remembered for a while before then.
    ///
    /// # Errors
    /// As [`Memories::forget`].
    pub async fn session_ended(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        at: Timestamp,
    ) -> Result<usize, Refusal> {
        let ended = |memory: &Memory| memory.kind == MemoryKind::ShortTerm && memory.updated_at <= at;
        self.forget_where(organization, customer, None, ended).await
    }

    /// Takes what has expired off the disk, in every organization, and says how much; belongs on a timer.
    ///
    /// # Errors
    /// As [`Memories::forget`].
    pub async fn sweep(&self) -> Result<usize, Refusal> {
        let (mut gone, mut rest) = (0, Some(stored::everywhere()));
        while let Some(range) = rest {
            let (store, now) = (self.inner.store.clone(), self.now());
            let read = tokio::task::spawn_blocking(move || stored::expired(&store, now, range)).await;
            let expired = read.map_err(|_ended| Refusal::Unavailable { part: "store" })?.map_err(unreadable)?;
            for one in &expired.memories {
                // Stored again meanwhile, it lives on.
                gone += usize::from(self.remove(std::slice::from_ref(one), None).await?);
            }
            rest = expired.rest;
        }
        Ok(gone)
    }

    async fn forget_where(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        acting: Option<Acting<'_>>,
        goes: impl Fn(&Memory) -> bool,
    ) -> Result<usize, Refusal> {
        let person = self.person(organization, customer)?;
        let _alone = self.lane(organization, &person).lock().await;
        let (mut forgotten, mut tries, mut is_noted) = (0, 0, acting.is_none());
        loop {
            let mut going = Vec::new();
            for id in &person.ids {
                going.extend(stored::of_customer(&self.inner.store, organization, id).map_err(unreadable)?);
            }
            going.retain(|found| goes(&found.record));
            going.truncate(BATCH_MAX);
            if going.is_empty() && is_noted {
                return Ok(forgotten);
            }
            let note = acting.filter(|_| !is_noted).map(|acting| (acting, customer));
            if self.remove(&going, note).await? {
                (forgotten, tries, is_noted) = (forgotten + going.len(), 0, true);
            } else {
                tries += 1;
            }
            if tries == TRIES_MAX {
                return Err(Refusal::Busy);
            }
        }
    }

    /// Removes them with one batch, and the entry in the audit log; whether nothing was faster.
    async fn remove(
        &self,
        going: &[Versioned<Memory>],
        note: Option<(Acting<'_>, &CustomerId)>,
    ) -> Result<bool, Refusal> {
        let mut batch = Batch::default();
        going.iter().for_each(|one| record::remove(&mut batch, one));
        if let Some((acting, customer)) = note {
            let (on, count) = (Target::new("customer", customer), going.len().to_string());
            let changes = vec![FieldChange::unset("memories", &count)];
            let entry = acting.entry(&acting.caller.organization, self.now(), Act::MemoriesForgotten, on, changes);
            record::insert(&mut batch, &entry).map_err(unreadable)?;
        }
        let removed = self.commit(batch).await?;
        if let Some(first) = going.first().filter(|_| removed) {
            self.counted(&first.record.organization, 0, going.len());
        }
        Ok(removed)
    }
}

/// What is stored goes as a kind of its own, which also works while no server runs; here is only how many there are.
impl Personal for Memories {
    fn kind(&self) -> &'static str {
        "memory_counts"
    }

    fn erase(&self, _: &Store, _: Whose<'_>, _: &mut Batch, _: usize) -> Result<Erased, StoreError> {
        Ok(Erased::default())
    }

    fn forget<'a>(&'a self, whose: Whose<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        let organization = match whose {
            Whose::Session(key) => &key.organization,
            Whose::Person { organization, .. } => organization,
        };
        self.uncount(organization);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::SystemClock;
    use crate::domain::memories::MemoryDraft;
    use crate::engine::privacy::kept;
    use crate::store::{StoreLimits, StoreUrl};

    #[tokio::test]
    async fn what_an_erasure_removes_is_counted_no_longer() {
        let data = tempfile::tempdir().unwrap();
        let url = StoreUrl::Fjall(data.path().join("db"));
        let (store, completions) = Store::open(&url, StoreLimits::default()).unwrap();
        tokio::spawn(completions.run());
        let memories = Memories::new(store.clone(), Arc::new(SystemClock), 1_000);
        let (organization, jo) = (OrganizationId::default_organization(), CustomerId::parse("jo").unwrap());
        let draft = MemoryDraft::long_term(MemoryKey::parse("key", "name").unwrap(), "Jo".into());
        memories.store(&organization, &jo, draft).await.unwrap();
        assert_eq!(memories.total(&organization), Ok(1));
        let whose = Whose::Person { organization: &organization, ids: &[jo] };
        for kind in kept::all() {
            let mut batch = Batch::default();
            kind.erase(&store, whose, &mut batch, 10).unwrap();
            store.commit(batch).await.unwrap();
        }
        Personal::forget(&memories, whose).await.unwrap();
        assert_eq!(memories.total(&organization), Ok(0));
    }
}
