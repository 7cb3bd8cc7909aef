//! Which projection the store holds, and how it is made anew from the logs: everything is deleted, then each session's log
//! is counted, in bounded batches that a crash may fall between.
//!
//! The feed's cursor is set to the feed's end at the beginning. What is posted meanwhile stands behind it, and an event
//! that was counted with its log is known by its `seq`, so nothing is missed and nothing counts twice.

use serde::{Deserialize, Serialize};

use super::page::Page;
use super::rows;
use crate::domain::{OrganizationId, SessionId, SessionKey, State};
use crate::store::{Batch, Direction, KeyRange, Record, Store, StoreError, feed};

/// The form of the rows and the meaning of the figures. A change of either raises it, and the next start makes them anew.
pub const PROJECTION_VERSION: u32 = 3;

/// Rows that are deleted at once.
const CLEAR_MAX_ROWS: usize = 1_000;

const KEY: &[u8] = b"analytics";

/// How far the projection is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Rows of an older one are being deleted.
    Clearing,
    /// Sessions are being counted.
    Building {
        /// The key of the last one that was.
        after: Option<String>,
    },
    /// It is whole, and follows the feed.
    Whole,
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    v: u32,
    phase: Phase,
}

/// The phase that the store is in; none when it holds no projection, or one of another version.
pub(super) fn phase(store: &Store) -> Result<Option<Phase>, StoreError> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let Some(value) = store.get(KEY)? else { return Ok(None) };
    let version: Version = rows::parse(KEY, &value)?;
    if version.v != PROJECTION_VERSION {
        return Ok(None);
    }
    rows::parse::<Stored>(KEY, &value).map(|stored| Some(stored.phase))
}

/// Puts the beginning of a new projection into the batch, and says its phase. A store that holds nothing to delete or to
/// count is through with it at once.
pub(super) fn begin(store: &Store, batch: &mut Batch, feed_end: u64) -> Result<Phase, StoreError> {
    let empty = |prefix: &str| store.count(KeyRange::prefix(prefix), 1).map(|count| count == 0);
    let phase = if empty(rows::SPACE)? && empty(&sessions_prefix())? { Phase::Whole } else { Phase::Clearing };
    feed::set_cursor(batch, super::READER, feed_end);
    set(batch, &phase)?;
    Ok(phase)
}

/// Puts the deletion of some rows into the batch, and says the phase afterwards.
pub(super) fn clear(store: &Store, batch: &mut Batch) -> Result<Phase, StoreError> {
    let rows = store.scan(KeyRange::prefix(rows::SPACE), CLEAR_MAX_ROWS, Direction::Forward)?;
    let phase = if rows.len() < CLEAR_MAX_ROWS { Phase::Building { after: None } } else { Phase::Clearing };
    rows.into_iter().for_each(|(key, _)| batch.delete(key));
    set(batch, &phase)?;
    Ok(phase)
}

/// Counts up to `limit` sessions after the last one; gives the batch, the phase afterwards, and how many they were.
pub(super) fn build(store: &Store, after: Option<&str>, limit: usize) -> Result<(Batch, Phase, usize), StoreError> {
    let mut range = KeyRange::prefix(sessions_prefix());
    if let Some(after) = after {
        range = range.beyond(after.as_bytes().to_vec(), Direction::Forward);
    }
    let found = store.scan(range, limit, Direction::Forward)?;
    let mut page = Page::new(store);
    for (key, _) in &found {
        match session_key(key) {
            Some(session) => page.session(&session)?,
            None => tracing::error!(key = %key.escape_ascii(), "a session's key does not read"),
        }
    }
    let last = found.last().and_then(|(key, _)| String::from_utf8(key.clone()).ok());
    let phase = if found.len() < limit { Phase::Whole } else { Phase::Building { after: last } };
    let mut batch = page.into_batch()?;
    set(&mut batch, &phase)?;
    Ok((batch, phase, found.len()))
}

fn set(batch: &mut Batch, phase: &Phase) -> Result<(), StoreError> {
    rows::put(batch, KEY.to_vec(), &Stored { v: PROJECTION_VERSION, phase: phase.clone() })
}

fn sessions_prefix() -> String {
    format!("{}/", State::SPACE)
}

fn session_key(key: &[u8]) -> Option<SessionKey> {
    let (organization, session) = std::str::from_utf8(key).ok()?.strip_prefix(&sessions_prefix())?.split_once('/')?;
    let organization = OrganizationId::parse(organization).ok()?;
    Some(SessionKey { organization, session: SessionId::parse(session).ok()? })
}
