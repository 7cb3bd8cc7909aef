//! Which server is asked for which organization: the installation's, or the one that the organization brings along. Each has
//! its own connections, its own breaker and its own quirks, so that one organization's broken server is nobody else's matter.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::attempt::{OpenAiError, Provider};
use super::{Equipment, OpenAiConfig};
use crate::clock::SharedClock;
use crate::domain::OrganizationId;
use crate::domain::tool::ModelSettings;
use crate::outward::Reach;
use crate::store::{Store, StoreError, record, tool};

/// How many organizations' own servers are kept ready; beyond it all are prepared again.
const KEPT_MAX: usize = 1_000;

/// See the module.
pub(super) struct Providers {
    config: OpenAiConfig,
    /// The installation's; none where it has no model and only organizations bring theirs.
    base: Option<Arc<Provider>>,
    store: Option<Store>,
    reach: Reach,
    clock: SharedClock,
    own: Mutex<HashMap<OrganizationId, Own>>,
}

struct Own {
    settings: ModelSettings,
    provider: Option<Arc<Provider>>,
}

impl Providers {
    /// Prepares the installation's server.
    ///
    /// # Errors
    /// When its address is none, or the HTTP client can not be built.
    pub(super) fn new(config: OpenAiConfig, equipment: &Equipment) -> Result<Self, OpenAiError> {
        let clock = Arc::clone(&equipment.clock);
        let base = match equipment.installed {
            true => Some(Arc::new(Provider::new(config.clone(), Arc::clone(&clock), None)?)),
            false => None,
        };
        let (store, reach) = (equipment.means.store.clone(), equipment.reach);
        Ok(Self { config, base, store, reach, clock, own: Mutex::default() })
    }

    /// The installation's.
    pub(super) const fn base(&self) -> Option<&Arc<Provider>> {
        self.base.as_ref()
    }

    /// Who is asked for this organization; nobody where neither it nor the installation has a server, and where what it has
    /// set does not read.
    pub(super) fn of(&self, organization: &OrganizationId) -> Option<Arc<Provider>> {
        // Where nobody can tell whose model an organization wants asked, none is: its customers' words are not for another's.
        let Some(settings) = self.settings(organization).ok()? else { return self.base.clone() };
        if self.base.is_none() && settings.base_url.is_none() {
            return None;
        }
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = own.get(organization).filter(|kept| kept.settings == settings) {
            return kept.provider.clone();
        }
        if own.len() >= KEPT_MAX {
            own.clear();
        }
        let provider = self.prepare(organization, &settings);
        own.insert(organization.clone(), Own { settings, provider: provider.clone() });
        provider
    }

    /// What the organization has set; the log says where that can not be read.
    fn settings(&self, organization: &OrganizationId) -> Result<Option<ModelSettings>, StoreError> {
        let Some(store) = &self.store else { return Ok(None) };
        let found = record::get::<ModelSettings>(store, organization, tool::MODEL_ID);
        let found =
            found.inspect_err(|error| tracing::error!(%organization, %error, "a model's settings do not read"))?;
        let settings = found.map(|found| found.record);
        Ok(settings.filter(|settings| *settings != ModelSettings::unset(organization.clone())))
    }

    fn prepare(&self, organization: &OrganizationId, settings: &ModelSettings) -> Option<Arc<Provider>> {
        let reach = settings.base_url.is_some().then_some(self.reach);
        let prepared = Provider::new(self.config.overlaid(settings), Arc::clone(&self.clock), reach);
        let prepared =
            prepared.inspect_err(|why| tracing::warn!(%organization, %why, "an organization's model is not asked"));
        prepared.ok().map(Arc::new)
    }
}
