//! Customers across all of their sessions: what messages say of them, what the staff notes, who turned out to be whom.
//!
//! Whoever has sessions is a customer, also before anything was noted of them. Who began a session without signing in is a
//! visitor: a customer with an id of that session's, whatever name they gave, until somebody merges them into the customer
//! who they turn out to be. An id of another organization is not found.

use std::collections::BTreeMap;

use crate::clock::SharedClock;
use crate::domain::audit::{Act, Target};
use crate::domain::{
    Contact, Customer, CustomerChange, CustomerId, OrganizationId, Refusal, SessionId, SessionKey, State, Timestamp,
    Visitor,
};
use crate::engine::Sessions;
use crate::engine::audit::Acting;
use crate::engine::privacy::holds;
pub use crate::store::customer::MERGED_MAX;
use crate::store::customer::{BY_REMAINING, BY_UPDATE};
use crate::store::index::{Cursor, Match};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, Direction, Store, StoreError, customer};

/// The most customers, or sessions of one, on a page.
pub const PAGE_MAX: usize = 100;

/// How often a change is tried again that another one was faster than.
const TRIES_MAX: usize = 8;

const NO_CUSTOMER: Refusal = Refusal::NotFound { what: "customer" };

/// See the module.
#[derive(Debug, Clone)]
pub struct Customers {
    store: Store,
    sessions: Sessions,
    clock: SharedClock,
}

/// Some customers of many.
#[derive(Debug, Clone)]
pub struct Found {
    /// In the order asked for.
    pub items: Vec<Customer>,
    /// Where the next ones begin; none when these were the last.
    pub next: Option<Cursor>,
}

/// Some sessions of a customer.
#[derive(Debug, Clone)]
pub struct History {
    /// The last begun first.
    pub items: Vec<State>,
    /// Where the next ones begin; none when these were the last.
    pub next: Option<Before>,
}

/// Where a page of sessions ended: at this one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Before {
    started_at: Timestamp,
    session: SessionId,
}

impl Customers {
    /// Wires the service.
    pub const fn new(store: Store, sessions: Sessions, clock: SharedClock) -> Self {
        Self { store, sessions, clock }
    }

    /// The customer with this id; one that was merged says into whom.
    ///
    /// # Errors
    /// `NotFound` where the organization has neither a record nor a session of theirs; `Unavailable`.
    pub fn get(&self, organization: &OrganizationId, id: &CustomerId) -> Result<Customer, Refusal> {
        match self.stored(organization, id)? {
            Some(found) => Ok(found.record),
            None => self.unknown(organization, id),
        }
    }

