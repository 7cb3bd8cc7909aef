//! Writes the ledger: whatever waits becomes one batch of calls and sums, so that a report never adds up single calls. It is the
//! only one who writes sums; a conflict is another process's doing, and the batch is made anew.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::ledger::{Job, Ledger, lock};
use super::month::day_of;
use crate::domain::audit::{Act, Actor, AuditEntry, FieldChange, Target};
use crate::domain::cost::{Amounts, BudgetWarning, Charge, DaySum, SessionSum};
use crate::domain::{OrganizationId, Timestamp};
use crate::store::{Batch, CommitError, StoreError, cost, record};

/// Calls that are written at once.
const BATCH_MAX: usize = 256;

/// The pause before a batch that was not taken is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// How often a batch is tried.
const TRIES_MAX: usize = 20;

/// See the module.
#[derive(Debug)]
pub struct Writer {
    ledger: Ledger,
    waiting: mpsc::Receiver<Job>,
}

/// A batch in the making.
struct Written {
    batch: Batch,
    warnings: Vec<BudgetWarning>,
}

impl Writer {
    pub(super) const fn new(ledger: Ledger, waiting: mpsc::Receiver<Job>) -> Self {
        Self { ledger, waiting }
    }

    /// Writes until `stopping` says so, and then what still waits.
    pub async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut jobs = Vec::new();
        loop {
            tokio::select! {
                biased;
                _ = self.waiting.recv_many(&mut jobs, BATCH_MAX) => {}
                _ = stopping.wait_for(|stop| *stop), if jobs.is_empty() => {
                    while let Ok(job) = self.waiting.try_recv() {
                        jobs.push(job);
                    }
                    if jobs.is_empty() {
                        return;
                    }
                }
            }
            self.write(std::mem::take(&mut jobs)).await;
        }
    }

    async fn write(&self, jobs: Vec<Job>) {
        let (mut charges, mut told, mut looked_at) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut settling = Vec::new();
        for job in jobs {
            match job {
                Job::Charge(charge, tell) => {
                    looked_at.insert(charge.organization.clone());
                    charges.push(*charge);
                    told.push(tell);
                }
                Job::Look(organization) => drop(looked_at.insert(organization)),
                Job::Settle(tell) => settling.push(tell),
            }
        }
        if self.commit(charges, looked_at).await {
            // Whoever did not wait is not told.
            told.into_iter().for_each(|tell| tell.send(()).unwrap_or_default());
        }
        settling.into_iter().for_each(|tell: oneshot::Sender<()>| tell.send(()).unwrap_or_default());
    }

    /// Says whether it is durable.
    async fn commit(&self, charges: Vec<Charge>, organizations: BTreeSet<OrganizationId>) -> bool {
        for _ in 0..TRIES_MAX {
            let Written { batch, warnings } = match self.batch(&charges, &organizations) {
                Ok(written) => written,
                Err(error) => {
                    tracing::error!(%error, calls = charges.len(), "calls are not written: the ledger does not read");
                    return false;
                }
            };
            if batch.is_empty() {
                return true;
            }
            match self.ledger.shared().store.commit(batch).await {
                Ok(()) => {
                    warnings.iter().for_each(warn);
                    return true;
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(CommitError::Busy) => tokio::time::sleep(RETRY_AFTER).await,
                Err(CommitError::Unavailable) => break,
            }
        }
        metrics::counter!("switchboard_cost_calls_lost_total").increment(charges.len() as u64);
        tracing::error!(calls = charges.len(), "calls are not in the ledger: the store takes no writes");
        false
    }

    fn batch(&self, charges: &[Charge], organizations: &BTreeSet<OrganizationId>) -> Result<Written, StoreError> {
        let mut batch = Batch::default();
        let mut days: BTreeMap<(&OrganizationId, String), Vec<&Charge>> = BTreeMap::new();
        let mut sessions: BTreeMap<(&OrganizationId, String), SessionSum> = BTreeMap::new();
        for charge in charges {
            record::insert(&mut batch, charge)?;
            let organization = &charge.organization;
            let day = self.day(organization, charge.at)?;
            days.entry((organization, day.clone())).or_default().push(charge);
            if let Some(session) = &charge.session {
                let id = cost::session_day(&day, session.as_str());
                let (session, amounts) = (session.clone(), Amounts::default());
                let sum = sessions.entry((organization, id)).or_insert_with(|| SessionSum {
                    organization: organization.clone(),
                    day,
                    session,
                    amounts,
                });
                sum.amounts.add(&Amounts::of(charge));
            }
        }
        for ((organization, day), charges) in days {
            self.add_day(&mut batch, organization, day, &charges)?;
        }
        sessions.into_values().try_for_each(|sum| self.add_session(&mut batch, &sum))?;
        let mut warnings = Vec::new();
        for organization in organizations {
            warnings.extend(self.warnings(&mut batch, organization)?);
        }
        Ok(Written { batch, warnings })
    }

    fn day(&self, organization: &OrganizationId, at: Timestamp) -> Result<String, StoreError> {
        let month = self.ledger.month(organization)?;
        let zone = lock(&month).zone.clone();
        Ok(day_of(at, &zone).to_string())
    }

    fn add_day(
        &self,
        batch: &mut Batch,
        organization: &OrganizationId,
        day: String,
        charges: &[&Charge],
    ) -> Result<(), StoreError> {
        let old = record::get::<DaySum>(&self.ledger.shared().store, organization, &day)?;
        let mut new = match &old {
            Some(old) => old.record.clone(),
            None => DaySum::new(organization.clone(), day),
        };
        charges.iter().for_each(|charge| new.add(charge));
        record::replace(batch, old.as_ref(), &new)
    }

    fn add_session(&self, batch: &mut Batch, sum: &SessionSum) -> Result<(), StoreError> {
        let id = cost::session_day(&sum.day, sum.session.as_str());
        let old = record::get::<SessionSum>(&self.ledger.shared().store, &sum.organization, &id)?;
        let Some(old) = old else { return record::insert(batch, sum) };
        let mut new = old.record.clone();
        new.amounts.add(&sum.amounts);
        record::update(batch, &old, &new).map(drop)
    }

    /// The thresholds that were reached and not told yet, with an entry each in the record that administrators read.
    fn warnings(&self, batch: &mut Batch, organization: &OrganizationId) -> Result<Vec<BudgetWarning>, StoreError> {
        let month = lock(&*self.ledger.month(organization)?).clone();
        let shared = self.ledger.shared();
        let mut warnings = Vec::new();
        for percent in month.budget.reached(month.spent_micros) {
            let id = cost::warning_id(&month.name, percent);
            if record::get::<BudgetWarning>(&shared.store, organization, &id)?.is_some() {
                continue;
            }
            let (at, spent_micros) = (shared.clock.now(), month.spent_micros);
            let (organization, name) = (organization.clone(), month.name.clone());
            let warning = BudgetWarning { organization, month: name, percent, at, spent_micros };
            record::insert(batch, &warning)?;
            record::insert(batch, &entry_of(&warning))?;
            warnings.push(warning);
        }
        Ok(warnings)
    }
}

fn entry_of(warning: &BudgetWarning) -> AuditEntry {
    AuditEntry {
        organization: warning.organization.clone(),
        id: Uuid::now_v7(),
        at: warning.at,
        by: Actor::Operator,
        address: None,
        act: Act::BudgetReached,
        on: Target::new("budget", &warning.month),
        changes: vec![FieldChange::set("percent", &warning.percent.to_string())],
    }
}

fn warn(warning: &BudgetWarning) {
    let BudgetWarning { organization, month, percent, .. } = warning;
    tracing::warn!(%organization, %month, percent, "a threshold of the monthly budget is reached");
}
