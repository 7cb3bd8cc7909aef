//! Questions without an answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A group of questions that ask the same.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnansweredRow {
    pub id: String,
    /// As it was asked first, without anybody's own values.
    pub question: String,
    pub examples: Vec<AskedRow>,
    pub asked: u64,
    pub first_seen: String,
    pub last_seen: String,
    /// `open`, `answered` or `dismissed`.
    pub status: &'static str,
    /// The question and answer that it became.
    pub faq: Option<String>,
}

/// One way in which it was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskedRow {
    pub text: String,
    pub session: String,
    pub at: String,
}

/// What `POST /unanswered/:id/faq` brings.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WriteAnswer {
    /// The group's unless given.
    #[schema(min_length = 1, max_length = 500)]
    pub question: Option<String>,
    /// The group's examples unless given.
    #[schema(max_items = 50)]
    pub variants: Option<Vec<String>>,
    #[schema(min_length = 1, max_length = 16000)]
    pub answer: String,
    /// Where more can be read.
    pub url: Option<String>,
}
