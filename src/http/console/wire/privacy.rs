//! What becomes of what is kept of customers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Named;

/// `POST /customers/:id/erase`
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Erase {
    /// The customer's id once more: what is erased does not come back.
    pub confirm: String,
}

/// An erasure, and its receipt once it is done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasureRow {
    pub id: String,
    /// `request` or `retention`.
    pub cause: &'static str,
    /// `running`, `done` when everything is erased, `compacted` when the bytes are gone from the disk too.
    pub status: &'static str,
    pub asked_at: String,
    /// Nobody with an account where time was the cause.
    pub by: Option<Named>,
    /// How many of each kind were erased so far.
    pub counts: BTreeMap<String, u64>,
    pub done_at: Option<String>,
    pub compacted_at: Option<String>,
    /// Goes into the fingerprint.
    pub salt: String,
    /// SHA-256 of the salt, the organization and the customer's ids in order, each behind a line feed.
    pub fingerprint: String,
}

/// `PUT /customers/:id/hold`, `PUT /sessions/:id/hold`
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct PlaceHold {
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// A legal hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldRow {
    /// The customer that it is on, if it is on one.
    pub customer: Option<String>,
    /// The session that it is on, if it is on one.
    pub session: Option<String>,
    pub reason: Option<String>,
    pub by: Option<Named>,
    pub at: String,
}

/// How long conversations are kept: what is not set is kept for ever.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct RetentionSettings {
    /// Days, where nothing else is said of the channel.
    #[schema(minimum = 1, maximum = 36500)]
    pub days: Option<u32>,
    /// Days by channel: `web`, `whatsapp`, `email`, `sms`.
    #[serde(default)]
    pub channels: BTreeMap<String, u32>,
}
