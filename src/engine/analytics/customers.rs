//! Who the customers are, and how they behaved in the last days.

use std::collections::HashMap;

use super::days::Days;
use super::report::{ActiveCustomer, Behaviour, CustomerPage, CustomerSummary};
use super::rows::{self, Activity, CustomerRow, People, Person, Quarter};
use super::{Analytics, CUSTOMERS_MAX, SCAN_MAX_ROWS, unreadable};
use crate::domain::figures::{Figures, Said};
use crate::domain::{Facts, OrganizationId, Refusal, SessionKey, Timestamp};
use crate::store::{Direction, StoreError};

/// The most customers on one page.
pub const CUSTOMERS_PAGE_MAX: u64 = 1_000;

/// The most customers that are named as the most active ones.
pub const TOP_MAX: usize = 100;

/// What a customer's sessions held.
#[derive(Default)]
struct Part {
    said: Said,
    last_at: Timestamp,
}

impl Analytics {
    /// Customers, latest activity first: up to `limit` (at most [`CUSTOMERS_PAGE_MAX`]) after the first `offset`.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read or the figures are being made anew.
    pub async fn customers(
        &self,
        organization: &OrganizationId,
        offset: u64,
        limit: u64,
    ) -> Result<CustomerPage, Refusal> {
        self.caught_up().await?;
        let people = rows::get::<People>(&self.store, &rows::people_key(organization)).map_err(unreadable)?;
        let total = people.unwrap_or_default().customers;
        let limit = usize::try_from(limit.min(CUSTOMERS_PAGE_MAX)).unwrap_or_default();
        let found = self.latest(organization, offset.min(total), limit).await?;
        let summaries = found.iter().map(|person| self.summary(organization, person));
        let items = summaries.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(unreadable)?;
        Ok(CustomerPage { items, total })
    }

    /// How customers behaved in the last `days` days, today among them, in the organization's time zone, and the `top`
    /// (at most [`TOP_MAX`]) in whose sessions most was said.
    ///
    /// # Errors
    /// `Invalid` on `days` outside of 1 to [`super::DAYS_MAX`]; `Unavailable` as above.
    pub async fn behaviour(
        &self,
        organization: &OrganizationId,
        days: u64,
        top: usize,
        now: Timestamp,
    ) -> Result<Behaviour, Refusal> {
        let days = Days::last(days, &self.zone(organization)?, now)?;
        self.caught_up().await?;
        let (from, until) = (Quarter::of(days.from()), Quarter::of(days.until()));
        let mut all = Figures::default();
        self.each(rows::figures_range(organization, from, until), |_, figures: Figures| {
            all.add(&figures);
            Ok(())
        })
        .await?;
        let mut parts: HashMap<Person, Part> = HashMap::new();
        self.each(rows::activity_range(organization, from, until), |key, activity: Activity| {
            let (person, _) = rows::parse_activity_key(key)?;
            if parts.len() < CUSTOMERS_MAX || parts.contains_key(&person) {
                let part = parts.entry(person).or_default();
                part.said.add(activity.said);
                part.last_at = part.last_at.max(activity.last);
            }
            Ok(())
        })
        .await?;
        let talked = all.began.talked;
        Ok(Behaviour {
            customers: parts.len() as u64,
            said: all.flow.said,
            conversations: talked,
            mean_duration_s: if talked == 0 { 0.0 } else { all.began.duration_ms as f64 / 1_000.0 / talked as f64 },
            answers: all.flow.answers,
            top: self.top(organization, parts, top.min(TOP_MAX)).map_err(unreadable)?,
        })
    }

    /// Customers by their latest activity.
    async fn latest(&self, organization: &OrganizationId, offset: u64, limit: usize) -> Result<Vec<Person>, Refusal> {
        let (mut range, mut skip, mut found) = (rows::recent_range(organization), offset, Vec::new());
        while found.len() < limit {
            let page = self.store.scan(range.clone(), SCAN_MAX_ROWS, Direction::Forward).map_err(unreadable)?;
            for (key, _) in &page {
                if skip > 0 {
                    skip -= 1;
                } else if found.len() < limit {
                    found.push(rows::parse_recent_key(key).map_err(unreadable)?);
                }
            }
            match page.into_iter().next_back() {
                Some((last, _)) => range = range.beyond(last, Direction::Forward),
                None => break,
            }
            tokio::task::yield_now().await;
        }
        Ok(found)
    }

    fn summary(&self, organization: &OrganizationId, person: &Person) -> Result<Option<CustomerSummary>, StoreError> {
        let row: Option<CustomerRow> = rows::get(&self.store, &rows::customer_key(organization, person))?;
        let Some(CustomerRow { first_at, last_at, said, sessions, latest: Some((_, latest)), name }) = row else {
            return Ok(None);
        };
        let session = SessionKey { organization: organization.clone(), session: latest };
        let facts: Option<Facts> = rows::get(&self.store, &rows::facts_key(&session))?;
        Ok(facts.map(|facts| CustomerSummary {
            customer: person.customer.clone(),
            verified: person.verified,
            name: name.map(|(_, name)| name),
            first_at,
            last_at,
            said,
            sessions,
            latest_session: session.session,
            standing: facts.standing(),
            channel: facts.channel,
        }))
    }

    fn top(
        &self,
        organization: &OrganizationId,
        parts: HashMap<Person, Part>,
        limit: usize,
    ) -> Result<Vec<ActiveCustomer>, StoreError> {
        let mut parts: Vec<(Person, Part)> = parts.into_iter().collect();
        parts.sort_unstable_by(|(one, a), (other, b)| b.said.total().cmp(&a.said.total()).then_with(|| one.cmp(other)));
        parts.truncate(limit);
        let active = parts.into_iter().map(|(person, Part { said, last_at })| {
            let row: Option<CustomerRow> = rows::get(&self.store, &rows::customer_key(organization, &person))?;
            let name = row.and_then(|row| row.name).map(|(_, name)| name);
            Ok(ActiveCustomer { customer: person.customer, verified: person.verified, name, said, last_at })
        });
        active.collect()
    }
}
