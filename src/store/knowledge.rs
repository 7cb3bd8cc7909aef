//! What can be found: entries, and a journal of their changes that every index follows.
//!
//! | keys | what |
//! |---|---|
//! | `document/<org>/<id>`, `faq/<org>/<id>` | records |
//! | `entry/<org>/<key>` | entries; the truth that an index only points to |
//! | `entry.vector/<org>/<key>` | what a paid embedder made of an entry ([`super::vectors`]) |
//! | `knowledge/<org>/state` | the knowledge's version, a number that each change raises by one |
//! | `knowledge.log/<org>/<version>` | what that change put and took away |
//!
//! A batch may hold one change. Two batches that were made at the same version do not both succeed: the second is a conflict,
//! and is made again. Of a document, a new reading is put under its new version while the old one is still found; once an
//! index has caught up, [`publish`] makes the new one the one that is found, and takes the old one's entries away, in one batch.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::index::{Cursor, Page};
use super::record::{self, Record, Versioned};
use super::{Batch, Direction, KeyRange, Store, StoreError, vectors};
use crate::domain::OrganizationId;
use crate::domain::id::DocumentId;
use crate::domain::knowledge::{Document, Entry, EntryKey, Faq};

/// The most entries that one change should put: what a batch may hold is bounded.
pub const ENTRIES_PER_CHANGE_MAX: usize = 500;

/// How many changes the journal keeps; an index that is further behind is made anew.
pub const JOURNAL_ROWS_MAX: u64 = 1_000;

/// The shape of the journal's rows.
const ROW_VERSION: u32 = 1;

const STATE_ID: &str = "state";

/// One change, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The shape of the row.
    v: u32,
    /// The version that the knowledge has since.
    pub version: u64,
    /// A mark that no other change has, not even one with the same number after a backup was put back.
    pub mark: Uuid,
    /// What was put, new or over an older one.
    pub put: Vec<EntryKey>,
    /// What is gone.
    pub gone: Vec<EntryKey>,
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    organization: OrganizationId,
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
}

/// The record whose version is the knowledge's.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KnowledgeState {
    organization: OrganizationId,
}

/// Puts entries, new ones or over older ones of the same key, and raises the version. Returns the version that the knowledge
/// has once the batch is committed.
///
/// # Errors
/// As [`Store::get`].
pub fn put_entries(
    store: &Store,
    batch: &mut Batch,
    organization: &OrganizationId,
    entries: &[Entry],
) -> Result<u64, StoreError> {
    change_entries(store, batch, organization, entries, &[])
}

/// Takes entries away, at once and with what was made of them, and raises the version. Those that are not there are no matter.
///
/// # Errors
/// As [`Store::get`].
pub fn remove_entries(
    store: &Store,
    batch: &mut Batch,
    organization: &OrganizationId,
    gone: &[EntryKey],
) -> Result<u64, StoreError> {
    change_entries(store, batch, organization, &[], gone)
}

/// Puts some and takes others away, as one change. No key may be in both.
///
/// # Errors
/// As [`Store::get`].
pub fn change_entries(
    store: &Store,
    batch: &mut Batch,
    organization: &OrganizationId,
    put: &[Entry],
    gone: &[EntryKey],
) -> Result<u64, StoreError> {
    let version = raise(store, batch, organization)?;
    for entry in put {
        let kept = Kept { organization: organization.clone(), entry: entry.clone() };
        record::put(batch, &kept, version)?;
        vectors::forget(batch, organization, entry.key);
    }
    for key in gone {
        batch.delete(record::key::<Kept>(organization, &key.to_string()));
        vectors::forget(batch, organization, *key);
    }
    let put = put.iter().map(|entry| entry.key).collect();
    let row = Change { v: ROW_VERSION, version, mark: Uuid::new_v4(), put, gone: gone.to_vec() };
    let key = row_key(organization, version);
    let value = serde_json::to_vec(&row).map_err(|why| StoreError::corrupt(&key, why))?;
    batch.put_new(key, value);
    if let Some(old) = version.checked_sub(JOURNAL_ROWS_MAX).filter(|old| *old > 0) {
        batch.delete(row_key(organization, old));
    }
    Ok(version)
}

/// Makes a document's reading the one that is found, and takes the entries of all its other readings away. `new` says which:
/// its `live`. The batch is refused if the document was changed meanwhile.
///
/// # Errors
/// As [`Store::scan`].
pub fn publish(
    store: &Store,
    batch: &mut Batch,
    old: &Versioned<Document>,
    new: &Document,
) -> Result<Versioned<Document>, StoreError> {
    let mut gone = chunks_of(store, &new.organization, new.id)?;
    gone.retain(|key| !matches!(key, EntryKey::Chunk { version, .. } if Some(*version) == new.live));
    remove_entries(store, batch, &new.organization, &gone)?;
    record::update(batch, old, new)
}

/// Takes a document away with all that can be found of it. The batch is refused if it was changed meanwhile.
///
/// # Errors
/// As [`Store::scan`].
pub fn remove_document(store: &Store, batch: &mut Batch, old: &Versioned<Document>) -> Result<(), StoreError> {
    let gone = chunks_of(store, &old.record.organization, old.record.id)?;
    remove_entries(store, batch, &old.record.organization, &gone)?;
    record::remove(batch, old);
    Ok(())
}

