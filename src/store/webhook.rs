//! Endpoints of webhooks as records.

use super::record::{self, Record, Versioned};
use super::{Direction, Store, StoreError};
use crate::domain::OrganizationId;
use crate::domain::webhook::Endpoint;

/// More endpoints than an organization may have, however it is configured.
const READ_MAX: usize = 1_000;

impl Record for Endpoint {
    const SPACE: &'static str = "webhook";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}

/// All endpoints of an organization, oldest first.
///
/// # Errors
/// As [`record::get`].
pub fn endpoints(store: &Store, organization: &OrganizationId) -> Result<Vec<Versioned<Endpoint>>, StoreError> {
    Ok(record::all(store, organization, None, READ_MAX, Direction::Forward)?.items)
}
