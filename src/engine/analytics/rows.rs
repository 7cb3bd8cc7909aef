//! The rows of the projection and their keys. All of them are made from the logs, and deleted and made again when their
//! form changes ([`super::rebuild::PROJECTION_VERSION`]), so a row carries no version of its own.
//!
//! | key | row |
//! |---|---|
//! | `analytics.facts/<org>/<session>` | [`crate::domain::Facts`] |
//! | `analytics.figures/<org>/<quarter>/<channel>` | [`crate::domain::Figures`] of a quarter of an hour, UTC |
//! | `analytics.total/<org>/<channel>` | the same of all time |
//! | `analytics.service/<org>/<quarter>/<user>` | [`crate::domain::figures::ServiceFigures`] of a person of the staff |
//! | `analytics.activity/<org>/<quarter>/<person>/<session>` | [`Activity`] |
//! | `analytics.customer/<org>/<person>` | [`CustomerRow`] |
//! | `analytics.recent/<org>/<latest first>/<person>` | finds customers by their last activity |
//! | `analytics.people/<org>` | [`People`] |
//!
//! `<quarter>` counts quarters of an hour since 1970, so the days and hours of any time zone are whole ranges of it.
//! `<person>` is `v/<id>` for a customer whom a credential proved, `c/<id>` for a name that was only claimed.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::facts::Voice;
use crate::domain::figures::Said;
use crate::domain::{Channel, CustomerId, Facts, OrganizationId, SessionId, SessionKey, Timestamp, UserId};
use crate::store::{Batch, KeyRange, Store, StoreError};

/// What every row's key starts with.
pub(super) const SPACE: &str = "analytics.";

const QUARTER_MS: i64 = 15 * 60 * 1_000;

/// A quarter of an hour, by its number since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quarter(u64);

/// A customer, proven or only claimed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Person {
    pub(super) verified: bool,
    pub(super) customer: CustomerId,
}

/// What was said in a session in a quarter of an hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Activity {
    pub(super) said: Said,
    /// The customer's first and last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wrote: Option<(Timestamp, Timestamp)>,
    /// The last message, whoever wrote it.
    pub(super) last: Timestamp,
}

/// A customer over all of their sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CustomerRow {
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    pub(super) said: Said,
    pub(super) sessions: u64,
    /// Where anything happened last, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) latest: Option<(Timestamp, SessionId)>,
    /// What they were called last, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<(Timestamp, String)>,
}

/// How many customers there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct People {
    pub(super) customers: u64,
    pub(super) verified: u64,
}

/// Rows of one kind that are being changed, by key: each is read once and written once.
#[derive(Debug)]
pub(super) struct Rows<R>(BTreeMap<Vec<u8>, R>);

impl Quarter {
    /// The one that holds this moment; what lies before 1970 counts as the first.
    pub(super) fn of(at: Timestamp) -> Self {
        Self(at.as_ms().max(0).unsigned_abs() / QUARTER_MS.unsigned_abs())
    }

    /// The one that starts at this moment or is the next to start.
    pub(super) fn from(at: Timestamp) -> Self {
        let holding = Self::of(at);
        if holding.start() == at { holding } else { holding.next() }
    }

    pub(super) fn start(self) -> Timestamp {
        Timestamp::from_ms(i64::try_from(self.0).unwrap_or(i64::MAX).saturating_mul(QUARTER_MS))
    }

    pub(super) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Person {
    pub(super) fn of(facts: &Facts) -> Self {
        Self { verified: facts.verified, customer: facts.customer.clone() }
    }

    const fn mark(&self) -> &'static str {
        if self.verified { "v" } else { "c" }
    }

    fn parse(mark: &str, customer: &str) -> Option<Self> {
        // Whoever was erased is somebody without a name, written as a visitor is.
        Some(Self { verified: mark == "v", customer: CustomerId::parse_any(customer).ok()? })
    }
}

impl Activity {
    pub(super) fn record(&mut self, voice: Voice, at: Timestamp) {
        self.said.record(voice);
        self.last = self.last.max(at);
        if voice == Voice::Customer {
            let (first, last) = self.wrote.unwrap_or((at, at));
            self.wrote = Some((first.min(at), last.max(at)));
        }
    }

    /// Adds what was said in the same session and quarter.
    pub(super) fn add(&mut self, more: &Self) {
        self.said.add(more.said);
        self.last = self.last.max(more.last);
        self.wrote = match (self.wrote, more.wrote) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (one, other) => one.or(other),
        };
    }

    /// Whether the customer wrote at or after `from` and before `until`; unknown when they wrote on both sides of it.
    pub(super) fn wrote_within(&self, from: Timestamp, until: Timestamp) -> Option<bool> {
        let Some((first, last)) = self.wrote else { return Some(false) };
        let inside = |at| from <= at && at < until;
        if inside(first) || inside(last) {
            return Some(true);
        }
        if last < from || first >= until { Some(false) } else { None }
    }
}