/// The keys of a document's chunks, of all its readings, in order.
///
/// # Errors
/// As [`Store::scan`].
pub fn chunks_of(
    store: &Store,
    organization: &OrganizationId,
    document: DocumentId,
) -> Result<Vec<EntryKey>, StoreError> {
    const PAGE: usize = 1_000;
    let base = record::key::<Kept>(organization, "");
    let all = KeyRange::prefix(record::key::<Kept>(organization, &format!("chunk:{document}:")));
    let (mut range, mut keys) = (all.clone(), Vec::new());
    loop {
        let pairs = store.scan(range, PAGE, Direction::Forward)?;
        let read = |key: &[u8]| {
            let text = key.strip_prefix(base.as_slice()).and_then(|id| std::str::from_utf8(id).ok());
            text.and_then(EntryKey::parse).ok_or_else(|| StoreError::corrupt(key, "is no key of an entry"))
        };
        for (key, _) in &pairs {
            keys.push(read(key)?);
        }
        match pairs.last() {
            Some((last, _)) if pairs.len() == PAGE => {
                range = all.clone().beyond(last.clone(), Direction::Forward);
            }
            _ => return Ok(keys),
        }
    }
}

/// The version of an organization's knowledge; 0 before the first change.
///
/// # Errors
/// As [`Store::get`].
pub fn version(store: &Store, organization: &OrganizationId) -> Result<u64, StoreError> {
    Ok(state(store, organization)?.map_or(0, |state| state.version))
}

/// The changes after a version, in order, up to `limit`. They may begin later than right behind it: then the journal does not
/// reach back so far.
///
/// # Errors
/// As [`Store::scan`]; `Corrupt` when a row does not read.
pub fn changes(
    store: &Store,
    organization: &OrganizationId,
    after: u64,
    limit: usize,
) -> Result<Vec<Change>, StoreError> {
    let all = KeyRange::prefix(journal(organization));
    let pairs = store.scan(all.beyond(row_key(organization, after), Direction::Forward), limit, Direction::Forward)?;
    pairs.iter().map(|(key, value)| parse_row(key, value)).collect()
}

/// One change, if the journal still has it.
///
/// # Errors
/// As [`Store::get`]; `Corrupt` when the row does not read.
pub fn change(store: &Store, organization: &OrganizationId, version: u64) -> Result<Option<Change>, StoreError> {
    let key = row_key(organization, version);
    store.get(&key)?.map(|value| parse_row(&key, &value)).transpose()
}

/// One entry, with the version of the knowledge in which it was put.
///
/// # Errors
/// As [`record::get`].
pub fn entry(
    store: &Store,
    organization: &OrganizationId,
    key: EntryKey,
) -> Result<Option<Versioned<Kept>>, StoreError> {
    record::get(store, organization, &key.to_string())
}

/// All entries in the order of their keys, `limit` of them after `after`.
///
/// # Errors
/// As [`record::all`].
pub fn entries(
    store: &Store,
    organization: &OrganizationId,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Kept>, StoreError> {
    record::all(store, organization, after, limit, Direction::Forward)
}

/// Whether an entry is one that is to be found now: a chunk only while its document says so.
///
/// # Errors
/// As [`record::get`].
pub fn is_live(store: &Store, organization: &OrganizationId, key: EntryKey) -> Result<bool, StoreError> {
    let EntryKey::Chunk { document, version, .. } = key else { return Ok(true) };
    let document = record::get::<Document>(store, organization, &document.to_string())?;
    Ok(document.is_some_and(|document| document.record.live == Some(version)))
}

/// The journal's row of the next version, and the guard that nobody else takes it.
fn raise(store: &Store, batch: &mut Batch, organization: &OrganizationId) -> Result<u64, StoreError> {
    let new = KnowledgeState { organization: organization.clone() };
    match state(store, organization)? {
        Some(old) => Ok(record::update(batch, &old, &new)?.version),
        None => record::insert(batch, &new).map(|()| record::FIRST_VERSION),
    }
}

fn state(store: &Store, organization: &OrganizationId) -> Result<Option<Versioned<KnowledgeState>>, StoreError> {
    record::get(store, organization, STATE_ID)
}

fn parse_row(key: &[u8], value: &[u8]) -> Result<Change, StoreError> {
    let row: Change = serde_json::from_slice(value).map_err(|why| StoreError::corrupt(key, why))?;
    if row.v > ROW_VERSION {
        return Err(StoreError::corrupt(key, format!("written by a newer program: shape {}", row.v)));
    }
    Ok(row)
}

fn journal(organization: &OrganizationId) -> Vec<u8> {
    format!("knowledge.log/{organization}/").into_bytes()
}

fn row_key(organization: &OrganizationId, version: u64) -> Vec<u8> {
    let mut key = journal(organization);
    key.extend_from_slice(&version.to_be_bytes());
    key
}

impl Record for KnowledgeState {
    const SPACE: &'static str = "knowledge";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        STATE_ID.to_owned()
    }
}

impl Record for Kept {
    const SPACE: &'static str = "entry";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.entry.key.to_string()
    }
}

impl Record for Document {
    const SPACE: &'static str = "document";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}

impl Record for Faq {
    const SPACE: &'static str = "faq";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }
}
