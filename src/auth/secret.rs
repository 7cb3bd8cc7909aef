//! Resume secrets: what an anonymous customer shows to come back to a session. Knowing a session's id is not enough.

use secrecy::SecretString;

use super::digest::Digest;
use super::key::random_text;
use crate::domain::session::SecretHash;

const SECRET_BYTES: usize = 24;

/// A secret at the only moment when its text is known.
#[derive(Debug)]
pub struct ResumeSecret {
    /// The secret itself, base64url with 192 random bits; given to the client once.
    pub text: SecretString,
    /// What the session's record keeps.
    pub hash: SecretHash,
}

impl ResumeSecret {
    /// Makes one.
    pub fn generate() -> Self {
        let text = random_text::<SECRET_BYTES>();
        Self { hash: Self::hash_of(&text), text: text.into() }
    }

    /// What a record keeps of a presented secret: its SHA-256. Two hashes are compared in the same time wherever they
    /// differ.
    pub fn hash_of(text: &str) -> SecretHash {
        SecretHash(Digest::of(text).to_string())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn only_the_secret_itself_opens_the_session() {
        let secret = ResumeSecret::generate();
        assert_eq!(ResumeSecret::hash_of(secret.text.expose_secret()), secret.hash);
        for other in [ResumeSecret::generate().text.expose_secret(), "", &secret.hash.0] {
            assert_ne!(ResumeSecret::hash_of(other), secret.hash, "{other}");
        }
        let cut = SecretHash(secret.hash.0[1..].to_owned());
        assert_ne!(cut, secret.hash);
    }

    #[test]
    fn a_hash_reads_back_from_its_record() {
        let secret = ResumeSecret::generate();
        let kept = serde_json::to_string(&secret.hash).unwrap();
        assert!(!kept.contains(secret.text.expose_secret()));
        assert_eq!(serde_json::from_str::<SecretHash>(&kept).unwrap(), secret.hash);
    }
}
