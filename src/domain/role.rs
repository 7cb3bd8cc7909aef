//! What a person with an account may do, in four steps.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A role. Dialects have their own words for it; these are ours, in records and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the installation: every organization.
    PlatformAdmin,
    /// Runs one organization.
    Admin,
    /// Answers customers of one organization.
    Agent,
    /// A customer with an account.
    Customer,
}

impl Role {
    /// The role as text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlatformAdmin => "platform_admin",
            Self::Admin => "admin",
            Self::Agent => "agent",
            Self::Customer => "customer",
        }
    }

    /// Reads a role; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "platform_admin" => Some(Self::PlatformAdmin),
            "admin" => Some(Self::Admin),
            "agent" => Some(Self::Agent),
            "customer" => Some(Self::Customer),
            _ => None,
        }
    }

    /// May run the organization.
    pub const fn is_admin(self) -> bool {
        matches!(self, Self::PlatformAdmin | Self::Admin)
    }

    /// May answer customers.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Customer)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn every_role_reads_back_from_its_text_and_its_json() {
        for role in [Role::PlatformAdmin, Role::Admin, Role::Agent, Role::Customer] {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        assert_eq!(Role::parse("root"), None);
        assert_eq!(Role::parse("Admin"), None);
    }
}
