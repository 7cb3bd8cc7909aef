//! What a client is told when the answer is no. Each dialect renders each kind in its own envelope.

use std::borrow::Cow;

/// How much of a client's own text a refusal repeats, in bytes.
pub const DETAIL_MAX_BYTES: usize = 200;

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
    /// A field that can not be accepted, and why. Both may hold what the client sent, so both are clipped.
    pub fn invalid(field: impl Into<Cow<'static, str>>, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { field: clipped(field.into()), why: clipped(why.into()) }
    }

    /// Something that stands against the request.
    pub fn conflict(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict { why: clipped(why.into()) }
    }
}

/// At most [`DETAIL_MAX_BYTES`] of a text, ended between two characters.
fn clipped(text: Cow<'static, str>) -> Cow<'static, str> {
    match text {
        Cow::Owned(mut text) if text.len() > DETAIL_MAX_BYTES => {
            text.truncate(text.floor_char_boundary(DETAIL_MAX_BYTES));
            text.push('…');
            text.into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_repeats_only_so_much_of_what_the_client_sent_and_never_half_a_character() {
        for letter in ["x", "é", "語", "🙂"] {
            let long = letter.repeat(10_000);
            for refusal in [Refusal::invalid(long.clone(), long.clone()), Refusal::conflict(long.clone())] {
                let said = refusal.to_string();
                assert!(said.len() <= 2 * (DETAIL_MAX_BYTES + 3) + 2, "{} bytes", said.len());
                assert!(said.contains(letter) && said.ends_with('…'), "{said}");
            }
        }
        assert_eq!(Refusal::invalid("field", "is required").to_string(), "field: is required");
    }
}
