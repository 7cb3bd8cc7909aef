//! Who is asking, once their credentials held. Doors make one per request and hand it to the engine.

use uuid::Uuid;

use super::permission::{Access, Permissions};
use crate::domain::Role;
use crate::domain::{CustomerId, OrganizationId, PersonName, Refusal, UserId};

/// A caller whose credentials held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The organization that they act in; ids of any other one do not exist for them.
    pub organization: OrganizationId,
    /// Who they are.
    pub who: Who,
}

/// The kinds of caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person with an account.
    User {
        /// Their account.
        id: UserId,
        /// What they may do.
        role: Role,
        /// What others see.
        name: PersonName,
    },
    /// A customer without an account.
    Customer {
        /// The customer.
        id: CustomerId,
    },
    /// A program with an API key.
    Key {
        /// The key's record.
        id: Uuid,
        /// What it may do.
        permissions: Permissions,
    },
}

impl Caller {
    /// May run the organization: an administrator, or a key with every permission.
    pub fn is_admin(&self) -> bool {
        match &self.who {
            Who::User { role, .. } => role.is_admin(),
            Who::Customer { .. } => false,
            Who::Key { permissions, .. } => permissions.is_all(),
        }
    }

    /// May answer customers: administrators, agents, or a key with every permission.
    pub fn is_staff(&self) -> bool {
        match &self.who {
            Who::User { role, .. } => role.is_staff(),
            Who::Customer { .. } => false,
            Who::Key { permissions, .. } => permissions.is_all(),
        }
    }

    /// May look after every organization. No API key may.
    pub fn is_platform_admin(&self) -> bool {
        matches!(self.who, Who::User { role: Role::PlatformAdmin, .. })
    }

    /// The customer that this caller is, if they are one: staff and keys are not.
    pub fn customer(&self) -> Option<CustomerId> {
        match &self.who {
            Who::User { id, role: Role::Customer, .. } => Some(CustomerId::of_user(*id)),
            Who::User { .. } | Who::Key { .. } => None,
            Who::Customer { id } => Some(id.clone()),
        }
    }

    /// The account, if the caller has one.
    pub fn user(&self) -> Option<UserId> {
        match &self.who {
            Who::User { id, .. } => Some(*id),
            Who::Customer { .. } | Who::Key { .. } => None,
        }
    }

    /// Goes on only for administrators.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require_admin(&self) -> Result<(), Refusal> {
        if self.is_admin() { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    /// Goes on only for staff.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require_staff(&self) -> Result<(), Refusal> {
        if self.is_staff() { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    /// Goes on unless the caller is a key without that scope. What people may do is a matter of their role.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require_scope(&self, noun: &str, access: Access) -> Result<(), Refusal> {
        match &self.who {
            Who::Key { permissions, .. } if !permissions.allows(noun, access) => Err(Refusal::Forbidden),
            Who::Key { .. } | Who::User { .. } | Who::Customer { .. } => Ok(()),
        }
    }

    /// The caller's name in counters of requests and connections: the same for every token of one person.
    pub fn rate_key(&self) -> String {
        match &self.who {
            Who::User { id, .. } => format!("user/{id}"),
            Who::Customer { id } => format!("customer/{}/{id}", self.organization),
            Who::Key { id, .. } => format!("key/{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(who: Who) -> Caller {
        Caller { organization: OrganizationId::default_organization(), who }
    }

    fn user(role: Role) -> Caller {
        caller(Who::User { id: UserId(Uuid::from_u128(7)), role, name: PersonName::parse("name", "Ada").unwrap() })
    }

    fn key(scopes: &[&str]) -> Caller {
        caller(Who::Key { id: Uuid::from_u128(9), permissions: Permissions::parse(scopes).unwrap() })
    }

    #[test]
    fn a_key_with_every_permission_counts_as_an_administrator_and_no_other_key_does() {
        assert!(key(&["*"]).is_admin() && key(&["*"]).is_staff() && !key(&["*"]).is_platform_admin());
        assert!(!key(&["users:write"]).is_admin() && !key(&["users:write"]).is_staff());
        assert_eq!(key(&["users:read"]).require_scope("users", Access::Write), Err(Refusal::Forbidden));
        assert_eq!(user(Role::Agent).require_scope("users", Access::Write), Ok(()));
    }

    #[test]
    fn roles_give_what_they_say() {
        let rights = |role| (user(role).is_platform_admin(), user(role).is_admin(), user(role).is_staff());
        assert_eq!(rights(Role::PlatformAdmin), (true, true, true));
        assert_eq!(rights(Role::Admin), (false, true, true));
        assert_eq!(rights(Role::Agent), (false, false, true));
        assert_eq!(rights(Role::Customer), (false, false, false));
        assert_eq!(user(Role::Agent).require_admin(), Err(Refusal::Forbidden));
    }

    #[test]
    fn only_customers_are_customers() {
        let id = CustomerId::parse("jo@example.com").unwrap();
        assert_eq!(caller(Who::Customer { id: id.clone() }).customer(), Some(id));
        assert_eq!(user(Role::Customer).customer(), user(Role::Customer).user().map(CustomerId::of_user));
        assert_eq!(user(Role::Agent).customer(), None);
        assert_eq!(key(&["*"]).customer(), None);
    }

    #[test]
    fn two_organizations_customers_of_one_name_are_counted_apart() {
        let ours = caller(Who::Customer { id: CustomerId::parse("jo").unwrap() });
        let theirs = Caller { organization: OrganizationId::parse("other").unwrap(), ..ours.clone() };
        assert_ne!(ours.rate_key(), theirs.rate_key());
    }
}
