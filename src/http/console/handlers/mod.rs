//! One file per noun.

pub(super) mod account;
pub(super) mod audit;
pub(super) mod cache;
pub(super) mod canned;
pub(super) mod channel_accounts;
pub(super) mod costs;
pub(super) mod customers;
pub(super) mod dashboard;
pub(super) mod dispatches;
pub(super) mod documents;
pub(super) mod files;
pub(super) mod knowledge;
pub(super) mod live;
pub(super) mod mails;
pub(super) mod memories;
pub(super) mod privacy;
mod seen;
pub(super) mod sessions;
pub(super) mod settings;
pub(super) mod signed_channels;
pub(super) mod system;
pub(super) mod team;
pub(super) mod tools;
pub(super) mod unanswered;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::auth::Caller;
use crate::domain::{Refusal, UserId};
use crate::http::guard::{Authenticated, Fault};

/// The person of the staff whom a route wants; keys and customers are `Forbidden`.
#[derive(Debug, Clone)]
pub(crate) struct Colleague {
    /// Their credentials.
    pub caller: Caller,
    /// Who they are.
    pub user: UserId,
}

impl<S: Sync> FromRequestParts<S> for Colleague {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, state).await?;
        caller.require_staff()?;
        let user = caller.user().ok_or(Refusal::Forbidden)?;
        Ok(Self { caller, user })
    }
}
