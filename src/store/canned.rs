//! Canned replies, by id and by shortcut.

use super::record::{IndexEntry, Record};
use crate::domain::{CannedReply, OrganizationId};

/// Canned replies by shortcut; no two share one.
const BY_SHORTCUT: &str = "shortcut";

impl Record for CannedReply {
    const SPACE: &'static str = "canned";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![IndexEntry::unique(BY_SHORTCUT, self.shortcut.as_str())]
    }
}
