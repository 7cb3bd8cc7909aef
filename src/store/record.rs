//! Typed records: JSON under `<space>/<org>/<id>`, with a version that each update raises, and secondary indexes that
//! are written in the same batch and so always agree with it.
//!
//! A stored record is `{"n":<version>,"v":<shape>,"r":{..}}`. The version is checked by the committer, which is one
//! thread, so two updates of the same version never both succeed. Older shapes are brought forward when they are read.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::index::{self, Cursor, Page};
use super::{Batch, Direction, KeyRange, Store, StoreError};
use crate::domain::OrganizationId;

/// The version of a record that was just inserted.
pub const FIRST_VERSION: u64 = 1;

/// Something that is kept under an id, within an organization.
pub trait Record: Serialize + DeserializeOwned {
    /// The first part of its keys: lower case, no `/` and no `.`.
    const SPACE: &'static str;
    /// The shape that this program writes, counted from 1.
    const VERSION: u32;

    /// Whose it is.
    fn organization(&self) -> &OrganizationId;

    /// Its id, unique within organization and space; never changes, holds no `/`.
    fn id(&self) -> String;

    /// What it can be found by.
    fn indexes(&self) -> Vec<IndexEntry> {
        Vec::new()
    }

    /// Brings the JSON of an older shape forward to [`Record::VERSION`].
    ///
    /// # Errors
    /// Why it can not be done.
    fn migrate(shape: u32, value: Value) -> Result<Value, String> {
        drop(value);
        Err(format!("no way forward from shape {shape}"))
    }
}

/// One way to find a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexEntry {
    /// The index: lower case, no `/`.
    pub index: &'static str,
    /// The value; any text. Values order as their bytes do.
    pub value: String,
    /// Whether only one record of the organization may have this value.
    pub unique: bool,
}

impl IndexEntry {
    /// A value that many records may share.
    pub fn plain(index: &'static str, value: impl Into<String>) -> Self {
        Self { index, value: value.into(), unique: false }
    }

    /// A value that at most one record of the organization has; a second one is a conflict.
    pub fn unique(index: &'static str, value: impl Into<String>) -> Self {
        Self { index, value: value.into(), unique: true }
    }
}

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<R> {
    /// The record.
    pub record: R,
    /// Its version, which an update of it expects.
    pub version: u64,
}

#[derive(Serialize)]
struct EnvelopeRef<'a, R> {
    n: u64,
    v: u32,
    r: &'a R,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    n: u64,
    v: u32,
    #[serde(borrow)]
    r: &'a RawValue,
}

