//! Keyed checksums (HMAC, RFC 2104), compared in constant time.
//!
//! A key that is empty fits nothing: a secret that nobody configured must not let anybody in.

use aws_lc_rs::digest;
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256};

/// Length of an HMAC-SHA-256, in bytes.
const SHA256_BYTES: usize = 32;

/// The HMAC-SHA-256 of the message in lower-case hexadecimal, 64 characters; `None` without a key.
pub fn sha256_hex(key: &[u8], message: &[u8]) -> Option<String> {
    (!key.is_empty()).then(|| hex(hmac::sign(&hmac::Key::new(HMAC_SHA256, key), message).as_ref()))
}

/// Whether `given` (hexadecimal, either case) is the HMAC-SHA-256 of the message.
pub fn sha256_hex_fits(key: &[u8], message: &[u8], given: &str) -> bool {
    let Some(given) = unhex(given).filter(|given| given.len() == SHA256_BYTES) else { return false };
    !key.is_empty() && hmac::verify(&hmac::Key::new(HMAC_SHA256, key), message, &given).is_ok()
}

/// Whether `given` is the HMAC-SHA-1 of the message. Only for providers that sign with nothing better: as a keyed
/// checksum SHA-1 still holds, but nothing new should be built on it.
pub fn sha1_fits(key: &[u8], message: &[u8], given: &[u8]) -> bool {
    !key.is_empty() && hmac::verify(&hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key), message, given).is_ok()
}

/// The SHA-256 of the bytes, in lower-case hexadecimal.
pub fn digest_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Bytes in lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

/// The bytes that hexadecimal text stands for; `None` if it is none.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let half = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(half(high)? << 4 | half(low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_fits_its_message_and_key_alone() {
        let sum = sha256_hex(b"key", b"message").unwrap();
        assert_eq!(sum, "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a");
        assert!(sha256_hex_fits(b"key", b"message", &sum) && sha256_hex_fits(b"key", b"message", &sum.to_uppercase()));
        assert!(!sha256_hex_fits(b"kez", b"message", &sum) && !sha256_hex_fits(b"key", b"messagf", &sum));
        for bad in ["", "6e", &sum[2..], &format!("{sum}00"), &sum.replace('6', "g"), "\u{e9}".repeat(32).as_str()] {
            assert!(!sha256_hex_fits(b"key", b"message", bad), "{bad:?}");
        }
    }

    #[test]
    fn without_a_key_nothing_fits() {
        assert_eq!(sha256_hex(b"", b"message"), None);
        // These are the true checksums under the empty key.
        let sha256 = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
        let sha1 = unhex("fbdb1d1b18aa6c08324b7d64b71fb76370690e1d").unwrap();
        assert!(!sha256_hex_fits(b"", b"", sha256) && !sha1_fits(b"", b"", &sha1));
    }
}
