//! What an organization's assistants cost, and what they may: sums by day, service, model, channel, assistant or session, and a
//! monthly budget. The ledger itself is [`crate::assistant::cost`].

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use jiff::civil::Date;

use crate::assistant::cost::Ledger;
use crate::auth::Caller;
use crate::clock::SharedClock;
use crate::domain::audit::{Act, FieldChange, Target};
use crate::domain::cost::{Amounts, Budget, BudgetWarning, Charge, DaySum, Line, MICROS, OTHER};
use crate::domain::{OrganizationId, Refusal, SessionKey, Timestamp};
use crate::engine::audit::Acting;
use crate::engine::privacy::kept::{Erased, Personal, Whose};
use crate::store::index::Cursor;
use crate::store::{Batch, KeyRange, Store, StoreError, audit, cost, record};

/// The most rows of a report; the rest is one row, `other`.
pub const ROWS_MAX: usize = 100;

/// Sessions' days that are read at once.
const SCAN_MAX_ROWS: usize = 512;

/// The most sessions that one report tells apart.
const SESSIONS_MAX: usize = 100_000;

/// Records that are forgotten with one batch.
const TRIM_BATCH_MAX: usize = 512;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What sums are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// What was asked for.
    Service,
    /// Which model.
    Model,
    /// How the customer wrote; `none` outside of sessions.
    Channel,
    /// Which assistant.
    Assistant,
    /// When.
    Day,
    /// For which session; `none` outside of sessions.
    Session,
}

/// Sums of a range of days; the rows add up to the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostReport {
    /// Of which currency.
    pub currency: String,
    /// What all of it comes to.
    pub total: Amounts,
    /// By key: days in order, all else the dearest first.
    pub rows: Vec<(String, Amounts)>,
}

/// How the budget of this month stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetReport {
    /// Of which currency.
    pub currency: String,
    /// The month, `2026-11`.
    pub month: String,
    /// What was spent in it, in micro-units.
    pub spent_micros: u64,
    /// What running turns may spend besides, in micro-units.
    pub reserved_micros: u64,
    /// What may be spent.
    pub budget: Budget,
    /// The thresholds that were reached in it.
    pub warnings: Vec<BudgetWarning>,
}

/// See the module.
#[derive(Clone)]
pub struct Costs {
    store: Store,
    ledger: Ledger,
    clock: SharedClock,
    kept_days: u32,
}

impl BudgetReport {
    /// Whether the assistants answer without a model until the month ends.
    pub fn is_spent(&self) -> bool {
        self.budget.is_spent(self.spent_micros)
    }

    /// How much of the budget is spent, in percent; none without a budget.
    pub fn percent_used(&self) -> Option<f64> {
        self.budget.monthly_micros.map(|monthly| self.spent_micros as f64 * 100.0 / monthly as f64)
    }
}

impl Costs {
    /// Wires the service; single calls are kept for so many days.
    pub const fn new(store: Store, ledger: Ledger, clock: SharedClock, kept_days: u32) -> Self {
        Self { store, ledger, clock, kept_days }
    }

    /// The currency of all amounts (ISO 4217).
    pub fn currency(&self) -> &str {
        self.ledger.prices().currency()
    }

