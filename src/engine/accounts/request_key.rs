//! `Idempotency-Key`: the same request twice has one effect, and the second gets the first one's answer.
//!
//! Look with [`find`] before anything is made, and put the [`Claim`] that it gives into the batch that makes it. The
//! batch is refused if somebody else was faster; then look again. Fingerprints are stored mixed with the client's key,
//! and the key only as a digest, so that what a body held (a password) can not be guessed at from the store.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Accounts, TRIES_MAX, committed, unreadable};
use crate::domain::{Refusal, Timestamp};
use crate::store::{Batch, Store, StoreError};

mod sweep;

pub use sweep::{SWEEP_BATCH_MAX_ENTRIES, Swept, sweep};

/// How long a request is remembered, in seconds. After that its key is as good as new.
pub const REMEMBERED_S: u64 = 24 * 60 * 60;

/// The longest key, in characters.
pub const REQUEST_KEY_MAX_CHARS: usize = 255;

/// Why a key is refused that came with another request before; dialects may want to tell it from other conflicts.
pub const OTHER_REQUEST: &str = "the Idempotency-Key was used with another request";

const PREFIX: &str = "request/";

/// A request that its client may repeat.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestKey {
    key: String,
    scope: String,
    fingerprint: [u8; 32],
}

/// What came of a request before.
#[derive(Debug)]
pub enum Earlier {
    /// Nothing: it is the first, and may put this into its batch.
    Nothing(Claim),
    /// The record with this id.
    Made(String),
}

/// The right to be the first; holds if nobody else used it meanwhile.
#[must_use]
#[derive(Debug)]
pub struct Claim {
    key: Vec<u8>,
    mixed: String,
    at: Timestamp,
    /// The version of an entry that is too old to count.
    over: Option<u64>,
}

/// An entry. `n` comes first, as in every record: the committer reads it as the version.
#[derive(Serialize, Deserialize)]
struct Stored {
    n: u64,
    v: u32,
    fingerprint: String,
    id: String,
    at: Timestamp,
}

impl RequestKey {
    /// Takes the header's value, bare or as a string in double quotes. `scope` says whose request it is and on which
    /// route: keys of two scopes never meet.
    ///
    /// # Errors
    /// `Invalid` on the field `Idempotency-Key`.
    pub fn new(header: &str, scope: String, fingerprint: [u8; 32]) -> Result<Self, Refusal> {
        Ok(Self { key: Self::read(header)?, scope, fingerprint })
    }

    /// The key that a header's value means, whichever way it is written.
    ///
    /// # Errors
    /// `Invalid` on the field `Idempotency-Key`.
    pub fn read(header: &str) -> Result<String, Refusal> {
        let printable = |key: &String| key.bytes().all(|c| c.is_ascii_graphic() || c == b' ');
        let key = unquoted(header.trim()).filter(printable);
        key.filter(|key| !key.is_empty() && key.len() <= REQUEST_KEY_MAX_CHARS)
            .ok_or_else(|| Refusal::invalid("Idempotency-Key", "must be 1 to 255 printable characters"))
    }

    /// What tells one request on a route from another.
    pub fn fingerprint_of(route: &str, body: &[u8]) -> [u8; 32] {
        digest(&[route.as_bytes(), body])
    }

    fn stored_key(&self) -> Vec<u8> {
        format!("{PREFIX}{}", hex(&digest(&[self.scope.as_bytes(), self.key.as_bytes()]))).into_bytes()
    }

    fn mixed(&self) -> String {
        hex(&digest(&[self.key.as_bytes(), self.scope.as_bytes(), &self.fingerprint]))
    }
}

impl Accounts {
    /// A name for what the request makes: the same request gets the same name, durable before this returns. For things
    /// that are made under their name at most once, such as messages.
    ///
    /// # Errors
    /// As [`find`]; `Busy`, `Unavailable`.
    pub async fn name_request(&self, request: &RequestKey) -> Result<Uuid, Refusal> {
        for _ in 0..TRIES_MAX {
            let first = match find(self.store(), request, self.now())? {
                Earlier::Made(name) => {
                    return name.parse().map_err(|why| unreadable(StoreError::corrupt(&request.stored_key(), why)));
                }
                Earlier::Nothing(first) => first,
            };
            let name = Uuid::now_v7();
            let mut batch = Batch::default();
            claim(&mut batch, first, name)?;
            match committed(self.store().commit(batch).await) {
                Err(Refusal::Conflict { .. }) => {}
                outcome => return outcome.map(|()| name),
            }
        }
        Err(Refusal::Busy)
    }

