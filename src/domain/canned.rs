//! A canned reply: a text that the staff has ready, under a short word.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::desk::event::TeamId;
use super::{Body, Label, OrganizationId, Refusal, Timestamp};

/// The longest text, in characters.
pub const CANNED_MAX_CHARS: usize = 8_000;

/// The longest shortcut, in characters.
const SHORTCUT_MAX_CHARS: usize = 40;

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CannedReply {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What is typed for it; unique in the organization.
    pub shortcut: Shortcut,
    /// What it is for.
    pub title: Label,
    /// The text as it was typed, with `{{customer.name}}` and `{{agent.name}}` where they are to be filled in.
    pub text: Body,
    /// The team that it is for; everybody's without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// When it was written last.
    pub updated_at: Timestamp,
}

/// A short word of small letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shortcut(String);

impl Shortcut {
    /// Takes a word.
    ///
    /// # Errors
    /// `Invalid` on `shortcut`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let fits = (1..=SHORTCUT_MAX_CHARS).contains(&text.len());
        let plain = text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
        if fits && plain {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::invalid("shortcut", "must be 1 to 40 small letters, digits and hyphens"))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks the text of a canned reply.
///
/// # Errors
/// `Invalid` on `text`.
pub fn canned_text(text: &str) -> Result<Body, Refusal> {
    if text.chars().count() > CANNED_MAX_CHARS {
        return Err(Refusal::invalid("text", format!("must be at most {CANNED_MAX_CHARS} characters")));
    }
    Body::parse("text", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortcut_is_a_short_plain_word() {
        assert_eq!(Shortcut::parse("refund-2").unwrap().as_str(), "refund-2");
        for bad in ["", "Refund", "a b", "é", "a/b", &"x".repeat(41)] {
            assert!(Shortcut::parse(bad).is_err(), "{bad:?}");
        }
        assert!(canned_text(&"x".repeat(CANNED_MAX_CHARS + 1)).is_err() && canned_text(" ").is_err());
    }
}
