//! How customers were served.

use serde::Serialize;
use utoipa::ToSchema;

/// `GET /dashboard`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DashboardReport {
    #[schema(format = Date)]
    pub from: String,
    #[schema(format = Date)]
    pub to: String,
    pub totals: Totals,
    pub days: Vec<DayRow>,
    pub channels: Vec<ChannelRow>,
    pub intents: Vec<IntentRow>,
    pub agents: Vec<AgentFigures>,
}

/// All days together. Means are null where there is nothing to average.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Totals {
    pub conversations: u64,
    pub messages: u64,
    /// Of these conversations those that were handed over at least once.
    pub handovers: u64,
    pub resolved: u64,
    pub resolved_by_assistant: u64,
    pub resolved_by_human: u64,
    /// First answers of conversations, whoever gave them.
    pub first_response_ms: Option<u64>,
    /// Stays in the queue.
    pub wait_ms: Option<u64>,
    pub rating: RatingFigures,
}

/// How customers said it was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RatingFigures {
    pub count: u64,
    pub average: Option<f64>,
    /// How many gave 1, 2, 3, 4 and 5.
    pub scores: Vec<u64>,
}

/// One day where the organization is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DayRow {
    #[schema(format = Date)]
    pub day: String,
    pub conversations: u64,
    pub messages: u64,
    /// Of these conversations those that were handed over at least once.
    pub handovers: u64,
    pub resolved_by_assistant: u64,
    pub resolved_by_human: u64,
    pub first_response_ms: Option<u64>,
    pub wait_ms: Option<u64>,
    pub rating_count: u64,
    pub rating_sum: u64,
}

/// One channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelRow {
    pub channel: &'static str,
    pub conversations: u64,
}

/// What turns were about. Those that are not named one by one are `other`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntentRow {
    pub intent: String,
    pub turns: u64,
}

/// One person of the staff.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentFigures {
    pub id: String,
    pub name: String,
    pub sessions: u64,
    /// Their first words to customers who had asked for a person.
    pub first_response_ms: Option<u64>,
    pub rating: Option<f64>,
}