    /// Forgets requests that are too old to count; belongs on a timer.
    ///
    /// # Errors
    /// As [`sweep()`].
    pub async fn sweep_requests(&self) -> Result<Swept, Refusal> {
        sweep(self.store(), self.now()).await
    }
}

/// What came of this request before.
///
/// # Errors
/// `Conflict` with [`OTHER_REQUEST`] when the key came with another one, `Unavailable` when the store can not be read.
pub fn find(store: &Store, request: &RequestKey, now: Timestamp) -> Result<Earlier, Refusal> {
    let key = request.stored_key();
    let mixed = request.mixed();
    let stored = store.get(&key).and_then(|value| value.map(|value| parse(&key, &value)).transpose());
    match stored.map_err(unreadable)? {
        Some(earlier) if !earlier.is_over(now) => {
            if earlier.fingerprint == mixed {
                Ok(Earlier::Made(earlier.id))
            } else {
                Err(Refusal::conflict(OTHER_REQUEST))
            }
        }
        old => Ok(Earlier::Nothing(Claim { key, mixed, at: now, over: old.map(|old| old.n) })),
    }
}

/// Puts into the batch that the request made the record with this id.
///
/// # Errors
/// `Unavailable` when it can not be written.
pub fn claim(batch: &mut Batch, claim: Claim, id: impl fmt::Display) -> Result<(), Refusal> {
    let Claim { key, mixed, at, over } = claim;
    let stored = Stored { n: over.unwrap_or(0) + 1, v: 1, fingerprint: mixed, id: id.to_string(), at };
    let value = serde_json::to_vec(&stored).map_err(|why| unreadable(StoreError::corrupt(&key, why)))?;
    match over {
        None => batch.put_new(key, value),
        Some(version) => batch.put_over(key, value, version),
    }
    Ok(())
}

impl Stored {
    fn is_over(&self, now: Timestamp) -> bool {
        now.since_ms(self.at) >= REMEMBERED_S * 1000
    }
}

impl fmt::Debug for RequestKey {
    /// Leaves the key out: with it, a stored fingerprint could be guessed at.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestKey").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// The text of a structured field's string, or the bare text itself; `None` when the quotes are not closed well.
fn unquoted(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else { return Some(text.to_owned()) };
    let mut out = String::with_capacity(rest.len());
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '\\' => out.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            '"' => return chars.next().is_none().then_some(out),
            other => out.push(other),
        }
    }
}

fn parse(key: &[u8], value: &[u8]) -> Result<Stored, StoreError> {
    serde_json::from_slice(value).map_err(|why| StoreError::corrupt(key, why))
}

/// Each part goes in with its length, so that no two lists of parts read the same.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(header: &str) -> Result<RequestKey, Refusal> {
        RequestKey::new(header, "default/user/7/POST /users".to_owned(), RequestKey::fingerprint_of("/users", b"{}"))
    }

    #[test]
    fn a_key_is_the_same_bare_and_in_quotes() {
        let bare = key("8e03978e-40d5").unwrap();
        assert!(bare == key(" \"8e03978e-40d5\" ").unwrap());
        assert!(key(r#""a\"b\\""#).unwrap().key == r#"a"b\"#);
    }

    #[test]
    fn a_key_that_is_empty_too_long_not_printable_or_badly_quoted_is_refused() {
        assert!(key(&"k".repeat(REQUEST_KEY_MAX_CHARS)).is_ok());
        let long = "k".repeat(REQUEST_KEY_MAX_CHARS + 1);
        for bad in ["", "  ", "\"\"", "\"a", "\"a\"b", "\"\\a\"", "a\tb", "é", "a\u{0}", &long] {
            assert!(key(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn keys_of_two_scopes_and_parts_that_only_look_alike_when_joined_never_meet() {
        let print = RequestKey::fingerprint_of("/users", b"{}");
        let of = |scope: &str, header| RequestKey::new(header, scope.to_owned(), print).unwrap().stored_key();
        assert_ne!(of("a", "k"), of("b", "k"));
        assert_ne!(of("a", "bk"), of("ab", "k"));
        assert_ne!(RequestKey::fingerprint_of("/a", b"b{}"), RequestKey::fingerprint_of("/ab", b"{}"));
    }

    #[test]
    fn what_is_stored_and_what_is_logged_shows_neither_the_key_nor_the_bodys_plain_digest() {
        let request = key("a-very-own-key").unwrap();
        assert!(!request.stored_key().escape_ascii().to_string().contains("a-very-own-key"));
        assert_ne!(request.mixed(), hex(&request.fingerprint));
        assert!(!format!("{request:?}").contains("a-very-own-key"));
    }
}
