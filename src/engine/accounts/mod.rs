//! Accounts: organizations, users, API keys, and the tokens that stand for them.
//!
//! Imports `domain`, `store`, `auth`, `clock` and the engine's audit log. E-mails and API keys are unique over the whole installation, since
//! whoever shows one does not say which organization they mean; everything else is looked for within an organization,
//! and an id of another one is not found. What belongs together is written in one batch: a user, their e-mail and the
//! request that made them; the first start's organization, administrator and key.
//! An administrative act and its audit entry are one batch. Deliberately absent: HTTP, conversations, external issuers.

mod bootstrap;
mod change;
mod erase;
mod founding;
mod key;
mod locator;
mod login;
mod outlived;
mod register;
pub mod request_key;
mod roster;
mod signing;
mod user;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::auth::{LoginAttempts, Passwords, Tokens};
use crate::clock::SharedClock;
use crate::domain::{Organization, OrganizationId, Refusal, Timestamp};
use crate::store::{CommitError, Store, StoreError, record};

pub use bootstrap::{Bootstrap, FirstStart};
pub use change::UserChange;
pub use erase::CustomersAccounts;
pub use key::{ApiKeyRecord, KEYS_MAX};
pub use login::{Login, LoginName};
pub use register::{Created, NewUser};
pub use request_key::{OTHER_REQUEST, RequestKey};
pub use roster::{USERS_COUNTED_MAX, USERS_PAGE_MAX};
pub use signing::OlderTokens;

/// How often a write is tried again that another one was faster than.
const TRIES_MAX: usize = 8;

/// The accounts of an installation. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: SharedClock,
    passwords: Passwords,
    attempts: LoginAttempts,
    token_ttl_s: u64,
    tokens: RwLock<Arc<Tokens>>,
    /// Counts the changes of what somebody may do.
    rights: watch::Sender<u64>,
}

impl Accounts {
    /// Accounts over a store whose completions run. Makes signing keys, durable before this returns, if there are none.
    ///
    /// # Errors
    /// When the store can not be read or written.
    pub async fn new(
        store: Store,
        clock: SharedClock,
        passwords: Passwords,
        attempts: LoginAttempts,
        token_ttl_s: u64,
    ) -> Result<Self, StoreError> {
        let keys = signing::load_or_make(&store, clock.now()).await?;
        let tokens = RwLock::new(Arc::new(keys.tokens(token_ttl_s)?));
        let rights = watch::Sender::new(0);
        Ok(Self { inner: Arc::new(Inner { store, clock, passwords, attempts, token_ttl_s, tokens, rights }) })
    }

    /// The organization with this id.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable` when the store can not be read.
    pub fn organization(&self, id: &OrganizationId) -> Result<Organization, Refusal> {
        self.organization_if_any(id)?.ok_or(Refusal::NotFound { what: "organization" })
    }

    fn organization_if_any(&self, id: &OrganizationId) -> Result<Option<Organization>, Refusal> {
        let found = record::get(self.store(), id, id.as_str()).map_err(unreadable)?;
        Ok(found.map(|found| found.record))
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(super) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    fn attempts(&self) -> &LoginAttempts {
        &self.inner.attempts
    }

    fn token_ttl_s(&self) -> u64 {
        self.inner.token_ttl_s
    }

    fn tokens(&self) -> Arc<Tokens> {
        Arc::clone(&self.inner.tokens.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").field("store", &self.inner.store).finish_non_exhaustive()
    }
}

/// A store that can not be read is our fault; the reason is for the log.
#[expect(clippy::needless_pass_by_value, reason = "it is the end of the error's way")]
fn unreadable(why: StoreError) -> Refusal {
    tracing::error!(%why, "accounts could not be read");
    Refusal::Unavailable { part: "store" }
}

/// The outcome of a commit, where a conflict is nothing that is tried again.
fn committed(outcome: Result<(), CommitError>) -> Result<(), Refusal> {
    outcome.map_err(|why| why.refused("it was changed meanwhile"))
}
