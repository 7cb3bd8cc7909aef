//! The JSON of mails that were set aside.

use serde::Serialize;
use utoipa::ToSchema;

/// A mail that can not be taken in.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::console) struct MailRow {
    /// By which it is read again.
    pub id: String,
    /// Which of our addresses it came to.
    pub account: String,
    /// Its UID in the mailbox.
    pub uid: u32,
    /// How much of it is kept, in bytes; 0: nothing, it is in the mailbox.
    pub bytes: u64,
    /// Why.
    pub why: String,
    /// Since when.
    pub at: String,
}
