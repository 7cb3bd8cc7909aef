//! How far the parts of a message have come: a record per message and account. News of a provider moves it up a ladder and
//! never down, whatever order it comes in.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use uuid::Uuid;

use super::Account;
use super::placing::SentFile;
use super::streak::Streak;
use crate::actors::outbox::Couriers;
use crate::channels::delivery::Delivery as Reach;
use crate::channels::failure::Failure;
use crate::clock::SharedClock;
use crate::domain::outbox::{Delivery, Number, TargetKey};
use crate::domain::{Channel, MessageId, OrganizationId, Refusal, SessionId, SessionKey, Timestamp};
use crate::store::index::Match;
use crate::store::record::{self, IndexEntry, Record, Versioned};
use crate::store::{Batch, CommitError, Direction, Store, StoreError, outbox};

/// Dispatches of a session: `<session>/<seq>`.
const BY_SESSION: &str = "session";

/// Dispatches by what the provider calls one of their parts: `<channel>/<id>`.
const BY_PROVIDER: &str = "provider";

/// How often news is tried to be kept while the same message's is kept elsewhere too.
const TRIES_MAX: usize = 16;

/// The most deliveries of a session that are looked at for the one that waits for news: it is the first, or one that was replayed is.
const LANE_LOOKED_AT_MAX: usize = 16;

/// By when a courier has written down what came of a try.
const WRITTEN_BY: Duration = Duration::from_secs(2);

/// How far a message has come. Holds nothing of what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Its delivery's name, which is derived and so the same after a crash.
    pub id: Uuid,
    /// Whose.
    pub organization: OrganizationId,
    /// The session.
    pub session: SessionId,
    /// The message's place in it.
    pub seq: u64,
    /// The message.
    pub message: MessageId,
    /// By which channel.
    pub channel: Channel,
    /// From which of our numbers or addresses.
    pub account: String,
    /// Its parts, in the order of sending.
    pub parts: Vec<Sent>,
    /// Why the last try failed, or why it did not arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How often in a row the part that is to go failed so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streak: Option<Streak>,
    /// When anything of it changed.
    pub at: Timestamp,
}

/// A part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Whether it went.
    pub step: Step,
    /// How often it was sent again without its being known what became of it before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeats: u32,
    /// What the provider calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// How far it came, as the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// Why it did not arrive, as the provider told after it had taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Its file, if it is one that has to be at the provider before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<SentFile>,
}

/// Whether a count is left out of a stored form, which is then the one of before it was counted.
pub(in crate::engine::channels) const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Whether a part went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It did not, for all that is known.
    #[default]
    Waiting,
    /// It is under way since then, or was when the process ended.
    Going {
        /// Since when.
        since: Timestamp,
    },
    /// The provider has it.
    Gone,
}

/// By what name news calls a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called<'a> {
    /// By ours.
    Ours(&'a str),
    /// By the provider's.
    Theirs(&'a str),
}

/// What a provider tells of a part.
#[derive(Debug, Clone)]
pub struct News<'a> {
    /// Its names, whichever the provider gives; the first that is known counts.
    pub names: &'a [Called<'a>],
    /// What the provider calls it, to be kept.
    pub provider_id: Option<&'a str>,
    /// How far it came.
    pub reach: Reach,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

impl Record for Dispatch {
    const SPACE: &'static str = "dispatch";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let place = format!("{}/{:016x}", self.session, self.seq);
        let named = self.parts.iter().filter_map(|part| part.provider_id.as_deref());
        let named = named.map(|id| IndexEntry::plain(BY_PROVIDER, by_provider(self.channel, id)));
        std::iter::once(IndexEntry::plain(BY_SESSION, place)).chain(named).collect()
    }
}

impl Dispatch {
    /// How far the whole message came: as far as the part that came least far.
    pub fn reach(&self) -> Option<Reach> {
        self.parts.iter().map(|part| part.reach).min().flatten()
    }

    /// Whether a part of it is known not to have arrived.
    pub fn has_failed(&self) -> bool {
        self.parts.iter().any(|part| part.reach == Some(Reach::Failed))
    }

    /// Our name for a part.
    pub fn reference(id: Uuid, part: usize) -> String {
        format!("{}.{part}", id.simple())
    }

    /// The dispatch and part that a name of ours means.
    pub fn referred(reference: &str) -> Option<(Uuid, usize)> {
        let (id, part) = reference.split_once('.')?;
        Some((Uuid::try_parse(id).ok()?, part.parse().ok()?))
    }

