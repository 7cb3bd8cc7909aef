//! Figures about conversations, read from the sessions and their logs.
//!
//! A report walks the sessions in the order they began, page by page, and lets others go first between pages, so a
//! request's deadline holds for it. A conversation counts where it began; a customer is active where they wrote.

mod bucket;

use std::collections::{BTreeMap, HashSet};

use crate::domain::{Author, CustomerId, Event, OrganizationId, Refusal, State, Timestamp};
use crate::store::index::{Cursor, Match, Page};
use crate::store::log::{self, Logged};
use crate::store::session::{self, started_value};
use crate::store::{Direction, Store, StoreError, record};

pub use bucket::Bucket;

/// The most pieces of time in one report.
const BUCKETS_MAX: usize = 50_000;

/// Intents that are counted by name; a model may make up any number, and further ones count as none.
const INTENTS_MAX: usize = 1_000;

/// Sessions that are read before others go first.
const PAGE_SESSIONS: usize = 64;

/// Events that are read at once.
const PAGE_EVENTS: usize = 256;

/// A range of time.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Its first moment; without one it starts with the first conversation.
    pub from: Option<Timestamp>,
    /// The moment after its last.
    pub until: Timestamp,
}

/// What a range of time held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConversationReport {
    /// Conversations that began in it.
    pub conversations: u64,
    /// Customers who wrote in it, in whichever conversation.
    pub active_customers: u64,
    /// Messages of the conversations that began in it, whoever wrote them.
    pub messages: u64,
    /// Those conversations by the first intent that was read in them; they add up to all of them.
    pub intents: BTreeMap<Option<String>, u64>,
    /// Those conversations by the piece of time they began in; empty pieces are there too.
    pub started: BTreeMap<Timestamp, u64>,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Analytics {
    store: Store,
}

/// A report that is being counted.
struct Tally {
    from: Timestamp,
    until: Timestamp,
    bucket: Bucket,
    report: ConversationReport,
    active: HashSet<CustomerId>,
}

/// What one conversation adds.
#[derive(Default)]
struct Read {
    messages: u64,
    intent: Option<String>,
    active: bool,
}

impl Analytics {
    /// Wires the service.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// The conversations of an organization in a range of time.
    ///
    /// # Errors
    /// `Invalid` on `timeframe` when the range has too many pieces; `Unavailable` when the store can not be read.
    pub async fn conversations(
        &self,
        organization: &OrganizationId,
        span: Span,
        bucket: Bucket,
    ) -> Result<ConversationReport, Refusal> {
        let first = self.page(organization, span.until, None, 1).map_err(unreadable)?.items.pop();
        let from = span.from.or(first.map(|first| first.record.started_at)).unwrap_or(span.until);
        let mut tally = Tally::new(from, span.until, bucket)?;
        let mut after = None;
        loop {
            let page = self.page(organization, span.until, after.as_ref(), PAGE_SESSIONS).map_err(unreadable)?;
            for found in &page.items {
                self.count(&found.record, &mut tally).map_err(unreadable)?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(tally.done());
            }
            tokio::task::yield_now().await;
        }
    }

    fn page(
        &self,
        organization: &OrganizationId,
        until: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<State>, StoreError> {
        let end = started_value(until.as_ms());
        let wanted = Match::Between("", &end);
        record::by_index(&self.store, organization, session::BY_START, wanted, after, limit, Direction::Forward)
    }

    /// Conversations that began and ended before the range are passed over by their last entry alone.
    fn count(&self, state: &State, tally: &mut Tally) -> Result<(), StoreError> {
        let began = state.started_at >= tally.from;
        if !began {
            let last = log::tail::<Event>(&self.store, &state.key, 1)?.pop();
            if last.is_none_or(|last| last.at < tally.from) {
                return Ok(());
            }
        }
        let read = self.read(state, tally)?;
        if read.active {
            tally.active.insert(state.customer.clone());
        }
        if began {
            tally.add(state.started_at, read);
        }
        Ok(())
    }

    fn read(&self, state: &State, tally: &Tally) -> Result<Read, StoreError> {
        let mut read = Read::default();
        let mut after = 0;
        loop {
            let page: Vec<Logged<Event>> = log::read(&self.store, &state.key, after, PAGE_EVENTS)?;
            page.iter().for_each(|logged| read.take(&logged.event, tally));
            match page.last() {
                Some(last) if page.len() == PAGE_EVENTS => after = last.seq,
                Some(_) | None => return Ok(read),
            }
        }
    }
}

impl Read {
    fn take(&mut self, event: &Event, tally: &Tally) {
        let Event::Posted(message) = event else { return };
        self.messages += 1;
        self.active |= message.author == Author::Customer && tally.holds(message.at);
        if self.intent.is_none() {
            self.intent = message.reading.as_ref().map(|reading| reading.intent.clone());
        }
    }
}

impl Tally {
    fn new(from: Timestamp, until: Timestamp, bucket: Bucket) -> Result<Self, Refusal> {
        let mut report = ConversationReport::default();
        let mut start = bucket.start(from);
        while from < until && start < until {
            if report.started.len() == BUCKETS_MAX {
                return Err(Refusal::invalid(
                    "timeframe",
                    format!("the range has more than {BUCKETS_MAX} such pieces"),
                ));
            }
            report.started.insert(start, 0);
            start = bucket.next(start);
        }
        Ok(Self { from, until, bucket, report, active: HashSet::new() })
    }

    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    fn add(&mut self, started_at: Timestamp, read: Read) {
        let report = &mut self.report;
        report.conversations += 1;
        report.messages += read.messages;
        *report.started.entry(self.bucket.start(started_at)).or_default() += 1;
        let known = report.intents.len() < INTENTS_MAX || report.intents.contains_key(&read.intent);
        *report.intents.entry(read.intent.filter(|_| known)).or_default() += 1;
    }

    fn done(self) -> ConversationReport {
        ConversationReport { active_customers: self.active.len() as u64, ..self.report }
    }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "the store can not be read");
    Refusal::Unavailable { part: "store" }
}
