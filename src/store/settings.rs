//! An organization's settings as a record: one per organization.

use super::record::Record;
use crate::domain::{OrganizationId, Settings};

/// The id of the one record.
pub const ID: &str = "settings";

impl Record for Settings {
    const SPACE: &'static str = "settings";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        ID.to_owned()
    }
}
