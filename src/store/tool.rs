//! Tools of organizations, by id and by name, and the model that each brings along.

use super::record::{self, IndexEntry, Record};
use super::{Direction, Store, StoreError};
use crate::domain::OrganizationId;
use crate::domain::tool::{HttpTool, ModelSettings, TOOLS_MAX};

/// Tools by name; no two of an organization share one.
const BY_NAME: &str = "name";

/// The id of the one record of an organization's model.
pub const MODEL_ID: &str = "model";

impl Record for HttpTool {
    const SPACE: &'static str = "tool";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![IndexEntry::unique(BY_NAME, self.name.as_str())]
    }
}

impl Record for ModelSettings {
    const SPACE: &'static str = "model";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        MODEL_ID.to_owned()
    }
}

/// All tools of an organization, oldest first.
///
/// # Errors
/// What the store can not read.
pub fn tools(store: &Store, organization: &OrganizationId) -> Result<Vec<HttpTool>, StoreError> {
    let page = record::all(store, organization, None, TOOLS_MAX, Direction::Forward)?;
    Ok(page.items.into_iter().map(|found| found.record).collect())
}