    /// What is noted of the person behind this id, if anything is.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn noted(&self, organization: &OrganizationId, id: &CustomerId) -> Result<Option<Customer>, Refusal> {
        Ok(self.remaining(organization, id)?.map(|found| found.record))
    }

    /// Customers of whom something is noted: the last changed first, or, of a text, those of whom a word begins with it. Up
    /// to `limit`, at most [`PAGE_MAX`], after `after`; some fewer of a text, where one customer has several such words.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn search(
        &self,
        organization: &OrganizationId,
        text: Option<&str>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Found, Refusal> {
        let limit = limit.min(PAGE_MAX);
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            let (newest, all) = (Direction::Backward, Match::Any);
            let page = record::by_index(&self.store, organization, BY_UPDATE, all, after, limit, newest);
            return page.map(found).map_err(unreadable);
        };
        let mut page =
            customer::search(&self.store, organization, text, after, limit).map(found).map_err(unreadable)?;
        // Somebody of whom nothing is noted has only their id.
        if after.is_none()
            && let Ok(id) = CustomerId::parse_any(text)
            && self.stored(organization, &id)?.is_none()
            && let Ok(unknown) = self.unknown(organization, &id)
        {
            page.items.insert(0, unknown);
        }
        Ok(page)
    }

    /// Takes in what a message says of its sender. Written only where it says something new.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn learn(
        &self,
        organization: &OrganizationId,
        id: &CustomerId,
        contact: &Contact,
    ) -> Result<(), Refusal> {
        if contact.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        for _ in 0..TRIES_MAX {
            let old = self.remaining(organization, id)?;
            let unknown = || Customer::unknown(organization.clone(), id.clone(), now);
            let mut new = old.as_ref().map_or_else(unknown, |found| found.record.clone());
            new.learn(contact);
            if old.as_ref().is_some_and(|old| old.record == new) {
                return Ok(());
            }
            new.updated_at = now;
            let mut batch = Batch::default();
            put(&mut batch, old.as_ref(), &new)?;
            if self.commit(batch).await? {
                return Ok(());
            }
        }
        Err(Refusal::Busy)
    }

    /// Takes away what messages said of the person behind this id, of the parts that are meant (as [`Customer::forget`] names
    /// them), under all of their ids. While a legal hold stands, all of it stays.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn forget(
        &self,
        organization: &OrganizationId,
        id: &CustomerId,
        meant: impl Fn(&str) -> bool,
    ) -> Result<(), Refusal> {
        for _ in 0..TRIES_MAX {
            let Some(remaining) = self.remaining(organization, id)? else { return Ok(()) };
            let mut records = self.merged_records(organization, &remaining.record.id)?;
            records.push(remaining);
            let ids: Vec<CustomerId> = records.iter().map(|found| found.record.id.clone()).collect();
            match holds::require_none(&self.store, organization, &ids) {
                Err(Refusal::Conflict { .. }) => return Ok(()),
                held => held?,
            }
            let (mut batch, mut is_changed) = (Batch::default(), false);
            for old in &records {
                let mut new = old.record.clone();
                new.forget(&meant);
                if new != old.record {
                    new.updated_at = self.clock.now();
                    put(&mut batch, Some(old), &new)?;
                    is_changed = true;
                }
            }
            if !is_changed || self.commit(batch).await? {
                return Ok(());
            }
        }
        Err(Refusal::Busy)
    }

    /// Changes what is noted of a customer, on behalf of the staff; of one that was merged, that of the one who remains.
    ///
    /// # Errors
    /// `NotFound` as [`Customers::get`]; `Invalid` on `facts` or `tags` outside of their limits; `Busy`, `Unavailable`.
    pub async fn change(
        &self,
        organization: &OrganizationId,
        id: &CustomerId,
        change: CustomerChange,
    ) -> Result<Customer, Refusal> {
        for _ in 0..TRIES_MAX {
            let old = self.remaining(organization, id)?;
            let mut new = match &old {
                Some(found) => found.record.clone(),
                None => self.unknown(organization, id)?,
            };
            new.change(change.clone())?;
            if old.as_ref().is_some_and(|old| old.record == new) {
                return Ok(new);
            }
            new.updated_at = self.clock.now();
            let mut batch = Batch::default();
            put(&mut batch, old.as_ref(), &new)?;
            if self.commit(batch).await? {
                return Ok(new);
            }
        }
        Err(Refusal::Busy)
    }

    /// Notes facts, or takes those away that are `None`.
    ///
    /// # Errors
    /// As [`Customers::change`].
    pub async fn set_facts(
        &self,
        organization: &OrganizationId,
        id: &CustomerId,
        facts: BTreeMap<String, Option<String>>,
    ) -> Result<Customer, Refusal> {
        self.change(organization, id, CustomerChange { facts, ..CustomerChange::default() }).await
    }

    /// Makes one person of two ids of the caller's organization, and gives the one that remains. What is known of it comes
    /// first; sessions stay under the id that they began with.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound` as [`Customers::get`]; `Conflict` when they are one already,
    /// when a visitor would remain of a customer, or one would have more than [`MERGED_MAX`] ids; `Busy`, `Unavailable`.
    pub async fn merge(
        &self,
        acting: impl Into<Acting<'_>>,
        from: &CustomerId,
        into: &CustomerId,
    ) -> Result<Customer, Refusal> {
        let acting = acting.into();
        acting.caller.require_admin()?;
        for _ in 0..TRIES_MAX {
            let (batch, remaining) = self.merged(acting, from, into)?;
            if self.commit(batch).await? {
                return Ok(remaining);
            }
        }
        Err(Refusal::Busy)
    }

    /// The sessions of a customer under all of their ids, the last begun first: up to `limit`, at most [`PAGE_MAX`], before
    /// `before`.
    ///
    /// # Errors
    /// `NotFound` as [`Customers::get`]; `Unavailable`.
    pub fn sessions_of(
        &self,
        organization: &OrganizationId,
        id: &CustomerId,
        before: Option<&Before>,
        limit: usize,
    ) -> Result<History, Refusal> {
        let limit = limit.clamp(1, PAGE_MAX);
        let customer = self.get(organization, id)?;
        let remaining = customer.merged_into.unwrap_or(customer.id);
        let mut all = Vec::new();
        let others = self.merged_ids(organization, &remaining)?;
        for id in std::iter::once(&remaining).chain(&others) {
            all.extend(self.begun_by(organization, id, before, limit + 1)?);
        }
        all.sort_by_key(|state| std::cmp::Reverse(Before::of(state)));
        let more = all.len() > limit;
        all.truncate(limit);
        let next = all.last().filter(|_| more).map(Before::of);
        let items = all.into_iter().map(|state| self.sessions.brought_up(state)).collect::<Result<_, _>>()?;
        Ok(History { items, next })
    }

    fn merged(&self, acting: Acting<'_>, from: &CustomerId, into: &CustomerId) -> Result<(Batch, Customer), Refusal> {
        let (organization, now) = (&acting.caller.organization, self.clock.now());
        let person = |id: &CustomerId| match self.remaining(organization, id)? {
            Some(found) => Ok((found.record.clone(), Some(found))),
            None => self.unknown(organization, id).map(|unknown| (unknown, None)),
        };
        let ((mut gone, gone_old), (mut stays, stays_old)) = (person(from)?, person(into)?);
        if gone.id == stays.id {
            return Err(Refusal::conflict("they are one customer already"));
        }
        if stays.id.visitors_session().is_some() && gone.id.visitors_session().is_none() {
            return Err(Refusal::conflict("a visitor is merged into the customer, not the customer into a visitor"));
        }
        let ids = self.merged_records(organization, &gone.id)?;
        if ids.len() + self.merged_records(organization, &stays.id)?.len() >= MERGED_MAX {
            return Err(Refusal::conflict(format!("a customer has at most {MERGED_MAX} other ids")));
        }
        let mut batch = Batch::default();
        stays.absorb(&gone);
        stays.updated_at = now;
        put(&mut batch, stays_old.as_ref(), &stays)?;
        gone.merged_into = Some(stays.id.clone());
        gone.updated_at = now;
        put(&mut batch, gone_old.as_ref(), &gone)?;
        // Whoever was merged into the one that goes now leads to the one that stays.
        for earlier in ids {
            let moved = Customer { merged_into: Some(stays.id.clone()), ..earlier.record.clone() };
            put(&mut batch, Some(&earlier), &moved)?;
        }
        let on = Target::new("customer", &gone.id).named(stays.id.as_str());
        let entry = acting.entry(organization, now, Act::CustomersMerged, on, Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        Ok((batch, stays))
    }

    /// The record of the person behind an id. Merging leads each id to the one that remains in one step.
    fn remaining(
        &self,
        organization: &OrganizationId,
        id: &CustomerId,
    ) -> Result<Option<Versioned<Customer>>, Refusal> {
        let found = self.stored(organization, id)?;
        match found.as_ref().and_then(|found| found.record.merged_into.clone()) {
            Some(remaining) => self.stored(organization, &remaining),
            None => Ok(found),
        }
    }

    fn stored(&self, organization: &OrganizationId, id: &CustomerId) -> Result<Option<Versioned<Customer>>, Refusal> {
        record::get(&self.store, organization, id.as_str()).map_err(unreadable)
    }

    /// Somebody of whom nothing is noted, but who has sessions.
    fn unknown(&self, organization: &OrganizationId, id: &CustomerId) -> Result<Customer, Refusal> {
        let first = match id.visitors_session() {
            Some(session) => self.visit(organization, session)?,
            None => {
                let page = self.sessions.of_customer(organization, id, None, 1, Direction::Forward)?;
                page.items.into_iter().next().map(|found| found.record)
            }
        };
        let first = first.ok_or(NO_CUSTOMER)?;
        let customer = Customer::unknown(organization.clone(), id.clone(), first.started_at);
        Ok(Customer { name: first.customer_name, language: first.language, ..customer })
    }

    /// The session of a visitor, if that is whose it is.
    fn visit(&self, organization: &OrganizationId, session: SessionId) -> Result<Option<State>, Refusal> {
        let key = SessionKey { organization: organization.clone(), session };
        match self.sessions.read(&key, &Visitor::Service) {
            Ok(state) => Ok(Some(state).filter(|state| !state.verified)),
            Err(Refusal::NotFound { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Sessions that were begun under one id, before this one, the last begun first: up to `limit`.
    fn begun_by(
        &self,
        organization: &OrganizationId,
        id: &CustomerId,
        before: Option<&Before>,
        limit: usize,
    ) -> Result<Vec<State>, Refusal> {
        let Some(session) = id.visitors_session() else {
            return self.sessions.begun_before(organization, id, before.map(Before::parts), limit);
        };
        let visit = self.visit(organization, session)?;
        Ok(visit.filter(|state| before.is_none_or(|before| Before::of(state) < *before)).into_iter().collect())
    }

    fn merged_ids(&self, organization: &OrganizationId, remaining: &CustomerId) -> Result<Vec<CustomerId>, Refusal> {
        Ok(self.merged_records(organization, remaining)?.into_iter().map(|found| found.record.id).collect())
    }

    fn merged_records(
        &self,
        organization: &OrganizationId,
        remaining: &CustomerId,
    ) -> Result<Vec<Versioned<Customer>>, Refusal> {
        let wanted = Match::Is(remaining.as_str());
        let (store, forward) = (&self.store, Direction::Forward);
        let page = record::by_index(store, organization, BY_REMAINING, wanted, None, MERGED_MAX, forward);
        page.map(|page| page.items).map_err(unreadable)
    }

    /// Whether it was written; not if somebody else was faster.
    async fn commit(&self, batch: Batch) -> Result<bool, Refusal> {
        match self.store.commit(batch).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(CommitError::Busy) => Err(Refusal::Busy),
            Err(CommitError::Unavailable) => Err(Refusal::Unavailable { part: "store" }),
        }
    }
}

impl Before {
    /// The text that a client may keep.
    pub fn to_text(&self) -> String {
        format!("{}.{}", self.started_at.as_ms(), self.session)
    }

    /// Reads what [`Before::to_text`] gave; `None` if it did not.
    pub fn parse(text: &str) -> Option<Self> {
        let (started_at, session) = text.split_once('.')?;
        let started_at = Timestamp::from_ms(started_at.parse().ok()?);
        Some(Self { started_at, session: SessionId::parse(session).ok()? })
    }

    fn of(state: &State) -> Self {
        Self { started_at: state.started_at, session: state.key.session.clone() }
    }

    const fn parts(&self) -> (Timestamp, &SessionId) {
        (self.started_at, &self.session)
    }
}

fn put(batch: &mut Batch, old: Option<&Versioned<Customer>>, new: &Customer) -> Result<(), Refusal> {
    record::replace(batch, old, new).map_err(unreadable)
}

fn found(page: crate::store::index::Page<Customer>) -> Found {
    Found { items: page.items.into_iter().map(|found| found.record).collect(), next: page.next }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "customers do not read or write");
    Refusal::Unavailable { part: "store" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_among_sessions_reads_back_from_its_text() {
        let session = SessionId::parse("a.b:c").unwrap();
        let place = Before { started_at: Timestamp::from_ms(1_800_000_000_000), session };
        assert_eq!(Before::parse(&place.to_text()), Some(place));
        for bad in ["", "x", "1.", ".a", "1.a b", "x.a"] {
            assert_eq!(Before::parse(bad), None, "{bad:?}");
        }
    }
}
