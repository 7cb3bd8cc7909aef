//! How a webhook is signed, ours in two ways at once: as Standard Webhooks 1.0 has it (`webhook-signature`, over id, time and
//! body; <https://github.com/standard-webhooks/standard-webhooks>), and as a plain HMAC over the raw body
//! (`X-Webhook-Signature: sha256=<hex>`).

use std::fmt;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::Refusal;

/// The shortest secret, in characters.
pub const SECRET_MIN_CHARS: usize = 16;

/// The longest, in characters.
pub const SECRET_MAX_CHARS: usize = 256;

/// What a secret begins with whose bytes are written in base64.
const ENCODED: &str = "whsec_";

/// How many random bytes a secret of ours has.
const SECRET_BYTES: usize = 32;

/// The most signatures of one request that are looked at: while secrets change there are two.
const SIGNATURES_MAX: usize = 8;

/// What a receiver checks signatures with.
#[derive(Clone)]
pub struct SigningSecret {
    text: SecretString,
    /// The key of the standard's signature: the decoded bytes where the text says so.
    standard: Vec<u8>,
}

impl SigningSecret {
    /// Makes one.
    pub fn generate() -> Self {
        let bytes = rand::random::<[u8; SECRET_BYTES]>();
        Self { text: format!("{ENCODED}{}", STANDARD.encode(bytes)).into(), standard: bytes.to_vec() }
    }

    /// Takes one that somebody chose.
    ///
    /// # Errors
    /// `Invalid` on `secret`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !(SECRET_MIN_CHARS..=SECRET_MAX_CHARS).contains(&text.len()) || !plain {
            return Err(Refusal::invalid("secret", "must be 16 to 256 printable characters without spaces"));
        }
        let standard = match text.strip_prefix(ENCODED) {
            Some(encoded) => STANDARD.decode(encoded).ok().filter(|bytes| !bytes.is_empty()),
            None => Some(text.as_bytes().to_vec()),
        };
        let standard = standard.ok_or_else(|| Refusal::invalid("secret", "must go on in base64 behind `whsec_`"))?;
        Ok(Self { text: text.into(), standard })
    }

    /// The text, to be sealed, and to be shown once.
    pub const fn text(&self) -> &SecretString {
        &self.text
    }

    /// One signature of `webhook-signature`: `v1,<base64>`. `at_s` is the time of this try, in Unix seconds.
    pub fn standard(&self, id: &str, at_s: i64, body: &[u8]) -> String {
        let signed = [format!("{id}.{at_s}.").as_bytes(), body].concat();
        let tag = sign(&Key::new(HMAC_SHA256, &self.standard), &signed);
        format!("v1,{}", STANDARD.encode(tag))
    }

    /// Whether `given`, the value of `webhook-signature` (several signatures, with spaces between), holds one of this secret.
    pub fn is_standard(&self, id: &str, at_s: i64, body: &[u8], given: &str) -> bool {
        let signed = [format!("{id}.{at_s}.").as_bytes(), body].concat();
        let key = Key::new(HMAC_SHA256, &self.standard);
        let tags =
            given.split(' ').take(SIGNATURES_MAX).filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
        tags.into_iter().any(|tag| verify(&key, &signed, &tag).is_ok())
    }

    /// The value of `X-Webhook-Signature`: `sha256=<hex>`.
    pub fn plain(&self, body: &[u8]) -> String {
        let tag = sign(&Key::new(HMAC_SHA256, self.text.expose_secret().as_bytes()), body);
        tag.as_ref().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"type":"t.test"}"#;

    #[test]
    fn the_signatures_are_the_known_ones() {
        let secret = SigningSecret::parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX").unwrap();
        let expected = "v1,rMwAGywumfgG7/8rhs1nZka6yqJqIAj2oekuaN7+Uqg=";
        assert_eq!(secret.standard("msg_1", 1_700_000_000, BODY), expected);
        let several = format!("v1,AAAA v2,x {expected}");
        assert!(secret.is_standard("msg_1", 1_700_000_000, BODY, &several));
        for (id, at_s, body, given) in [
            ("msg_2", 1_700_000_000, BODY, expected),
            ("msg_1", 1_700_000_001, BODY, expected),
            ("msg_1", 1_700_000_000, b"{}".as_slice(), expected),
            ("msg_1", 1_700_000_000, BODY, &expected[3..]),
            ("msg_1", 1_700_000_000, BODY, ""),
        ] {
            assert!(!secret.is_standard(id, at_s, body, given), "{id} {at_s} {given}");
        }
        // The known secret is shorter than what we take.
        let short = SigningSecret { text: "hook-secret-1".into(), standard: Vec::new() };
        let expected = "sha256=b2bdaf223fcfc82fd650038846d750be6cc2e8b1f4afe40dda1af0b09739d547";
        assert_eq!(short.plain(BODY), expected);
    }

    #[test]
    fn a_chosen_secret_is_taken_as_it_is_unless_it_says_that_it_is_encoded() {
        let plain = SigningSecret::parse("0123456789abcdef").unwrap();
        assert_eq!(plain.standard, b"0123456789abcdef");
        let own = SigningSecret::generate();
        let again = SigningSecret::parse(own.text().expose_secret()).unwrap();
        assert_eq!((again.standard.len(), &again.standard), (SECRET_BYTES, &own.standard));
        let long = "x".repeat(SECRET_MAX_CHARS + 1);
        for bad in ["", "0123456789abcde", "0123456789 abcdef", "whsec_not base64!", "whsec_%%%%%%%%%%%%", &long] {
            assert!(SigningSecret::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{own:?}"), "SigningSecret(***)");
    }
}
