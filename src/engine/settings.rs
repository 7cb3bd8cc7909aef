//! What organizations set while everything runs. A change is durable before it is answered, and governs each turn that is
//! decided after it.

use std::sync::Arc;

use crate::actors::Policies;
use crate::auth::Caller;
use crate::domain::{AssistantSettings, OrganizationId, Refusal, Settings as Record};
use crate::store::{Batch, CommitError, Store, StoreError, record, settings};

/// How often a change is tried again that another one was faster than.
const TRIES_MAX: usize = 8;

/// See the module.
#[derive(Debug, Clone)]
pub struct Settings {
    store: Store,
    policies: Arc<Policies>,
}

impl Settings {
    /// Wires the service.
    pub const fn new(store: Store, policies: Arc<Policies>) -> Self {
        Self { store, policies }
    }

    /// How an organization's assistant answers now.
    pub fn assistant(&self, organization: &OrganizationId) -> AssistantSettings {
        self.policies.of(organization).assistant.clone()
    }

    /// Changes how the assistant of the caller's organization answers, and gives what holds then. `change` may run again,
    /// when somebody else changed something meanwhile.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; what `change` refuses; `Busy`, `Unavailable`.
    pub async fn change_assistant(
        &self,
        caller: &Caller,
        change: impl Fn(&mut AssistantSettings) -> Result<(), Refusal> + Send + Sync,
    ) -> Result<AssistantSettings, Refusal> {
        caller.require_admin()?;
        let organization = &caller.organization;
        for _ in 0..TRIES_MAX {
            let found = record::get::<Record>(&self.store, organization, settings::ID).map_err(unreadable)?;
            let mut assistant = match &found {
                Some(found) => found.record.assistant.clone(),
                None => self.policies.base().assistant.clone(),
            };
            change(&mut assistant)?;
            let changed = Record { organization: organization.clone(), assistant: assistant.clone() };
            let mut batch = Batch::default();
            match &found {
                Some(old) => record::update(&mut batch, old, &changed).map(drop),
                None => record::insert(&mut batch, &changed),
            }
            .map_err(unreadable)?;
            match self.commit(organization, batch).await {
                Ok(()) => return Ok(assistant),
                Err(CommitError::Conflict { .. }) => {}
                Err(CommitError::Busy) => break,
                Err(CommitError::Unavailable) => return Err(Refusal::Unavailable { part: "store" }),
            }
        }
        Err(Refusal::Busy)
    }

    /// Makes a change durable and has it govern, also when the caller does not wait for the end of it.
    async fn commit(&self, organization: &OrganizationId, batch: Batch) -> Result<(), CommitError> {
        let (store, policies, organization) = (self.store.clone(), Arc::clone(&self.policies), organization.clone());
        let committing = tokio::spawn(async move {
            let committed = store.commit(batch).await;
            policies.forget(&organization);
            committed
        });
        committing.await.unwrap_or(Err(CommitError::Unavailable))
    }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "settings do not read or write");
    Refusal::Unavailable { part: "store" }
}
