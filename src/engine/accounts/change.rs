//! Changing users on an administrator's behalf: who they are, what they may do, whether they may log in.

use serde::{Deserialize, Serialize};

use super::roster::NO_USER;
use super::user::{Account, BY_ROLE};
use super::{Accounts, TRIES_MAX, committed, unreadable};
use crate::auth::Caller;
use crate::domain::audit::{Act, AuditEntry, FieldChange, Target};
use crate::domain::{OrganizationId, Refusal, Role, User, UserId};
use crate::engine::audit::Acting;
use crate::store::index::Match;
use crate::store::record::{self, Record, Versioned};
use crate::store::{Batch, CommitError, Direction};

/// Accounts that are read at a time in the search for another administrator.
const STRIDE: usize = 64;

/// What is to become of a user; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// Whether they may log in.
    pub active: Option<bool>,
    /// Their first name.
    pub first_name: Option<String>,
    /// Their last name.
    pub last_name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
}

/// Raised by each change that takes an administrator away, so that of two at once the second sees the first.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Administrators {
    organization: OrganizationId,
    taken_away: u64,
}

impl Record for Administrators {
    const SPACE: &'static str = "administrators";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        "administrators".to_owned()
    }
}

impl Accounts {
    /// Changes a user of the caller's organization. The same change twice is once. Whoever may do less from then on, or
    /// nothing, is refused with tokens that they have too, and their sockets end ([`Accounts::outlived`]).
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator, gives more than they have, or changes somebody above them; `NotFound`
    /// where the organization has none such; `Conflict` for one's own role or access, and for the last administrator;
    /// `Invalid` on `firstName` or `lastName`; `Busy`, `Unavailable`.
    pub async fn change_user(
        &self,
        acting: impl Into<Acting<'_>>,
        id: UserId,
        change: UserChange,
    ) -> Result<User, Refusal> {
        let acting = acting.into();
        acting.caller.require_admin()?;
        for _ in 0..TRIES_MAX {
            let organization = &acting.caller.organization;
            let old = self.account_at(organization, &id.to_string()).map_err(unreadable)?.ok_or(NO_USER)?;
            let new = Account { user: changed(&old.record.user, &change)?, password: old.record.password.clone() };
            require_rank(acting.caller, &old.record.user, &new.user)?;
            if new.user == old.record.user {
                return Ok(new.user);
            }
            let batch = self.change_batch(acting, &old, &new)?;
            match self.store().commit(batch).await {
                Err(CommitError::Conflict { .. }) => {}
                outcome => {
                    committed(outcome)?;
                    self.rights_changed();
                    return Ok(new.user);
                }
            }
        }
        Err(Refusal::Busy)
    }

    fn change_batch(&self, acting: Acting<'_>, old: &Versioned<Account>, new: &Account) -> Result<Batch, Refusal> {
        let mut batch = Batch::default();
        if is_admin(&old.record.user) && !is_admin(&new.user) {
            self.take_administrator(acting.caller, &new.user, &mut batch)?;
        }
        record::update(&mut batch, old, new).map_err(unreadable)?;
        record::insert(&mut batch, &self.entry(acting, &old.record.user, &new.user)).map_err(unreadable)?;
        Ok(batch)
    }

    /// Makes sure that an administrator is left who can undo it, and that the one who does it still is one.
    fn take_administrator(&self, caller: &Caller, gone: &User, batch: &mut Batch) -> Result<(), Refusal> {
        let organization = &gone.organization;
        let guard = record::get::<Administrators>(self.store(), organization, "administrators").map_err(unreadable)?;
        if let Some(user) = caller.user()
            && !self.user(organization, user).is_ok_and(|user| is_admin(&user))
        {
            return Err(Refusal::Unauthenticated);
        }
        if !self.has_other_admin(organization, gone.id)? {
            return Err(Refusal::conflict("the organization needs an administrator"));
        }
        let taken_away = guard.as_ref().map_or(0, |guard| guard.record.taken_away) + 1;
        let next = Administrators { organization: organization.clone(), taken_away };
        record::replace(batch, guard.as_ref(), &next).map_err(unreadable)
    }

    fn has_other_admin(&self, organization: &OrganizationId, without: UserId) -> Result<bool, Refusal> {
        let (wanted, mut after) = (Match::Is(Role::Admin.as_str()), None);
        loop {
            let page = record::by_index::<Account>(
                self.store(),
                organization,
                BY_ROLE,
                wanted,
                after.as_ref(),
                STRIDE,
                Direction::Forward,
            )
            .map_err(unreadable)?;
            let mut users = page.items.iter().map(|found| &found.record.user);
            if users.any(|user| user.id != without && is_admin(user)) {
                return Ok(true);
            }
            after = page.next;
            if after.is_none() {
                return Ok(false);
            }
        }
    }

    fn entry(&self, acting: Acting<'_>, old: &User, new: &User) -> AuditEntry {
        let act = match (old.active, new.active) {
            (true, false) => Act::UserDeactivated,
            (false, true) => Act::UserReactivated,
            (true, true) | (false, false) => Act::UserChanged,
        };
        let changes = [
            FieldChange::of("role", &old.role, &new.role),
            FieldChange::of("name", &old.name.full().as_str(), &new.name.full().as_str()),
            FieldChange::of("active", &old.active, &new.active),
        ];
        let on = Target::new("user", new.id).named(new.email.as_str());
        acting.entry(&new.organization, self.now(), act, on, changes.into_iter().flatten().collect())
    }
}

fn changed(user: &User, change: &UserChange) -> Result<User, Refusal> {
    let name = user.name.with_parts(change.first_name.as_deref(), change.last_name.as_deref())?;
    let (active, role) = (change.active.unwrap_or(user.active), change.role.unwrap_or(user.role));
    Ok(User { active, role, name, ..user.clone() })
}

/// Nobody gives what they do not have, or takes it from somebody above them, or from themselves.
fn require_rank(caller: &Caller, old: &User, new: &User) -> Result<(), Refusal> {
    let platform = old.role == Role::PlatformAdmin || new.role == Role::PlatformAdmin;
    if platform && !caller.is_platform_admin() {
        return Err(Refusal::Forbidden);
    }
    let rights = |user: &User| (user.active, user.role);
    if caller.user() == Some(old.id) && rights(old) != rights(new) {
        return Err(Refusal::conflict("one's own role and access are changed by somebody else"));
    }
    Ok(())
}

const fn is_admin(user: &User) -> bool {
    user.active && user.role.is_admin()
}
