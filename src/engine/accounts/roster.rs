//! The users that there are: finding, listing and changing them.

use super::locator::{self, By};
use super::user::{Account, BY_ROLE};
use super::{Accounts, TRIES_MAX, committed, unreadable};
use crate::domain::{Email, OrganizationId, Refusal, Role, User, UserId};
use crate::store::index::{Cursor, Match, Page};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, Direction, StoreError};

/// The most users that a list counts.
pub const USERS_COUNTED_MAX: usize = 1_000_000;

/// The most users on a page of a list.
pub const USERS_PAGE_MAX: usize = 100;

/// Users that are passed over at a time on the way to a page.
const STRIDE: usize = 512;

pub(super) const NO_USER: Refusal = Refusal::NotFound { what: "user" };

impl Accounts {
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

    /// A page of the organization's users, the first made first, and how many there are (up to [`USERS_COUNTED_MAX`]).
    /// Pages count from 1 and hold at most [`USERS_PAGE_MAX`]. Administrators include platform admins.
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

    pub(super) fn made(&self, organization: &OrganizationId, id: &str) -> Result<User, Refusal> {
        self.account_at(organization, id).map_err(unreadable)?.map(|found| found.record.user).ok_or(NO_USER)
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
