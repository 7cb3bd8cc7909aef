//! Secondary indexes. A plain entry is the key `<space>.<index>/<org>/<value>\0<id>`; a unique one is
//! `<space>.<index>/<org>/<value>` with the id as its value. A value's own zero bytes are written `\0\xFF`, so values
//! order as their bytes do and none runs into another's ids.

use std::ops::Bound;

use super::record::{self, IndexEntry, Record, Versioned};
use super::{Batch, Direction, KeyRange, Pair, Store, StoreError};
use crate::domain::OrganizationId;

const END_OF_VALUE: u8 = 0;
const ESCAPED_ZERO: [u8; 2] = [0, 0xFF];

/// Which values of an index are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match<'a> {
    /// All of them, in order.
    Any,
    /// This one.
    Is(&'a str),
    /// Those that start with this text.
    StartsWith(&'a str),
    /// From the first on, up to but without the second.
    Between(&'a str, &'a str),
}

/// Where a page ended, as an opaque piece of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

/// Some records of many.
#[derive(Debug, Clone)]
pub struct Page<R> {
    /// The records, in the order asked for.
    pub items: Vec<Versioned<R>>,
    /// Where the next page starts; none when this was the last.
    pub next: Option<Cursor>,
}

/// Records by an index, `limit` of them after `after`. A record that changes while the page is read may be missing from it;
/// one that no longer has the value is never in it.
///
/// # Errors
/// As [`record::get`].
pub fn by_index<R: Record>(
    store: &Store,
    organization: &OrganizationId,
    index: &str,
    wanted: Match<'_>,
    after: Option<&Cursor>,
    limit: usize,
    direction: Direction,
) -> Result<Page<R>, StoreError> {
    let base = base::<R>(organization, index);
    let mut range = range(&base, wanted);
    if let Some(after) = after {
        range = range.beyond(after.key(&base), direction);
    }
    let pairs = store.scan(range, limit, direction)?;
    let next = Cursor::after(&pairs, limit, &base);
    let mut items = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let Some(found) = record::get::<R>(store, organization, id_of(&key, &value)?)? else { continue };
        if has_entry(&found.record, organization, index, &key) {
            items.push(found);
        }
    }
    Ok(Page { items, next })
}

/// The record that has this value of a unique index.
///
/// # Errors
/// As [`record::get`].
pub fn by_unique<R: Record>(
    store: &Store,
    organization: &OrganizationId,
    index: &str,
    value: &str,
) -> Result<Option<Versioned<R>>, StoreError> {
    let key = unique_key(base::<R>(organization, index), value);
    let Some(id) = store.get(&key)? else { return Ok(None) };
    let found = record::get::<R>(store, organization, id_of(&key, &id)?)?;
    Ok(found.filter(|found| has_entry(&found.record, organization, index, &key)))
}

/// How many entries an index has, counted up to `limit`; no record is read.
///
/// # Errors
/// As [`Store::count`].
pub fn count_index<R: Record>(
    store: &Store,
    organization: &OrganizationId,
    index: &str,
    wanted: Match<'_>,
    limit: usize,
) -> Result<usize, StoreError> {
    store.count(range(&base::<R>(organization, index), wanted), limit)
}

impl Cursor {
    /// The cursor as text that a client may keep.
    pub fn to_text(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// Reads what [`Cursor::to_text`] gave; `None` if it did not. A made-up one only moves within the same index.
    pub fn parse(text: &str) -> Option<Self> {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok().map(Self)
    }

    /// Whether the plain entry of this value and id lies at the cursor or before it, going forward.
    pub(super) fn has_passed(&self, value: &str, id: &str) -> bool {
        let mut entry = unique_key(Vec::new(), value);
        entry.push(END_OF_VALUE);
        entry.extend_from_slice(id.as_bytes());
        entry <= self.0
    }

    pub(super) fn key(&self, base: &[u8]) -> Vec<u8> {
        [base, &self.0].concat()
    }

    pub(super) fn after(pairs: &[Pair], limit: usize, base: &[u8]) -> Option<Self> {
        let (last, _) = pairs.last().filter(|_| pairs.len() == limit)?;
        last.strip_prefix(base).map(|rest| Self(rest.to_vec()))
    }
}

pub(super) fn add<R: Record>(batch: &mut Batch, organization: &OrganizationId, id: &str, entry: &IndexEntry) {
    let key = entry_key::<R>(organization, id, entry);
    if entry.unique {
        batch.put_new(key, id.as_bytes().to_vec());
    } else {
        batch.put_small(key, Vec::new());
    }
}

pub(super) fn remove<R: Record>(batch: &mut Batch, organization: &OrganizationId, id: &str, entry: &IndexEntry) {
    batch.delete_small(entry_key::<R>(organization, id, entry));
}

fn has_entry<R: Record>(record: &R, organization: &OrganizationId, index: &str, key: &[u8]) -> bool {
    let id = record.id();
    let mut entries = record.indexes().into_iter().filter(|entry| entry.index == index);
    entries.any(|entry| entry_key::<R>(organization, &id, &entry) == key)
}

pub(super) fn entry_key<R: Record>(organization: &OrganizationId, id: &str, entry: &IndexEntry) -> Vec<u8> {
    let mut key = unique_key(base::<R>(organization, entry.index), &entry.value);
    if !entry.unique {
        key.push(END_OF_VALUE);
        key.extend_from_slice(id.as_bytes());
    }
    key
}

fn base<R: Record>(organization: &OrganizationId, index: &str) -> Vec<u8> {
    format!("{}.{index}/{organization}/", R::SPACE).into_bytes()
}

fn unique_key(mut base: Vec<u8>, value: &str) -> Vec<u8> {
    for byte in value.bytes() {
        match byte {
            0 => base.extend_from_slice(&ESCAPED_ZERO),
            other => base.push(other),
        }
    }
    base
}

fn range(base: &[u8], wanted: Match<'_>) -> KeyRange {
    let key = |value| unique_key(base.to_vec(), value);
    match wanted {
        Match::Any => KeyRange::prefix(base),
        Match::Is(value) => {
            // Ends before any longer value that has a zero byte here; ids never start with 0xFF.
            let mut end = key(value);
            end.extend_from_slice(&ESCAPED_ZERO);
            KeyRange::between(key(value), end)
        }
        Match::StartsWith(prefix) => KeyRange::prefix(key(prefix)),
        Match::Between(from, to) => KeyRange { start: Bound::Included(key(from)), end: Bound::Excluded(key(to)) },
    }
}

/// The id that an entry leads to: the value of a unique one, the end of a plain one's key.
fn id_of<'a>(key: &'a [u8], value: &'a [u8]) -> Result<&'a str, StoreError> {
    let id = if value.is_empty() { key.rsplit(|byte| *byte == END_OF_VALUE).next().unwrap_or_default() } else { value };
    std::str::from_utf8(id).map_err(|why| StoreError::corrupt(key, why))
}
