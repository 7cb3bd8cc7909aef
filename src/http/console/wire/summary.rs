//! How a session stands, in lists.

use serde::Serialize;
use utoipa::ToSchema;

use super::Named;

/// See the module.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    pub id: String,
    pub customer: CustomerName,
    pub channel: &'static str,
    pub language: Option<String>,
    /// `assistant`, `queue`, `human` or `closed`.
    pub owner: &'static str,
    /// The person who has it.
    pub agent: Option<Named>,
    pub epoch: u64,
    pub seq: u64,
    /// `urgent`, `high`, `normal` or `low`.
    pub priority: &'static str,
    pub skills: Vec<String>,
    pub team: Option<String>,
    pub intent: Option<String>,
    pub started_at: String,
    pub queued_at: Option<String>,
    /// Its place in the queue, from 1.
    pub place: Option<u32>,
    /// The person to whom it is offered.
    pub offered_to: Option<String>,
    pub held: bool,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<String>,
    pub last: Option<Last>,
    /// The newest message that the staff has read.
    pub read_upto: u64,
    /// The newest message that the customer has read.
    pub customer_read_upto: u64,
    /// The customer's messages after `read_upto`.
    pub unread: u32,
    pub targets: Vec<Target>,
    /// 1..5, once it was given.
    pub rating: Option<u8>,
}

/// Whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustomerName {
    pub id: String,
    pub name: Option<String>,
}

/// The newest message, cut.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Last {
    pub seq: u64,
    /// `customer`, `assistant`, `agent` or `notice`.
    pub from: &'static str,
    pub text: String,
    pub at: String,
}

/// One promise that runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Target {
    /// `first_response`, `next_response` or `resolution`.
    pub target: &'static str,
    pub due_at: String,
    /// `running`, `paused`, `warned` or `breached`.
    pub state: &'static str,
}
