//! The way into the ledger: what was spent counts at once, and is on disk soon after; whoever needs it there waits for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use metrics::{counter, gauge};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

use super::month::Month;
use super::prices::Prices;
use super::writer::Writer;
use crate::assistant::{Turn, Usage};
use crate::clock::SharedClock;
use crate::domain::cost::{Budget, Charge, Service, model_name};
use crate::domain::session::Channel;
use crate::domain::{CustomerId, OrganizationId, Refusal, SessionId};
use crate::store::{Store, StoreError, cost, record};

/// How long an answer waits for its cost to be durable.
pub const DURABLE_WAIT: Duration = Duration::from_secs(2);

/// Calls that may wait to be written.
const QUEUE_MAX: usize = 4_096;

/// Organizations whose month is kept in memory; those for which nothing runs are read again beyond it.
const MONTHS_MAX: usize = 10_000;

/// The assistant that an organization has until it can have several.
pub const ASSISTANT: &str = "default";

/// Whom a call is for.
#[derive(Debug, Clone)]
pub struct Account {
    /// Who pays.
    pub organization: OrganizationId,
    /// In which session.
    pub session: Option<SessionId>,
    /// For which customer.
    pub customer: Option<CustomerId>,
    /// On which channel.
    pub channel: Option<Channel>,
}

/// What an organization has spent in this month, and may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    /// The month, `2026-11`.
    pub month: String,
    /// What was spent, in micro-units.
    pub spent_micros: u64,
    /// What running turns may spend besides, in micro-units.
    pub reserved_micros: u64,
    /// What may be spent.
    pub budget: Budget,
}

/// Resolves when a call is durable.
#[derive(Debug)]
pub struct Paid(Option<oneshot::Receiver<()>>);

/// A turn's share of the budget, given back when it is dropped.
#[derive(Debug)]
pub struct Reservation {
    /// The one in which the turn began; once another has begun nobody asks this one any more.
    month: Arc<Mutex<Month>>,
    micros: u64,
}

/// See the module.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) clock: SharedClock,
    prices: Prices,
    jobs: mpsc::Sender<Job>,
    months: DashMap<OrganizationId, Arc<Mutex<Month>>>,
}

/// What the writer is to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Write a call down, then tell.
    Charge(Box<Charge>, oneshot::Sender<()>),
    /// Look whether an organization has reached a threshold.
    Look(OrganizationId),
    /// Tell once everything before this is written.
    Settle(oneshot::Sender<()>),
}

impl Account {
    /// A turn's.
    pub fn of(turn: &Turn) -> Self {
        Self {
            organization: turn.organization().clone(),
            session: Some(turn.session.session.clone()),
            customer: turn.customer.clone(),
            channel: Some(turn.channel),
        }
    }

    /// An organization's, outside of any session.
    pub const fn general(organization: OrganizationId) -> Self {
        Self { organization, session: None, customer: None, channel: None }
    }
}

impl Paid {
    /// Waits until the call is durable, but no longer than [`DURABLE_WAIT`].
    pub async fn durable(self) {
        let Some(told) = self.0 else { return };
        if timeout(DURABLE_WAIT, told).await.is_err() {
            tracing::warn!("an answer goes before its cost is durable: the store is slow");
        }
    }
}

impl Ledger {
    /// A ledger over a store, and what writes it; somebody has to run that.
    pub fn new(store: Store, clock: SharedClock, prices: Prices) -> (Self, Writer) {
        let (jobs, waiting) = mpsc::channel(QUEUE_MAX);
        let shared = Arc::new(Shared { store, clock, prices, jobs, months: DashMap::new() });
        let ledger = Self { shared };
        (ledger.clone(), Writer::new(ledger, waiting))
    }

    /// The price list.
    pub fn prices(&self) -> &Prices {
        &self.shared.prices
    }

    /// Takes a share of an organization's budget for a turn of a model.
    ///
    /// # Errors
    /// `OverBudget` when nothing is left; `Unavailable` when nobody can tell.
    pub fn reserve(&self, organization: &OrganizationId, model: &str) -> Result<Reservation, Refusal> {
        let month = self.month(organization).map_err(unreadable)?;
        let micros = self.shared.prices.reservation(model);
        let mut kept = lock(&month);
        if kept.is_spent() {
            return Err(Refusal::OverBudget);
        }
        kept.reserved_micros = kept.reserved_micros.saturating_add(micros);
        drop(kept);
        Ok(Reservation { month, micros })
    }

    /// Writes a call down: it counts at once, and is durable when what this gives resolves. Nobody waits for room: beyond
    /// the queue's bound a call is lost to the ledger, and the log says so.
    pub fn charge(&self, account: &Account, usage: &Usage) -> Paid {
        let charge = self.charged(account, usage);
        count(&charge);
        match self.month(&account.organization) {
            Ok(month) => {
                let mut month = lock(&month);
                month.spent_micros = month.spent_micros.saturating_add(charge.cost_micros);
            }
            Err(error) => tracing::error!(%error, "a call does not count in this month's budget"),
        }
        let (told, paid) = oneshot::channel();
        match self.shared.jobs.try_send(Job::Charge(Box::new(charge), told)) {
            Ok(()) => Paid(Some(paid)),
            Err(_full) => {
                counter!("switchboard_cost_calls_lost_total").increment(1);
                tracing::error!("a call is not in the ledger: too many wait to be written");
                Paid(None)
            }
        }
    }

