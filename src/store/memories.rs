//! Memories as records: found by their place (customer, kind and key), which no two share, and by when they expire.

use super::index::{Cursor, Match};
use super::record::{self, IndexEntry, Record, Versioned};
use super::{Direction, KeyRange, Store, StoreError, session};
use crate::domain::memories::{Memory, MemoryKey, MemoryKind};
use crate::domain::{CustomerId, OrganizationId, Timestamp};

/// Memories by their place: `<customer>/<kind>/<key>`. A customer's id holds no `/`, so no customer's lie among another's.
const BY_PLACE: &str = "place";

/// Memories that expire, by when they do: `<expires, ms>`.
const BY_EXPIRY: &str = "expiry";

/// Records that are read at a time.
const PAGE_MAX: usize = 256;

/// Some memories that have expired, of any organization.
#[derive(Debug)]
pub struct Expired {
    /// The memories.
    pub memories: Vec<Versioned<Memory>>,
    /// Where to look on; nowhere once everything was looked at.
    pub rest: Option<KeyRange>,
}

impl Record for Memory {
    const SPACE: &'static str = "memories";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let mut entries = vec![IndexEntry::unique(BY_PLACE, place(&self.customer, self.kind, &self.key))];
        if let Some(at) = self.expires_at {
            entries.push(IndexEntry::plain(BY_EXPIRY, session::started_value(at.as_ms())));
        }
        entries
    }
}

/// The memory of this kind and key.
///
/// # Errors
/// As [`record::get`].
pub fn at(
    store: &Store,
    organization: &OrganizationId,
    customer: &CustomerId,
    kind: MemoryKind,
    key: &MemoryKey,
) -> Result<Option<Versioned<Memory>>, StoreError> {
    record::by_unique(store, organization, BY_PLACE, &place(customer, kind, key))
}

/// All memories of a customer under one id, by kind and key.
///
/// # Errors
/// As [`record::get`].
pub fn of_customer(
    store: &Store,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<Vec<Versioned<Memory>>, StoreError> {
    let all = format!("{customer}/");
    let (mut found, mut after) = (Vec::new(), None::<Cursor>);
    loop {
        let wanted = Match::StartsWith(&all);
        let forward = Direction::Forward;
        let page = record::by_index(store, organization, BY_PLACE, wanted, after.as_ref(), PAGE_MAX, forward)?;
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Every memory that expires, of every organization.
pub fn everywhere() -> KeyRange {
    KeyRange::prefix(format!("{}.{BY_EXPIRY}/", Memory::SPACE))
}

/// Those of a range that have expired by now. Up to so many keys are looked at as one page holds.
///
/// # Errors
/// As [`Store::scan`].
pub fn expired(store: &Store, now: Timestamp, range: KeyRange) -> Result<Expired, StoreError> {
    let pairs = store.scan(range.clone(), PAGE_MAX, Direction::Forward)?;
    let mut memories = Vec::new();
    for (key, _) in &pairs {
        let Some((organization, id)) = named(key) else { continue };
        match record::get::<Memory>(store, &organization, id) {
            Ok(Some(found)) if found.record.has_expired(now) => memories.push(found),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "a memory does not read and is kept"),
        }
    }
    let last = pairs.last().filter(|_| pairs.len() == PAGE_MAX);
    let rest = last.map(|(key, _)| range.beyond(key.clone(), Direction::Forward));
    Ok(Expired { memories, rest })
}

/// `memories.expiry/<organization>/<ms>\0<id>`
fn named(key: &[u8]) -> Option<(OrganizationId, &str)> {
    let text = std::str::from_utf8(key).ok()?;
    let (before, id) = text.rsplit_once('\0')?;
    let mut parts = before.split('/');
    Some((OrganizationId::parse(parts.nth(1)?).ok()?, id))
}

fn place(customer: &CustomerId, kind: MemoryKind, key: &MemoryKey) -> String {
    format!("{customer}/{}/{key}", kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_expiry_says_which_memory_it_is_of() {
        let key = b"memories.expiry/default/001800000000000\x0001980000-0000-7000-8000-000000000001";
        let (organization, id) = named(key).unwrap();
        assert_eq!((organization.as_str(), id), ("default", "01980000-0000-7000-8000-000000000001"));
        assert!(named(b"memories.expiry/default/1").is_none());
    }
}
