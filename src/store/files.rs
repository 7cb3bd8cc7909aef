//! Files of sessions, and the bytes behind them: each content of an organization is kept once, and counted.
//!
//! | keys | what |
//! |---|---|
//! | `file/<org>/<id>` | a file of a session |
//! | `file_use/<org>/<session>` | how many files a session has, and how large they are |
//! | `blob/<org>/<digest>` | where the bytes with this digest are, and how many files have them |
//! | `blob_part/<org>/<place>/<number>` | bytes in parts, where the store itself keeps them |
//! | `blob_errand/<org>/<place>` | bytes that are being written, or are to go |
//!
//! Bytes have a place of their own with each writing. So whoever removes the bytes of the last file never touches those of somebody
//! who brings the same content at that moment, and no lock is needed: the rows expect what they were read at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::index::Match;
use super::record::{self, IndexEntry, Record, Versioned};
use super::{Batch, Direction, KeyRange, Store, StoreError};
use crate::domain::attachment::Digest;
use crate::domain::{Attachment, FileId, OrganizationId, SessionKey, Timestamp, UserId};

/// Files by their session.
pub const BY_SESSION: &str = "session";

/// Files with which something is to be done at a time: `<time, ms>`.
pub const BY_DUE: &str = "due";

/// Who brought a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uploader {
    /// The session's customer.
    Customer,
    /// A person of the staff.
    Staff(UserId),
    /// A channel, with a message that came by it; or a service of the organization.
    Channel,
}

/// What is known of the contents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scan {
    /// They may be handed out.
    #[default]
    Passed,
    /// The scanner could not say; nobody gets them.
    Held {
        /// How often it was asked.
        tries: u32,
        /// When it is asked again; never, where it was asked often enough.
        next: Option<Timestamp>,
    },
    /// They do harm; nobody gets them.
    Infected,
}

/// Who keeps bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// The store.
    #[default]
    Store,
    /// An S3 server.
    S3,
}

impl Keeper {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_store(&self) -> bool {
        *self == Self::Store
    }
}

/// A file of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Whose it is.
    pub key: SessionKey,
    /// What messages say of it.
    pub attachment: Attachment,
    /// When it came.
    pub at: Timestamp,
    /// Who brought it.
    pub by: Uploader,
    /// Until when it waits for its message; none once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unposted_until: Option<Timestamp>,
    /// What is known of its contents.
    #[serde(default)]
    pub scan: Scan,
}

/// How much a session has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileUse {
    /// Which session.
    pub key: SessionKey,
    /// How many files.
    pub files: u64,
    /// How large they are together, in bytes; the same content counts with each file.
    pub bytes: u64,
}

/// Content that is kept once for all files that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Whose it is.
    pub organization: OrganizationId,
    /// What names it.
    pub digest: Digest,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// How many files have it.
    pub refs: u64,
    /// Where it is.
    pub place: Uuid,
    /// With whom.
    #[serde(default, skip_serializing_if = "Keeper::is_store")]
    pub keeper: Keeper,
}

/// Bytes at a place that nobody refers to: they are being written, or are to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// Whose they are.
    pub organization: OrganizationId,
    /// Where they are.
    pub place: Uuid,
    /// What names them.
    pub digest: Digest,
    /// How large they are, in bytes.
    pub bytes: u64,
    /// From when on they are to go. While they are being written that is far ahead.
    pub due: Timestamp,
    /// Who has them.
    #[serde(default, skip_serializing_if = "Keeper::is_store")]
    pub keeper: Keeper,
}

impl KeptFile {
    /// When something is to be done with it.
    pub fn due(&self) -> Option<Timestamp> {
        let next = match self.scan {
            Scan::Held { next, .. } => next,
            Scan::Passed | Scan::Infected => None,
        };
        self.unposted_until.into_iter().chain(next).min()
    }
}

impl Errand {
    /// Its key: a look at those that are due goes on behind it.
    pub fn key(&self) -> Vec<u8> {
        format!("{}/{}/{}", Self::SPACE, self.organization, self.place).into_bytes()
    }
}

impl Record for KeptFile {
    const SPACE: &'static str = "file";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.key.organization
    }

    fn id(&self) -> String {
        self.attachment.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let due = self.due().map(|due| IndexEntry::plain(BY_DUE, due_value(due)));
        due.into_iter().chain([IndexEntry::plain(BY_SESSION, self.key.session.as_str())]).collect()
    }
}

impl Record for FileUse {
    const SPACE: &'static str = "file_use";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.key.organization
    }

    fn id(&self) -> String {
        self.key.session.as_str().to_owned()
    }
}

impl Record for Blob {
    const SPACE: &'static str = "blob";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.digest.as_str().to_owned()
    }
}

impl Record for Errand {
    const SPACE: &'static str = "blob_errand";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.place.to_string()
    }
}

fn due_value(due: Timestamp) -> String {
    format!("{:015}", due.as_ms().max(0))
}

/// The file with this id, if it is of this session.
///
/// # Errors
/// As [`record::get`].
pub fn file(store: &Store, key: &SessionKey, id: FileId) -> Result<Option<Versioned<KeptFile>>, StoreError> {
    let found = record::get::<KeptFile>(store, &key.organization, &id.to_string())?;
    Ok(found.filter(|found| found.record.key == *key))
}

/// Up to `limit` files of a session.
///
/// # Errors
/// As [`record::get`].
pub fn of_session(store: &Store, key: &SessionKey, limit: usize) -> Result<Vec<Versioned<KeptFile>>, StoreError> {
    let wanted = Match::Is(key.session.as_str());
    let page = record::by_index(store, &key.organization, BY_SESSION, wanted, None, limit, Direction::Forward)?;
    Ok(page.items)
}

