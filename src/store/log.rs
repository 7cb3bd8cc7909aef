//! The session log: every durable event of a session, in order, without a gap.
//!
//! One entry holds the events of one decision, so a message costs one put. Its key ends in the `seq` of its first event
//! and is expected to be absent: of two writers at the same place one is refused.

use std::ops::Bound;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Batch, Direction, KeyRange, Pair, Store, StoreError};
use crate::domain::{SessionKey, Timestamp};

const FORMAT: u32 = 1;
/// Room for most entries: a buffer that grows is copied.
const ENTRY_BYTES: usize = 512;
/// How many entries a read gets by their keys before it scans.
const GOT_MAX_ENTRIES: usize = 4;
/// How many entries one scan of a longer read takes.
const SCAN_MAX_ENTRIES: usize = 256;

/// An event with its place in the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged<E> {
    /// Its number in the session, counted from 1 without a gap.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened.
    pub event: E,
}

#[derive(Serialize)]
struct EntryRef<'a, E> {
    v: u32,
    at: Timestamp,
    events: &'a [E],
}

#[derive(Deserialize)]
struct Entry<E> {
    v: u32,
    at: Timestamp,
    events: Vec<E>,
}

/// Adds the events of one decision; the first gets the number `first`. No events, nothing added.
///
/// # Errors
/// `Corrupt` when an event can not be written as JSON.
pub fn append<E: Serialize>(
    batch: &mut Batch,
    session: &SessionKey,
    first: u64,
    at: Timestamp,
    events: &[E],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let key = key(session, first);
    let mut value = Vec::with_capacity(ENTRY_BYTES);
    serde_json::to_writer(&mut value, &EntryRef { v: FORMAT, at, events })
        .map_err(|why| StoreError::corrupt(&key, why))?;
    batch.put_next(key, value);
    Ok(())
}

/// Up to `limit` events with a `seq` above `after`, oldest first. `after` may lie within an entry.
///
/// # Errors
/// As [`Store::get`] and [`Store::scan`]; `Corrupt` when an entry does not read.
pub fn read<E: DeserializeOwned>(
    store: &Store,
    session: &SessionKey,
    after: u64,
    limit: usize,
) -> Result<Vec<Logged<E>>, StoreError> {
    let (mut start, mut events) = (after.saturating_add(1), Vec::new());
    // Whoever follows a log asks for the beginning of an entry. To get that by its key costs a fraction of a scan.
    for _ in 0..GOT_MAX_ENTRIES {
        let entry_key = key(session, start);
        let Some(value) = store.get(&entry_key)? else {
            if events.is_empty() {
                break;
            }
            // Entries follow each other without a gap: behind one that is there, it is the end.
            return Ok(events);
        };
        let logged = parse::<E>(&(entry_key, value))?;
        start = logged.last().map_or(start, |last| last.seq + 1);
        events.extend(logged.into_iter().take(limit - events.len()));
        if events.len() >= limit {
            return Ok(events);
        }
    }
    if events.is_empty() {
        start = entry_holding(store, session, start)?;
    }
    while events.len() < limit {
        let range = from(session, start);
        let page = (limit - events.len()).min(SCAN_MAX_ENTRIES);
        let entries = store.scan(range, page, Direction::Forward)?;
        for entry in &entries {
            let logged = parse::<E>(entry)?;
            start = logged.last().map_or(start, |last| last.seq + 1);
            let wanted = logged.into_iter().filter(|event| event.seq > after);
            events.extend(wanted.take(limit - events.len()));
        }
        if entries.len() < page {
            break;
        }
    }
    Ok(events)
}

/// The last `limit` events, oldest first.
///
/// # Errors
/// As [`read`].
pub fn tail<E: DeserializeOwned>(
    store: &Store,
    session: &SessionKey,
    limit: usize,
) -> Result<Vec<Logged<E>>, StoreError> {
    let mut range = KeyRange::prefix(prefix(session));
    let mut newest_first = Vec::new();
    while newest_first.len() < limit {
        let page = (limit - newest_first.len()).min(SCAN_MAX_ENTRIES);
        let entries = store.scan(range.clone(), page, Direction::Backward)?;
        for entry in &entries {
            newest_first.extend(parse::<E>(entry)?.into_iter().rev());
        }
        let whole_page = entries.len() == page;
        match entries.into_iter().next_back() {
            Some((oldest, _)) if whole_page => range = range.beyond(oldest, Direction::Backward),
            _ => break,
        }
    }
    newest_first.truncate(limit);
    newest_first.reverse();
    Ok(newest_first)
}

/// Where reading must start so that `seq` is not missed: the entry that holds it, or `seq` itself.
fn entry_holding(store: &Store, session: &SessionKey, seq: u64) -> Result<u64, StoreError> {
    if seq <= 1 {
        return Ok(seq);
    }
    let prefix = prefix(session);
    let range = KeyRange { start: Bound::Included(prefix), end: Bound::Included(key(session, seq)) };
    match store.scan(range, 1, Direction::Backward)?.pop() {
        Some((entry_key, _)) => first_seq(&entry_key),
        None => Ok(seq),
    }
}

fn parse<E: DeserializeOwned>((key, value): &Pair) -> Result<Vec<Logged<E>>, StoreError> {
    let first = first_seq(key)?;
    let entry: Entry<E> = serde_json::from_slice(value).map_err(|why| StoreError::corrupt(key, why))?;
    if entry.v != FORMAT {
        return Err(StoreError::corrupt(key, format!("unknown version {}", entry.v)));
    }
    let at = entry.at;
    Ok((first..).zip(entry.events).map(|(seq, event)| Logged { seq, at, event }).collect())
}

fn from(session: &SessionKey, seq: u64) -> KeyRange {
    let all = KeyRange::prefix(prefix(session));
    KeyRange { start: Bound::Included(key(session, seq)), end: all.end }
}

fn key(session: &SessionKey, first: u64) -> Vec<u8> {
    let mut key = prefix(session);
    key.extend_from_slice(&first.to_be_bytes());
    key
}

/// Ids hold no `/`, so no session's keys lie among another's.
fn prefix(session: &SessionKey) -> Vec<u8> {
    let (organization, id) = (session.organization.as_str(), session.session.as_str());
    let mut prefix = Vec::with_capacity(4 + organization.len() + 1 + id.len() + 1 + 8);
    prefix.extend_from_slice(b"log/");
    prefix.extend_from_slice(organization.as_bytes());
    prefix.push(b'/');
    prefix.extend_from_slice(id.as_bytes());
    prefix.push(b'/');
    prefix
}

fn first_seq(key: &[u8]) -> Result<u64, StoreError> {
    let seq = key.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes));
    seq.ok_or_else(|| StoreError::corrupt(key, "not a log key"))
}
