//! A tenant: everything but the installation itself belongs to one.

use serde::{Deserialize, Serialize};

use super::{Label, OrganizationId, Timestamp};

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: Label,
    /// When it was made.
    pub created_at: Timestamp,
}
