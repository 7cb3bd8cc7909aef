//! How each organization's sessions are run: the installation's policy with the organization's settings laid over it,
//! kept until they change.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::{OrganizationId, Policy, Settings};
use crate::store::{Store, StoreError, record, settings};

/// How many organizations' policies are kept; beyond it all are read again.
const KEPT_MAX: usize = 10_000;

/// See the module.
#[derive(Debug)]
pub struct Policies {
    store: Store,
    base: Arc<Policy>,
    kept: RwLock<HashMap<OrganizationId, Arc<Policy>>>,
}

impl Policies {
    /// Over what the installation has set.
    pub fn new(store: Store, base: Arc<Policy>) -> Self {
        Self { store, base, kept: RwLock::default() }
    }

    /// What the installation has set; deadlines and texts are the same for all organizations.
    pub const fn base(&self) -> &Arc<Policy> {
        &self.base
    }

    /// The organization's policy. Settings that can not be read leave the installation's, and the log says so.
    pub fn of(&self, organization: &OrganizationId) -> Arc<Policy> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(policy) = kept.get(organization) {
            return Arc::clone(policy);
        }
        drop(kept);
        self.read(organization).unwrap_or_else(|error| {
            tracing::error!(%organization, %error, "settings do not read");
            Arc::clone(&self.base)
        })
    }

    /// Lets go of an organization's policy, after its settings were changed.
    pub fn forget(&self, organization: &OrganizationId) {
        self.kept.write().unwrap_or_else(PoisonError::into_inner).remove(organization);
    }

    /// Reads under the lock: whoever forgets waits for it, so what is kept was read after the last change.
    fn read(&self, organization: &OrganizationId) -> Result<Arc<Policy>, StoreError> {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let found = record::get::<Settings>(&self.store, organization, settings::ID)?;
        let policy =
            found.map_or_else(|| Arc::clone(&self.base), |found| Arc::new(laid_over(&self.base, found.record)));
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(organization.clone(), Arc::clone(&policy));
        Ok(policy)
    }
}

fn laid_over(base: &Policy, settings: Settings) -> Policy {
    Policy { assistant: Arc::new(settings.assistant), desk: Arc::new(settings.desk), ..base.clone() }
}
