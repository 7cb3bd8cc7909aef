//! Subjects: decoded, and their base, by which mails of one subject are alike (RFC 5256, 2.1, with the prefixes that mail programs
//! write in other languages).

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::address::visible;
use super::limits::clipped;

/// The longest subject kept, in bytes of UTF-8.
const SUBJECT_MAX_BYTES: usize = 1000;

/// The most prefixes that are taken off.
const PREFIXES_MAX: usize = 50;

/// What an answer's subject begins with, by program and language.
const REPLY: &str = "re|aw|antw|antwort|sv|vs|res|rif|ref|odp|ynt|r|reply|回复|回覆|答复|答覆|返信|ответ|отв|απ|σχετ";

/// What a forward's subject begins with.
const FORWARD: &str = "fwd|fw|wg|tr|enc|i|rv|vl|vb|doorst|pd|ilt|fs|vidb|továbbítás|转发|轉寄|轉發|転送|пересл|πρθ";

static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = format!(
        r"^\s*(?i:(?P<forward>{FORWARD})|(?P<reply>{REPLY}))\s*(?:\[\d{{1,3}}\]|\(\d{{1,3}}\)|\^\d{{1,3}})?\s*[:：]\s*"
    );
    Regex::new(&words).ok()
});

/// The tag of a list at the beginning, `[shop-users]`, when something follows it.
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*\[[^\[\]]{1,60}\]\s*").ok());

/// What the subject says about how the mail came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// It has no prefix.
    Fresh,
    /// Its first prefix is an answer's.
    Reply,
    /// Its first prefix is a forward's: what stands below is content, not a quote.
    Forward,
}

/// The subject of a mail, decoded, on one line.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    text: String,
    base: String,
    key: String,
    kind: SubjectKind,
}

impl Subject {
    /// Reads a decoded subject: one line, without control and direction marks, at most 1000 bytes.
    pub fn new(decoded: &str) -> Self {
        let text = clipped(visible(decoded).trim(), SUBJECT_MAX_BYTES).to_owned();
        let (base, kind) = base(&text);
        let base = base.to_owned();
        let key = base.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        Self { text, base, key, kind }
    }

    /// The subject as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Without prefixes, list tags and a trailing `(fwd)`, in its own case: what follows `Re: ` in an answer.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The base in lower case with single spaces: equal keys are the same subject. Empty when there is none.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What its first prefix says.
    pub fn kind(&self) -> SubjectKind {
        self.kind
    }
}

impl fmt::Debug for Subject {
    /// Shows the length only: what customers write does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({} bytes, {:?})", self.text.len(), self.kind)
    }
}

fn base(text: &str) -> (&str, SubjectKind) {
    let (mut rest, mut kind) = (text, SubjectKind::Fresh);
    for _ in 0..PREFIXES_MAX {
        if let Some(found) = PREFIX.as_ref().and_then(|prefix| prefix.captures(rest)) {
            if kind == SubjectKind::Fresh {
                kind = if found.name("forward").is_some() { SubjectKind::Forward } else { SubjectKind::Reply };
            }
            rest = &rest[found.get(0).map_or(0, |whole| whole.end())..];
        } else if let Some(tag) = TAG.as_ref().and_then(|tag| tag.find(rest))
            && !rest[tag.end()..].trim().is_empty()
        {
            rest = &rest[tag.end()..];
        } else if let Some(before) = rest.trim_end().strip_suffix("(fwd)") {
            rest = before;
        } else {
            break;
        }
    }
    (rest.trim(), kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_in_many_languages_have_the_same_base() {
        let original = Subject::new("Where is my order?");
        for text in [
            "Re: Where is my order?",
            "RE: Re: where is  my order?",
            "AW: Where is my order?",
            "Re[2]: Where is my order?",
            "SV: Antw: Where is my order?",
            "RES: RV: Where is my order?",
            "[shop] Re: [shop] Where is my order?",
            "回复：Where is my order?",
            "TR: Where is my order? (fwd)",
        ] {
            assert_eq!(Subject::new(text).key(), original.key(), "{text}");
        }
        assert_ne!(Subject::new("Re: Where is my other order?").key(), original.key());
    }

    #[test]
    fn a_forward_is_told_from_an_answer() {
        assert_eq!(Subject::new("Fwd: Re: a").kind(), SubjectKind::Forward);
        assert_eq!(Subject::new("WG: a").kind(), SubjectKind::Forward);
        assert_eq!(Subject::new("Aw: Fwd: a").kind(), SubjectKind::Reply);
        assert_eq!(Subject::new("Refund: a").kind(), SubjectKind::Fresh);
        assert_eq!(Subject::new("Refund: a").base(), "Refund: a");
        assert_eq!(Subject::new("[urgent]").base(), "[urgent]");
        assert_eq!(Subject::new("Re:").key(), "");
    }

    #[test]
    fn a_subject_is_one_line_whatever_was_encoded_into_it() {
        assert_eq!(Subject::new("a\r\nBcc: b@x.test\u{202e}").text(), "a Bcc: b@x.test");
    }
}
