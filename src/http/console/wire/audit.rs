//! What administrators did.

use serde::Serialize;
use utoipa::ToSchema;

use super::Named;

/// `GET /audit`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditRow {
    pub id: String,
    pub at: String,
    /// Nobody with an account where whoever runs the server did it.
    pub who: Option<Named>,
    /// `user.created`, `settings.changed` and so on.
    pub act: &'static str,
    /// Of what kind, and its name or id.
    pub on: String,
    pub address: Option<String>,
}
