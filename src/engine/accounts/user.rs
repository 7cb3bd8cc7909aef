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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_the_first_shape_still_read_and_are_written_the_same() {
        let account = concat!(
            r#"{"user":{"id":"01980000-0000-7000-8000-000000000001","organization":"default","email":"jo@example.com","#,
            r#""name":{"full":"Jo Doe","parts":["Jo","Doe"]},"role":"agent","active":true,"#,
            r#""created_at":1800000000000,"last_login_at":null},"password":"$argon2id$..."}"#
        );
        let read: Account = serde_json::from_str(account).unwrap();
        assert_eq!((read.user.name.first(), read.user.role), ("Jo", Role::Agent));
        assert_eq!(serde_json::to_string(&read).unwrap(), account);
        let named = account.replace(r#""name":"#, r#""username":"Jo.Doe","name":"#);
        let read: Account = serde_json::from_str(&named).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), named);
        let organization = r#"{"id":"default","name":"Default","created_at":1800000000000}"#;
        let zoned = r#"{"id":"default","name":"Default","created_at":1800000000000,"time_zone":"Europe/Berlin"}"#;
        for (organization, zone) in [(organization, "UTC"), (zoned, "Europe/Berlin")] {
            let read: Organization = serde_json::from_str(organization).unwrap();
            assert_eq!(read.time_zone.as_str(), zone);
            assert_eq!(serde_json::to_string(&read).unwrap(), organization);
        }
    }

    #[test]
    fn a_password_hash_is_in_the_record_and_in_no_log() {
        let json = r#"{"user":{"id":"01980000-0000-7000-8000-000000000001","organization":"default","email":"jo@example.com","name":{"full":"Jo"},"role":"platform_admin","active":true,"created_at":0,"last_login_at":null},"password":"$argon2id$hash"}"#;
        let read: Account = serde_json::from_str(json).unwrap();
        assert!(!format!("{read:?}").contains("argon2id"));
        assert_eq!(read.indexes().len(), 2);
    }
}
