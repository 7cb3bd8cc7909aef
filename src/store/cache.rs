//! What an organization's cache did, as a record: one per organization.

use super::record::Record;
use crate::domain::OrganizationId;
use crate::domain::cache::CacheCounts;

/// The id of the one record.
pub const ID: &str = "counts";

impl Record for CacheCounts {
    const SPACE: &'static str = "cachecounts";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        ID.to_owned()
    }
}
