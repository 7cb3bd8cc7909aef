//! The JSON of numbers and addresses that messages leave from.

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// One of our numbers or addresses.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::console) struct ChannelAccountRow {
    /// What it is called here.
    pub id: String,
    /// `whatsapp`, `email`, `sms` or `webhook`.
    pub channel: &'static str,
    /// What the provider calls it; null where nobody who was written to from it is known any more.
    pub account: Option<String>,
    /// Messages that wait, counted up to 10,000.
    pub waiting: usize,
    /// Since when the first of them waits.
    pub oldest_waiting_at: Option<String>,
    /// Messages that were set aside, counted as far.
    pub parked: usize,
}

/// All from which something was sent or is to be.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::console) struct ChannelAccounts {
    /// They, by channel and name.
    pub items: Vec<ChannelAccountRow>,
}

/// Which account.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described")]
pub(in crate::http::console) struct AccountPath {
    /// An account's id.
    account_id: String,
}

/// Which message that was set aside.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described")]
pub(in crate::http::console) struct AccountDeliveryPath {
    /// An account's id.
    account_id: String,
    /// A delivery's `number`.
    number: String,
}
