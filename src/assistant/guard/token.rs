//! Tokens as they are written: `<email_1>`. Models change their case and escape their low line, so that is read too.

/// The longest token, in bytes.
const TOKEN_MAX_BYTES: usize = 48;

/// The most digits of a token's number.
const DIGITS_MAX: usize = 5;

/// A token's name and number.
pub(super) type Name = (String, u32);

/// What begins with an angle bracket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// A token, and its length in bytes.
    Token(usize, Name),
    /// It may become one.
    Open,
    /// Something else.
    Other,
}

/// How a token is written.
pub(super) fn written(name: &str, number: u32) -> String {
    format!("<{name}_{number}>")
}

/// Reads what the text begins with. `known` says whether tokens may have a name.
pub(super) fn read(text: &str, known: &dyn Fn(&str) -> bool) -> Read {
    let Some(rest) = text.strip_prefix('<') else { return Read::Other };
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '\\');
    let end = rest.find(|c| !inside(c));
    let length = end.unwrap_or(rest.len());
    if length > TOKEN_MAX_BYTES {
        return Read::Other;
    }
    if end.is_none() {
        return Read::Open;
    }
    let plain = rest[..length].replace('\\', "").to_ascii_lowercase();
    let Some((name, digits)) = plain.rsplit_once('_').filter(|_| rest[length..].starts_with('>')) else {
        return Read::Other;
    };
    let number = digits.parse().ok().filter(|_| digits.len() <= DIGITS_MAX && !digits.starts_with('+'));
    match number {
        Some(number) if known(name) => Read::Token(length + 2, (name.to_owned(), number)),
        Some(_) | None => Read::Other,
    }
}

/// Where the tokens of a text are, with their names.
pub(super) fn all(text: &str, known: &dyn Fn(&str) -> bool) -> Vec<(std::ops::Range<usize>, Name)> {
    let mut tokens = Vec::new();
    for (at, _) in text.match_indices('<') {
        if let Read::Token(length, name) = read(&text[at..], known) {
            tokens.push((at..at + length, name));
        }
    }
    tokens
}
