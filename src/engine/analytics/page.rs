//! A page of work: what some sessions' new events change, gathered so that each row is read once and written once, however
//! many events it took in.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rows::{self, Activity, CustomerRow, People, Person, Quarter, Rows};
use crate::domain::event::Started;
use crate::domain::facts::Happening;
use crate::domain::figures::{Flow, ServiceFigures};
use crate::domain::message::Author;
use crate::domain::{Event, Facts, Figures, OrganizationId, SessionKey, Timestamp};
use crate::store::log::{self, Logged};
use crate::store::{Batch, Store, StoreError};

/// Events of one session that are read at once.
const READ_MAX_EVENTS: usize = 256;

/// The longest name of a customer that is kept, in characters.
const NAME_MAX_CHARS: usize = 200;

/// See the module.
#[derive(Debug)]
pub(super) struct Page<'a> {
    store: &'a Store,
    batch: Batch,
    figures: Rows<Figures>,
    service: Rows<ServiceFigures>,
    activity: Rows<Activity>,
    people: Rows<People>,
    customers: BTreeMap<(OrganizationId, Person), Customer>,
    events: u64,
}

/// A customer that is being changed, and where the list of the latest activity has them now.
#[derive(Debug)]
struct Customer {
    row: CustomerRow,
    listed_at: Option<Timestamp>,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub(super) fn new(store: &'a Store) -> Self {
        Self {
            store,
            batch: Batch::default(),
            figures: Rows::default(),
            service: Rows::default(),
            activity: Rows::default(),
            people: Rows::default(),
            customers: BTreeMap::new(),
            events: 0,
        }
    }

