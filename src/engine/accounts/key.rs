//! API keys: made once, shown once, found by their hash, taken back.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::locator::{self, By};
use super::{Accounts, committed, unreadable};
use crate::auth::{self, KeyHash, NewKey, Permissions};
use crate::domain::audit::{Act, FieldChange, Target};
use crate::domain::{Label, OrganizationId, Refusal, Timestamp};
use crate::engine::audit::Acting;
use crate::store::record::{self, Record};
use crate::store::{Batch, Direction, StoreError};

/// The most keys that an organization may have.
pub const KEYS_MAX: usize = 1000;

/// What is kept of an API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyRecord {
    /// The record's id; not secret.
    pub id: Uuid,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What people call it.
    pub name: Label,
    /// Enough of its text to recognise it.
    pub hint: String,
    /// The hash of its whole text.
    pub hash: KeyHash,
    /// What it may do.
    pub permissions: Permissions,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Record for ApiKeyRecord {
    const SPACE: &'static str = "api_key";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}

impl Accounts {
    /// Makes an API key of the caller's organization. Its text is in the answer and nowhere else.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Conflict` when the organization has [`KEYS_MAX`] keys, `Unavailable` when it can not be stored.
    pub async fn create_key(
        &self,
        acting: impl Into<Acting<'_>>,
        name: Label,
        permissions: Permissions,
    ) -> Result<(ApiKeyRecord, SecretString), Refusal> {
        let acting = acting.into();
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        self.organization(organization)?;
        let kept = record::count::<ApiKeyRecord>(self.store(), organization, KEYS_MAX).map_err(unreadable)?;
        if kept >= KEYS_MAX {
            return Err(Refusal::conflict("the organization has as many API keys as it may"));
        }
        let NewKey { text, hash, hint } = auth::key::generate();
        let created_at = self.now();
        let organization = organization.clone();
        let key = ApiKeyRecord { id: Uuid::now_v7(), organization, name, hint, hash, permissions, created_at };
        let scopes = FieldChange::set("permissions", &key.permissions.list().join(" "));
        let entry = acting.entry(&key.organization, created_at, Act::KeyCreated, target(&key), vec![scopes]);
        let mut batch = Batch::default();
        add(&mut batch, &key).map_err(unreadable)?;
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        committed(self.store().commit(batch).await)?;
        Ok((key, text))
    }

    /// The organization's keys, oldest first; never more than [`KEYS_MAX`], apart from keys made at the same instant.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn keys(&self, organization: &OrganizationId) -> Result<Vec<ApiKeyRecord>, Refusal> {
        let page = record::all(self.store(), organization, None, KEYS_MAX, Direction::Forward).map_err(unreadable)?;
        Ok(page.items.into_iter().map(|found| found.record).collect())
    }

    /// Takes a key of the caller's organization back; from then on it opens nothing, and sockets that it opened end.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound` when the organization has no such key, `Unavailable` when it can not be stored.
    pub async fn revoke_key(&self, acting: impl Into<Acting<'_>>, id: Uuid) -> Result<(), Refusal> {
        let acting = acting.into();
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        let found = record::get::<ApiKeyRecord>(self.store(), organization, &id.to_string()).map_err(unreadable)?;
        let found = found.ok_or(Refusal::NotFound { what: "API key" })?;
        let mut batch = Batch::default();
        record::remove(&mut batch, &found);
        locator::release(&mut batch, By::Key(&found.record.hash));
        let entry = acting.entry(organization, self.now(), Act::KeyRevoked, target(&found.record), Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        committed(self.store().commit(batch).await)?;
        self.rights_changed();
        Ok(())
    }

    /// The key that has this text.
    pub(super) fn key_of(&self, text: &str) -> Result<Option<ApiKeyRecord>, StoreError> {
        let Some(hash) = KeyHash::of_presented(text) else { return Ok(None) };
        let Some(place) = locator::find(self.store(), By::Key(&hash))? else { return Ok(None) };
        let found = record::get::<ApiKeyRecord>(self.store(), &place.organization, &place.id)?;
        Ok(found.map(|found| found.record).filter(|key| key.hash.matches(text)))
    }
}

/// The key as the audit log names it.
pub(super) fn target(key: &ApiKeyRecord) -> Target {
    Target::new("api_key", key.id).named(key.name.as_str())
}

/// Puts a new key into the batch.
pub(super) fn add(batch: &mut Batch, key: &ApiKeyRecord) -> Result<(), StoreError> {
    record::insert(batch, key)?;
    locator::take(batch, By::Key(&key.hash), &key.organization, &key.id())
}
