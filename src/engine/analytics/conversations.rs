//! The conversations of a range of time, to the millisecond: whole quarters of an hour are added up, and what lies at the
//! ends of the range is looked at one by one. A conversation counts where it began; a customer is active where they wrote.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::report::{ConversationReport, Span};
use super::rows::{self, Activity, Person, Quarter};
use super::{Analytics, Bucket, CUSTOMERS_MAX, INTENTS_MAX, SCAN_MAX_ROWS, unreadable};
use crate::domain::figures::Cohort;
use crate::domain::message::Author;
use crate::domain::{Event, Facts, Figures, OrganizationId, Refusal, SessionId, SessionKey, State, Timestamp};
use crate::store::index::Match;
use crate::store::session::{self, started_value};
use crate::store::{Direction, StoreError, log, record};

/// The most pieces of time in one report.
const BUCKETS_MAX: usize = 50_000;

/// Events that are read at once where a log has to be asked.
const READ_MAX_EVENTS: usize = 256;

/// A report that is being counted.
struct Count {
    range: Range<Timestamp>,
    bucket: Bucket,
    began: Cohort,
    intents: BTreeMap<String, u64>,
    started: BTreeMap<Timestamp, u64>,
}

impl Analytics {
    /// The conversations of an organization in a range of time.
    ///
    /// # Errors
    /// `Invalid` on `timeframe` when the range has too many pieces; `Unavailable` when the store can not be read or the
    /// figures are being made anew.
    pub async fn conversations(
        &self,
        organization: &OrganizationId,
        span: Span,
        bucket: Bucket,
    ) -> Result<ConversationReport, Refusal> {
        self.caught_up().await?;
        let from = match span.from {
            Some(from) => from,
            None => self.first_start(organization)?.unwrap_or(span.until),
        };
        let mut count = Count::new(from..span.until, bucket)?;
        if from < span.until {
            self.began(organization, &mut count).await?;
        }
        let active = self.active(organization, from..span.until).await?;
        Ok(count.done(active.len() as u64))
    }

    /// When the first conversation of all began.
    fn first_start(&self, organization: &OrganizationId) -> Result<Option<Timestamp>, Refusal> {
        let first = record::by_index::<State>(
            &self.store,
            organization,
            session::BY_START,
            Match::Any,
            None,
            1,
            Direction::Forward,
        );
        Ok(first.map_err(unreadable)?.items.pop().map(|first| first.record.started_at))
    }

    /// Counts the conversations that began in the range.
    async fn began(&self, organization: &OrganizationId, count: &mut Count) -> Result<(), Refusal> {
        let Range { start, end } = count.range.clone();
        let (mut first, mut last) = (Quarter::from(start), Quarter::of(end));
        // The quarter that holds an end counts whole if nothing in it lies outside of the range.
        if self.nothing_began(organization, Quarter::of(start).start()..start)? {
            first = Quarter::of(start);
        }
        if end != last.start() && self.nothing_began(organization, end..last.next().start())? {
            last = last.next();
        }
        if first >= last {
            return self.one_by_one(organization, start..end, count).await;
        }
        if start < first.start() {
            self.one_by_one(organization, start..first.start(), count).await?;
        }
        self.each(rows::figures_range(organization, first, last), |key, figures: Figures| {
            let (quarter, _) = rows::parse_figures_key(key)?;
            count.add(quarter.start(), &figures.began);
            Ok(())
        })
        .await?;
        if last.start() < end { self.one_by_one(organization, last.start()..end, count).await } else { Ok(()) }
    }

    fn nothing_began(&self, organization: &OrganizationId, range: Range<Timestamp>) -> Result<bool, Refusal> {
        let (from, until) = (started_value(range.start.as_ms()), started_value(range.end.as_ms()));
        let wanted = Match::Between(&from, &until);
        if from >= until {
            return Ok(true);
        }
        let count = record::count_index::<State>(&self.store, organization, session::BY_START, wanted, 1);
        Ok(count.map_err(unreadable)? == 0)
    }

