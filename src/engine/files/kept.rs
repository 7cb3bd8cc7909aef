//! What is kept of customers' files: handed out with their names and bytes, erased with their session. Bytes that another session of
//! the organization has too stay for that one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::Files;
use super::blobs::{Place, read_parts};
use crate::domain::{Refusal, SessionKey};
use crate::engine::privacy::kept::{Erased, Exported, Personal, Whose};
use crate::store::files::{self, Blob, FileUse, KeptFile, Scan};
use crate::store::index::{Cursor, Match};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, Direction, Store, StoreError};

/// The most files that one batch removes: each is a few keys.
const FILES_AT_ONCE: usize = 64;

/// The rows of files.
#[derive(Debug)]
pub struct KeptFiles;

impl Personal for KeptFiles {
    fn kind(&self) -> &'static str {
        "files"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, _: usize) -> Result<Erased, StoreError> {
        let Whose::Session(key) = whose else { return Ok(Erased::default()) };
        let found = files::of_session(store, key, FILES_AT_ONCE)?;
        files::release(store, batch, &found)?;
        if !found.is_empty() {
            // Sessions may have the same content, and a batch writes each record once: the next one goes with another batch.
            return Ok(Erased { count: found.len(), more: true });
        }
        let used = record::get::<FileUse>(store, &key.organization, key.session.as_str())?;
        used.iter().for_each(|used| record::remove(batch, used));
        Ok(Erased::default())
    }

    /// One at a time: a file may be megabytes. Where the store does not have the bytes, its row says what they are. What does harm, or may, is
    /// handed out by no way.
    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        let Whose::Session(key) = whose else { return Ok(Exported::default()) };
        let after = after.and_then(|after| Cursor::parse(std::str::from_utf8(after).ok()?));
        let wanted = Match::Is(key.session.as_str());
        let by = files::BY_SESSION;
        let page =
            record::by_index::<KeptFile>(store, &key.organization, by, wanted, after.as_ref(), 1, Direction::Forward)?;
        let items = page.items.iter().map(|found| item(store, key, found)).collect::<Result<_, _>>()?;
        Ok(Exported { items, next: page.next.map(|next| next.to_text().into_bytes()) })
    }
}

fn item(store: &Store, key: &SessionKey, found: &Versioned<KeptFile>) -> Result<serde_json::Value, StoreError> {
    let file = &found.record;
    let mut item = serde_json::to_value(file).unwrap_or_default();
    let blob = match file.scan {
        Scan::Passed => record::get::<Blob>(store, &key.organization, file.attachment.digest.as_str())?,
        Scan::Held { .. } | Scan::Infected => None,
    };
    let bytes = blob.and_then(|blob| read_parts(store, &Place::from(&blob.record), &(0..blob.record.bytes)).ok());
    item["content"] = bytes.map_or(serde_json::Value::Null, |bytes| json!(STANDARD.encode(bytes)));
    Ok(item)
}

/// The bytes of files. They are gone before an erasure goes on, wherever they are.
impl Personal for Files {
    fn kind(&self) -> &'static str {
        "file_bytes"
    }

    fn erase(&self, _: &Store, _: Whose<'_>, _: &mut Batch, _: usize) -> Result<Erased, StoreError> {
        Ok(Erased::default())
    }

    fn forget<'a>(&'a self, whose: Whose<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(async move {
            match whose {
                Whose::Session(key) => self.inner.remove_bytes(Some(&key.organization)).await,
                Whose::Person { .. } => Ok(()),
            }
        })
    }
}
