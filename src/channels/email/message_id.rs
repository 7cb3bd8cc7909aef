//! Message-IDs (RFC 5322, 3.6.4): read as leniently as real mails need, kept only when they are safe to write again.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The longest id, in bytes. A line of a mail ends at 998.
pub const MESSAGE_ID_MAX_BYTES: usize = 500;

/// The domain of ids that we make for mails without one; reserved, so nobody else's id has it.
const MISSING_DOMAIN: &str = "missing.invalid";

/// How many bytes of the hash such an id has.
const MISSING_BYTES: usize = 20;

/// A Message-ID without its angle brackets. Case counts. It holds no whitespace, no control character and no angle bracket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(Arc<str>);

impl MessageId {
    /// Reads one id, with or without its brackets. Whitespace inside it comes from folding and is dropped. `None` when nothing
    /// is left, when it is longer than [`MESSAGE_ID_MAX_BYTES`], or when it holds what no id may.
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().trim_start_matches('<').trim_end_matches('>');
        let id: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
        let wrong = |c: char| c.is_control() || matches!(c, '<' | '>') || is_invisible(c);
        (!id.is_empty() && id.len() <= MESSAGE_ID_MAX_BYTES && !id.contains(wrong)).then(|| Self(id.into()))
    }

    /// A new id for a mail of ours: `<unique>@<domain>`. It is stored before the mail is sent, so that an answer always finds it.
    /// `None` when one of the two holds what an id may not.
    pub fn ours(unique: &str, domain: &str) -> Option<Self> {
        let wrong = |text: &str| text.is_empty() || text.contains(|c: char| c == '@' || !c.is_ascii_graphic());
        if wrong(unique) || wrong(domain) { None } else { Self::parse(&format!("{unique}@{domain}")) }
    }

    /// The id of a mail that has none: the same for the same parts, wherever they were fetched from.
    pub(super) fn synthesised(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            // Its length first, so that nothing can move from one part into the next.
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let hex: String = digest.iter().take(MISSING_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{hex}@{MISSING_DOMAIN}").into())
    }

    /// The id that a mail gets whose own one another mail has already: made of that and of what tells the two apart.
    pub fn apart(&self, contents: &Self) -> Self {
        Self::synthesised(&[self.0.as_bytes(), contents.0.as_bytes()])
    }

    /// Every id in the value of a field, in order, each once. Junk between them is skipped. Where there is not one bracket, words
    /// with an `@` count: some programs write them bare.
    pub(super) fn list(value: &str) -> Vec<Self> {
        let mut seen = HashSet::new();
        let bracketed = value.split('<').skip(1).filter_map(|piece| {
            let end = piece.find('>').or_else(|| piece.trim_start().find(char::is_whitespace));
            Self::parse(end.map_or(piece, |end| &piece[..end]))
        });
        let bare = value.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).filter(|_| !value.contains('<'));
        let bare = bare.filter(|word| word.contains('@')).filter_map(Self::parse);
        bracketed.chain(bare).filter(|id| seen.insert(id.clone())).collect()
    }

    /// The id, without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that are not seen and could make two ids look like one.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MessageId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("must be a Message-ID")
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(value: &str) -> Vec<String> {
        MessageId::list(value).into_iter().map(String::from).collect()
    }

    #[test]
    fn ids_are_found_among_folds_repeats_and_junk() {
        assert_eq!(list("<a@x> <b@x>\r\n\t<a@x>"), ["a@x", "b@x"]);
        assert_eq!(list("<very-long-\r\n part@x>"), ["very-long-part@x"]);
        assert_eq!(list("your message of Monday <a@x> (via web)"), ["a@x"]);
        assert_eq!(list("a@x, b@x"), ["a@x", "b@x"]);
        assert_eq!(list("<a@x <b@x>"), ["a@x", "b@x"]);
        assert_eq!(list("nothing here"), [""; 0]);
    }

    #[test]
    fn an_id_keeps_its_case_and_holds_nothing_that_could_break_a_header() {
        assert_eq!(MessageId::parse("<AbC@Example.TEST>").unwrap().as_str(), "AbC@Example.TEST");
        for bad in ["", "<>", "a\u{0}b@x", "a<b@x", "a\u{202e}b@x", &"x".repeat(MESSAGE_ID_MAX_BYTES + 1)] {
            assert_eq!(MessageId::parse(bad), None, "{bad:?}");
        }
        assert_eq!(MessageId::parse("a\r\nBcc: b@x").unwrap().as_str(), "aBcc:b@x");
        assert_eq!(MessageId::ours("a", "x\r\ny"), None);
        assert_eq!(MessageId::ours("a", "x.test").unwrap().as_str(), "a@x.test");
    }
}