    /// The account that it went from.
    pub fn account(&self) -> Account {
        Account { organization: self.organization.clone(), channel: self.channel, name: self.account.clone() }
    }
}

/// Dispatches of the store, as intakes of news and the doors see them.
#[derive(Clone)]
pub struct Dispatches {
    store: Store,
    clock: SharedClock,
    couriers: Option<Arc<Couriers>>,
}

impl Dispatches {
    /// Of this store.
    pub const fn new(store: Store, clock: SharedClock) -> Self {
        Self { store, clock, couriers: None }
    }

    /// The same, by which a message goes on at once that waited for news of one of its parts.
    #[must_use]
    pub fn telling(self, couriers: Arc<Couriers>) -> Self {
        Self { couriers: Some(couriers), ..self }
    }

    /// Takes in what a provider tells, and says of which message it was; nothing where no message of ours is known by those
    /// names.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`: it is to be brought again.
    pub async fn hear(
        &self,
        organization: &OrganizationId,
        channel: Channel,
        news: &News<'_>,
    ) -> Result<Option<Dispatch>, Refusal> {
        for _ in 0..TRIES_MAX {
            let Some((old, part)) = self.find(organization, channel, news.names).map_err(unreadable)? else {
                return Ok(None);
            };
            let Some(new) = after(&old.record, part, news, self.clock.now()) else { return Ok(Some(old.record)) };
            let mut batch = Batch::default();
            record::update(&mut batch, &old, &new).map_err(unreadable)?;
            let went = old.record.parts.get(part).is_some_and(|part| part.step != Step::Gone);
            let freed = if went { self.go_on(&mut batch, &new).map_err(unreadable)? } else { None };
            match self.store.commit(batch).await {
                Ok(()) => {
                    match freed {
                        Some(freed) => self.tell(&freed),
                        // It is under way: its try may be about to wait for this news.
                        None if went => self.free_later(new.clone()),
                        None => {}
                    }
                    return Ok(Some(new));
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(why.refused("news of it was kept meanwhile")),
            }
        }
        Err(Refusal::Busy)
    }

    /// The message of ours that a provider names, if there is one.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn named(
        &self,
        organization: &OrganizationId,
        channel: Channel,
        names: &[Called<'_>],
    ) -> Result<Option<Dispatch>, Refusal> {
        Ok(self.find(organization, channel, names).map_err(unreadable)?.map(|(found, _)| found.record))
    }

    /// What waits for this news has not to wait any longer: a message of which it was not known whether it went holds up those
    /// behind it. One that is under way is left to its courier.
    fn go_on(&self, batch: &mut Batch, dispatch: &Dispatch) -> Result<Option<Delivery>, StoreError> {
        let key = TargetKey { organization: dispatch.organization.clone(), target: dispatch.account().target() };
        let now = self.clock.now();
        let waits =
            |delivery: &Delivery| delivery.not_before.is_some_and(|until| until > now) && delivery.id() == dispatch.id;
        let (first, last) = (Number { position: 0, index: 0 }, Number { position: u64::MAX, index: u32::MAX });
        let lane = outbox::lane(&self.store, &key, &dispatch.session, first, last, LANE_LOOKED_AT_MAX)?;
        let Some(row) = lane.into_iter().find(|found| waits(&found.record)) else { return Ok(None) };
        record::update(batch, &row, &Delivery { not_before: None, ..row.record.clone() })?;
        Ok(Some(row.record))
    }

    /// News came between the try and the writing down that it waits for them: that is on disk a little later.
    fn free_later(&self, dispatch: Dispatch) {
        let me = self.clone();
        tokio::spawn(async move {
            sleep(WRITTEN_BY).await;
            let mut batch = Batch::default();
            match me.go_on(&mut batch, &dispatch) {
                // Where it can not be written it goes on when its wait is over.
                Ok(Some(freed)) if me.store.commit(batch).await.is_ok() => me.tell(&freed),
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "deliveries can not be read"),
            }
        });
    }

    fn tell(&self, freed: &Delivery) {
        if let Some(couriers) = &self.couriers {
            couriers.look_again(&freed.target_key(), freed.via);
        }
    }

    /// The dispatches of a session from a place on, in the order of its messages, up to `limit`.
    ///
    /// # Errors
    /// As [`record::get`].
    pub fn of_session(&self, key: &SessionKey, from: u64, limit: usize) -> Result<Vec<Dispatch>, StoreError> {
        let (from, until) = (format!("{}/{from:016x}", key.session), format!("{}/~", key.session));
        let wanted = Match::Between(&from, &until);
        let organization = &key.organization;
        let found = record::by_index(&self.store, organization, BY_SESSION, wanted, None, limit, Direction::Forward)?;
        Ok(found.items.into_iter().map(|found: Versioned<Dispatch>| found.record).collect())
    }

