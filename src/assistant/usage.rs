//! What a call of somebody else's service took: the ledger sums it up, whoever made the call only counts.

/// What kind of service was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// A model that writes.
    Chat,
    /// A model that makes vectors of texts.
    Embedding,
    /// A model that writes down what was said.
    Transcription,
}

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

impl Service {
    /// The word for it in records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
            Self::Transcription => "transcription",
        }
    }
}
