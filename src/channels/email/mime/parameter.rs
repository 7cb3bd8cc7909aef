//! Content-Type and Content-Disposition with their parameters (RFC 2045, 5.1; RFC 2231), as they are written in the wild.

use super::{charset, encoded, transfer};

/// The most parameters of one field.
const PARAMETERS_MAX: usize = 64;

/// The longest type, `application/vnd...`, in bytes.
const KIND_MAX_BYTES: usize = 127;

/// A value with parameters: `text/plain; charset=utf-8`.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Typed {
    /// What stands before the first semicolon, in lower case: `text/plain`, `attachment`. Empty when it is no word.
    pub(in super::super) kind: String,
    parameters: Vec<(String, String)>,
}

/// One piece of a parameter that was cut into several: `name*1*=...`.
struct Piece {
    name: String,
    number: u32,
    is_escaped: bool,
    value: Vec<u8>,
}

impl Typed {
    /// Reads the value of a field.
    pub(in super::super) fn parse(value: &[u8]) -> Self {
        let mut pieces = split(value).into_iter();
        let kind =
            pieces.next().map(|first| String::from_utf8_lossy(first).trim().to_ascii_lowercase()).unwrap_or_default();
        let kind = kind.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
        let is_word = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+/".contains(c);
        let is_kind = kind.len() <= KIND_MAX_BYTES && kind.chars().all(is_word);
        let mut typed = Self { kind: if is_kind { kind.to_owned() } else { String::new() }, parameters: Vec::new() };
        let mut cut = Vec::new();
        for piece in pieces.take(PARAMETERS_MAX) {
            typed.add(piece, &mut cut);
        }
        typed.join(cut);
        typed
    }

    /// The value of a parameter, decoded; `name` in lower case.
    pub(in super::super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn add(&mut self, piece: &[u8], cut: &mut Vec<Piece>) {
        let Some(equals) = piece.iter().position(|byte| *byte == b'=') else { return };
        let name = String::from_utf8_lossy(&piece[..equals]).trim().to_ascii_lowercase();
        let value = unquoted(piece[equals + 1..].trim_ascii());
        let Some((base, rest)) = name.split_once('*') else {
            // An encoded word in a parameter is against the rules, and what many programs write.
            self.parameters.push((name, encoded::decode(&value).trim().to_owned()));
            return;
        };
        let is_escaped = rest.is_empty() || rest.ends_with('*');
        let number = rest.trim_end_matches('*').parse().unwrap_or(0);
        cut.push(Piece { name: base.to_owned(), number, is_escaped, value });
    }

    /// Puts cut parameters together. Bytes are joined before the charset is applied: characters are cut in two as well.
    fn join(&mut self, mut cut: Vec<Piece>) {
        cut.sort_by(|a, b| (&a.name, a.number).cmp(&(&b.name, b.number)));
        for pieces in cut.chunk_by(|a, b| a.name == b.name) {
            let (mut charset, mut bytes) = (None, Vec::new());
            for (at, piece) in pieces.iter().enumerate() {
                let mut value = piece.value.as_slice();
                if at == 0 && piece.is_escaped {
                    (charset, value) = announced(value);
                }
                match piece.is_escaped {
                    true => bytes.extend_from_slice(&transfer::escaped(value, b'%')),
                    false => bytes.extend_from_slice(value),
                }
            }
            let Some(first) = pieces.first() else { continue };
            let value = charset::decode(charset.as_deref(), &bytes);
            // The form of RFC 2231 is the better one where both are given.
            self.parameters.insert(0, (first.name.clone(), value));
        }
    }
}

/// Takes `utf-8'en'` off the front.
fn announced(value: &[u8]) -> (Option<String>, &[u8]) {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(charset), Some(_), Some(rest)) => (Some(String::from_utf8_lossy(charset).into_owned()), rest),
        _ => (None, value),
    }
}

/// The pieces between semicolons that stand in no quotes.
fn split(value: &[u8]) -> Vec<&[u8]> {
    let (mut pieces, mut from, mut in_quotes, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in value.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_quotes => is_escaped = true,
            b'"' => in_quotes = !in_quotes,
            b';' if !in_quotes => {
                pieces.push(&value[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&value[from..]);
    pieces
}

/// The value without its quotes. A backslash before anything but a quote or a backslash is a path of Windows, and kept.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(inner) = value.strip_prefix(b"\"") else {
        return value.to_vec();
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => out.push(bytes.next_if(|next| matches!(next, b'"' | b'\\')).unwrap_or(b'\\')),
            _ => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Typed;

    fn name(value: &str) -> Option<String> {
        let typed = Typed::parse(value.as_bytes());
        typed.get("filename").map(str::to_owned)
    }

    #[test]
    fn names_are_read_in_every_form() {
        assert_eq!(name("attachment; filename=a.txt").unwrap(), "a.txt");
        assert_eq!(name("attachment; filename=\"a;b \\\"c\\\".txt\"; size=3").unwrap(), "a;b \"c\".txt");
        assert_eq!(name("attachment; filename=my file.pdf").unwrap(), "my file.pdf");
        assert_eq!(name("attachment; filename*=utf-8'de'Gr%C3%BC%C3%9Fe.pdf").unwrap(), "Grüße.pdf");
        assert_eq!(name("attachment; filename*1*=%BC.pdf; filename*0*=utf-8''Gr%C3").unwrap(), "Grü.pdf");
        assert_eq!(name("attachment; filename*0=\"long \"; filename*1=\"name.pdf\"").unwrap(), "long name.pdf");
        assert_eq!(name("attachment; filename*0*=koi8-r''%F0%D2; filename*1*=%C9").unwrap(), "При");
        assert_eq!(name("attachment; filename=fallback.txt; filename*=utf-8''real.txt").unwrap(), "real.txt");
        assert_eq!(name("attachment; filename=\"=?utf-8?B?R3LDvMOfZQ==?=\"").unwrap(), "Grüße");
        assert_eq!(name("attachment; filename=\"C:\\temp\\a.txt\"").unwrap(), "C:\\temp\\a.txt");
        assert_eq!(name("attachment"), None);
    }

    #[test]
    fn a_type_is_a_word_in_lower_case_or_nothing() {
        assert_eq!(Typed::parse(b"TEXT/Plain; charset=x").kind, "text/plain");
        assert_eq!(Typed::parse(b"text/html (a comment); charset=x").kind, "text/html");
        assert_eq!(Typed::parse(b"te<xt/plain").kind, "");
        assert_eq!(Typed::parse(b"").kind, "");
    }
}
