//! The record of what administrators do. Each act carries its entry in its own batch, so there is never one without the
//! other; there is no other way to write one. Entries are kept for some time, and then forgotten.

use std::net::IpAddr;

use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::auth::{Caller, Who};
use crate::clock::SharedClock;
use crate::domain::audit::{Act, Actor, AuditEntry, FieldChange, Target};
use crate::domain::{OrganizationId, Refusal, Timestamp};
use crate::store::index::Cursor;
use crate::store::{Direction, Store, StoreError, audit, record};

/// The most entries that a list counts.
pub const ENTRIES_COUNTED_MAX: usize = 1_000_000;

/// The most entries on a page.
pub const ENTRIES_PAGE_MAX: usize = 100;

/// The most entries that are read at once to find those that are too old, and forgotten with one batch.
pub const TRIM_BATCH_MAX_ENTRIES: usize = 512;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Entries that are passed over at a time on the way to a page.
const STRIDE: usize = 512;

/// Who acts, and from where: administrative acts take it, and `&Caller` where the address is not known.
#[derive(Debug, Clone, Copy)]
pub struct Acting<'a> {
    /// Whose credentials held.
    pub caller: &'a Caller,
    /// The network address that they came from.
    pub address: Option<IpAddr>,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Audit {
    store: Store,
    clock: SharedClock,
    kept: Kept,
}

/// How long entries are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// As long as there is a disk.
    ForEver,
    /// So many days.
    Days(u32),
}

impl<'a> Acting<'a> {
    /// Somebody at an address.
    pub const fn from(caller: &'a Caller, address: IpAddr) -> Self {
        Self { caller, address: Some(address) }
    }

    /// What they did, within an organization.
    pub fn entry(
        &self,
        organization: &OrganizationId,
        at: Timestamp,
        act: Act,
        on: Target,
        changes: Vec<FieldChange>,
    ) -> AuditEntry {
        AuditEntry { by: self.actor(), address: self.address, ..operators(organization, at, act, on, changes) }
    }

    /// Who acts, as records name them.
    pub fn actor(&self) -> Actor {
        match &self.caller.who {
            Who::User { id, name, .. } => Actor::User { id: *id, name: name.clone() },
            Who::Key { id, .. } => Actor::Key { id: *id },
            // A token without an account is nobody's who may administer anything.
            Who::Customer { .. } => Actor::Operator,
        }
    }
}

impl<'a> From<&'a Caller> for Acting<'a> {
    fn from(caller: &'a Caller) -> Self {
        Self { caller, address: None }
    }
}

/// What the operator did.
pub fn operators(
    organization: &OrganizationId,
    at: Timestamp,
    act: Act,
    on: Target,
    changes: Vec<FieldChange>,
) -> AuditEntry {
    let organization = organization.clone();
    AuditEntry { organization, id: Uuid::now_v7(), at, by: Actor::Operator, address: None, act, on, changes }
}

impl Audit {
    /// Wires the service.
    pub const fn new(store: Store, clock: SharedClock, kept: Kept) -> Self {
        Self { store, clock, kept }
    }

    /// Forgets the entries that are too old, in every organization, and gives how many; belongs on a timer.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read or written, `Busy` when it has no room; what was forgotten stays so.
    pub async fn trim(&self) -> Result<usize, Refusal> {
        let Kept::Days(days) = self.kept else { return Ok(0) };
        let before = self.clock.now().plus_ms(-i64::from(days) * DAY_MS);
        let (mut forgotten, mut unreadable_entries, mut rest) = (0, 0, Some(audit::everywhere()));
        while let Some(range) = rest {
            let store = self.store.clone();
            let read = spawn_blocking(move || audit::older(&store, before, range, TRIM_BATCH_MAX_ENTRIES)).await;
            let old = read.map_err(|_ended| Refusal::Unavailable { part: "store" })?.map_err(unreadable)?;
            if !old.batch.is_empty() {
                let committed = self.store.commit(old.batch).await;
                committed.map_err(|why| why.refused("another process forgets them"))?;
            }
            forgotten += old.entries;
            unreadable_entries += old.unreadable;
            rest = old.rest;
        }
        if unreadable_entries > 0 {
            tracing::error!(count = unreadable_entries, "entries of the audit log do not read and are kept");
        }
        Ok(forgotten)
    }

    /// A page of an organization's entries, newest first, and how many there are (up to [`ENTRIES_COUNTED_MAX`]). Pages
    /// count from 1 and hold at most [`ENTRIES_PAGE_MAX`].
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn list(
        &self,
        organization: &OrganizationId,
        page: usize,
        limit: usize,
    ) -> Result<(Vec<AuditEntry>, usize), Refusal> {
        let limit = limit.min(ENTRIES_PAGE_MAX);
        let total = record::count::<AuditEntry>(&self.store, organization, ENTRIES_COUNTED_MAX).map_err(unreadable)?;
        let (mut skipped, mut after, mut found) = (page.saturating_sub(1).saturating_mul(limit), None, Vec::new());
        while skipped < total && found.len() < limit {
            let (entries, next) = self.after(organization, after.as_ref(), STRIDE.min(skipped + limit))?;
            let passed = skipped.min(entries.len());
            skipped -= passed;
            found.extend(entries.into_iter().skip(passed).take(limit - found.len()));
            after = next;
            if after.is_none() {
                break;
            }
        }
        Ok((found, total))
    }

    /// Up to `limit` of an organization's entries after `after`, newest first, and where the next ones begin.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub fn after(
        &self,
        organization: &OrganizationId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<(Vec<AuditEntry>, Option<Cursor>), Refusal> {
        let page = record::all::<AuditEntry>(&self.store, organization, after, limit, Direction::Backward);
        let page = page.map_err(unreadable)?;
        Ok((page.items.into_iter().map(|found| found.record).collect(), page.next))
    }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "the audit log does not read or write");
    Refusal::Unavailable { part: "store" }
}
