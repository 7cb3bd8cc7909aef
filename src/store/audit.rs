//! Audit entries as records, in the order of their ids, which is that of the acts; and which of them are too old.

use std::ops::Bound;

use super::record::{self, Record};
use super::{Batch, Direction, KeyRange, Store, StoreError};
use crate::domain::{AuditEntry, OrganizationId, Timestamp};

/// Some entries that are too old, of any organization.
#[derive(Debug, Default)]
pub struct Old {
    /// Takes them away.
    pub batch: Batch,
    /// How many.
    pub entries: usize,
    /// How many were passed over because they do not read.
    pub unreadable: usize,
    /// Where to look on; nowhere once everything was looked at.
    pub rest: Option<KeyRange>,
}

/// Every organization's entries.
pub fn everywhere() -> KeyRange {
    KeyRange::prefix(format!("{}/", AuditEntry::SPACE))
}

/// The entries of a range that are from before a moment. Up to `limit` are read, of one organization; behind its first entry
/// that is young enough nothing else of it is.
///
/// # Errors
/// As [`Store::scan`].
pub fn older(store: &Store, before: Timestamp, range: KeyRange, limit: usize) -> Result<Old, StoreError> {
    older_than::<AuditEntry>(store, before, range, limit, |entry| entry.at)
}

/// The same for any records whose ids order as their moments do.
///
/// # Errors
/// As [`Store::scan`].
pub(super) fn older_than<R: Record>(
    store: &Store,
    before: Timestamp,
    range: KeyRange,
    limit: usize,
    moment: impl Fn(&R) -> Timestamp,
) -> Result<Old, StoreError> {
    let pairs = store.scan(range.clone(), limit, Direction::Forward)?;
    let mut old = Old::default();
    let Some(organization) = pairs.first().and_then(|(key, _)| organization_of(key)) else { return Ok(old) };
    let end = KeyRange::prefix(organization).end;
    let next = || KeyRange { start: beginning(end.clone()), end: range.end.clone() };
    for (key, value) in &pairs {
        if !key.starts_with(organization) {
            old.rest = Some(next());
            return Ok(old);
        }
        match record::parse::<R>(key, value) {
            Ok(found) if moment(&found.record) < before => {
                record::remove(&mut old.batch, &found);
                old.entries += 1;
            }
            Ok(_) => {
                old.rest = Some(next());
                return Ok(old);
            }
            Err(_) => old.unreadable += 1,
        }
    }
    let last = pairs.last().filter(|_| pairs.len() == limit);
    old.rest = last.map(|(key, _)| range.clone().beyond(key.clone(), Direction::Forward));
    Ok(old)
}

/// `audit/<organization>/`
fn organization_of(key: &[u8]) -> Option<&[u8]> {
    let end = key.iter().rposition(|byte| *byte == b'/')?;
    key.get(..=end)
}

/// What begins where something else ended.
fn beginning(end: Bound<Vec<u8>>) -> Bound<Vec<u8>> {
    match end {
        Bound::Excluded(key) => Bound::Included(key),
        Bound::Included(key) => Bound::Excluded(key),
        Bound::Unbounded => Bound::Unbounded,
    }
}

impl Record for AuditEntry {
    const SPACE: &'static str = "audit";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}
