//! Finds what is unique over the whole installation, or what people log in with: `locator/<kind>/<value>` holds a record's organization and id.
//! Written in the batch of the record itself, which is refused if the value is taken.

use serde::{Deserialize, Serialize};

use crate::auth::KeyHash;
use crate::domain::{Email, OrganizationId, Username};
use crate::store::{Batch, Store, StoreError};

/// What something is found by.
#[derive(Debug, Clone, Copy)]
pub(super) enum By<'a> {
    /// A user, by the e-mail they log in with.
    Email(&'a Email),
    /// A user, by the name that they may log in with in their organization.
    Username(&'a OrganizationId, &'a Username),
    /// An API key, by its hash.
    Key(&'a KeyHash),
}

/// Where a record is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Place {
    v: u32,
    pub(super) organization: OrganizationId,
    pub(super) id: String,
}

/// Takes the value for a record, with the batch.
pub(super) fn take(batch: &mut Batch, by: By<'_>, organization: &OrganizationId, id: &str) -> Result<(), StoreError> {
    let key = by.key();
    let place = Place { v: 1, organization: organization.clone(), id: id.to_owned() };
    let value = serde_json::to_vec(&place).map_err(|why| StoreError::corrupt(&key, why))?;
    batch.put_new(key, value);
    Ok(())
}

/// Gives the value up, with the batch.
pub(super) fn release(batch: &mut Batch, by: By<'_>) {
    batch.delete(by.key());
}

/// Where the record with this value is.
pub(super) fn find(store: &Store, by: By<'_>) -> Result<Option<Place>, StoreError> {
    let key = by.key();
    let Some(value) = store.get(&key)? else { return Ok(None) };
    serde_json::from_slice(&value).map(Some).map_err(|why| StoreError::corrupt(&key, why))
}

impl By<'_> {
    fn key(self) -> Vec<u8> {
        match self {
            Self::Email(email) => format!("locator/email/{}", email.as_str()),
            Self::Username(organization, name) => format!("locator/username/{organization}/{}", name.folded()),
            Self::Key(hash) => format!("locator/key/{hash}"),
        }
        .into_bytes()
    }
}
