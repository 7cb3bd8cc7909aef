//! What is kept of documents besides what is found of them: their texts, the bytes that are not read yet, and the readings that
//! are still to be made.
//!
//! | keys | what |
//! |---|---|
//! | `reading/<org>/<document>` | a reading to be made; gone once it was |
//! | `source/<org>/<document>` | the bytes that it is made from, as they came |
//! | `text/<org>/<document>.<version>` | what a reading gave |

use super::knowledge::{Kept, remove_document};
use super::record::{self, Record, Versioned};
use super::{Batch, Direction, KeyRange, Store, StoreError};
use crate::domain::knowledge::Document;
use crate::domain::reading::{DocumentText, Reading};
use crate::domain::{DocumentId, OrganizationId};

/// A reading that is to be made behind its key; none where it does not read.
pub type Keyed = (Vec<u8>, Option<Reading>);

/// Readings that are to be made, of all organizations, in the order of their keys; up to `limit` that come after `after`, with
/// their keys; none for one that does not read.
///
/// # Errors
/// As [`Store::scan`].
pub fn readings(store: &Store, after: Option<Vec<u8>>, limit: usize) -> Result<Vec<Keyed>, StoreError> {
    let mut range = KeyRange::prefix(format!("{}/", Reading::SPACE));
    if let Some(after) = after {
        range = range.beyond(after, Direction::Forward);
    }
    let pairs = store.scan(range, limit, Direction::Forward)?;
    let read = pairs.into_iter().map(|(key, value)| {
        let reading =
            record::parse::<Reading>(&key, &value).inspect_err(|error| tracing::error!(%error, "a reading is lost"));
        (key, reading.ok().map(|found| found.record))
    });
    Ok(read.collect())
}

/// What comes after all readings of an organization, for [`readings`].
pub fn after_readings_of(organization: &OrganizationId) -> Vec<u8> {
    let mut key = record::key::<Reading>(organization, "");
    key.push(u8::MAX);
    key
}

/// Puts a reading to be made into the batch, in the place of an older one of the same document, with the bytes that it is made
/// from, where it has such.
///
/// # Errors
/// `Corrupt` when it can not be written as JSON.
pub fn order(batch: &mut Batch, reading: &Reading, source: Option<Vec<u8>>) -> Result<(), StoreError> {
    record::put(batch, reading, record::FIRST_VERSION)?;
    let key = source_key(&reading.organization, reading.document);
    match source {
        Some(bytes) => batch.put(key, bytes),
        None => batch.delete(key),
    }
    Ok(())
}

/// Says that a reading was begun so often.
///
/// # Errors
/// As [`order`].
pub fn begun(batch: &mut Batch, reading: &Reading) -> Result<(), StoreError> {
    record::put(batch, reading, record::FIRST_VERSION)
}

/// Whether this very reading is still to be made.
///
/// # Errors
/// As [`Store::get`].
pub fn is_ordered(store: &Store, reading: &Reading) -> Result<bool, StoreError> {
    let found = record::get::<Reading>(store, &reading.organization, &reading.document.to_string())?;
    Ok(found.is_some_and(|found| found.record.version == reading.version))
}

/// A reading was made, or is not wanted any more.
pub fn made(batch: &mut Batch, organization: &OrganizationId, document: DocumentId) {
    batch.delete(record::key::<Reading>(organization, &document.to_string()));
    batch.delete(source_key(organization, document));
}

/// A reading failed. What it was made from is kept, so that it can be tried again.
pub fn failed(batch: &mut Batch, organization: &OrganizationId, document: DocumentId) {
    batch.delete(record::key::<Reading>(organization, &document.to_string()));
}

/// The bytes that a reading is made from.
///
/// # Errors
/// As [`Store::get`].
pub fn source(
    store: &Store,
    organization: &OrganizationId,
    document: DocumentId,
) -> Result<Option<Vec<u8>>, StoreError> {
    store.get(&source_key(organization, document))
}

/// Keeps what a reading gave.
///
/// # Errors
/// As [`order`].
pub fn keep_text(batch: &mut Batch, text: &DocumentText) -> Result<(), StoreError> {
    record::put(batch, text, record::FIRST_VERSION)
}

/// What a reading gave.
///
/// # Errors
/// As [`record::get`].
pub fn text(
    store: &Store,
    organization: &OrganizationId,
    document: DocumentId,
    version: u32,
) -> Result<Option<DocumentText>, StoreError> {
    let found = record::get::<DocumentText>(store, organization, &text_id(document, version))?;
    Ok(found.map(|found| found.record))
}

/// Takes the texts of all readings but one away.
///
/// # Errors
/// As [`Store::scan`].
pub fn forget_texts(
    store: &Store,
    batch: &mut Batch,
    organization: &OrganizationId,
    document: DocumentId,
    but: Option<u32>,
) -> Result<(), StoreError> {
    let kept = but.map(|version| record::key::<DocumentText>(organization, &text_id(document, version)));
    let all = KeyRange::prefix(record::key::<DocumentText>(organization, &format!("{document}.")));
    // There are two at most: what is found, and what is to take its place.
    for (key, _) in store.scan(all, 100, Direction::Forward)? {
        if Some(&key) != kept.as_ref() {
            batch.delete(key);
        }
    }
    Ok(())
}

/// Takes a document away with everything that is kept of it. The batch is refused if it was changed meanwhile.
///
/// # Errors
/// As [`Store::scan`].
pub fn remove(store: &Store, batch: &mut Batch, old: &Versioned<Document>) -> Result<(), StoreError> {
    let (organization, document) = (&old.record.organization, old.record.id);
    remove_document(store, batch, old)?;
    forget_texts(store, batch, organization, document, None)?;
    made(batch, organization, document);
    Ok(())
}

/// How many texts were given to be found as they are, counted up to `limit`.
///
/// # Errors
/// As [`Store::count`].
pub fn count_vectors(store: &Store, organization: &OrganizationId, limit: usize) -> Result<usize, StoreError> {
    store.count(KeyRange::prefix(record::key::<Kept>(organization, "vector:")), limit)
}

fn source_key(organization: &OrganizationId, document: DocumentId) -> Vec<u8> {
    format!("source/{organization}/{document}").into_bytes()
}

fn text_id(document: DocumentId, version: u32) -> String {
    format!("{document}.{version:06}")
}

impl Record for Reading {
    const SPACE: &'static str = "reading";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.document.to_string()
    }
}

impl Record for DocumentText {
    const SPACE: &'static str = "text";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        text_id(self.document, self.version)
    }
}
