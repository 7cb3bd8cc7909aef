//! The marks by which a model cites: `[2: "quoted words"]`, several in one bracket, and `[2]` alone, which quotes nothing.

use std::sync::LazyLock;

use regex::Regex;

/// The longest mark that is waited for, in bytes; what is longer is text.
pub(super) const MARKER_MAX_BYTES: usize = 1_200;

/// What a text that begins with a bracket begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// A mark of so many bytes.
    Marker(usize, Vec<Quote>),
    /// It may become one.
    Perhaps,
    /// Text.
    Text,
}

/// Words that a passage is said to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quote {
    /// The passage's number, from 1.
    pub number: usize,
    /// The words.
    pub words: String,
}

static QUOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(\d{1,3})\s*:\s*(?:["“„«](?P<a>[^"“”»]+)["”“»]|['‘](?P<b>[^‘’]+?)['’]\s*(?:[;,]|$)|(?P<c>[^"“„«'‘;]+))"#,
    )
    .expect("the pattern is read by a test")
});

/// Reads what stands at the start of a text, which is a bracket.
pub(super) fn begins(text: &str) -> Begins {
    let Some(inside) = text.strip_prefix('[') else { return Begins::Text };
    let digits = inside.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = inside.get(inside.len() - digits..).unwrap_or_default();
    if digits == inside.len() && !inside.is_empty() {
        return Begins::Text;
    }
    match rest.trim_start().chars().next() {
        None if text.len() < MARKER_MAX_BYTES => return Begins::Perhaps,
        Some(':' | ']' | ',' | ';') => {}
        Some(_) | None => return Begins::Text,
    }
    match end(inside) {
        Some(end) => {
            let said = inside.get(..end).unwrap_or_default();
            Begins::Marker(end + 2, quotes(said))
        }
        None if text.len() < MARKER_MAX_BYTES => Begins::Perhaps,
        None => Begins::Text,
    }
}

/// Where the bracket closes; brackets within quotation marks do not.
fn end(inside: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, c) in inside.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '“' | '„' | '«' => quoted = true,
            '”' | '»' => quoted = false,
            ']' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn quotes(said: &str) -> Vec<Quote> {
    let quote = |found: regex::Captures<'_>| {
        let number = found.get(1)?.as_str().parse().ok()?;
        let words = ["a", "b", "c"].iter().find_map(|name| found.name(name))?.as_str().trim().to_owned();
        Some(Quote { number, words })
    };
    QUOTE.captures_iter(said).filter_map(quote).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> Vec<(usize, String)> {
        match begins(text) {
            Begins::Marker(length, quotes) => {
                assert_eq!(length, text.len(), "{text}");
                quotes.into_iter().map(|quote| (quote.number, quote.words)).collect()
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn marks_are_read_in_the_forms_that_models_write() {
        let one = |number: usize, words: &str| vec![(number, words.to_owned())];
        assert_eq!(quoted(r#"[1: "within 30 days"]"#), one(1, "within 30 days"));
        assert_eq!(quoted("[12:“a [b] c”]"), one(12, "a [b] c"));
        assert_eq!(quoted("[2: 'it's here']"), one(2, "it's here"));
        assert_eq!(quoted("[2: within 30 days]"), one(2, "within 30 days"));
        assert_eq!(quoted("[3]"), []);
        assert_eq!(quoted("[1, 2]"), []);
        assert_eq!(quoted(r#"[1: "a b c"; 2: "d e f"]"#), [(1, "a b c".to_owned()), (2, "d e f".to_owned())]);
    }

    #[test]
    fn other_brackets_are_text_and_half_a_mark_is_waited_for() {
        for text in ["[link](x)", "[ ]", "[]", "[1a]", "[x: \"y\"]"] {
            assert_eq!(begins(text), Begins::Text, "{text}");
        }
        for half in ["[", "[1", "[1:", "[1: \"within", "[1: \"a]"] {
            assert_eq!(begins(half), Begins::Perhaps, "{half}");
        }
        assert_eq!(begins(&format!("[1: \"{}", "x".repeat(MARKER_MAX_BYTES))), Begins::Text);
    }
}
