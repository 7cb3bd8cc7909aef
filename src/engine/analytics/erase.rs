//! Takes sessions and customers out of the figures' rows: what they counted for stays, and who they were goes. Activity
//! keeps its place in time under names that nobody else has, so that ranges still add up.
//!
//! While somebody holds [`Erasing`], the projector takes no step: there is one writer of the rows at a time.

use tokio::sync::MutexGuard;
use uuid::Uuid;

use super::Analytics;
use super::page::Page;
use super::rebuild::{self, Phase};
use super::rows::{self, Activity, CustomerRow, Person, Quarter};
use crate::domain::{CustomerId, Facts, OrganizationId, SessionId, SessionKey, Timestamp};
use crate::store::{Batch, Direction, KeyRange, Store, StoreError};

/// The right to change the rows.
#[derive(Debug)]
pub struct Erasing<'a>(#[expect(dead_code, reason = "held, not read")] MutexGuard<'a, ()>);

impl Analytics {
    /// Keeps the projector from the rows until it is dropped.
    pub async fn begin_erasing(&self) -> Erasing<'_> {
        Erasing(self.progress.rows().lock().await)
    }
}

impl Erasing<'_> {
    /// The batch that counts what was not counted yet of sessions that are about to go. Rows that are being made anew are
    /// left to that.
    ///
    /// # Errors
    /// When the store does not read.
    pub fn count(&self, store: &Store, sessions: &[SessionKey]) -> Result<Batch, StoreError> {
        if rebuild::phase(store)? != Some(Phase::Whole) {
            return Ok(Batch::default());
        }
        let mut page = Page::new(store);
        sessions.iter().try_for_each(|session| page.session(session))?;
        page.into_batch()
    }

    /// Takes a session out of the rows; belongs into the batch that removes its header, after its log.
    ///
    /// # Errors
    /// When the store does not read.
    pub fn session(&self, store: &Store, batch: &mut Batch, key: &SessionKey) -> Result<(), StoreError> {
        let facts_key = rows::facts_key(key);
        let Some(facts): Option<Facts> = rows::get(store, &facts_key)? else { return Ok(()) };
        let person = Person::of(&facts);
        let nobody = Person { verified: facts.verified, customer: CustomerId::of_visitor(&nameless()) };
        let (from, until) = (facts.started_at, facts.last_message_at.unwrap_or(facts.started_at));
        let mut quarter = Some(Quarter::of(from));
        while let Some(at) = quarter.filter(|quarter| *quarter <= Quarter::of(until)) {
            let row = rows::activity_key(&key.organization, at, &person, &key.session);
            if let Some(activity) = rows::get::<Activity>(store, &row)? {
                batch.delete(row);
                rows::put(batch, rows::activity_key(&key.organization, at, &nobody, &nameless()), &activity)?;
            }
            quarter = next_with_activity(store, &key.organization, at)?;
        }
        batch.delete(facts_key);
        Ok(())
    }

    /// The batch after which a customer's row names no session that is gone. Without any activity left the row goes. A row
    /// that stays forgets the name with `forget_name`.
    ///
    /// # Errors
    /// When the store does not read.
    pub fn customer(
        &self,
        store: &Store,
        organization: &OrganizationId,
        (customer, verified): (&CustomerId, bool),
        name: Name,
    ) -> Result<Batch, StoreError> {
        let (mut batch, person) = (Batch::default(), Person { verified, customer: customer.clone() });
        let key = rows::customer_key(organization, &person);
        let Some(mut row) = rows::get::<CustomerRow>(store, &key)? else { return Ok(batch) };
        let latest = row.latest.as_ref().map(|(_, session)| session.clone());
        let is_there = |session: SessionId| {
            let session = SessionKey { organization: organization.clone(), session };
            store.get(&rows::facts_key(&session)).map(|facts| facts.is_some())
        };
        let stands = latest.map_or(Ok(false), is_there)?;
        if !stands && !has_activity(store, organization, &person, row.first_at, row.last_at)? {
            batch.delete(rows::recent_key(organization, row.last_at, &person));
            batch.delete(key);
            return Ok(batch);
        }
        row.latest = row.latest.filter(|_| stands);
        row.name = row.name.filter(|_| name == Name::Stays);
        rows::put(&mut batch, key, &row)?;
        Ok(batch)
    }
}

/// What becomes of a customer's name in a row that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// It stays.
    Stays,
    /// It goes.
    Goes,
}

/// A name that nothing else has.
fn nameless() -> SessionId {
    SessionId::from_uuid(Uuid::now_v7())
}

fn has_activity(
    store: &Store,
    organization: &OrganizationId,
    person: &Person,
    from: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let mut quarter = Some(Quarter::of(from));
    while let Some(at) = quarter.filter(|quarter| *quarter <= Quarter::of(until)) {
        if store.count(KeyRange::prefix(rows::activity_prefix(organization, at, person)), 1)? > 0 {
            return Ok(true);
        }
        quarter = next_with_activity(store, organization, at)?;
    }
    Ok(false)
}

/// The next quarter in which anybody of the organization said anything: quiet nights cost one look.
fn next_with_activity(
    store: &Store,
    organization: &OrganizationId,
    after: Quarter,
) -> Result<Option<Quarter>, StoreError> {
    let range = rows::activity_after(organization, after);
    let found = store.scan(range, 1, Direction::Forward)?.pop();
    found.map(|(key, _)| rows::quarter_of_activity(&key)).transpose()
}
