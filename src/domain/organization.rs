//! A tenant: everything but the installation itself belongs to one.

use serde::{Deserialize, Serialize};

use super::{Label, OrganizationId, Timestamp, ZoneName};

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: Label,
    /// When it was made.
    pub created_at: Timestamp,
    /// Where its days begin.
    #[serde(default, skip_serializing_if = "ZoneName::is_utc")]
    pub time_zone: ZoneName,
}

impl Organization {
    /// A new organization, with its days in UTC.
    pub fn new(id: OrganizationId, name: Label, created_at: Timestamp) -> Self {
        Self { id, name, created_at, time_zone: ZoneName::default() }
    }
}