impl CustomerRow {
    /// A session of theirs began.
    pub(super) fn began(&mut self, session: &SessionId, at: Timestamp) {
        self.first_at = if self.sessions == 0 { at } else { self.first_at.min(at) };
        self.sessions += 1;
        self.happened(session, at);
    }

    /// Something was said in a session of theirs.
    pub(super) fn said(&mut self, session: &SessionId, activity: &Activity) {
        self.said.add(activity.said);
        self.happened(session, activity.last);
    }

    /// They were called this. Of two names at once the one that is later in the alphabet stays, whichever was read first.
    pub(super) fn called(&mut self, name: &str, at: Timestamp) {
        let newer = self.name.as_ref().is_none_or(|(known_at, known)| (*known_at, known.as_str()) < (at, name));
        if newer {
            self.name = Some((at, name.to_owned()));
        }
    }

    fn happened(&mut self, session: &SessionId, at: Timestamp) {
        self.last_at = self.last_at.max(at);
        let newer = self.latest.as_ref().is_none_or(|(known_at, known)| (*known_at, known) < (at, session));
        if newer {
            self.latest = Some((at, session.clone()));
        }
    }
}

impl<R: Serialize + DeserializeOwned + Default> Rows<R> {
    /// The row under this key, as it is by now.
    pub(super) fn row(&mut self, store: &Store, key: Vec<u8>) -> Result<&mut R, StoreError> {
        use std::collections::btree_map::Entry;
        match self.0.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => {
                let row = get(store, free.key())?.unwrap_or_default();
                Ok(free.insert(row))
            }
        }
    }

    /// Puts all of them into the batch.
    pub(super) fn write(&self, batch: &mut Batch) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|(key, row)| put(batch, key.clone(), row))
    }
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// The row under a key.
pub(super) fn get<R: DeserializeOwned>(store: &Store, key: &[u8]) -> Result<Option<R>, StoreError> {
    store.get(key)?.map(|value| parse(key, &value)).transpose()
}

/// Reads a row.
pub(super) fn parse<R: DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<R, StoreError> {
    serde_json::from_slice(value).map_err(|why| StoreError::corrupt(key, why))
}

/// Puts a row into the batch.
pub(super) fn put<R: Serialize>(batch: &mut Batch, key: Vec<u8>, row: &R) -> Result<(), StoreError> {
    let value = serde_json::to_vec(row).map_err(|why| StoreError::corrupt(&key, why))?;
    batch.put(key, value);
    Ok(())
}

pub(super) fn facts_key(key: &SessionKey) -> Vec<u8> {
    format!("{SPACE}facts/{}/{}", key.organization, key.session).into_bytes()
}

pub(super) fn figures_key(organization: &OrganizationId, quarter: Quarter, channel: Channel) -> Vec<u8> {
    format!("{SPACE}figures/{organization}/{:010}/{}", quarter.0, channel.as_str()).into_bytes()
}

pub(super) fn total_key(organization: &OrganizationId, channel: Channel) -> Vec<u8> {
    format!("{SPACE}total/{organization}/{}", channel.as_str()).into_bytes()
}

pub(super) fn service_key(organization: &OrganizationId, quarter: Quarter, user: UserId) -> Vec<u8> {
    format!("{SPACE}service/{organization}/{:010}/{user}", quarter.0).into_bytes()
}

pub(super) fn people_key(organization: &OrganizationId) -> Vec<u8> {
    format!("{SPACE}people/{organization}").into_bytes()
}

pub(super) fn customer_key(organization: &OrganizationId, person: &Person) -> Vec<u8> {
    format!("{SPACE}customer/{organization}/{}/{}", person.mark(), person.customer).into_bytes()
}

pub(super) fn activity_key(
    organization: &OrganizationId,
    quarter: Quarter,
    person: &Person,
    session: &SessionId,
) -> Vec<u8> {
    let (mark, customer) = (person.mark(), &person.customer);
    format!("{SPACE}activity/{organization}/{:010}/{mark}/{customer}/{session}", quarter.0).into_bytes()
}

/// What the keys of a customer's activity in a quarter of an hour begin with.
pub(super) fn activity_prefix(organization: &OrganizationId, quarter: Quarter, person: &Person) -> Vec<u8> {
    let (mark, customer) = (person.mark(), &person.customer);
    format!("{SPACE}activity/{organization}/{:010}/{mark}/{customer}/", quarter.0).into_bytes()
}