    /// What an organization has spent in this month, and may.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn spending(&self, organization: &OrganizationId) -> Result<Spending, Refusal> {
        let month = self.month(organization).map_err(unreadable)?;
        let Month { name, spent_micros, reserved_micros, budget, .. } = lock(&month).clone();
        Ok(Spending { month: name, spent_micros, reserved_micros, budget })
    }

    /// Lets the budget that the store has hold from now on, and warns if it has been reached already.
    pub fn budget_changed(&self, organization: &OrganizationId) {
        let taken_over = self.month(organization).and_then(|month| {
            // Read while nobody else may set it: of two changes at once the one that the store has last holds.
            let mut month = lock(&month);
            let budget = record::get::<Budget>(&self.shared.store, organization, cost::BUDGET_ID)?;
            month.budget = budget.map_or_else(|| Budget::unset(organization.clone()), |found| found.record);
            Ok(())
        });
        if taken_over.is_err() {
            // Whoever asks next reads it anew.
            self.shared.months.remove(organization);
        }
        if self.shared.jobs.try_send(Job::Look(organization.clone())).is_err() {
            tracing::warn!("nobody looks now whether a new budget is reached; the next call does");
        }
    }

    /// Waits until every call so far is durable, or was given up.
    ///
    /// # Errors
    /// `Busy` when that takes longer than [`DURABLE_WAIT`].
    pub async fn settled(&self) -> Result<(), Refusal> {
        let (tell, told) = oneshot::channel();
        let settling = async {
            self.shared.jobs.send(Job::Settle(tell)).await.ok()?;
            told.await.ok()
        };
        timeout(DURABLE_WAIT, settling).await.ok().flatten().ok_or(Refusal::Busy)
    }

    /// Tells the metrics how many organizations have spent their budget.
    pub fn measure(&self) {
        let spent = self.shared.months.iter().filter(|month| lock(month.value()).is_spent()).count();
        gauge!("switchboard_budgets_spent").set(spent as f64);
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The month that it is now, read anew when another one has begun.
    pub(super) fn month(&self, organization: &OrganizationId) -> Result<Arc<Mutex<Month>>, StoreError> {
        let now = self.shared.clock.now();
        let known = self.shared.months.get(organization).map(|known| Arc::clone(known.value()));
        if let Some(known) = known.filter(|known| lock(known).holds(now)) {
            return Ok(known);
        }
        self.make_room();
        // Two who read at once must not each have a month of their own.
        let mut place = self.shared.months.entry(organization.clone()).or_try_insert_with(|| {
            Month::read(&self.shared.store, organization, now).map(|month| Arc::new(Mutex::new(month)))
        })?;
        if !lock(&place).holds(now) {
            let next = Month::read(&self.shared.store, organization, now)?;
            *place = Arc::new(Mutex::new(next));
        }
        Ok(Arc::clone(&place))
    }

    fn make_room(&self) {
        if self.shared.months.len() >= MONTHS_MAX {
            self.shared.months.retain(|_, month| lock(month).reserved_micros > 0);
        }
    }

    fn charged(&self, account: &Account, usage: &Usage) -> Charge {
        let Account { organization, session, customer, channel } = account.clone();
        Charge {
            organization,
            id: Uuid::now_v7(),
            at: self.shared.clock.now(),
            assistant: ASSISTANT.to_owned(),
            session,
            customer,
            channel,
            service: usage.service,
            model: model_name(&usage.model),
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            cost_micros: self.shared.prices.cost(usage),
            currency: self.shared.prices.currency().to_owned(),
            estimated: usage.estimated,
        }
    }
}

impl Reservation {
    /// So much of it was spent, and is no longer reserved besides.
    pub fn spend(&mut self, micros: u64) {
        let spent = micros.min(self.micros);
        self.micros -= spent;
        let mut month = lock(&self.month);
        month.reserved_micros = month.reserved_micros.saturating_sub(spent);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.spend(u64::MAX);
    }
}

fn count(charge: &Charge) {
    let service = charge.service.as_str();
    counter!("switchboard_model_tokens_total", "service" => service, "kind" => "prompt")
        .increment(charge.prompt_tokens);
    if charge.service == Service::Chat {
        counter!("switchboard_model_tokens_total", "service" => service, "kind" => "completion")
            .increment(charge.completion_tokens);
    }
    counter!("switchboard_model_cost_micros_total", "service" => service).increment(charge.cost_micros);
}

pub(super) fn lock(month: &Mutex<Month>) -> MutexGuard<'_, Month> {
    month.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::needless_pass_by_value, reason = "it is the end of the error's way")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "what was spent does not read");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("store", &self.shared.store).finish_non_exhaustive()
    }
}
