//! Client message ids, unique where they are committed: `idem/<org>/<session>/<author>/<client id>` holds the message that
//! the id became. Written in the batch of the message itself, which is refused if the key is there already.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Batch, Store, StoreError};
use crate::domain::{ClientMessageId, MessageId, SessionKey, UserId};

#[derive(Serialize, Deserialize)]
struct Stored {
    v: u32,
    message: MessageId,
    seq: u64,
}

/// Remembers, with the batch, what a client id became. The batch is refused if it became something already.
pub fn remember(
    batch: &mut Batch,
    session: &SessionKey,
    user: Option<UserId>,
    client_id: &ClientMessageId,
    message: MessageId,
    seq: u64,
) {
    batch.put_new(key(session, user, client_id), value(message, seq));
}

/// As [`remember`], for a writer that knows every client id of the log that its batch is appended to: the log entry in
/// the same batch is refused if that is not the whole log, so the store need not look for the id as well.
pub fn remember_unused(
    batch: &mut Batch,
    session: &SessionKey,
    user: Option<UserId>,
    client_id: &ClientMessageId,
    message: MessageId,
    seq: u64,
) {
    batch.put_small(key(session, user, client_id), value(message, seq));
}

/// The message that a client id became, and its `seq`.
///
/// # Errors
/// When the store can not be read.
pub fn find(
    store: &Store,
    session: &SessionKey,
    user: Option<UserId>,
    client_id: &ClientMessageId,
) -> Result<Option<(MessageId, u64)>, StoreError> {
    let key = key(session, user, client_id);
    let Some(value) = store.get(&key)? else { return Ok(None) };
    let stored: Stored = serde_json::from_slice(&value).map_err(|why| StoreError::corrupt(&key, why))?;
    Ok(Some((stored.message, stored.seq)))
}

/// As [`Stored`] reads it.
fn value(message: MessageId, seq: u64) -> Vec<u8> {
    let mut id = Uuid::encode_buffer();
    let id = message.0.hyphenated().encode_lower(&mut id);
    [r#"{"v":1,"message":""#, id, r#"","seq":"#, &seq.to_string(), "}"].concat().into_bytes()
}

/// Customers share the author `c`: a session has one.
fn key(session: &SessionKey, user: Option<UserId>, client_id: &ClientMessageId) -> Vec<u8> {
    let (organization, session) = (session.organization.as_str(), session.session.as_str());
    let mut id = Uuid::encode_buffer();
    let author = match user {
        None => "c",
        Some(user) => user.0.hyphenated().encode_lower(&mut id),
    };
    ["idem/", organization, "/", session, "/", author, "/", client_id.as_str()].concat().into_bytes()
}
