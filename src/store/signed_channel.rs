//! Organizations' own channels as records.

use super::record::{self, Record, Versioned};
use super::{Direction, Store, StoreError};
use crate::domain::OrganizationId;
use crate::domain::signed_channel::SignedChannel;

/// More channels than an organization may have.
const READ_MAX: usize = 1_000;

impl Record for SignedChannel {
    const SPACE: &'static str = "signed_channel";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}

/// All of an organization's, oldest first.
///
/// # Errors
/// As [`record::get`].
pub fn signed_channels(
    store: &Store,
    organization: &OrganizationId,
) -> Result<Vec<Versioned<SignedChannel>>, StoreError> {
    Ok(record::all(store, organization, None, READ_MAX, Direction::Forward)?.items)
}
