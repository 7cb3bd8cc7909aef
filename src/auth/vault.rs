//! Secrets that must be used again, and so can not be kept as a digest: sealed with a key of the installation's (AES-256-GCM-SIV,
//! a random nonce each time), for one record alone. What is sealed for another record or organization does not open.
//!
//! Deliberately absent: where the key comes from.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::sealed::Sealed;

/// How long the key is, in bytes.
pub const VAULT_KEY_BYTES: usize = 32;

/// What the key of marks is derived for.
const MARKS: &[u8] = b"switchboard/vault/marks/1";

/// Why a key or a sealed text can not be used. It tells nothing of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key is not base64 of 32 bytes.
    #[error("must be 32 bytes in base64")]
    BadKey,
    /// It was sealed with another key, for something else, or is damaged.
    #[error("it was sealed with another key, or is damaged")]
    DoesNotOpen,
}

/// See the module.
pub struct Vault {
    key: RandomizedNonceKey,
    marks: hmac::Key,
}

impl Vault {
    /// With this key, in base64.
    ///
    /// # Errors
    /// `BadKey`.
    pub fn new(key: &SecretString) -> Result<Self, VaultError> {
        let bytes = STANDARD.decode(key.expose_secret().trim()).map_err(|_| VaultError::BadKey)?;
        if bytes.len() != VAULT_KEY_BYTES {
            return Err(VaultError::BadKey);
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, &bytes).map_err(|_| VaultError::BadKey)?;
        // A key of its own: nothing that is done with one tells of the other.
        let marks = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), MARKS);
        Ok(Self { key, marks: hmac::Key::new(hmac::HMAC_SHA256, marks.as_ref()) })
    }

    /// What stands for a text that is to be known again and not to be read: the same for the same context and text, as
    /// hexadecimal digits. Whoever does not have the key can not try texts out, not even telephone numbers.
    pub fn mark(&self, context: &str, text: &str) -> String {
        // No context holds a line feed.
        let tag = hmac::sign(&self.marks, format!("{context}\n{text}").as_bytes());
        tag.as_ref().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }

    /// A new key.
    pub fn generate_key() -> SecretString {
        STANDARD.encode(rand::random::<[u8; VAULT_KEY_BYTES]>()).into()
    }

    /// Seals a secret for `context`, which is told again to open it.
    ///
    /// # Errors
    /// `BadKey` when the cipher does not work.
    pub fn seal(&self, context: &str, secret: &SecretString) -> Result<Sealed, VaultError> {
        let mut text = secret.expose_secret().as_bytes().to_vec();
        let nonce = self.key.seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut text);
        let nonce = nonce.map_err(|_| VaultError::BadKey)?;
        Ok(Sealed(STANDARD.encode([nonce.as_ref().as_slice(), &text].concat())))
    }

    /// Opens what was sealed for `context`.
    ///
    /// # Errors
    /// `DoesNotOpen`.
    pub fn open(&self, context: &str, sealed: &Sealed) -> Result<SecretString, VaultError> {
        let mut bytes = STANDARD.decode(&sealed.0).map_err(|_| VaultError::DoesNotOpen)?;
        let (nonce, text) = bytes.split_at_mut_checked(NONCE_LEN).ok_or(VaultError::DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::DoesNotOpen)?;
        let opened = self.key.open_in_place(nonce, Aad::from(context.as_bytes()), text);
        let opened = opened.map_err(|_| VaultError::DoesNotOpen)?;
        let text = std::str::from_utf8(opened).map_err(|_| VaultError::DoesNotOpen)?;
        Ok(SecretString::from(text))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(&Vault::generate_key()).unwrap()
    }

    #[test]
    fn a_secret_opens_with_its_key_and_for_its_record_alone() {
        let (vault, secret) = (vault(), SecretString::from("whsec_c2VjcmV0"));
        let sealed = vault.seal("webhook/acme/1", &secret).unwrap();
        assert_eq!(vault.open("webhook/acme/1", &sealed).unwrap().expose_secret(), "whsec_c2VjcmV0");
        assert_eq!(vault.open("webhook/other/1", &sealed).unwrap_err(), VaultError::DoesNotOpen);
        assert!(self::vault().open("webhook/acme/1", &sealed).is_err(), "another key");
        assert_ne!(vault.seal("webhook/acme/1", &secret).unwrap(), sealed, "a nonce of its own each time");
        assert!(!format!("{vault:?} {sealed:?}").contains(&sealed.0));
    }

    #[test]
    fn a_mark_is_the_same_for_one_text_and_tells_nothing_of_it() {
        let key = Vault::generate_key();
        let vault = || Vault::new(&key).unwrap();
        let mark = vault().mark("number/acme", "+15550002222");
        assert_eq!((vault().mark("number/acme", "+15550002222"), mark.len()), (mark.clone(), 64));
        assert_ne!(vault().mark("number/other", "+15550002222"), mark);
        assert_ne!(vault().mark("number/acme", "+15550002223"), mark);
        assert_ne!(self::vault().mark("number/acme", "+15550002222"), mark, "another key");
    }

    #[test]
    fn what_is_damaged_does_not_open_and_what_is_no_key_is_none() {
        let vault = vault();
        let sealed = vault.seal("c", &SecretString::from("s")).unwrap().0;
        let turned = if sealed.starts_with('A') { "B" } else { "A" };
        for bad in ["", "%", "AAAA", &sealed[..sealed.len() - 4], &format!("{turned}{}", &sealed[1..])] {
            assert_eq!(vault.open("c", &Sealed(bad.to_owned())).unwrap_err(), VaultError::DoesNotOpen, "{bad}");
        }
        for bad in ["", "short", "c2hvcnQ=", &"A".repeat(64)] {
            assert_eq!(Vault::new(&SecretString::from(bad)).unwrap_err(), VaultError::BadKey, "{bad}");
        }
    }
}
