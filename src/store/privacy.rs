//! Erasures, their lists of sessions, legal holds and retention as records.

use super::record::{IndexEntry, Record};
use super::{Direction, KeyRange, Store, StoreError};
use crate::domain::privacy::{Erasure, ErasurePart, Held, Hold, Phase, Retention};
use crate::domain::{OrganizationId, SessionId};

/// Erasures that are not through, bytes and all: `run` while there is something to erase, `compact` while the bytes are to go.
pub const BY_WORK: &str = "work";

/// Of [`BY_WORK`]: something is to be erased.
pub const RUN: &str = "run";

/// Of [`BY_WORK`]: everything is erased, and the bytes are to go.
pub const COMPACT: &str = "compact";

/// The id of the one record of retention.
pub const RETENTION_ID: &str = "retention";

/// The most erasures that are under way at once, in all organizations together.
pub const OPEN_MAX: usize = 10_000;

impl Record for Erasure {
    const SPACE: &'static str = "erasure";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        match (self.phase, self.compacted_at) {
            (Phase::Done, Some(_)) => Vec::new(),
            (Phase::Done, None) => vec![IndexEntry::plain(BY_WORK, COMPACT)],
            (Phase::Listing | Phase::Sessions { .. } | Phase::Person | Phase::Traces, _) => {
                vec![IndexEntry::plain(BY_WORK, RUN)]
            }
        }
    }
}

impl Record for ErasurePart {
    const SPACE: &'static str = "erasure_part";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        format!("{}.{:08}", self.erasure, self.part)
    }
}

impl Record for Hold {
    const SPACE: &'static str = "hold";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.on.id()
    }
}

impl Record for Retention {
    const SPACE: &'static str = "retention";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        RETENTION_ID.to_owned()
    }
}

impl Held {
    /// The id of the hold's record.
    pub fn id(&self) -> String {
        match self {
            Self::Customer(id) => format!("c.{id}"),
            Self::Session(id) => format!("s.{id}"),
        }
    }
}

/// The erasures of all organizations that wait for this kind of work, by organization and id: the oldest of each first.
///
/// # Errors
/// As [`Store::scan`].
pub fn waiting(store: &Store, work: &str) -> Result<Vec<(OrganizationId, String)>, StoreError> {
    let all = format!("{}.{BY_WORK}/", Erasure::SPACE);
    let pairs = store.scan(KeyRange::prefix(all.as_bytes()), OPEN_MAX, Direction::Forward)?;
    let parse = |key: &[u8]| {
        let (organization, rest) = std::str::from_utf8(key.strip_prefix(all.as_bytes())?).ok()?.split_once('/')?;
        let (value, id) = rest.split_once('\0')?;
        let organization = OrganizationId::parse(organization).ok()?;
        (value == work).then(|| (organization, id.to_owned()))
    };
    Ok(pairs.iter().filter_map(|(key, _)| parse(key)).collect())
}

/// The organizations that have set how long they keep conversations.
///
/// # Errors
/// As [`Store::scan`].
pub fn with_retention(store: &Store, limit: usize) -> Result<Vec<OrganizationId>, StoreError> {
    let all = format!("{}/", Retention::SPACE);
    let pairs = store.scan(KeyRange::prefix(all.as_bytes()), limit, Direction::Forward)?;
    let parse = |key: &[u8]| {
        let (organization, _) = std::str::from_utf8(key.strip_prefix(all.as_bytes())?).ok()?.split_once('/')?;
        OrganizationId::parse(organization).ok()
    };
    Ok(pairs.iter().filter_map(|(key, _)| parse(key)).collect())
}

/// What the keys begin with that one session has under a space of its own.
pub fn of_session(space: &str, organization: &OrganizationId, session: &SessionId) -> String {
    format!("{space}/{organization}/{session}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erasure_of_the_first_shape_still_reads_and_is_written_the_same() {
        let written = concat!(
            r#"{"organization":"default","id":"01980000-0000-7000-8000-000000000001","asked_at":1800000000000,"#,
            r#""by":"operator","cause":"request","phase":{"sessions":{"part":2}},"ids":["jo","~s-1"],"salt":"00","#,
            r#""fingerprint":"ff","counts":{"sessions":3}}"#
        );
        let read: Erasure = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        assert_eq!(read.indexes(), [IndexEntry::plain(BY_WORK, RUN)]);
        let hold = r#"{"organization":"default","on":{"session":"s-1"},"reason":"court","by":"operator","at":1}"#;
        let read: Hold = serde_json::from_str(hold).unwrap();
        assert_eq!((serde_json::to_string(&read).unwrap(), read.id()), (hold.to_owned(), "s.s-1".to_owned()));
        let retention = r#"{"organization":"default","days":30,"channels":{"email":365}}"#;
        let read: Retention = serde_json::from_str(retention).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), retention);
        let part = concat!(
            r#"{"organization":"default","erasure":"01980000-0000-7000-8000-000000000001","part":1,"#,
            r#""sessions":[{"session":"s-1","customer":"jo","verified":true}]}"#
        );
        let read: ErasurePart = serde_json::from_str(part).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), part);
    }
}
