//! A memory of which the id is known: changed or forgotten by the staff.

use serde_json::Value;
use uuid::Uuid;

use super::{Memories, NO_MEMORY, TRIES_MAX, unreadable};
use crate::domain::memories::{self, Importance, Memory, MemorySource};
use crate::domain::{CustomerId, OrganizationId, Refusal};
use crate::engine::privacy::holds;
use crate::store::Batch;
use crate::store::customer::Person;
use crate::store::record::{self, Versioned};

/// What the staff changes of a memory; what is absent stays. From then on it is from the staff, and no message changes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryChange {
    /// What is remembered.
    pub value: Option<Value>,
    /// How much it matters.
    pub importance: Option<Importance>,
}

impl Memories {
    /// Changes a memory of a customer on behalf of the staff.
    ///
    /// # Errors
    /// `NotFound` when the customer has no such memory; `Invalid` or `TooLarge` on `value`; `Busy`, `Unavailable`.
    pub async fn change(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        id: Uuid,
        change: MemoryChange,
    ) -> Result<Memory, Refusal> {
        if let Some(value) = &change.value {
            memories::check_value("value", value)?;
        }
        let person = self.person(organization, customer)?;
        let _alone = self.lane(organization, &person).lock().await;
        for _ in 0..TRIES_MAX {
            let old = self.owned(organization, &person, id)?;
            let mut new = old.record.clone();
            new.value = change.value.clone().unwrap_or(new.value);
            new.importance = change.importance.unwrap_or(new.importance);
            new.source = MemorySource::staff();
            new.updated_at = self.now();
            let mut batch = Batch::default();
            record::update(&mut batch, &old, &new).map_err(unreadable)?;
            if self.commit(batch).await? {
                return Ok(new);
            }
        }
        Err(Refusal::Busy)
    }

    /// Forgets one memory of a customer.
    ///
    /// # Errors
    /// `NotFound` when the customer has no such memory; `Conflict` while a legal hold stands on the customer or a session of
    /// theirs; `Busy`, `Unavailable`.
    pub async fn forget_one(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        id: Uuid,
    ) -> Result<(), Refusal> {
        let person = self.person(organization, customer)?;
        holds::require_none(&self.inner.store, organization, &person.ids)?;
        let _alone = self.lane(organization, &person).lock().await;
        for _ in 0..TRIES_MAX {
            let old = self.owned(organization, &person, id)?;
            let mut batch = Batch::default();
            record::remove(&mut batch, &old);
            if self.commit(batch).await? {
                self.counted(organization, 0, 1);
                return Ok(());
            }
        }
        Err(Refusal::Busy)
    }

    /// The memory with this id, if it is one of the person's and has not expired.
    fn owned(&self, organization: &OrganizationId, person: &Person, id: Uuid) -> Result<Versioned<Memory>, Refusal> {
        let found = record::get::<Memory>(&self.inner.store, organization, &id.to_string()).map_err(unreadable)?;
        let now = self.now();
        let theirs = |memory: &Memory| person.ids.contains(&memory.customer) && !memory.has_expired(now);
        found.filter(|found| theirs(&found.record)).ok_or(NO_MEMORY)
    }
}
