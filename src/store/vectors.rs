//! What a paid embedder made of an entry, kept so that an index that is made anew does not pay again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use super::knowledge::Kept;
use super::record::{self, Versioned};
use super::{Batch, Store, StoreError};
use crate::domain::OrganizationId;
use crate::domain::knowledge::EntryKey;

const ROW_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Row {
    v: u32,
    /// The embedder that made it.
    embedder: String,
    /// The version of the entry that it was made of.
    of: u64,
    /// Little-endian bytes, as text.
    bytes: String,
}

/// Keeps what `embedder` made of an entry. The batch is refused if the entry was changed or taken away meanwhile, so nothing
/// is kept of what is gone.
///
/// # Errors
/// `Corrupt` when it can not be written as JSON.
pub fn keep(batch: &mut Batch, entry: &Versioned<Kept>, embedder: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let organization = record::Record::organization(&entry.record);
    let id = entry.record.entry.key;
    let key = key(organization, id);
    let bytes = STANDARD_NO_PAD.encode(bytes);
    let row = Row { v: ROW_VERSION, embedder: embedder.to_owned(), of: entry.version, bytes };
    let value = serde_json::to_vec(&row).map_err(|why| StoreError::corrupt(&key, why))?;
    batch.expect_version(record::key::<Kept>(organization, &id.to_string()), entry.version);
    batch.put(key, value);
    Ok(())
}

/// What `embedder` made of this version of the entry, if it was kept. What does not read is as good as none.
///
/// # Errors
/// As [`Store::get`].
pub fn kept(store: &Store, entry: &Versioned<Kept>, embedder: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let organization = record::Record::organization(&entry.record);
    let Some(value) = store.get(&key(organization, entry.record.entry.key))? else { return Ok(None) };
    let row = serde_json::from_slice::<Row>(&value).ok();
    let row = row.filter(|row| row.v == ROW_VERSION && row.embedder == embedder && row.of == entry.version);
    Ok(row.and_then(|row| STANDARD_NO_PAD.decode(row.bytes).ok()))
}

/// Nothing is kept of the entry from then on.
pub(super) fn forget(batch: &mut Batch, organization: &OrganizationId, id: EntryKey) {
    batch.delete_small(key(organization, id));
}

fn key(organization: &OrganizationId, id: EntryKey) -> Vec<u8> {
    format!("entry.vector/{organization}/{id}").into_bytes()
}
