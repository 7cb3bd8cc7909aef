//! API keys. Only a digest of the whole key is kept, and it is the record's id, so that one look-up finds any key.
//!
//! Ours read `sb_<id>_<secret>`; one that an operator chose may be any printable text of at least [`KEY_MIN_CHARS`].

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use crate::domain::Refusal;

/// The shortest key that an operator may choose, in characters.
pub const KEY_MIN_CHARS: usize = 16;

/// The longest key, in characters.
pub const KEY_MAX_CHARS: usize = 256;

const PREFIX: &str = "sb";
const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

/// How much of a key that an operator chose may be shown in a list, in characters.
const HINT_CHARS: usize = 4;

/// A key at the only moment when its text is known.
#[derive(Debug)]
pub struct NewKey {
    /// The key itself; shown once, then forgotten.
    pub text: SecretString,
    /// What is kept.
    pub hash: KeyHash,
    /// What a list shows, so that a person recognises it: `sb_x3Fq09aZ`.
    pub hint: String,
}

/// What is kept of a key: the SHA-256 of its whole text, 64 hexadecimal digits; also the id of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyHash(Digest);

/// Makes a key with 256 random bits of secret.
pub fn generate() -> NewKey {
    // Letters and digits only around the separators, so that the parts read back and a double click selects it all.
    let id = random_text::<ID_BYTES>().replace(['-', '_'], "0");
    let hint = format!("{PREFIX}_{id}");
    let text = format!("{hint}_{}", random_text::<SECRET_BYTES>());
    NewKey { hash: KeyHash::of(&text), text: text.into(), hint }
}

/// Takes a key that an operator chose.
///
/// # Errors
/// `Invalid` on the field `api_key` when it is too short, too long or not printable ASCII.
pub fn chosen(text: &str) -> Result<NewKey, Refusal> {
    let hash = KeyHash::of_presented(text)
        .ok_or_else(|| Refusal::invalid("api_key", "must be 16 to 256 printable characters without spaces"))?;
    let hint = match text.splitn(3, '_').collect::<Vec<_>>().as_slice() {
        [PREFIX, id, _secret] => format!("{PREFIX}_{id}"),
        _ => text.chars().take(HINT_CHARS).collect(),
    };
    Ok(NewKey { text: text.into(), hash, hint })
}

impl KeyHash {
    /// The look-up id of what a caller presented as their key; `None` if it can not be one.
    pub fn of_presented(text: &str) -> Option<Self> {
        let right_length = (KEY_MIN_CHARS..=KEY_MAX_CHARS).contains(&text.len());
        (right_length && text.bytes().all(|c| c.is_ascii_graphic())).then(|| Self::of(text))
    }

    /// Is this the hash of that key? Takes the same time wherever they differ.
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }

    fn of(text: &str) -> Self {
        Self(Digest::of(text))
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// That many random bytes as base64url.
pub(super) fn random_text<const BYTES: usize>() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; BYTES]>())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_new_key_is_found_by_its_hash_and_by_nothing_else() {
        let key = generate();
        let text = key.text.expose_secret();
        assert_eq!(KeyHash::of_presented(text), Some(key.hash));
        assert!(key.hash.matches(text));
        assert!(!key.hash.matches(&format!("{text}x")));
        assert!(!key.hash.matches(&key.hash.to_string()));
        assert!(text.starts_with(&format!("{}_", key.hint)) && key.hint.matches('_').count() == 1);
        assert_ne!(generate().hash, key.hash);
    }

    #[test]
    fn a_key_in_a_log_shows_neither_its_text_nor_its_secret() {
        let key = generate();
        assert!(!format!("{key:?}").contains(key.text.expose_secret()));
    }

    #[test]
    fn an_operator_may_choose_any_printable_key_that_is_long_enough() {
        let key = chosen("0123456789abcdef").unwrap();
        assert_eq!(KeyHash::of_presented("0123456789abcdef"), Some(key.hash));
        assert_eq!(key.hint, "0123");
        let ours = generate();
        assert_eq!(chosen(ours.text.expose_secret()).unwrap().hint, ours.hint);
        for bad in
            ["", "0123456789abcde", "0123456789 abcdef", "0123456789\u{e9}abcdef", &"k".repeat(KEY_MAX_CHARS + 1)]
        {
            assert!(chosen(bad).is_err(), "{bad:?}");
            assert_eq!(KeyHash::of_presented(bad), None, "{bad:?}");
        }
    }
}
