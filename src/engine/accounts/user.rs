//! What is kept of a user and of an organization.

use serde::{Deserialize, Serialize};

use crate::auth::PasswordHash;
use crate::domain::{Organization, OrganizationId, Role, User};
use crate::store::record::{IndexEntry, Record};

/// Users by role. A platform admin is an administrator of their organization too and is found under both.
pub(super) const BY_ROLE: &str = "role";

/// A user and how they prove who they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) password: PasswordHash,
}

impl Record for Account {
    const SPACE: &'static str = "user";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.user.organization
    }

    fn id(&self) -> String {
        self.user.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let mut entries = vec![IndexEntry::plain(BY_ROLE, self.user.role.as_str())];
        if self.user.role == Role::PlatformAdmin {
            entries.push(IndexEntry::plain(BY_ROLE, Role::Admin.as_str()));
        }
        entries
    }
}

impl Record for Organization {
    const SPACE: &'static str = "organization";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.id
    }

    fn id(&self) -> String {
        self.id.as_str().to_owned()
    }
}
