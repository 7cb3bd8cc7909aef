//! What a call of somebody else's service took: the ledger sums it up, whoever made the call only counts.

pub use crate::domain::cost::Service;

/// One call, also one that failed: what was sent was read, and is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The kind of service.
    pub service: Service,
    /// The model's name as the server knows it.
    pub model: String,
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
    /// Of the tokens read, those that the server had read before and takes less for.
    pub cached_tokens: u64,
    /// Whether the numbers are our own guess, since the server did not say.
    pub estimated: bool,
}
