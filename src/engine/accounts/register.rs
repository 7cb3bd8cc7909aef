//! New users.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::locator::{self, By};
use super::request_key::{self, Claim, Earlier, RequestKey};
use super::user::Account;
use super::{Accounts, TRIES_MAX, committed, unreadable};
use crate::auth::{PasswordHash, Passwords};
use crate::domain::audit::{Act, AuditEntry, FieldChange, Target};
use crate::domain::{Email, FullName, OrganizationId, Refusal, Role, User, UserId, Username};
use crate::engine::audit::{self, Acting};
use crate::store::record::{self, Record as _};
use crate::store::{Batch, CommitError, StoreError};

/// A user who is to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Where they belong.
    pub organization: OrganizationId,
    /// What they will log in with.
    pub email: Email,
    /// What they may log in with besides.
    pub username: Option<Username>,
    /// Their password.
    pub password: SecretString,
    /// What they are called.
    pub name: FullName,
    /// What they may do. The door decides; customers for whoever registers by themselves.
    pub role: Role,
}

/// What a request made, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created<T> {
    /// It, as it is now.
    pub value: T,
    /// Whether an earlier request with the same key made it.
    pub replayed: bool,
}

impl Accounts {
    /// Makes a user: a customer who registers, or whomever the operator wants, which the audit log then says.
    ///
    /// # Errors
    /// `Invalid` on `password`, `NotFound` for an unknown organization, `Conflict` when the e-mail is taken in any
    /// organization, the username in this one, or the request's key came with another request, `Busy`, `Unavailable`.
    pub async fn register(&self, new: NewUser, request: Option<RequestKey>) -> Result<Created<User>, Refusal> {
        let audited = |user: &User| match user.role {
            Role::Customer => None,
            Role::PlatformAdmin | Role::Admin | Role::Agent => {
                let changes = vec![FieldChange::set("role", user.role.as_str())];
                let at = user.created_at;
                Some(audit::operators(&user.organization, at, Act::UserCreated, target(user), changes))
            }
        };
        self.make(new, request, audited).await
    }

    async fn make(
        &self,
        new: NewUser,
        request: Option<RequestKey>,
        audited: impl Fn(&User) -> Option<AuditEntry> + Send,
    ) -> Result<Created<User>, Refusal> {
        Passwords::check_policy(new.password.expose_secret())?;
        self.organization(&new.organization)?;
        let mut hashed: Option<PasswordHash> = None;
        for _ in 0..TRIES_MAX {
            let earlier = request.as_ref().map(|request| request_key::find(self.store(), request, self.now()));
            let claim = match earlier.transpose()? {
                Some(Earlier::Made(id)) => {
                    return Ok(Created { value: self.made(&new.organization, &id)?, replayed: true });
                }
                Some(Earlier::Nothing(claim)) => Some(claim),
                None => None,
            };
            self.require_free(&new)?;
            let password = match hashed.take() {
                Some(hash) => hash,
                None => self.passwords().hash(new.password.clone()).await?,
            };
            hashed = Some(password.clone());
            let account = self.account(&new, password);
            match self.store().commit(batch_of(&account, claim, audited(&account.user))?).await {
                Err(CommitError::Conflict { .. }) => {}
                outcome => {
                    committed(outcome)?;
                    return Ok(Created { value: account.user, replayed: false });
                }
            }
        }
        Err(Refusal::Busy)
    }

    /// Makes a user on an administrator's behalf, in their own organization; a platform admin in any.
    ///
    /// # Errors
    /// As [`Accounts::register`]; `Forbidden` for whoever is no administrator or gives more than they have, `NotFound`
    /// for another organization.
    pub async fn create_user(
        &self,
        acting: impl Into<Acting<'_>>,
        new: NewUser,
        request: Option<RequestKey>,
    ) -> Result<Created<User>, Refusal> {
        let acting = acting.into();
        let caller = acting.caller;
        caller.require_admin()?;
        if new.organization != caller.organization && !caller.is_platform_admin() {
            return Err(Refusal::NotFound { what: "organization" });
        }
        if new.role == Role::PlatformAdmin && !caller.is_platform_admin() {
            return Err(Refusal::Forbidden);
        }
        let audited = |user: &User| {
            let changes = vec![FieldChange::set("role", user.role.as_str())];
            Some(acting.entry(&user.organization, user.created_at, Act::UserCreated, target(user), changes))
        };
        self.make(new, request, audited).await
    }

    fn require_free(&self, new: &NewUser) -> Result<(), Refusal> {
        let taken = |by| locator::find(self.store(), by).map(|found| found.is_some()).map_err(unreadable);
        if let Some(username) = &new.username
            && taken(By::Username(&new.organization, username))?
        {
            return Err(Refusal::conflict("a user with this username exists already"));
        }
        if taken(By::Email(&new.email))? {
            return Err(Refusal::conflict("a user with this e-mail exists already"));
        }
        Ok(())
    }

    fn account(&self, new: &NewUser, password: PasswordHash) -> Account {
        let user = User {
            id: UserId(Uuid::now_v7()),
            organization: new.organization.clone(),
            email: new.email.clone(),
            username: new.username.clone(),
            name: new.name.clone(),
            role: new.role,
            active: true,
            created_at: self.now(),
            last_login_at: None,
        };
        Account { user, password }
    }
}

/// Puts a new account into the batch.
pub(super) fn add(batch: &mut Batch, account: &Account) -> Result<(), StoreError> {
    record::insert(batch, account)?;
    let (user, id) = (&account.user, account.id());
    if let Some(username) = &user.username {
        locator::take(batch, By::Username(&user.organization, username), &user.organization, &id)?;
    }
    locator::take(batch, By::Email(&user.email), &user.organization, &id)
}

/// A user as the audit log names them.
pub(super) fn target(user: &User) -> Target {
    Target::new("user", user.id).named(user.email.as_str())
}

fn batch_of(account: &Account, claim: Option<Claim>, audited: Option<AuditEntry>) -> Result<Batch, Refusal> {
    let mut batch = Batch::default();
    add(&mut batch, account).map_err(unreadable)?;
    if let Some(entry) = audited {
        record::insert(&mut batch, &entry).map_err(unreadable)?;
    }
    if let Some(claim) = claim {
        request_key::claim(&mut batch, claim, account.user.id)?;
    }
    Ok(batch)
}
