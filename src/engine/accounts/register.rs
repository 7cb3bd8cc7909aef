//! New users, and what can be done with those there are.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::locator::{self, By};
use super::request_key::{self, Claim, Earlier, RequestKey};
use super::user::{Account, BY_ROLE};
use super::{Accounts, committed, unreadable};
use crate::auth::{Caller, PasswordHash, Passwords};
use crate::domain::{Email, FullName, OrganizationId, Refusal, Role, User, UserId};
use crate::store::index::{Cursor, Match, Page};
use crate::store::record::{self, Record as _, Versioned};
use crate::store::{Batch, CommitError, Direction, StoreError};

/// The most users that a list counts.
pub const USERS_COUNTED_MAX: usize = 1_000_000;

/// The most users on a page of a list.
pub const USERS_PAGE_MAX: usize = 100;

/// Users that are passed over at a time on the way to a page.
const STRIDE: usize = 512;

/// How often a write is tried again that another one was faster than.
const TRIES_MAX: usize = 8;

const NO_USER: Refusal = Refusal::NotFound { what: "user" };

/// A user who is to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Where they belong.
    pub organization: OrganizationId,
    /// What they will log in with.
    pub email: Email,
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
    /// Makes a user.
    ///
    /// # Errors
    /// `Invalid` on `password`, `NotFound` for an unknown organization, `Conflict` when the e-mail is taken in any organization or
    /// the request's key came with another request, `Busy`, `Unavailable`.
    pub async fn register(&self, new: NewUser, request: Option<RequestKey>) -> Result<Created<User>, Refusal> {
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
            self.require_free(&new.email)?;
            let password = match hashed.take() {
                Some(hash) => hash,
                None => self.passwords().hash(new.password.clone()).await?,
            };
            hashed = Some(password.clone());
            let account = self.account(&new, password);
            match self.store().commit(batch_of(&account, claim)?).await {
                Err(CommitError::Conflict { .. }) => {}
                outcome => {
                    committed(outcome)?;
                    return Ok(Created { value: account.user, replayed: false });
                }
            }
        }
        Err(Refusal::Busy)
    }

    /// Makes a user on an administrator's behalf, in their own organization.
    ///
    /// # Errors
    /// As [`Accounts::register`]; `Forbidden` for whoever is no administrator or gives more than they have, `NotFound` for another organization.
    pub async fn create_user(
        &self,
        caller: &Caller,
        new: NewUser,
        request: Option<RequestKey>,
    ) -> Result<Created<User>, Refusal> {
        caller.require_admin()?;
        if new.organization != caller.organization {
            return Err(Refusal::NotFound { what: "organization" });
        }
        if new.role == Role::PlatformAdmin && !caller.is_platform_admin() {
            return Err(Refusal::Forbidden);
        }
        self.register(new, request).await
    }

    /// The user with this id.
    ///
    /// # Errors
    /// `NotFound` when the organization has none such, `Unavailable` when the store can not be read.
    pub fn user(&self, organization: &OrganizationId, id: UserId) -> Result<User, Refusal> {
        self.made(organization, &id.to_string())
    }

    /// The user with this e-mail, of whatever organization: check whose they are before anybody is told.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable` when the store can not be read.
    pub fn user_by_email(&self, email: &Email) -> Result<User, Refusal> {
        let found = self.account_by_email(email).map_err(unreadable)?;
        found.map(|found| found.record.user).ok_or(NO_USER)
    }

    /// A page of the organization's users, the first made first, and how many there are (up to [`USERS_COUNTED_MAX`]). Pages count
    /// from 1 and hold at most [`USERS_PAGE_MAX`]. Administrators include platform admins.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn list(
        &self,
        organization: &OrganizationId,
        role: Option<Role>,
        page: usize,
        limit: usize,
    ) -> Result<(Vec<User>, usize), Refusal> {
        let limit = limit.min(USERS_PAGE_MAX);
        let skipped = page.saturating_sub(1).saturating_mul(limit);
        let total = self.count(organization, role).map_err(unreadable)?;
        if limit == 0 || skipped >= total {
            return Ok((Vec::new(), total));
        }
        let users = self.listed(organization, role, skipped, limit).map_err(unreadable)?;
        Ok((users, total))
    }

    /// The user may log in no more, and their tokens are refused from now on. Twice is once.
    ///
    /// # Errors
    /// `NotFound` when the organization has none such, `Busy`, `Unavailable` when it can not be stored.
    pub async fn deactivate(&self, organization: &OrganizationId, id: UserId) -> Result<User, Refusal> {
        self.change(organization, id, |user| user.active = false).await
    }

    /// The user may log in again.
    ///
    /// # Errors
    /// As [`Accounts::deactivate`].
    pub async fn reactivate(&self, organization: &OrganizationId, id: UserId) -> Result<User, Refusal> {
        self.change(organization, id, |user| user.active = true).await
    }

    /// Changes a user as they are when the change is written; tried again when somebody else was faster.
    pub(super) async fn change(
        &self,
        organization: &OrganizationId,
        id: UserId,
        change: impl Fn(&mut User) + Send,
    ) -> Result<User, Refusal> {
        for _ in 0..TRIES_MAX {
            let old = self.account_at(organization, &id.to_string()).map_err(unreadable)?.ok_or(NO_USER)?;
            let mut new = old.record.clone();
            change(&mut new.user);
            if new.user == old.record.user {
                return Ok(new.user);
            }
            let mut batch = Batch::default();
            record::update(&mut batch, &old, &new).map_err(unreadable)?;
            match self.store().commit(batch).await {
                Err(CommitError::Conflict { .. }) => {}
                outcome => return committed(outcome).map(|()| new.user),
            }
        }
        Err(Refusal::Busy)
    }

    pub(super) fn account_by_email(&self, email: &Email) -> Result<Option<Versioned<Account>>, StoreError> {
        match locator::find(self.store(), By::Email(email))? {
            Some(place) => self.account_at(&place.organization, &place.id),
            None => Ok(None),
        }
    }

    pub(super) fn account_at(
        &self,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<Option<Versioned<Account>>, StoreError> {
        record::get(self.store(), organization, id)
    }

    fn made(&self, organization: &OrganizationId, id: &str) -> Result<User, Refusal> {
        self.account_at(organization, id).map_err(unreadable)?.map(|found| found.record.user).ok_or(NO_USER)
    }

    fn require_free(&self, email: &Email) -> Result<(), Refusal> {
        match locator::find(self.store(), By::Email(email)).map_err(unreadable)? {
            Some(_) => Err(Refusal::conflict("a user with this e-mail exists already")),
            None => Ok(()),
        }
    }

    fn account(&self, new: &NewUser, password: PasswordHash) -> Account {
        let user = User {
            id: UserId(Uuid::now_v7()),
            organization: new.organization.clone(),
            email: new.email.clone(),
            name: new.name.clone(),
            role: new.role,
            active: true,
            created_at: self.now(),
            last_login_at: None,
        };
        Account { user, password }
    }

    fn count(&self, organization: &OrganizationId, role: Option<Role>) -> Result<usize, StoreError> {
        match role {
            None => record::count::<Account>(self.store(), organization, USERS_COUNTED_MAX),
            Some(role) => {
                let wanted = Match::Is(role.as_str());
                record::count_index::<Account>(self.store(), organization, BY_ROLE, wanted, USERS_COUNTED_MAX)
            }
        }
    }

    fn listed(
        &self,
        organization: &OrganizationId,
        role: Option<Role>,
        mut skipped: usize,
        limit: usize,
    ) -> Result<Vec<User>, StoreError> {
        let mut users = Vec::new();
        let mut after = None;
        loop {
            let page = self.stride(organization, role, after.as_ref())?;
            let passed = skipped.min(page.items.len());
            skipped -= passed;
            let wanted = page.items.into_iter().skip(passed).take(limit - users.len());
            users.extend(wanted.map(|found| found.record.user));
            after = page.next;
            if after.is_none() || users.len() == limit {
                return Ok(users);
            }
        }
    }

    fn stride(
        &self,
        organization: &OrganizationId,
        role: Option<Role>,
        after: Option<&Cursor>,
    ) -> Result<Page<Account>, StoreError> {
        let forward = Direction::Forward;
        match role {
            None => record::all(self.store(), organization, after, STRIDE, forward),
            Some(role) => {
                let wanted = Match::Is(role.as_str());
                record::by_index(self.store(), organization, BY_ROLE, wanted, after, STRIDE, forward)
            }
        }
    }
}

/// Puts a new account into the batch.
pub(super) fn add(batch: &mut Batch, account: &Account) -> Result<(), StoreError> {
    record::insert(batch, account)?;
    let user = &account.user;
    locator::take(batch, By::Email(&user.email), &user.organization, &account.id())
}

fn batch_of(account: &Account, claim: Option<Claim>) -> Result<Batch, Refusal> {
    let mut batch = Batch::default();
    add(&mut batch, account).map_err(unreadable)?;
    if let Some(claim) = claim {
        request_key::claim(&mut batch, claim, account.user.id)?;
    }
    Ok(batch)
}
