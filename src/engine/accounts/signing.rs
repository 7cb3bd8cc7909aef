//! The keys that sign access tokens: the newest signs, older ones verify until nothing that they signed can still hold.
//! Kept in one record, so that two processes or two rotations at once can not lose each other's key.

use std::sync::{Arc, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{Accounts, TRIES_MAX, committed, unreadable};
use crate::auth::{SigningKey, Tokens};
use crate::domain::audit::{Act, Target};
use crate::domain::{OrganizationId, Refusal, Timestamp};
use crate::engine::audit;
use crate::store::record::{self, Record, Versioned};
use crate::store::{Batch, CommitError, Store, StoreError};

/// Who issues our tokens.
const ISSUER: &str = "switchboard";

/// The id of the one record.
const ID: &str = "access_tokens";

/// The most keys that verify at a time.
const SIGNING_KEYS_MAX: usize = 16;

/// How long a replaced key goes on verifying beyond the lifetime of tokens, in seconds; in case that was longer before.
const RETIRED_AFTER_S: u64 = 24 * 60 * 60;

/// What becomes of tokens that older keys signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OlderTokens {
    /// They hold until they expire.
    Hold,
    /// They are refused from now on: everybody logs in again. For a key that leaked.
    AreRefused,
}

/// Every key, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SigningKeys {
    organization: OrganizationId,
    keys: Vec<StoredKey>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredKey {
    id: String,
    #[serde(serialize_with = "exposed")]
    secret: SecretString,
    made_at: Timestamp,
}

impl Record for SigningKeys {
    const SPACE: &'static str = "signing_keys";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        ID.to_owned()
    }
}

impl Accounts {
    /// Makes a new signing key, durable before anything is signed with it.
    ///
    /// # Errors
    /// `Conflict` when too many older ones are still needed, `Unavailable` when it can not be stored.
    pub async fn rotate_signing_key(&self, older: OlderTokens) -> Result<(), Refusal> {
        for _ in 0..TRIES_MAX {
            let Some(found) = stored(self.store()).map_err(unreadable)? else { break };
            let next = found.record.rotated(older, self.now(), self.token_ttl_s())?;
            let mut batch = Batch::default();
            record::update(&mut batch, &found, &next).map_err(unreadable)?;
            let (home, on) = (&next.organization, Target::new("signing_key", ID));
            let entry = audit::operators(home, self.now(), Act::SigningKeyRotated, on, Vec::new());
            record::insert(&mut batch, &entry).map_err(unreadable)?;
            match self.store().commit(batch).await {
                Ok(()) => return self.reload_tokens().map_err(unreadable),
                Err(CommitError::Conflict { .. }) => {}
                other => return committed(other),
            }
        }
        Err(Refusal::Busy)
    }

    /// Reads under the lock, so that of two rotations at once the later keys stay.
    fn reload_tokens(&self) -> Result<(), StoreError> {
        let mut tokens = self.inner.tokens.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = stored(self.store())? {
            *tokens = Arc::new(found.record.tokens(self.token_ttl_s())?);
        }
        Ok(())
    }
}

/// The keys of this installation; made, and durable, if there were none.
pub(super) async fn load_or_make(store: &Store, now: Timestamp) -> Result<SigningKeys, StoreError> {
    for _ in 0..TRIES_MAX {
        if let Some(found) = stored(store)? {
            return Ok(found.record);
        }
        let made =
            SigningKeys { organization: OrganizationId::default_organization(), keys: vec![StoredKey::new(now)] };
        let mut batch = Batch::default();
        record::insert(&mut batch, &made)?;
        match store.commit(batch).await {
            Ok(()) | Err(CommitError::Conflict { .. }) => {}
            Err(why) => return Err(StoreError::Backend(why.to_string())),
        }
    }
    Err(StoreError::Backend("signing keys could not be stored".to_owned()))
}

