//! The `Idempotency-Key` header where it serves as a message's own id.

use axum::http::HeaderMap;

use crate::domain::Refusal;

/// The header's name, as refusals name it.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The longest value, in characters: that of a message's id.
const KEY_MAX_CHARS: usize = 128;

/// The header's value, bare or as a structured-field string in double quotes.
///
/// # Errors
/// `Invalid` on [`IDEMPOTENCY_KEY`].
pub fn key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let refused = || Refusal::invalid(IDEMPOTENCY_KEY, "must be 1 to 128 printable characters");
    let text = value.to_str().map_err(|_| refused())?.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if text.is_empty() || text.chars().count() > KEY_MAX_CHARS || text.chars().any(char::is_control) {
        return Err(refused());
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<String>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, value.parse().unwrap());
        key(&headers)
    }

    #[test]
    fn a_key_is_read_bare_or_quoted_and_within_its_length() {
        assert_eq!(key(&HeaderMap::new()), Ok(None));
        assert_eq!(read(" a-1 "), Ok(Some("a-1".to_owned())));
        assert_eq!(read("\"a-1\""), Ok(Some("a-1".to_owned())));
        for bad in ["", "\"\"", &"x".repeat(129), "a\tb"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
