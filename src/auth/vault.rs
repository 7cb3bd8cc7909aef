//! Secrets that must be used again, and so can not be kept as a digest: sealed with a key of the installation's (AES-256-GCM-SIV,
//! a random nonce each time), for one record alone. What is sealed for another record or organization does not open.
//!
//! Deliberately absent: where the key comes from.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::domain::sealed::Sealed;

/// How long the key is, in bytes.
pub const VAULT_KEY_BYTES: usize = 32;

/// Why a key or a sealed text can not be used. It tells nothing of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key is not base64 of 32 bytes.
    #[error("must be 32 bytes in base64")]
    BadKey,
    /// There is no key, and none could be made.
    #[error("there is no key to seal with")]
    NoKey,
    /// It was sealed with another key, for something else, or is damaged.
    #[error("it was sealed with another key, or is damaged")]
    DoesNotOpen,
}

/// See the module.
pub struct Vault {
    keys: OnceLock<Keys>,
    make: Option<Make>,
    /// Held while a key is made.
    making: Mutex<()>,
}

/// What is made of the one key.
struct Keys {
    seals: RandomizedNonceKey,
    derives: hmac::Key,
}

/// Makes a key and keeps it; none where it could not be kept.
type Make = Box<dyn Fn() -> Option<SecretString> + Send + Sync>;

impl Vault {
    /// With this key, in base64.
    ///
    /// # Errors
    /// `BadKey`.
    pub fn new(key: &SecretString) -> Result<Self, VaultError> {
        Ok(Self { keys: OnceLock::from(read(key)?), make: None, making: Mutex::default() })
    }

    /// Without a key yet: `make` makes one and keeps it when something is sealed for the first time.
    pub fn made_when_needed(make: impl Fn() -> Option<SecretString> + Send + Sync + 'static) -> Self {
        Self { keys: OnceLock::new(), make: Some(Box::new(make)), making: Mutex::default() }
    }

    /// The keys, which are made now if there are none.
    fn keys(&self) -> Result<&Keys, VaultError> {
        if let Some(keys) = self.keys.get() {
            return Ok(keys);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = self.keys.get() {
            return Ok(keys);
        }
        let made = self.make.as_ref().and_then(|make| make()).ok_or(VaultError::NoKey)?;
        let made = read(&made)?;
        Ok(self.keys.get_or_init(|| made))
    }

    /// A secret for one purpose, always the same with the same key; of it nothing of the key can be told.
    ///
    /// # Errors
    /// `NoKey`, `BadKey`.
    pub fn derive(&self, purpose: &str) -> Result<SecretSlice<u8>, VaultError> {
        Ok(hmac::sign(&self.keys()?.derives, purpose.as_bytes()).as_ref().to_vec().into())
    }

    /// The same, where there is a key already: nothing that was derived before is known without one, so none is made for looking.
    pub fn derived(&self, purpose: &str) -> Option<SecretSlice<u8>> {
        Some(hmac::sign(&self.keys.get()?.derives, purpose.as_bytes()).as_ref().to_vec().into())
    }

    /// A new key.
    pub fn generate_key() -> SecretString {
        STANDARD.encode(rand::random::<[u8; VAULT_KEY_BYTES]>()).into()
    }

    /// Seals a secret for `context`, which is told again to open it.
    ///
    /// # Errors
    /// `NoKey`; `BadKey` when the cipher does not work.
    pub fn seal(&self, context: &str, secret: &SecretString) -> Result<Sealed, VaultError> {
        let mut text = secret.expose_secret().as_bytes().to_vec();
        let nonce = self.keys()?.seals.seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut text);
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
        let keys = self.keys.get().ok_or(VaultError::DoesNotOpen)?;
        let opened = keys.seals.open_in_place(nonce, Aad::from(context.as_bytes()), text);
        let opened = opened.map_err(|_| VaultError::DoesNotOpen)?;
        let text = std::str::from_utf8(opened).map_err(|_| VaultError::DoesNotOpen)?;
        Ok(SecretString::from(text))
    }
}

fn read(key: &SecretString) -> Result<Keys, VaultError> {
    let bytes = STANDARD.decode(key.expose_secret().trim()).map_err(|_| VaultError::BadKey)?;
    if bytes.len() != VAULT_KEY_BYTES {
        return Err(VaultError::BadKey);
    }
    let seals = RandomizedNonceKey::new(&AES_256_GCM_SIV, &bytes).map_err(|_| VaultError::BadKey)?;
    Ok(Keys { seals, derives: hmac::Key::new(hmac::HMAC_SHA256, &bytes) })
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
    fn a_key_is_made_once_and_not_before_something_is_sealed() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU32, Ordering};

        let made = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&made);
        let vault = Vault::made_when_needed(move || {
            // The first time it can not be kept.
            (counted.fetch_add(1, Ordering::SeqCst) > 0).then(Vault::generate_key)
        });
        assert_eq!(vault.open("c", &Sealed("AAAA".to_owned())).unwrap_err(), VaultError::DoesNotOpen);
        assert!(vault.derived("c").is_none());
        assert_eq!(made.load(Ordering::SeqCst), 0);
        assert_eq!(vault.seal("c", &SecretString::from("s")).unwrap_err(), VaultError::NoKey);
        let sealed = vault.seal("c", &SecretString::from("s")).unwrap();
        let other = vault.seal("c", &SecretString::from("t")).unwrap();
        assert_eq!(vault.open("c", &sealed).unwrap().expose_secret(), "s");
        assert_eq!(vault.open("c", &other).unwrap().expose_secret(), "t");
        assert_eq!(made.load(Ordering::SeqCst), 2);
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