    /// Sums of the organization's days from one up to and with another.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub async fn report(
        &self,
        organization: &OrganizationId,
        from: Date,
        to: Date,
        by: GroupBy,
    ) -> Result<CostReport, Refusal> {
        // Years of sessions are many rows.
        let (costs, organization) = (self.clone(), organization.clone());
        let read = tokio::task::spawn_blocking(move || costs.read_report(&organization, from, to, by)).await;
        read.map_err(|_ended| Refusal::Unavailable { part: "store" })?
    }

    fn read_report(
        &self,
        organization: &OrganizationId,
        from: Date,
        to: Date,
        by: GroupBy,
    ) -> Result<CostReport, Refusal> {
        let days = cost::days(&self.store, organization, &from.to_string(), &to.to_string()).map_err(unreadable)?;
        let mut total = Amounts::default();
        days.iter().for_each(|day| total.add(&day.total()));
        let mut sums = grouped(&days, by);
        if by == GroupBy::Session {
            sums = self.by_session(organization, from, to, total)?;
        }
        Ok(CostReport { currency: self.currency().to_owned(), total, rows: rows(sums, by) })
    }

    /// What a session's calls come to, as far back as single calls are kept.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn of_session(&self, session: &SessionKey) -> Result<Amounts, Refusal> {
        let (mut total, mut after) = (Amounts::default(), None);
        loop {
            let (calls, next) = self.calls(session, after.as_ref(), SCAN_MAX_ROWS)?;
            calls.iter().for_each(|charge| total.add(&Amounts::of(charge)));
            after = next;
            if after.is_none() {
                return Ok(total);
            }
        }
    }

    /// Up to `limit` of a session's calls after `after`, oldest first, and where the next ones begin.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn calls(
        &self,
        session: &SessionKey,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<(Vec<Charge>, Option<Cursor>), Refusal> {
        cost::of_session(&self.store, session, after, limit).map_err(unreadable)
    }

    /// How the budget of this month stands.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn budget(&self, organization: &OrganizationId) -> Result<BudgetReport, Refusal> {
        let spending = self.ledger.spending(organization)?;
        let warnings = cost::warnings(&self.store, organization, &spending.month).map_err(unreadable)?;
        Ok(BudgetReport {
            currency: self.currency().to_owned(),
            month: spending.month,
            spent_micros: spending.spent_micros,
            reserved_micros: spending.reserved_micros,
            budget: spending.budget,
            warnings,
        })
    }

    /// Sets what may be spent in a month; `warn_at` stays where none is given. It holds for the next turn. `seen` refuses where
    /// what is set now is not what the caller has seen.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Invalid` on `monthly` or `warn_at`; `Conflict`, `Busy`, `Unavailable`; what
    /// `seen` refuses.
    pub async fn set_budget(
        &self,
        acting: Acting<'_>,
        monthly_micros: Option<u64>,
        warn_at: Option<Vec<u8>>,
        seen: impl FnOnce(&Budget) -> Result<(), Refusal>,
    ) -> Result<BudgetReport, Refusal> {
        let caller: &Caller = acting.caller;
        caller.require_admin()?;
        let organization = &caller.organization;
        let old = record::get::<Budget>(&self.store, organization, cost::BUDGET_ID).map_err(unreadable)?;
        let before = old.as_ref().map_or_else(|| Budget::unset(organization.clone()), |old| old.record.clone());
        seen(&before)?;
        let warn_at = warn_at.unwrap_or_else(|| before.warn_at.clone());
        let budget = Budget { organization: organization.clone(), monthly_micros, warn_at }.checked()?;
        let mut batch = Batch::default();
        record::replace(&mut batch, old.as_ref(), &budget).map_err(unreadable)?;
        let on = Target::new("budget", cost::BUDGET_ID);
        let entry = acting.entry(organization, self.clock.now(), Act::BudgetChanged, on, changes(&before, &budget));
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        let committed = self.store.commit(batch).await;
        committed.map_err(|why| why.refused("the budget was changed meanwhile"))?;
        self.ledger.budget_changed(organization);
        self.budget(organization)
    }

    /// Forgets single calls that are too old, and what was summed of their sessions; the sums of days stay. Gives how many;
    /// belongs on a timer.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read or written, `Busy` when it has no room; what was forgotten stays so.
    pub async fn trim(&self) -> Result<usize, Refusal> {
        if self.kept_days == 0 {
            return Ok(0);
        }
        let before = self.clock.now().plus_ms(-i64::from(self.kept_days) * DAY_MS);
        let calls = self.forget(cost::everywhere(), before, cost::older).await?;
        self.forget(cost::session_days_everywhere(), before, cost::older_session_days).await?;
        Ok(calls)
    }

    /// Tells the metrics how budgets stand.
    pub fn measure(&self) {
        self.ledger.measure();
    }

    async fn forget(
        &self,
        range: KeyRange,
        before: Timestamp,
        older: fn(&Store, Timestamp, KeyRange, usize) -> Result<audit::Old, StoreError>,
    ) -> Result<usize, Refusal> {
        let (mut forgotten, mut rest) = (0, Some(range));
        while let Some(range) = rest {
            let store = self.store.clone();
            let read = tokio::task::spawn_blocking(move || older(&store, before, range, TRIM_BATCH_MAX)).await;
            let old = read.map_err(|_ended| Refusal::Unavailable { part: "store" })?.map_err(unreadable)?;
            if !old.batch.is_empty() {
                let committed = self.store.commit(old.batch).await;
                committed.map_err(|why| why.refused("another process forgets them"))?;
            }
            forgotten += old.entries;
            rest = old.rest;
        }
        Ok(forgotten)
    }

    /// Sessions by their days; what is no session's is the rest of the total.
    fn by_session(
        &self,
        organization: &OrganizationId,
        from: Date,
        to: Date,
        total: Amounts,
    ) -> Result<BTreeMap<String, Amounts>, Refusal> {
        let (mut sums, mut begin) = (BTreeMap::<String, Amounts>::new(), from.to_string());
        let mut rest = total;
        loop {
            let page = cost::sessions(&self.store, organization, &begin, &to.to_string(), SCAN_MAX_ROWS);
            let page = page.map_err(unreadable)?;
            for sum in &page {
                rest = without(rest, &sum.amounts);
                let key = if sums.len() < SESSIONS_MAX || sums.contains_key(sum.session.as_str()) {
                    sum.session.to_string()
                } else {
                    OTHER.to_owned()
                };
                sums.entry(key).or_default().add(&sum.amounts);
            }
            match page.last() {
                // The next id behind this one.
                Some(last) if page.len() == SCAN_MAX_ROWS => {
                    begin = format!("{}\0", cost::session_day(&last.day, last.session.as_str()));
                }
                Some(_) | None => break,
            }
        }
        if rest != Amounts::default() {
            sums.entry("none".to_owned()).or_default().add(&rest);
        }
        Ok(sums)
    }
}