    async fn one_by_one(
        &self,
        organization: &OrganizationId,
        range: Range<Timestamp>,
        count: &mut Count,
    ) -> Result<(), Refusal> {
        let (from, until) = (started_value(range.start.as_ms()), started_value(range.end.as_ms()));
        let wanted = Match::Between(&from, &until);
        let (index, mut after) = (session::BY_START, None);
        loop {
            let page = record::by_index::<State>(
                &self.store,
                organization,
                index,
                wanted,
                after.as_ref(),
                SCAN_MAX_ROWS,
                Direction::Forward,
            )
            .map_err(unreadable)?;
            for found in page.items {
                let facts = rows::get::<Facts>(&self.store, &rows::facts_key(&found.record.key)).map_err(unreadable)?;
                if let Some(facts) = facts {
                    count.add(facts.started_at, &Cohort::of(&facts));
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }

    /// The customers who wrote in a range of time.
    async fn active(&self, organization: &OrganizationId, range: Range<Timestamp>) -> Result<HashSet<Person>, Refusal> {
        let mut active = HashSet::new();
        if range.is_empty() {
            return Ok(active);
        }
        let quarters = rows::activity_range(organization, Quarter::of(range.start), Quarter::from(range.end));
        self.each(quarters, |key, activity: Activity| {
            let (person, session) = rows::parse_activity_key(key)?;
            let wrote = match activity.wrote_within(range.start, range.end) {
                Some(wrote) => wrote,
                None => self.wrote_in_log(organization, session, &range)?,
            };
            if wrote && active.len() < CUSTOMERS_MAX {
                active.insert(person);
            }
            Ok(())
        })
        .await?;
        Ok(active)
    }

    /// Asks the session's log; only for a customer who wrote before and after a range within the same quarter of an hour.
    fn wrote_in_log(
        &self,
        organization: &OrganizationId,
        session: SessionId,
        range: &Range<Timestamp>,
    ) -> Result<bool, StoreError> {
        let key = SessionKey { organization: organization.clone(), session };
        let wrote = |event: &Event| matches!(event, Event::Posted(message) if message.author == Author::Customer && range.contains(&message.at));
        let mut after = 0;
        loop {
            let events = log::read::<Event>(&self.store, &key, after, READ_MAX_EVENTS)?;
            if events.iter().any(|logged| wrote(&logged.event)) {
                return Ok(true);
            }
            match events.last() {
                Some(last) if events.len() == READ_MAX_EVENTS => after = last.seq,
                Some(_) | None => return Ok(false),
            }
        }
    }
}

impl Count {
    fn new(range: Range<Timestamp>, bucket: Bucket) -> Result<Self, Refusal> {
        let mut started = BTreeMap::new();
        let mut start = bucket.start(range.start);
        while range.start < range.end && start < range.end {
            if started.len() == BUCKETS_MAX {
                let why = format!("the range has more than {BUCKETS_MAX} such pieces");
                return Err(Refusal::invalid("timeframe", why));
            }
            started.insert(start, 0);
            start = bucket.next(start);
        }
        Ok(Self { range, bucket, began: Cohort::default(), intents: BTreeMap::new(), started })
    }

    fn add(&mut self, at: Timestamp, began: &Cohort) {
        if began.sessions == 0 {
            return;
        }
        *self.started.entry(self.bucket.start(at)).or_default() += began.sessions;
        add_intents(&mut self.intents, began.first_intents.named());
        self.began.sessions += began.sessions;
        self.began.messages += began.messages;
    }

    fn done(self, active_customers: u64) -> ConversationReport {
        let conversations = self.began.sessions;
        ConversationReport {
            conversations,
            active_customers,
            messages: self.began.messages,
            intents: with_the_rest(self.intents, conversations),
            started: self.started,
        }
    }
}

/// Adds counts by name, up to the limit of names.
pub(super) fn add_intents<'a>(intents: &mut BTreeMap<String, u64>, more: impl Iterator<Item = (&'a str, u64)>) {
    for (name, count) in more {
        if let Some(known) = intents.get_mut(name) {
            *known += count;
        } else if intents.len() < INTENTS_MAX {
            intents.insert(name.to_owned(), count);
        }
    }
}

/// The counts by name, and under no name what is missing from the total.
pub(super) fn with_the_rest(intents: BTreeMap<String, u64>, total: u64) -> BTreeMap<Option<String>, u64> {
    let rest = total.saturating_sub(intents.values().sum());
    let named = intents.into_iter().map(|(name, count)| (Some(name), count));
    named.chain((rest > 0).then_some((None, rest))).collect()
}
