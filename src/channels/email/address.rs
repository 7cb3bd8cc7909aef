//! Mailboxes as headers hold them: an address that can be written to, and the name that somebody gave themselves.

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::limits::clipped;
use crate::domain::Email;
use crate::domain::attachment::is_mark;

/// The longest display name kept, in bytes of UTF-8.
const NAME_MAX_BYTES: usize = 200;

/// An address with its display name. The name is the sender's own word: it proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The address, in lower case.
    pub address: Email,
    /// The name, on one line, without control and direction marks; `None` when blank.
    pub name: Option<String>,
}

impl Mailbox {
    /// A mailbox with a checked address and any name, which is cleaned.
    pub fn new(address: Email, name: Option<&str>) -> Self {
        let name = name.map(visible).map(|name| clipped(name.trim(), NAME_MAX_BYTES).to_owned());
        Self { address, name: name.filter(|name| !name.is_empty()) }
    }

    /// Every mailbox in the value of an address field, groups opened, at most `max`. What has no usable address is skipped.
    pub(super) fn list(value: &[u8], max: usize) -> Vec<Self> {
        let mut line = value.to_vec();
        line.push(b'\n');
        let HeaderValue::Address(addresses) = MessageStream::new(&line).parse_address() else { return Vec::new() };
        let checked = addresses.iter().filter_map(|found| {
            let address = Email::parse(found.address()?.trim_matches(['<', '>', '\'', '"'])).ok()?;
            Some(Self::new(address, found.name()))
        });
        checked.take(max).collect()
    }
}

/// The text on one line: control characters and breaks become a space, direction marks and other invisible characters go, runs of
/// spaces become one.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_mark(c) {
            continue;
        }
        let c = if c.is_control() || c.is_whitespace() { ' ' } else { c };
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out
}

/// An address without its `+detail`: all of them are one mailbox.
pub fn without_detail(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else { return address.to_owned() };
    let local = local.split_once('+').map_or(local, |(base, _)| base);
    format!("{local}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(value: &str) -> Vec<(String, Option<String>)> {
        let found = Mailbox::list(value.as_bytes(), 10);
        found.into_iter().map(|mailbox| (mailbox.address.as_str().to_owned(), mailbox.name)).collect()
    }

    #[test]
    fn mailboxes_are_read_in_every_form() {
        let jo = ("jo@example.test".to_owned(), Some("Jo".to_owned()));
        for value in [
            "Jo <Jo@Example.test>",
            "\"Jo\" <jo@example.test>",
            "jo@example.test (Jo)",
            "=?utf-8?q?Jo?= <jo@example.test>",
        ] {
            assert_eq!(list(value).first(), Some(&jo), "{value}");
        }
        assert_eq!(list("Team: jo@example.test, kim@example.test;").len(), 2);
        assert_eq!(list("\"a@evil.test\" <b@example.test>")[0].0, "b@example.test");
        assert_eq!(list("undisclosed-recipients:;"), []);
        assert_eq!(list("<>"), []);
    }

    #[test]
    fn a_name_cannot_turn_its_line_around() {
        assert_eq!(list("\"Jo\u{202e}gpj\" <jo@example.test>")[0].1.as_deref(), Some("Jogpj"));
    }
}
