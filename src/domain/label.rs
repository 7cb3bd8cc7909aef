//! What people call a thing that is not a person: an organization, an API key.

use serde::{Deserialize, Serialize};

use super::Refusal;

/// The longest label, in characters.
const LABEL_MAX_CHARS: usize = 200;

/// A label: trimmed, not blank, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

impl Label {
    /// Checks the text; `field` is the caller's name for it.
    ///
    /// # Errors
    /// `Invalid` when blank, too long, or with control characters.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::invalid(field, "must not be empty"));
        }
        if text.chars().count() > LABEL_MAX_CHARS {
            return Err(Refusal::invalid(field, "must be at most 200 characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(Refusal::invalid(field, "must not hold control characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// A label of our own.
    pub(super) fn known(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_trimmed_and_checked() {
        assert_eq!(Label::parse("name", " Shop ").unwrap().as_str(), "Shop");
        for bad in ["", "  ", "a\nb", &"x".repeat(LABEL_MAX_CHARS + 1)] {
            assert!(Label::parse("name", bad).is_err(), "{bad:?}");
        }
    }
}