/// The activity of an organization behind a quarter of an hour.
pub(super) fn activity_after(organization: &OrganizationId, quarter: Quarter) -> KeyRange {
    activity_range(organization, quarter.next(), Quarter(u64::from(u32::MAX)))
}

/// The quarter that a key of activity names.
pub(super) fn quarter_of_activity(key: &[u8]) -> Result<Quarter, StoreError> {
    let parse = || parts(key).and_then(|[_, _, quarter, _, _, _]| quarter.parse().ok()).map(Quarter);
    parse().ok_or_else(|| StoreError::corrupt(key, "not a key of activity"))
}

/// Later activity orders first.
pub(super) fn recent_key(organization: &OrganizationId, last_at: Timestamp, person: &Person) -> Vec<u8> {
    let inverted = u64::MAX - last_at.as_ms().max(0).unsigned_abs();
    format!("{SPACE}recent/{organization}/{inverted:016x}/{}/{}", person.mark(), person.customer).into_bytes()
}

/// The figures of an organization from one quarter up to, but without, another.
pub(super) fn figures_range(organization: &OrganizationId, from: Quarter, until: Quarter) -> KeyRange {
    quarters("figures", organization, from, until)
}

/// What the staff of an organization did from one quarter up to, but without, another.
pub(super) fn service_range(organization: &OrganizationId, from: Quarter, until: Quarter) -> KeyRange {
    quarters("service", organization, from, until)
}

/// The activity of an organization from one quarter up to, but without, another.
pub(super) fn activity_range(organization: &OrganizationId, from: Quarter, until: Quarter) -> KeyRange {
    quarters("activity", organization, from, until)
}

/// The all-time figures of an organization.
pub(super) fn total_range(organization: &OrganizationId) -> KeyRange {
    KeyRange::prefix(format!("{SPACE}total/{organization}/"))
}

/// An organization's customers, latest activity first.
pub(super) fn recent_range(organization: &OrganizationId) -> KeyRange {
    KeyRange::prefix(format!("{SPACE}recent/{organization}/"))
}

/// What a key of figures says: its quarter and channel.
pub(super) fn parse_figures_key(key: &[u8]) -> Result<(Quarter, Channel), StoreError> {
    let parse = || {
        let [_, _, quarter, channel] = parts(key)?;
        Some((Quarter(quarter.parse().ok()?), channel_named(channel)?))
    };
    parse().ok_or_else(|| StoreError::corrupt(key, "not a key of figures"))
}

/// The channel that a key of all-time figures names.
pub(super) fn parse_total_key(key: &[u8]) -> Result<Channel, StoreError> {
    let parse = || parts(key).and_then(|[_, _, channel]| channel_named(channel));
    parse().ok_or_else(|| StoreError::corrupt(key, "not a key of all-time figures"))
}

/// The person that a key of service names.
pub(super) fn parse_service_key(key: &[u8]) -> Result<UserId, StoreError> {
    let parse = || parts(key).and_then(|[_, _, _, user]| user.parse().ok()).map(UserId);
    parse().ok_or_else(|| StoreError::corrupt(key, "not a key of service"))
}

/// What a key of activity says: its customer and session.
pub(super) fn parse_activity_key(key: &[u8]) -> Result<(Person, SessionId), StoreError> {
    let parse = || {
        let [_, _, _, mark, customer, session] = parts(key)?;
        Some((Person::parse(mark, customer)?, SessionId::parse(session).ok()?))
    };
    parse().ok_or_else(|| StoreError::corrupt(key, "not a key of activity"))
}

/// The customer that an entry of the latest activity leads to.
pub(super) fn parse_recent_key(key: &[u8]) -> Result<Person, StoreError> {
    let parse = || parts(key).and_then(|[_, _, _, mark, customer]| Person::parse(mark, customer));
    parse().ok_or_else(|| StoreError::corrupt(key, "not an entry of the latest activity"))
}

fn quarters(kind: &str, organization: &OrganizationId, from: Quarter, until: Quarter) -> KeyRange {
    let key = |quarter: Quarter| format!("{SPACE}{kind}/{organization}/{:010}/", quarter.0).into_bytes();
    KeyRange::between(key(from), key(until))
}

/// Ids hold no `/`.
fn parts<const N: usize>(key: &[u8]) -> Option<[&str; N]> {
    let parts: Vec<&str> = std::str::from_utf8(key).ok()?.split('/').collect();
    parts.try_into().ok()
}

fn channel_named(name: &str) -> Option<Channel> {
    Channel::ALL.into_iter().find(|known| known.as_str() == name)
}
