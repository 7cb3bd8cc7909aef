//! Passwords: argon2id, off the runtime's own threads, a bounded number at a time.
//!
//! Each hash takes about 19 MiB and some tens of milliseconds, so a crowd of logins waits in a short line and what is
//! beyond the line is told to come back.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::Refusal;

/// The shortest password of the default policy, in characters.
pub const PASSWORD_MIN_CHARS: usize = 8;

/// The longest password, in characters: more is no safer and costs time to read.
pub const PASSWORD_MAX_CHARS: usize = 128;

/// OWASP's second choice for argon2id: memory in KiB, passes, lanes.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many may wait for their turn; at four a tenth of a second it is a wait of some seconds.
const WAITING_MAX: usize = 256;

/// A hash with our parameters that no password has. Checking against it takes as long as against a real one, so that the
/// time of a refused login does not tell whether the account exists.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gb25lJ3Mgc2FsdC4u$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What is kept of a password, in the PHC text form; its parameters are in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

/// Hashes and checks passwords.
#[derive(Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Passwords {
    /// Works on at most `parallel_max` passwords at a time.
    pub fn new(parallel_max: usize) -> Self {
        let parallel_max = parallel_max.max(1);
        Self {
            turns: Arc::new(Semaphore::new(parallel_max)),
            places: Arc::new(Semaphore::new(parallel_max + WAITING_MAX)),
        }
    }

    /// Checks the default policy; a tenant's own may ask for more.
    ///
    /// # Errors
    /// `Invalid` on the field `password`.
    pub fn check_policy(password: &str) -> Result<(), Refusal> {
        match password.chars().count() {
            0..PASSWORD_MIN_CHARS => Err(Refusal::invalid("password", "must be at least 8 characters")),
            PASSWORD_MIN_CHARS..=PASSWORD_MAX_CHARS => Ok(()),
            _ => Err(Refusal::invalid("password", "must be at most 128 characters")),
        }
    }

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    /// `Busy` when too many wait already.
    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash, Refusal> {
        let hashed = self.in_turn(move || {
            let hash: phc::PasswordHash = argon2()?.hash_password(password.expose_secret().as_bytes())?;
            Ok(PasswordHash(hash.to_string()))
        });
        hashed.await?.map_err(broken)
    }

    /// Does the password belong to the hash? With no hash the answer is no, after the same time.
    ///
    /// # Errors
    /// `Busy` when too many wait already, `Unavailable` when the hash does not read.
    pub async fn verify(&self, password: SecretString, hash: Option<&PasswordHash>) -> Result<bool, Refusal> {
        let known = hash.is_some();
        let hash = hash.map_or_else(|| NOBODYS_HASH.to_owned(), |hash| hash.0.clone());
        let verified = self.in_turn(move || verify_now(&password, &hash));
        let matches = verified.await?.map_err(broken)?;
        Ok(matches && known)
    }

    /// Runs `work` on a blocking thread when its turn has come. The turn belongs to the work and not to the caller: one
    /// who hangs up does not free memory that is still in use.
    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_full| Refusal::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_closed| Refusal::Busy)?;
        let held: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (place, turn);
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(held);
            outcome
        });
        done.await.map_err(|failure| {
            tracing::error!(%failure, "a password task did not end");
            Refusal::Unavailable { part: "passwords" }
        })
    }
}

impl fmt::Debug for PasswordHash {
    /// Shows nothing of it: a hash in a log can be guessed at.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

fn argon2() -> Result<Argon2<'static>, argon2::password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn verify_now(password: &SecretString, hash: &str) -> Result<bool, argon2::password_hash::Error> {
    let hash = phc::PasswordHash::new(hash)?;
    match argon2()?.verify_password(password.expose_secret().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn broken(failure: argon2::password_hash::Error) -> Refusal {
    tracing::error!(%failure, "a password could not be hashed or checked");
    Refusal::Unavailable { part: "passwords" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn a_password_belongs_to_its_own_hash_only() {
        let passwords = Passwords::new(2);
        let hash = passwords.hash(secret("securepassword123")).await.unwrap();
        assert!(passwords.verify(secret("securepassword123"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(secret("securePassword123"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(secret(""), Some(&hash)).await.unwrap());
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ_and_name_the_documented_parameters() {
        let passwords = Passwords::new(2);
        let first = passwords.hash(secret("securepassword123")).await.unwrap();
        let second = passwords.hash(secret("securepassword123")).await.unwrap();
        assert_ne!(first, second);
        assert!(first.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", first.0);
        assert_eq!(format!("{first:?}"), "PasswordHash(..)");
    }

    #[tokio::test]
    async fn nobodys_hash_costs_what_a_real_one_costs_and_no_password_has_it() {
        let nobody = phc::PasswordHash::new(NOBODYS_HASH).unwrap();
        let real: phc::PasswordHash = argon2().unwrap().hash_password(b"x").unwrap();
        assert_eq!((nobody.algorithm, nobody.version, &nobody.params), (real.algorithm, real.version, &real.params));
        assert_eq!(nobody.hash.unwrap().len(), real.hash.unwrap().len());
        assert!(!Passwords::new(1).verify(secret("securepassword123"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_that_does_not_read_is_our_fault_and_not_a_wrong_password() {
        let broken = PasswordHash("plain".to_owned());
        let verified = Passwords::new(1).verify(secret("securepassword123"), Some(&broken)).await;
        assert_eq!(verified, Err(Refusal::Unavailable { part: "passwords" }));
    }

    #[tokio::test]
    async fn work_runs_a_bounded_number_at_a_time_and_beyond_the_line_the_answer_is_busy() {
        let passwords = Arc::new(Passwords::new(1));
        let turn = Arc::clone(&passwords.turns).acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..=WAITING_MAX)
            .map(|_| {
                let passwords = Arc::clone(&passwords);
                tokio::spawn(async move { passwords.in_turn(|| ()).await })
            })
            .collect();
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(passwords.in_turn(|| ()).await, Err(Refusal::Busy));
        drop(turn);
        for waiter in waiting {
            assert_eq!(waiter.await.unwrap(), Ok(()));
        }
        assert_eq!(passwords.in_turn(|| ()).await, Ok(()));
    }

    #[tokio::test]
    async fn a_caller_who_hangs_up_does_not_free_the_turn_of_work_that_still_runs() {
        let passwords = Arc::new(Passwords::new(1));
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (finish, told_to_finish) = std::sync::mpsc::channel::<()>();
        let caller = tokio::spawn({
            let passwords = Arc::clone(&passwords);
            async move {
                let work = move || {
                    started.send(()).unwrap();
                    told_to_finish.recv().unwrap();
                };
                passwords.in_turn(work).await
            }
        });
        has_started.await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!(passwords.turns.available_permits(), 0);
        finish.send(()).unwrap();
        assert_eq!(passwords.in_turn(|| ()).await, Ok(()));
    }

    #[test]
    fn the_default_policy_takes_the_documents_examples_and_refuses_the_too_short_and_too_long() {
        for good in ["securepassword123", "securePassword123", "12345678", "ключиключ", &"x".repeat(128)] {
            assert_eq!(Passwords::check_policy(good), Ok(()), "{good}");
        }
        for bad in ["", "1234567", "ключ", &"x".repeat(129)] {
            assert!(Passwords::check_policy(bad).is_err(), "{bad}");
        }
    }
}