/// Up to `limit` files of all organizations with which something is to be done by `now`.
///
/// # Errors
/// As [`record::get`].
pub fn due_files(store: &Store, now: Timestamp, limit: usize) -> Result<Vec<Versioned<KeptFile>>, StoreError> {
    let all = format!("{}.{BY_DUE}/", KeptFile::SPACE);
    let until = due_value(now);
    let mut found = Vec::new();
    for key in store.keys(KeyRange::prefix(all.as_bytes()), DUE_LOOK_MAX)? {
        let Some((organization, value, id)) = due_entry(key.get(all.len()..).unwrap_or_default()) else { continue };
        if value <= until.as_str() && found.len() < limit {
            found.extend(record::get::<KeptFile>(store, &organization, id)?);
        }
    }
    Ok(found)
}

/// The most entries that one look goes through.
const DUE_LOOK_MAX: usize = 100_000;

fn due_entry(rest: &[u8]) -> Option<(OrganizationId, &str, &str)> {
    let (organization, rest) = std::str::from_utf8(rest).ok()?.split_once('/')?;
    let (value, id) = rest.split_once('\0')?;
    Some((OrganizationId::parse(organization).ok()?, value, id))
}

/// Up to `limit` errands that are due by `now`: of one organization, or of all, behind the one with the key `after`.
///
/// # Errors
/// As [`Store::scan`]; `Corrupt` when one does not read.
pub fn due_errands(
    store: &Store,
    organization: Option<&OrganizationId>,
    now: Timestamp,
    after: Option<Vec<u8>>,
    limit: usize,
) -> Result<Vec<Versioned<Errand>>, StoreError> {
    let prefix = organization.map_or_else(String::new, |organization| format!("{organization}/"));
    let (mut due, mut after, mut looked) = (Vec::new(), after, 0);
    while due.len() < limit && looked < DUE_LOOK_MAX {
        let range = KeyRange::prefix(format!("{}/{prefix}", Errand::SPACE));
        let range = match after.take() {
            Some(after) => range.beyond(after, Direction::Forward),
            None => range,
        };
        let pairs = store.scan(range, limit, Direction::Forward)?;
        for (key, value) in &pairs {
            let errand = record::parse::<Errand>(key, value)?;
            if errand.record.due <= now && due.len() < limit {
                due.push(errand);
            }
        }
        looked += pairs.len();
        match pairs.last() {
            Some((last, _)) if pairs.len() == limit => after = Some(last.to_vec()),
            _ => break,
        }
    }
    Ok(due)
}

/// Counts one more file of a session into the batch.
///
/// # Errors
/// As [`record::get`].
pub fn charge(batch: &mut Batch, before: Option<&Versioned<FileUse>>, now: &FileUse) -> Result<(), StoreError> {
    record::replace(batch, before, now)
}

/// Puts into the batch that these files go, all of one organization, each named once; content that nobody has any more gets an
/// errand. What sessions have is left to the caller.
///
/// # Errors
/// As [`record::get`].
pub fn release(store: &Store, batch: &mut Batch, files: &[Versioned<KeptFile>]) -> Result<(), StoreError> {
    let mut fewer: BTreeMap<&Digest, (&OrganizationId, u64)> = BTreeMap::new();
    for file in files {
        record::remove(batch, file);
        let KeptFile { key, attachment, .. } = &file.record;
        fewer.entry(&attachment.digest).or_insert((&key.organization, 0)).1 += 1;
    }
    for (digest, (organization, count)) in fewer {
        let Some(blob) = record::get::<Blob>(store, organization, digest.as_str())? else { continue };
        if blob.record.refs > count {
            record::update(batch, &blob, &Blob { refs: blob.record.refs - count, ..blob.record.clone() })?;
            continue;
        }
        record::remove(batch, &blob);
        let Blob { organization, digest, bytes, place, keeper, .. } = blob.record;
        record::insert(batch, &Errand { organization, place, digest, bytes, due: Timestamp::from_ms(0), keeper })?;
    }
    Ok(())
}

/// The key of a part.
pub fn part_key(organization: &OrganizationId, place: Uuid, number: u64) -> Vec<u8> {
    format!("blob_part/{organization}/{place}/{number:08}").into_bytes()
}

/// Every part of a place.
pub fn parts_of(organization: &OrganizationId, place: Uuid) -> KeyRange {
    KeyRange::prefix(format!("blob_part/{organization}/{place}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_forms_are_those_that_were_once_written() {
        let file = concat!(
            r#"{"key":{"organization":"default","session":"s-1"},"attachment":{"id":"01980000-0000-7000-8000-000000000001","#,
            r#""name":"garden.jpg","media_type":"image/jpeg","bytes":3,"digest":"ab","kind":"image"},"at":1800000000000,"#,
            r#""by":{"staff":"01980000-0000-7000-8000-000000000002"},"unposted_until":1800000086400,"#,
            r#""scan":{"held":{"tries":1,"next":1800000000001}}}"#
        );
        let read: KeptFile = serde_json::from_str(file).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), file);
        assert_eq!(read.due(), Some(Timestamp::from_ms(1_800_000_000_001)));
        let used = r#"{"key":{"organization":"default","session":"s-1"},"files":2,"bytes":4096}"#;
        let read: FileUse = serde_json::from_str(used).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), used);
        let place = "01980000-0000-7000-8000-000000000003";
        let blob = format!(r#"{{"organization":"default","digest":"ab","bytes":3,"refs":2,"place":"{place}"}}"#);
        let read: Blob = serde_json::from_str(&blob).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), blob);
        let errand = format!(r#"{{"organization":"default","place":"{place}","digest":"ab","bytes":3,"due":0}}"#);
        let read: Errand = serde_json::from_str(&errand).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), errand);
    }
}
