//! Text that people write, checked once at the door.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Refusal;

/// The longest message, in bytes of UTF-8. Below the store's limit for one value, with room for what goes with it.
pub const BODY_MAX_BYTES: usize = 32 * 1024;

/// The longest address that RFC 5321 lets a mail server accept, in bytes.
const EMAIL_MAX_BYTES: usize = 254;

/// The longest name of a person, in characters.
const NAME_MAX_CHARS: usize = 200;

/// Stands for what was cut off.
const ELLIPSIS: char = '\u{2026}';

/// What somebody wrote: not blank, at most [`BODY_MAX_BYTES`] long.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(Arc<str>);

impl Body {
    /// Checks the text; `field` is the caller's name for it.
    ///
    /// # Errors
    /// `Invalid` when blank, `TooLarge` above the limit.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        if text.len() > BODY_MAX_BYTES {
            return Err(Refusal::TooLarge { what: "message", limit_bytes: BODY_MAX_BYTES });
        }
        if text.trim().is_empty() {
            return Err(Refusal::invalid(field, "must not be empty"));
        }
        Ok(Self(text.into()))
    }

    /// Text that is ours or a model's: cut at the limit rather than refused, so that a turn always ends.
    pub fn clipped(text: &str) -> Self {
        Self(clipped(text, BODY_MAX_BYTES).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, shared.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Debug for Body {
    /// Shows the length only: what customers write does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// An e-mail address, in lower case, with something on both sides of one `@`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Checks and normalises the address.
    ///
    /// # Errors
    /// `Invalid` on the field `email`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = || Refusal::invalid("email", "must be an e-mail address");
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or_else(refused)?;
        let plain =
            |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
        let dotted =
            domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.') && !domain.contains("..");
        if text.len() > EMAIL_MAX_BYTES || !plain(local) || !plain(domain) || !dotted {
            return Err(refused());
        }
        Ok(Self(text.to_lowercase()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's name: trimmed, not blank, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(Arc<str>);

impl PersonName {
    /// Checks the name; `field` is the caller's name for it.
    ///
    /// # Errors
    /// `Invalid` when blank, too long, or with control characters.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::invalid(field, "must not be empty"));
        }
        if text.chars().count() > NAME_MAX_CHARS {
            return Err(Refusal::invalid(field, "must be at most 200 characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(Refusal::invalid(field, "must not hold control characters"));
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As much of the text as fits into `max_bytes`, cut between characters.
pub fn clipped(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or(text)
}

/// The text within `max_chars` characters: cut after a sentence, else after a word, else anywhere.
pub(super) fn shortened(text: &str, max_chars: usize) -> Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(max_chars) else { return Cow::Borrowed(text) };
    let head = &text[..end];
    let sentence = head.rfind(['.', '!', '?', '\u{3002}']).filter(|at| *at > end / 3);
    if let Some(at) = sentence {
        let mark = head[at..].chars().next().map_or(0, char::len_utf8);
        return Cow::Borrowed(&head[..at + mark]);
    }
    let room = head.char_indices().next_back().map_or(0, |(at, _)| at);
    let word = head[..room].rfind(char::is_whitespace).filter(|at| *at > end / 2).unwrap_or(room);
    Cow::Owned(format!("{}{ELLIPSIS}", head[..word].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_or_oversized_message_is_refused() {
        assert!(Body::parse("text", " \n").is_err());
        assert_eq!(Body::parse("text", "hi").unwrap().as_str(), "hi");
        let large = "x".repeat(BODY_MAX_BYTES + 1);
        assert!(matches!(Body::parse("text", &large), Err(Refusal::TooLarge { .. })));
        assert_eq!(Body::clipped(&"é".repeat(BODY_MAX_BYTES)).as_str().len(), BODY_MAX_BYTES);
    }

    #[test]
    fn a_long_text_is_cut_where_it_hurts_least() {
        let cut = |text, chars| shortened(text, chars).into_owned();
        assert_eq!(cut("Yes.", 4), "Yes.");
        assert_eq!(cut("It is open. Come in whenever you like.", 20), "It is open.");
        assert_eq!(cut("one two three four five", 15), "one two three\u{2026}");
        assert_eq!(cut("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", 3), "\u{e9}\u{e9}\u{2026}");
        assert_eq!(cut("abc", 1), "\u{2026}");
        for chars in 1..60 {
            assert!(cut("A sentence. Another one! A third, somewhat longer one?", chars).chars().count() <= chars);
        }
    }

    #[test]
    fn an_address_is_lowered_and_checked() {
        assert_eq!(Email::parse(" Jo@Example.COM ").unwrap().as_str(), "jo@example.com");
        for bad in ["", "jo", "@x.y", "jo@", "jo@x", "jo@.x", "a b@x.y", "jo@x..y"] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }
}
