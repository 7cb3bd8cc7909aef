//! Which organizations have a desk that listens. The first session of another one that comes to people is told to whoever
//! starts desks.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::mpsc;

use super::{Bus, Entry};
use crate::domain::OrganizationId;
use crate::domain::desk::board::concerns_people;

/// Organizations that may wait to be looked at. One that finds no room is told with its next commit.
const UNATTENDED_MAX: usize = 1_024;

#[derive(Debug, Default)]
pub(super) struct Desks {
    attended: RwLock<HashSet<OrganizationId>>,
    starter: Mutex<Option<mpsc::Sender<OrganizationId>>>,
}

impl Desks {
    pub(super) fn look_at(&self, entry: &Arc<Entry>) {
        if !entry.case.as_ref().is_some_and(|case| concerns_people(case)) {
            return;
        }
        let organization = &entry.key.organization;
        if self.attended.read().unwrap_or_else(PoisonError::into_inner).contains(organization) {
            return;
        }
        let starter = self.starter.lock().unwrap_or_else(PoisonError::into_inner);
        if starter.as_ref().is_some_and(|starter| starter.try_send(organization.clone()).is_ok()) {
            self.attended.write().unwrap_or_else(PoisonError::into_inner).insert(organization.clone());
        }
    }
}

impl Bus {
    /// Organizations whose sessions come to people, each once, from now on.
    pub fn unattended(&self) -> mpsc::Receiver<OrganizationId> {
        let (starter, organizations) = mpsc::channel(UNATTENDED_MAX);
        *self.desks.starter.lock().unwrap_or_else(PoisonError::into_inner) = Some(starter);
        organizations
    }
}