impl SigningKeys {
    /// What issues and verifies with them.
    pub(super) fn tokens(&self, ttl_s: u64) -> Result<Tokens, StoreError> {
        let key = |key: &StoredKey| SigningKey::new(key.id.clone(), key.secret.clone());
        let keys = self.keys.iter().map(key).collect::<Result<_, _>>();
        let keys = keys.map_err(|why| StoreError::corrupt(Self::SPACE.as_bytes(), why))?;
        Ok(Tokens::new(keys, ISSUER.to_owned(), ttl_s))
    }

    fn rotated(&self, older: OlderTokens, now: Timestamp, ttl_s: u64) -> Result<Self, Refusal> {
        let mut keys = vec![StoredKey::new(now)];
        match older {
            OlderTokens::Hold => keys.extend(self.needed(now, ttl_s).cloned()),
            OlderTokens::AreRefused => {}
        }
        if keys.len() > SIGNING_KEYS_MAX {
            return Err(Refusal::conflict("too many signing keys are still in use"));
        }
        Ok(Self { organization: self.organization.clone(), keys })
    }

    /// The keys whose tokens may still hold. A key signs until the next newer one is made.
    fn needed(&self, now: Timestamp, ttl_s: u64) -> impl Iterator<Item = &StoredKey> {
        let kept_ms = ttl_s.saturating_add(RETIRED_AFTER_S).saturating_mul(1000);
        let replaced_at = std::iter::once(now).chain(self.keys.iter().map(|newer| newer.made_at));
        let aged = self.keys.iter().zip(replaced_at);
        aged.filter(move |(_, replaced_at)| now.since_ms(*replaced_at) < kept_ms).map(|(key, _)| key)
    }
}

impl StoredKey {
    fn new(now: Timestamp) -> Self {
        let made = SigningKey::generate();
        Self { id: made.id().to_owned(), secret: made.secret().clone(), made_at: now }
    }
}

fn stored(store: &Store) -> Result<Option<Versioned<SigningKeys>>, StoreError> {
    record::get(store, &OrganizationId::default_organization(), ID)
}

fn exposed<S: serde::Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL_S: u64 = 3600;

    fn at_s(s: i64) -> Timestamp {
        Timestamp::from_ms(s * 1000)
    }

    fn made_at(times: &[i64]) -> SigningKeys {
        let keys = times.iter().map(|s| StoredKey::new(at_s(*s))).collect();
        SigningKeys { organization: OrganizationId::default_organization(), keys }
    }

    fn times(keys: &SigningKeys) -> Vec<i64> {
        keys.keys.iter().map(|key| key.made_at.as_s()).collect()
    }

    #[test]
    fn a_key_goes_once_nothing_that_it_signed_can_hold() {
        let kept_s = i64::try_from(TTL_S + RETIRED_AFTER_S).unwrap();
        let keys = made_at(&[1000, 500, 0]);
        let after = |s| times(&keys.rotated(OlderTokens::Hold, at_s(s), TTL_S).unwrap());
        assert_eq!(after(2000), [2000, 1000, 500, 0]);
        assert_eq!(after(500 + kept_s), [500 + kept_s, 1000, 500]);
        assert_eq!(after(1000 + kept_s), [1000 + kept_s, 1000]);
    }

    #[test]
    fn after_a_leak_only_the_new_key_is_left() {
        let keys = made_at(&[1000, 0]).rotated(OlderTokens::AreRefused, at_s(2000), TTL_S).unwrap();
        assert_eq!(times(&keys), [2000]);
    }

    #[test]
    fn keys_that_are_still_needed_do_not_pile_up_without_a_limit() {
        let times: Vec<i64> = (0..16).rev().collect();
        let refused = made_at(&times).rotated(OlderTokens::Hold, at_s(20), TTL_S);
        assert!(matches!(refused, Err(Refusal::Conflict { .. })));
    }

    #[test]
    fn a_signing_secret_is_in_the_record_and_in_no_log() {
        let keys = made_at(&[0]);
        let secret = keys.keys[0].secret.expose_secret();
        assert!(serde_json::to_string(&keys).unwrap().contains(secret));
        assert!(!format!("{keys:?}").contains(secret));
    }
}
