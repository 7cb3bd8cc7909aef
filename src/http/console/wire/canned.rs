//! Canned replies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What `POST /canned` and `PUT /canned/:id` bring.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CannedReply {
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9-]+$")]
    pub shortcut: String,
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub title: String,
    /// May hold `{{customer.name}}` and `{{agent.name}}`.
    #[schema(min_length = 1, max_length = 8000, pattern = r"\S")]
    pub text: String,
    /// The team that it is for; everybody's without one.
    #[schema(pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
    pub team: Option<String>,
}

/// A canned reply.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Canned {
    pub id: String,
    pub shortcut: String,
    pub title: String,
    pub text: String,
    pub team: Option<String>,
    pub updated_at: String,
}
