//! What a client is told when the answer is no. Each dialect renders each kind in its own envelope.

use std::borrow::Cow;

/// A refusal: the outcome that the caller's input, rights or timing caused. Never a broken promise of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing, or it belongs to somebody else; the two look the same on purpose.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for, in the singular: `session`, `user`.
        what: &'static str,
    },
    /// A field is missing, of the wrong type, or outside its limits.
    #[error("{field}: {why}")]
    Invalid {
        /// The field as the caller named it, dotted: `message.text`.
        field: Cow<'static, str>,
        /// What is wrong with it, as a short phrase.
        why: Cow<'static, str>,
    },
    /// No credentials, or ones that do not hold.
    #[error("authentication required")]
    Unauthenticated,
    /// Known, but not allowed to do this.
    #[error("not allowed")]
    Forbidden,
    /// It contradicts what is already there.
    #[error("{why}")]
    Conflict {
        /// What stands against it.
        why: Cow<'static, str>,
    },
    /// Too often.
    #[error("too many requests")]
    TooMany {
        /// When it may be tried again, in whole seconds from now.
        retry_after_s: u64,
    },
    /// Larger than a named limit.
    #[error("{what} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What was too large: `body`, `message`.
        what: &'static str,
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// A queue is full; trying again soon is right.
    #[error("busy")]
    Busy,
    /// The organization's budget is spent.
    #[error("budget spent")]
    OverBudget,
    /// A part of the engine can not serve now.
    #[error("{part} is unavailable")]
    Unavailable {
        /// The part: `store`, `transcriber`.
        part: &'static str,
    },
}

impl Refusal {
    /// A field that can not be accepted, and why.
    pub fn invalid(field: impl Into<Cow<'static, str>>, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { field: field.into(), why: why.into() }
    }

    /// Something that stands against the request.
    pub fn conflict(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict { why: why.into() }
    }
}
