//! Work that was set aside: commands that broke their session as often as they may, for an administrator to see.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::record::{IndexEntry, Record};
use crate::domain::session::SecretHash;
use crate::domain::{OrganizationId, SessionKey, Timestamp};

/// Commands by their session.
pub const BY_SESSION: &str = "session";

/// A command that was set aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    /// The session it was for.
    pub key: SessionKey,
    /// Its own id.
    pub id: Uuid,
    /// The command's name.
    pub command: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was set aside.
    pub at: Timestamp,
    /// What it held, for a replay.
    pub body: Value,
    /// Who sent it; older records, and what nobody sent, have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
}

/// Who sent a command that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// A customer whose credential was checked.
    Customer {
        /// Who.
        id: String,
    },
    /// Somebody with the session's own secret.
    Anonymous {
        /// As whom.
        claimed: String,
        /// The hash of the secret.
        secret: Option<SecretHash>,
    },
    /// A person of the staff.
    Staff {
        /// Their account.
        user: Uuid,
        /// Their name.
        name: String,
    },
}

impl Record for Parked {
    const SPACE: &'static str = "parked";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.key.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![IndexEntry::plain(BY_SESSION, self.key.session.as_str())]
    }
}