    /// The newest dispatches of a session, the newest message first, up to `limit`.
    ///
    /// # Errors
    /// As [`record::get`].
    pub fn newest(&self, key: &SessionKey, limit: usize) -> Result<Vec<Dispatch>, StoreError> {
        let prefix = format!("{}/", key.session);
        let wanted = Match::StartsWith(&prefix);
        let organization = &key.organization;
        let found = record::by_index(&self.store, organization, BY_SESSION, wanted, None, limit, Direction::Backward)?;
        Ok(found.items.into_iter().map(|found: Versioned<Dispatch>| found.record).collect())
    }

    /// Whether a part is known that the provider calls so.
    ///
    /// # Errors
    /// As [`record::get`].
    pub fn is_known(&self, organization: &OrganizationId, channel: Channel, id: &str) -> Result<bool, StoreError> {
        Ok(self.by_provider(organization, channel, id)?.is_some())
    }

    fn find(
        &self,
        organization: &OrganizationId,
        channel: Channel,
        names: &[Called<'_>],
    ) -> Result<Option<(Versioned<Dispatch>, usize)>, StoreError> {
        for name in names {
            let found = match name {
                Called::Ours(reference) => match Dispatch::referred(reference) {
                    Some((id, part)) => {
                        let found = record::get::<Dispatch>(&self.store, organization, &id.to_string())?;
                        found.map(|found| (found, part))
                    }
                    None => None,
                },
                Called::Theirs(id) => self.by_provider(organization, channel, id)?,
            };
            let fits = |(found, part): &(Versioned<Dispatch>, usize)| {
                found.record.channel == channel && *part < found.record.parts.len()
            };
            if let Some(found) = found.filter(fits) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn by_provider(
        &self,
        organization: &OrganizationId,
        channel: Channel,
        id: &str,
    ) -> Result<Option<(Versioned<Dispatch>, usize)>, StoreError> {
        let value = by_provider(channel, id);
        let wanted = Match::Is(&value);
        let page =
            record::by_index::<Dispatch>(&self.store, organization, BY_PROVIDER, wanted, None, 1, Direction::Forward)?;
        let Some(found) = page.items.into_iter().next() else { return Ok(None) };
        let part = found.record.parts.iter().position(|part| part.provider_id.as_deref() == Some(id));
        Ok(part.map(|part| (found, part)))
    }
}

/// What is known after news of a part; nothing where it is no news.
fn after(old: &Dispatch, part: usize, news: &News<'_>, now: Timestamp) -> Option<Dispatch> {
    let mut new = Dispatch { at: now, ..old.clone() };
    let sent = new.parts.get_mut(part)?;
    let was = sent.clone();
    // Whatever the provider tells of it: it has it.
    sent.step = Step::Gone;
    if sent.provider_id.is_none() {
        sent.provider_id = news.provider_id.map(str::to_owned);
    }
    let climbs = Reach::after(sent.reach, news.reach);
    sent.reach = climbs.or(sent.reach);
    if climbs.is_some() {
        sent.failure = news.failure.clone().filter(|_| climbs == Some(Reach::Failed));
    }
    let changed = *sent != was;
    if was.step != Step::Gone {
        // It went, whatever the last try made of it.
        (new.failure, new.streak) = (None, None);
    }
    if climbs == Some(Reach::Failed) {
        new.failure.clone_from(&news.failure);
    } else if climbs.is_some_and(Reach::has_arrived) && !new.has_failed() {
        new.failure = None;
    }
    changed.then_some(new)
}

/// The dispatches of a session with their versions, up to `limit`.
///
/// # Errors
/// As [`record::get`].
pub fn of_session(store: &Store, key: &SessionKey, limit: usize) -> Result<Vec<Versioned<Dispatch>>, StoreError> {
    let prefix = format!("{}/", key.session);
    let wanted = Match::StartsWith(&prefix);
    Ok(record::by_index(store, &key.organization, BY_SESSION, wanted, None, limit, Direction::Forward)?.items)
}

fn by_provider(channel: Channel, id: &str) -> String {
    format!("{}/{id}", channel.as_str())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "dispatches can not be read");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for Dispatches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatches").finish_non_exhaustive()
    }
}
