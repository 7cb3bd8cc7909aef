//! Proving who one is: a password for a token, then the token or an API key with every request.

use std::net::IpAddr;

use secrecy::SecretString;

use super::locator::{self, By};
use super::user::Account;
use super::{Accounts, unreadable};
use crate::auth::{Caller, Claims, Issued, NewClaims, Subject, Who};
use crate::domain::{CustomerId, Email, OrganizationId, Refusal, Timestamp, User, Username};
use crate::store::StoreError;

/// A login that succeeded.
#[derive(Debug, Clone)]
pub struct Login {
    /// The access token.
    pub issued: Issued,
    /// Whose it is.
    pub user: User,
}

/// What somebody logs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginName {
    /// Their e-mail.
    Email(Email),
    /// Their username in an organization.
    Username(OrganizationId, Username),
}

impl LoginName {
    /// An e-mail where there is an `@`, else a username of the default organization.
    ///
    /// # Errors
    /// `Unauthenticated`: what is neither is no account either, and anybody can see that without asking.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let name = if text.contains('@') {
            Email::parse(text).map(Self::Email)
        } else {
            Username::parse(text).map(|name| Self::Username(OrganizationId::default_organization(), name))
        };
        name.map_err(|_malformed| Refusal::Unauthenticated)
    }

    /// The name under which failures are counted while it leads to nobody.
    fn unknown(&self) -> String {
        match self {
            Self::Email(email) => email.as_str().to_owned(),
            Self::Username(organization, name) => format!("{organization}/{}", name.folded()),
        }
    }
}

impl Accounts {
    /// Gives a token for the password that belongs to an e-mail, as [`Accounts::log_in`].
    ///
    /// # Errors
    /// As [`Accounts::log_in`].
    pub async fn login(&self, email: &str, password: SecretString, from: IpAddr) -> Result<Login, Refusal> {
        // What is no address is no account either, and anybody can see that without asking.
        let email = Email::parse(email).map_err(|_malformed| Refusal::Unauthenticated)?;
        self.log_in(&LoginName::Email(email), password, from).await
    }

    /// Gives a token for a password. An unknown account, a wrong password and a deactivated user look the same and take
    /// the same time.
    ///
    /// # Errors
    /// `Unauthenticated`; `TooMany` when the account or the address is locked; `Busy`, `Unavailable`.
    pub async fn log_in(&self, name: &LoginName, password: SecretString, from: IpAddr) -> Result<Login, Refusal> {
        let account = self.account_named(name).map_err(unreadable)?;
        // However they are named, guesses at one account count together.
        let counted = account.as_ref().map_or_else(|| name.unknown(), |found| found.user.email.as_str().to_owned());
        let attempt = self.attempts().begin(&counted, from, self.now())?;
        let hash = account.as_ref().map(|account| &account.password);
        let right = self.passwords().verify(password, hash).await?;
        let Some(user) = account.map(|account| account.user).filter(|user| right && user.active) else {
            attempt.failed();
            return Err(Refusal::Unauthenticated);
        };
        attempt.succeeded();
        let user = self.logged_in(user).await?;
        Ok(Login { issued: self.issue(&user)?, user })
    }

    /// Who a credential stands for: an access token of ours or an API key. A user's role, name and right to be here are
    /// read from the store each time (one point read, two for a key), so a change counts at once, in every process.
    ///
    /// # Errors
    /// `Unauthenticated`; `Unavailable` when the store can not be read.
    pub async fn authenticate(&self, credential: &str) -> Result<Caller, Refusal> {
        match self.tokens().verify(credential, self.now()) {
            Ok(claims) => self.caller_of(&claims),
            Err(_) => self.caller_by_key(credential).map_err(unreadable)?.ok_or(Refusal::Unauthenticated),
        }
    }

    /// When a token ends, if it is one of ours and holds.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub fn token_expiry(&self, token: &str) -> Result<Timestamp, Refusal> {
        self.tokens().verify(token, self.now()).map(|claims| claims.expires_at)
    }

    /// A token for a customer without an account, as an operator hands them out.
    ///
    /// # Errors
    /// `NotFound` for an unknown organization, `Unavailable`.
    pub fn issue_customer_token(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Issued, Refusal> {
        self.organization(organization)?;
        let subject = Subject::Customer { id: customer.clone() };
        self.tokens().issue(&NewClaims { organization: organization.clone(), subject }, self.now())
    }

    /// A token for a user without their password, as an operator hands them out.
    ///
    /// # Errors
    /// `NotFound` for an unknown or deactivated user, `Unavailable`.
    pub fn issue_user_token(&self, email: &Email) -> Result<Issued, Refusal> {
        let user = self.user_by_email(email)?;
        if user.active { self.issue(&user) } else { Err(Refusal::NotFound { what: "user" }) }
    }

    fn issue(&self, user: &User) -> Result<Issued, Refusal> {
        let subject = Subject::User { id: user.id, role: user.role, name: user.name.full().clone() };
        self.tokens().issue(&NewClaims { organization: user.organization.clone(), subject }, self.now())
    }

    /// Keeps the time of the login. A store that takes no writes does not keep people out: somebody must look after it.
    async fn logged_in(&self, user: User) -> Result<User, Refusal> {
        let now = self.now();
        let kept =
            self.change(&user.organization, user.id, |user| user.last_login_at = user.last_login_at.max(Some(now)));
        match kept.await {
            Ok(user) if user.active => Ok(user),
            Ok(_) | Err(Refusal::NotFound { .. }) => Err(Refusal::Unauthenticated),
            Err(why) => {
                tracing::warn!(%why, "the time of a login could not be kept");
                Ok(user)
            }
        }
    }

    fn account_named(&self, name: &LoginName) -> Result<Option<Account>, StoreError> {
        let found = match name {
            LoginName::Email(email) => self.account_by_email(email)?,
            LoginName::Username(organization, username) => {
                match locator::find(self.store(), By::Username(organization, username))? {
                    Some(place) => self.account_at(&place.organization, &place.id)?,
                    None => None,
                }
            }
        };
        Ok(found.map(|found| found.record))
    }

    fn caller_of(&self, claims: &Claims) -> Result<Caller, Refusal> {
        let Subject::User { id, .. } = &claims.subject else { return Ok(claims.caller()) };
        let account = self.account_at(&claims.organization, &id.to_string()).map_err(unreadable)?;
        let user = account.map(|account| account.record.user).filter(|user| user.active);
        let user = user.ok_or(Refusal::Unauthenticated)?;
        let who = Who::User { id: user.id, role: user.role, name: user.name.full().clone() };
        Ok(Caller { organization: user.organization, who })
    }

    fn caller_by_key(&self, credential: &str) -> Result<Option<Caller>, StoreError> {
        let key = self.key_of(credential)?;
        Ok(key.map(|key| Caller {
            organization: key.organization,
            who: Who::Key { id: key.id, permissions: key.permissions },
        }))
    }
}
