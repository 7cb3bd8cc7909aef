//! Audit entries as records, in the order of their ids, which is that of the acts.

use super::record::Record;
use crate::domain::{AuditEntry, OrganizationId};

impl Record for AuditEntry {
    const SPACE: &'static str = "audit";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}
