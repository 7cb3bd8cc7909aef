//! Who hears of every session of an organization, or of all that people have to do with.

use std::sync::Arc;

use dashmap::DashMap;
use foldhash::quality::RandomState;

use super::{Bus, Hub, Outbox, leave};
use crate::domain::OrganizationId;

/// Which sessions of an organization somebody listens to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extent {
    /// All.
    Whole,
    /// Those that people have to do with.
    People,
}

/// Watches an organization until it is dropped.
#[derive(Debug)]
pub struct Watch {
    bus: Arc<Bus>,
    extent: Extent,
    organization: OrganizationId,
    outbox: Arc<Outbox>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        leave(self.bus.watching(self.extent), &self.organization, &self.outbox);
    }
}

impl Bus {
    /// Listens to what is committed in every session of an organization from now on; what passes without a trace is not
    /// in it. Each entry names its session.
    pub fn watch(self: &Arc<Self>, organization: &OrganizationId, outbox: &Arc<Outbox>) -> Watch {
        self.listen(Extent::Whole, organization, outbox)
    }

    /// As [`Bus::watch`], but to the sessions only that people have to do with; while somebody watches the whole organization,
    /// to all of them.
    pub fn oversee(self: &Arc<Self>, organization: &OrganizationId, outbox: &Arc<Outbox>) -> Watch {
        self.listen(Extent::People, organization, outbox)
    }

    fn listen(self: &Arc<Self>, extent: Extent, organization: &OrganizationId, outbox: &Arc<Outbox>) -> Watch {
        self.watching(extent).entry(organization.clone()).or_default().push(Arc::clone(outbox));
        let (organization, outbox) = (organization.clone(), Arc::clone(outbox));
        Watch { bus: Arc::clone(self), extent, organization, outbox }
    }

    pub(super) const fn watching(&self, extent: Extent) -> &DashMap<OrganizationId, Hub, RandomState> {
        match extent {
            Extent::Whole => &self.watchers,
            Extent::People => &self.overseers,
        }
    }

    /// Whether anybody watches the whole organization.
    pub fn is_watched(&self, organization: &OrganizationId) -> bool {
        !self.watchers.is_empty() && self.watchers.contains_key(organization)
    }
}
