//! What assistants cost.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What some calls come to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CostFigures {
    pub calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// In millionths of the currency: these add up exactly.
    pub cost_micros: u64,
    /// The same in the currency.
    pub cost: f64,
    /// How much of it is of calls whose tokens were estimated.
    pub estimated_micros: u64,
}

/// Calls that are alike.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CostRow {
    /// The day, service, model, channel, assistant or session.
    pub key: String,
    #[serde(flatten)]
    pub figures: CostFigures,
    /// Of the total cost.
    pub percentage: f64,
}

/// `GET /costs`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CostSummary {
    pub from: String,
    pub to: String,
    pub currency: String,
    pub group_by: String,
    pub total: CostFigures,
    pub rows: Vec<CostRow>,
}

/// A threshold that was reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReachedRow {
    pub percent: u8,
    pub at: String,
}

/// `GET /costs/budget`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BudgetState {
    pub currency: String,
    /// What may be spent in a month; null: there is no end to it.
    pub monthly: Option<f64>,
    pub warn_at: Vec<u8>,
    pub month: String,
    pub spent: f64,
    /// What running turns may spend besides.
    pub reserved: f64,
    pub percent_used: Option<f64>,
    /// `open`, or `spent`: the assistant answers without a model until the month ends.
    pub state: &'static str,
    pub warnings: Vec<ReachedRow>,
}

/// What `PUT /costs/budget` brings.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChangeBudget {
    /// In the currency; null: there is no end to it.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000_000)]
    pub monthly: Option<f64>,
    /// In percent; what holds now stays unless given.
    #[schema(max_items = 10)]
    pub warn_at: Option<Vec<u8>>,
    /// What the fields were when they were read; 409 where one of them is something else by now.
    #[schema(value_type = Option<Object>)]
    pub was: Option<Value>,
}