/// The rows of a session's calls go with those of the store; but what is on its way there has to have arrived.
impl Personal for Costs {
    fn kind(&self) -> &'static str {
        "calls_on_their_way"
    }

    fn erase(&self, _: &Store, _: Whose<'_>, _: &mut Batch, _: usize) -> Result<Erased, StoreError> {
        Ok(Erased::default())
    }

    fn settle(&self) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(self.ledger.settled())
    }
}

fn grouped(days: &[DaySum], by: GroupBy) -> BTreeMap<String, Amounts> {
    let mut sums = BTreeMap::<String, Amounts>::new();
    for day in days {
        for line in &day.lines {
            sums.entry(key(day, line, by)).or_default().add(&line.amounts);
        }
    }
    sums
}

fn key(day: &DaySum, line: &Line, by: GroupBy) -> String {
    match by {
        GroupBy::Service => line.service.as_str().to_owned(),
        GroupBy::Model => line.model.clone(),
        GroupBy::Channel => line.channel.map_or("none", |channel| channel.as_str()).to_owned(),
        GroupBy::Assistant => line.assistant.clone(),
        GroupBy::Day => day.day.clone(),
        GroupBy::Session => String::new(),
    }
}

/// Days in order, all else the dearest first; what is beyond the bound is added up.
fn rows(sums: BTreeMap<String, Amounts>, by: GroupBy) -> Vec<(String, Amounts)> {
    let mut rows: Vec<(String, Amounts)> = sums.into_iter().collect();
    if by == GroupBy::Day {
        return rows;
    }
    rows.sort_by(|(one, a), (other, b)| b.cost_micros.cmp(&a.cost_micros).then_with(|| one.cmp(other)));
    if rows.len() > ROWS_MAX {
        let mut rest = Amounts::default();
        rows.drain(ROWS_MAX - 1..).for_each(|(_, amounts)| rest.add(&amounts));
        rows.push((OTHER.to_owned(), rest));
    }
    rows
}

const fn without(total: Amounts, part: &Amounts) -> Amounts {
    Amounts {
        calls: total.calls.saturating_sub(part.calls),
        prompt_tokens: total.prompt_tokens.saturating_sub(part.prompt_tokens),
        completion_tokens: total.completion_tokens.saturating_sub(part.completion_tokens),
        cost_micros: total.cost_micros.saturating_sub(part.cost_micros),
        estimated_micros: total.estimated_micros.saturating_sub(part.estimated_micros),
    }
}

fn changes(from: &Budget, to: &Budget) -> Vec<FieldChange> {
    let monthly = |budget: &Budget| {
        budget.monthly_micros.map_or("none".to_owned(), |m| format!("{:.2}", m as f64 / MICROS as f64))
    };
    let warn_at = |budget: &Budget| format!("{:?}", budget.warn_at);
    let changes = [
        FieldChange::of("monthly", &monthly(from), &monthly(to)),
        FieldChange::of("warn_at", &warn_at(from), &warn_at(to)),
    ];
    changes.into_iter().flatten().collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is the end of the error's way")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "costs do not read or write");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for Costs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Costs").field("store", &self.store).finish_non_exhaustive()
    }
}
