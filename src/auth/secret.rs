//! Resume secrets: what an anonymous customer shows to come back to a session. Knowing a session's id is not enough.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::key::random_text;

const SECRET_BYTES: usize = 24;

/// A secret at the only moment when its text is known.
#[derive(Debug)]
pub struct ResumeSecret {
    /// The secret itself, base64url with 192 random bits; given to the client once.
    pub text: SecretString,
    /// What the session's record keeps.
    pub hash: ResumeHash,
}

/// What is kept of a resume secret: its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResumeHash(Digest);

impl ResumeSecret {
    /// Makes one.
    pub fn generate() -> Self {
        let text = random_text::<SECRET_BYTES>();
        Self { hash: ResumeHash(Digest::of(&text)), text: text.into() }
    }
}

impl ResumeHash {
    /// Is this the hash of that secret? Takes the same time wherever they differ.
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(text)
    }
}

impl fmt::Display for ResumeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn only_the_secret_itself_opens_the_session() {
        let secret = ResumeSecret::generate();
        assert!(secret.hash.matches(secret.text.expose_secret()));
        assert!(!secret.hash.matches(ResumeSecret::generate().text.expose_secret()));
        assert!(!secret.hash.matches(""));
        assert!(!secret.hash.matches(&secret.hash.to_string()));
    }

    #[test]
    fn a_hash_reads_back_from_its_record() {
        let secret = ResumeSecret::generate();
        let kept = serde_json::to_string(&secret.hash).unwrap();
        assert!(!kept.contains(secret.text.expose_secret()));
        assert!(serde_json::from_str::<ResumeHash>(&kept).unwrap().matches(secret.text.expose_secret()));
    }
}
