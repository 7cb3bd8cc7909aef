//! A channel of an organization's own: any system brings messages in, signed, and gets the replies, signed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::sealed::Sealed;
use super::webhook::{Previous, URL_MAX_BYTES};
use super::{Label, OrganizationId, Refusal, Timestamp};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedChannel {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What people call it.
    pub name: Label,
    /// Where replies go.
    pub reply_url: String,
    /// Whether it takes and sends anything. What waits stays meanwhile.
    pub enabled: bool,
    /// What both ways are signed with.
    pub secret: Sealed,
    /// What they were signed with before; it holds for a while yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl SignedChannel {
    /// What its secret is sealed for: no other record's opens in its place.
    pub fn seal_context(organization: &OrganizationId, id: Uuid) -> String {
        format!("signed_channel/{organization}/{id}")
    }

    /// Checks what is not checked by its type.
    ///
    /// # Errors
    /// `Invalid` on `reply_url`.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.reply_url.is_empty() || self.reply_url.len() > URL_MAX_BYTES {
            return Err(Refusal::invalid("reply_url", format!("must be 1 to {URL_MAX_BYTES} bytes")));
        }
        Ok(())
    }
}
