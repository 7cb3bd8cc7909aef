//! The JSON of how far messages to customers came.

use serde::Serialize;
use utoipa::ToSchema;

/// How far a message came.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::console) struct ProgressRow {
    /// The message's place in the session.
    pub seq: u64,
    /// By which channel.
    pub channel: &'static str,
    /// `waiting`, `accepted`, `sent`, `delivered`, `read`, `played` or `failed`: as far as the part that came least far.
    pub state: &'static str,
    /// Why it waits or failed.
    pub why: Option<String>,
    /// In how many messages of the channel it goes.
    pub parts: usize,
    /// How many of them the provider has.
    pub parts_gone: usize,
    /// When anything of it changed.
    pub at: String,
}

/// Those of a session, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::console) struct Dispatches {
    /// They.
    pub items: Vec<ProgressRow>,
    /// Where a customer of the page is reached by e-mail while they are away.
    pub email: Option<MailReached>,
}

/// An address that a customer proved to be theirs.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::console) struct MailReached {
    /// The address.
    pub address: String,
    /// Since when.
    pub since: String,
}
