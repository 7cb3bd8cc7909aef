//! Questions without an answer as records, the most asked first within their status.

use super::index::{Cursor, Match, Page};
use super::record::{self, IndexEntry, Record};
use super::{Direction, Store, StoreError};
use crate::domain::OrganizationId;
use crate::domain::unanswered::{Status, Unanswered};

/// `<status>/<count, inverted>`: the most asked come first.
const BY_COUNT: &str = "count";

impl Record for Unanswered {
    const SPACE: &'static str = "unanswered";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let count = u64::MAX - self.asked;
        vec![IndexEntry::plain(BY_COUNT, format!("{}/{count:016x}", self.status.as_str()))]
    }
}

/// A page of an organization's groups of a status, the most asked first.
///
/// # Errors
/// As [`record::get`].
pub fn most_asked(
    store: &Store,
    organization: &OrganizationId,
    status: Status,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Unanswered>, StoreError> {
    let prefix = format!("{}/", status.as_str());
    record::by_index(store, organization, BY_COUNT, Match::StartsWith(&prefix), after, limit, Direction::Forward)
}