/// The record with this id.
///
/// # Errors
/// As [`Store::get`]; `Corrupt` when it does not read.
pub fn get<R: Record>(
    store: &Store,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<Versioned<R>>, StoreError> {
    let key = key::<R>(organization, id);
    store.get(&key)?.map(|value| parse(&key, &value)).transpose()
}

/// Puts a new record into the batch, which is refused if the id or a unique value is taken.
///
/// # Errors
/// `Corrupt` when it can not be written as JSON.
pub fn insert<R: Record>(batch: &mut Batch, record: &R) -> Result<(), StoreError> {
    let id = record.id();
    let key = key::<R>(record.organization(), &id);
    let value = encode(&key, record, FIRST_VERSION)?;
    batch.put_new(key, value);
    for entry in record.indexes() {
        index::add::<R>(batch, record.organization(), &id, &entry);
    }
    Ok(())
}

/// Puts the next version of a record into the batch, which is refused if it was changed meanwhile or a new unique value is
/// taken. Returns the record as it then is, for a further update. Only index entries that differ are written.
///
/// # Errors
/// `Corrupt` when it can not be written as JSON.
pub fn update<R: Record + Clone>(batch: &mut Batch, old: &Versioned<R>, new: &R) -> Result<Versioned<R>, StoreError> {
    let id = old.record.id();
    debug_assert!(id == new.id() && old.record.organization() == new.organization(), "a record keeps its id");
    let key = key::<R>(new.organization(), &id);
    let version = old.version + 1;
    let value = encode(&key, new, version)?;
    batch.put_over(key, value, old.version);
    let before: BTreeSet<IndexEntry> = old.record.indexes().into_iter().collect();
    let after: BTreeSet<IndexEntry> = new.indexes().into_iter().collect();
    for gone in before.difference(&after) {
        index::remove::<R>(batch, new.organization(), &id, gone);
    }
    for added in after.difference(&before) {
        index::add::<R>(batch, new.organization(), &id, added);
    }
    Ok(Versioned { record: new.clone(), version })
}

/// Puts a record into the batch in the place of what was read under its id: as the next version of that, or, where there was none, as a
/// new record. The batch is refused if somebody else put one there meanwhile.
///
/// # Errors
/// As [`insert`].
pub fn replace<R: Record + Clone>(batch: &mut Batch, old: Option<&Versioned<R>>, new: &R) -> Result<(), StoreError> {
    match old {
        Some(old) => update(batch, old, new).map(drop),
        None => insert(batch, new),
    }
}

/// Puts a record that has no indexes into the batch at a version that the caller answers for, over an older one or not.
pub(super) fn put<R: Record>(batch: &mut Batch, record: &R, version: u64) -> Result<(), StoreError> {
    debug_assert!(record.indexes().is_empty(), "an older record's entries would stay");
    let key = key::<R>(record.organization(), &record.id());
    let value = encode(&key, record, version)?;
    batch.put(key, value);
    Ok(())
}

/// Puts the removal of a record into the batch, which is refused if it was changed meanwhile.
pub fn remove<R: Record>(batch: &mut Batch, old: &Versioned<R>) {
    let id = old.record.id();
    batch.delete_at(key::<R>(old.record.organization(), &id), old.version);
    for entry in old.record.indexes() {
        index::remove::<R>(batch, old.record.organization(), &id, &entry);
    }
}

/// The batch is refused if the record was changed or removed meanwhile.
pub fn expect<R: Record>(batch: &mut Batch, held: &Versioned<R>) {
    batch.expect_version(key::<R>(held.record.organization(), &held.record.id()), held.version);
}

/// The records of an organization by id, `limit` of them after `after`.
///
/// # Errors
/// As [`get`].
pub fn all<R: Record>(
    store: &Store,
    organization: &OrganizationId,
    after: Option<&Cursor>,
    limit: usize,
    direction: Direction,
) -> Result<Page<R>, StoreError> {
    let mut range = every::<R>(organization);
    if let Some(after) = after {
        range = range.beyond(after.key(&prefix::<R>(organization)), direction);
    }
    let pairs = store.scan(range, limit, direction)?;
    let next = Cursor::after(&pairs, limit, &prefix::<R>(organization));
    let items = pairs.iter().map(|(key, value)| parse(key, value)).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

/// Up to `limit` records of an organization whose ids lie from one up to, but without, another, in the order of ids.
///
/// # Errors
/// As [`get`].
pub fn between<R: Record>(
    store: &Store,
    organization: &OrganizationId,
    from: &str,
    until: &str,
    limit: usize,
) -> Result<Vec<Versioned<R>>, StoreError> {
    let range = KeyRange::between(key::<R>(organization, from), key::<R>(organization, until));
    if range.is_empty() {
        return Ok(Vec::new());
    }
    let pairs = store.scan(range, limit, Direction::Forward)?;
    pairs.iter().map(|(key, value)| parse(key, value)).collect()
}

/// How many records an organization has, counted up to `limit`.
///
/// # Errors
/// As [`Store::count`].
pub fn count<R: Record>(store: &Store, organization: &OrganizationId, limit: usize) -> Result<usize, StoreError> {
    store.count(every::<R>(organization), limit)
}

/// The organizations that have such records, in order. One key is read of each.
///
/// # Errors
/// As [`Store::scan`]; `Corrupt` where a key is not one of a record's.
pub fn organizations<R: Record>(store: &Store) -> Result<Vec<OrganizationId>, StoreError> {
    let all = format!("{}/", R::SPACE);
    let mut range = KeyRange::prefix(all.as_bytes());
    let mut found = Vec::new();
    while let Some((key, _)) = store.scan(range.clone(), 1, Direction::Forward)?.pop() {
        let id = key.strip_prefix(all.as_bytes()).and_then(|rest| rest.split(|byte| *byte == b'/').next());
        let id = id.and_then(|id| OrganizationId::parse(std::str::from_utf8(id).ok()?).ok());
        let organization = id.ok_or_else(|| StoreError::corrupt(&key, "it names no organization"))?;
        let mut last = prefix::<R>(&organization);
        // No id has this byte: it stands behind all of the organization's.
        last.push(0xFF);
        range = range.beyond(last, Direction::Forward);
        found.push(organization);
    }
    Ok(found)
}

pub use index::{by_index, by_unique, count_index};

/// The version of a stored record, read from its first bytes.
pub(super) fn version_of(value: &[u8]) -> Option<u64> {
    let digits = value.strip_prefix(br#"{"n":"#)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(digits.get(..end)?).ok()?.parse().ok()
}

fn every<R: Record>(organization: &OrganizationId) -> KeyRange {
    KeyRange::prefix(prefix::<R>(organization))
}

fn prefix<R: Record>(organization: &OrganizationId) -> Vec<u8> {
    let mut key = Vec::with_capacity(R::SPACE.len() + organization.as_str().len() + 40);
    key.extend_from_slice(R::SPACE.as_bytes());
    key.push(b'/');
    key.extend_from_slice(organization.as_str().as_bytes());
    key.push(b'/');
    key
}

pub(super) fn key<R: Record>(organization: &OrganizationId, id: &str) -> Vec<u8> {
    let mut key = prefix::<R>(organization);
    key.extend_from_slice(id.as_bytes());
    key
}

fn encode<R: Record>(key: &[u8], record: &R, version: u64) -> Result<Vec<u8>, StoreError> {
    let envelope = EnvelopeRef { n: version, v: R::VERSION, r: record };
    serde_json::to_vec(&envelope).map_err(|why| StoreError::corrupt(key, why))
}

pub(super) fn parse<R: Record>(key: &[u8], value: &[u8]) -> Result<Versioned<R>, StoreError> {
    let corrupt = |why: String| StoreError::corrupt(key, why);
    let envelope: Envelope<'_> = serde_json::from_slice(value).map_err(|why| corrupt(why.to_string()))?;
    let record = if envelope.v == R::VERSION {
        serde_json::from_str(envelope.r.get())
    } else if envelope.v < R::VERSION {
        let older = serde_json::from_str(envelope.r.get()).map_err(|why| corrupt(why.to_string()))?;
        serde_json::from_value(R::migrate(envelope.v, older).map_err(corrupt)?)
    } else {
        return Err(corrupt(format!("written by a newer program: shape {}", envelope.v)));
    };
    Ok(Versioned { record: record.map_err(|why| corrupt(why.to_string()))?, version: envelope.n })
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn a_version_is_read_without_the_record() {
        assert_eq!(version_of(br#"{"n":42,"v":1,"r":{}}"#), Some(42));
        for other in [&b""[..], b"{", br#"{"n":"#, br#"{"n":,"#, br#"{"v":1,"n":2}"#, br#"{"n":99999999999999999999,"#]
        {
            assert_eq!(version_of(other), None, "{}", other.escape_ascii());
        }
    }
}
