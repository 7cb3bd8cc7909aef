//! The saved header of a session: its state without the parts that the log's tail gives back.

use super::record::{IndexEntry, Record};
use crate::domain::{OrganizationId, State};

/// Sessions by customer, in the order they began: `<customer>/<started, ms>`.
pub const BY_CUSTOMER: &str = "customer";

/// Sessions in the order they began: `<started, ms>`.
pub const BY_START: &str = "started";

impl Record for State {
    const SPACE: &'static str = "session";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.key.organization
    }

    fn id(&self) -> String {
        self.key.session.as_str().to_owned()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let started = started_value(self.started_at.as_ms());
        let by_start = IndexEntry::plain(BY_START, started.clone());
        if !self.verified {
            return vec![by_start];
        }
        vec![IndexEntry::plain(BY_CUSTOMER, format!("{}/{started}", self.customer)), by_start]
    }
}

/// A moment as an index value: its milliseconds, so many digits that text orders as time does.
pub fn started_value(ms: i64) -> String {
    format!("{:015}", ms.max(0))
}
