//! Figures about conversations, kept by a reader of the feed and read here as sums.
//!
//! The [`Projector`] turns each session's events into small records ([`crate::domain::facts`]) and counters per quarter of
//! an hour ([`crate::domain::figures`]); `docs/metrics.md` says what each figure means. A report first waits until everything
//! that was durable when it was asked for is counted, then adds up. Nothing here reads a log, but for one customer's where a
//! range begins and ends within the same quarter of an hour.

mod bucket;
mod conversations;
mod customers;
mod dashboard;
mod days;
pub mod erase;
mod page;
mod progress;
mod projector;
mod rebuild;
mod report;
mod rows;
mod summary;

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use progress::Progress;

use crate::domain::{OrganizationId, Refusal};
use crate::store::{Direction, KeyRange, Store, StoreError, StoreHealth, record};

pub use bucket::Bucket;
pub use customers::{CUSTOMERS_PAGE_MAX, TOP_MAX};
pub use dashboard::{AgentReport, Dashboard, Served};
pub use days::DAYS_MAX;
pub use projector::{PageLimits, Projector, READER, Step, Stuck};
pub use rebuild::PROJECTION_VERSION;
pub use report::{
    ActiveCustomer, Behaviour, ConversationReport, CustomerPage, CustomerSummary, Day, IntentOutcome, Overview, Span,
    Totals,
};

/// How long a report waits for the projector. Then it tells what is counted so far.
const CATCH_UP_MAX: Duration = Duration::from_secs(5);

/// Rows that are read before others go first.
const SCAN_MAX_ROWS: usize = 512;

/// The most customers that one report tells apart.
const CUSTOMERS_MAX: usize = 1_000_000;

/// The most intents that one report names; a model may make up any number, and further ones count as none.
const INTENTS_MAX: usize = 1_000;

/// See the module.
#[derive(Debug, Clone)]
pub struct Analytics {
    store: Store,
    progress: Arc<Progress>,
}

/// How the projector stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Following {
    /// Whether it runs.
    pub runs: bool,
    /// How often it could not go on, and began its step anew.
    pub retries: u32,
    /// Commits that it has not counted yet.
    pub behind: u64,
}

impl Analytics {
    /// The service, and the projector that it waits for; somebody has to run that.
    pub fn new(store: Store) -> (Self, Projector) {
        let progress = Arc::new(Progress::default());
        let projector = Projector::new(store.clone(), Arc::clone(&progress));
        (Self { store, progress }, projector)
    }

    /// How the projector stands now.
    pub fn following(&self) -> Following {
        let behind = self.store.feed_end().borrow().saturating_sub(self.progress.reached().position);
        Following { runs: self.progress.is_running(), retries: self.progress.retries(), behind }
    }

    /// Waits until everything that is durable now is counted. A projector that is behind is not waited for without end:
    /// figures of a moment ago are better than none. Figures that are being made anew are no figures.
    async fn caught_up(&self) -> Result<(), Refusal> {
        let end = *self.store.feed_end().borrow();
        let writable = self.store.health() == StoreHealth::Writable;
        let reached = self.progress.wait_for(end, if writable { CATCH_UP_MAX } else { Duration::ZERO }).await;
        if reached.position < end {
            tracing::warn!(behind = end - reached.position, "a report is told without the newest events");
        }
        if reached.whole { Ok(()) } else { Err(Refusal::Unavailable { part: "analytics" }) }
    }

    /// Visits the rows of a range in order, a page at a time, so that others go first between pages.
    async fn each<R: DeserializeOwned>(
        &self,
        mut range: KeyRange,
        mut visit: impl FnMut(&[u8], R) -> Result<(), StoreError>,
    ) -> Result<(), Refusal> {
        loop {
            if range.is_empty() {
                return Ok(());
            }
            let rows = self.store.scan(range.clone(), SCAN_MAX_ROWS, Direction::Forward).map_err(unreadable)?;
            for (key, value) in &rows {
                visit(key, rows::parse(key, value).map_err(unreadable)?).map_err(unreadable)?;
            }
            match rows.into_iter().next_back() {
                Some((last, _)) => range = range.beyond(last, Direction::Forward),
                None => return Ok(()),
            }
            tokio::task::yield_now().await;
        }
    }

    /// Where an organization's days begin; UTC for one that is not known here.
    fn zone(&self, organization: &OrganizationId) -> Result<jiff::tz::TimeZone, Refusal> {
        let found = record::get::<crate::domain::Organization>(&self.store, organization, organization.as_str());
        Ok(found.map_err(unreadable)?.map_or(jiff::tz::TimeZone::UTC, |found| found.record.time_zone.zone()))
    }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "the store can not be read");
    Refusal::Unavailable { part: "store" }
}