    /// Takes in what a session's log holds beyond what was counted of it. Call it once per session.
    ///
    /// # Errors
    /// When the store can not be read; the page is good for nothing then. A log that is damaged holds up nobody: it is
    /// counted up to the damage.
    pub(super) fn session(&mut self, key: &SessionKey) -> Result<(), StoreError> {
        let facts_key = rows::facts_key(key);
        let before: Option<Facts> = rows::get(self.store, &facts_key)?;
        let mut facts = before.clone();
        loop {
            let after = facts.as_ref().map_or(0, |facts| facts.next_seq - 1);
            let events = match log::read::<Event>(self.store, key, after, READ_MAX_EVENTS) {
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(session = ?key, %error, "a damaged log is not counted to its end");
                    break;
                }
                read => read?,
            };
            let whole = events.len() < READ_MAX_EVENTS;
            if !events.is_empty() {
                facts = self.events_of(key, facts, &events)?;
            }
            if whole || facts.is_none() {
                break;
            }
        }
        match facts {
            Some(facts) if before.as_ref().is_none_or(|before| before.next_seq < facts.next_seq) => {
                self.replace(key, before.as_ref(), &facts)?;
                rows::put(&mut self.batch, facts_key, &facts)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Events that were taken in.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// Everything as one batch.
    ///
    /// # Errors
    /// `Corrupt` when a row can not be written as JSON.
    pub(super) fn into_batch(mut self) -> Result<Batch, StoreError> {
        self.figures.write(&mut self.batch)?;
        self.service.write(&mut self.batch)?;
        self.activity.write(&mut self.batch)?;
        self.people.write(&mut self.batch)?;
        for ((organization, person), Customer { row, listed_at }) in &self.customers {
            rows::put(&mut self.batch, rows::customer_key(organization, person), row)?;
            if *listed_at != Some(row.last_at) {
                if let Some(listed_at) = listed_at {
                    self.batch.delete(rows::recent_key(organization, *listed_at, person));
                }
                self.batch.put(rows::recent_key(organization, row.last_at, person), Vec::new());
            }
        }
        Ok(self.batch)
    }

    /// Takes the next events of a session; gives its facts, or none when its log does not begin with its start.
    fn events_of(
        &mut self,
        key: &SessionKey,
        facts: Option<Facts>,
        events: &[Logged<Event>],
    ) -> Result<Option<Facts>, StoreError> {
        self.events += events.len() as u64;
        let (mut facts, rest) = match (facts, events) {
            (Some(facts), events) => (facts, events),
            (None, [Logged { event: Event::Started(started), .. }, rest @ ..]) => (self.begin(key, started)?, rest),
            (None, _) => {
                tracing::error!(session = ?key, "a log that does not begin with its start is not counted");
                return Ok(None);
            }
        };
        let mut happenings = Vec::new();
        for logged in rest {
            facts.take(&logged.event, &mut |at, happening| happenings.push((at, happening)));
            if let Some((name, at)) = name_in(&logged.event).filter(|_| facts.verified) {
                self.customer(key, &facts)?.row.called(name, at);
            }
        }
        for quarter in happenings.chunk_by(|(one, _), (next, _)| Quarter::of(*one) == Quarter::of(*next)) {
            self.flow(key, &facts, quarter)?;
        }
        Ok(Some(facts))
    }

    fn begin(&mut self, key: &SessionKey, started: &Started) -> Result<Facts, StoreError> {
        let facts = Facts::begin(started);
        let customer = &mut self.customer(key, &facts)?.row;
        customer.began(&key.session, started.at);
        if let Some(name) = started.name.as_ref().filter(|_| started.verified) {
            customer.called(name.as_str(), started.at);
        }
        Ok(facts)
    }

    /// Counts what happened in a session within one quarter of an hour.
    fn flow(&mut self, key: &SessionKey, facts: &Facts, what: &[(Timestamp, Happening)]) -> Result<(), StoreError> {
        let Some((at, _)) = what.first() else { return Ok(()) };
        let (organization, quarter) = (&key.organization, Quarter::of(*at));
        let (mut flow, mut activity) = (Flow::default(), Activity::default());
        for (at, happening) in what {
            flow.record(happening);
            if let Happening::Said(voice) = happening {
                activity.record(*voice, *at);
            }
            if let Some(user) = happening.person() {
                self.service.row(self.store, rows::service_key(organization, quarter, user))?.record(happening);
            }
        }
        self.figures.row(self.store, rows::figures_key(organization, quarter, facts.channel))?.flow.add(&flow);
        self.figures.row(self.store, rows::total_key(organization, facts.channel))?.flow.add(&flow);
        if activity.said.total() > 0 {
            self.customer(key, facts)?.row.said(&key.session, &activity);
            let row = rows::activity_key(organization, quarter, &Person::of(facts), &key.session);
            self.activity.row(self.store, row)?.add(&activity);
        }
        Ok(())
    }

    /// The session as it is now takes the place of what it was, among those that began when it did.
    fn replace(&mut self, key: &SessionKey, before: Option<&Facts>, facts: &Facts) -> Result<(), StoreError> {
        let quarter = Quarter::of(facts.started_at);
        let row = rows::figures_key(&key.organization, quarter, facts.channel);
        self.figures.row(self.store, row)?.began.replace(before, facts);
        let total = rows::total_key(&key.organization, facts.channel);
        self.figures.row(self.store, total)?.began.replace(before, facts);
        Ok(())
    }

    fn customer(&mut self, key: &SessionKey, facts: &Facts) -> Result<&mut Customer, StoreError> {
        use std::collections::btree_map::Entry;
        let person = Person::of(facts);
        let row_key = rows::customer_key(&key.organization, &person);
        match self.customers.entry((key.organization.clone(), person)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => {
                let stored: Option<CustomerRow> = rows::get(self.store, &row_key)?;
                if stored.is_none() {
                    let people = self.people.row(self.store, rows::people_key(&key.organization))?;
                    people.customers += 1;
                    people.verified += u64::from(facts.verified);
                }
                let listed_at = stored.as_ref().map(|row| row.last_at);
                Ok(free.insert(Customer { row: stored.unwrap_or_default(), listed_at }))
            }
        }
    }
}

/// What the sender's own facts call the customer.
fn name_in(event: &Event) -> Option<(&str, Timestamp)> {
    let Event::Posted(message) = event else { return None };
    if message.author != Author::Customer {
        return None;
    }
    let name = message.metadata.as_ref()?.get("name").and_then(Value::as_str)?.trim();
    let end = name.char_indices().nth(NAME_MAX_CHARS).map_or(name.len(), |(end, _)| end);
    name.get(..end).filter(|name| !name.is_empty()).map(|name| (name, message.at))
}
