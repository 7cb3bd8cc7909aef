//! Conversations that were kept as long as their organization wants them kept: looked for by the hourly sweep, erased by the
//! worker. There is no receipt of each; the audit log says how many went.

use tokio::task::spawn_blocking;

use super::erase::add_parts;
use super::people::listed;
use super::{Inner, Privacy, unreadable};
use crate::domain::audit::{Act, Actor, FieldChange, Target};
use crate::domain::privacy::{Cause, Erasure, Listed, Phase, Retention};
use crate::domain::{Channel, Event, OrganizationId, Refusal, State, Timestamp};
use crate::engine::audit::Acting;
use crate::store::index::{Cursor, Match};
use crate::store::privacy::{RETENTION_ID, with_retention};
use crate::store::session::{BY_START, started_value};
use crate::store::{Batch, Direction, StoreError, log, record};

/// The most sessions of one organization that a run erases; the next run takes more.
pub const RUN_MAX_SESSIONS: usize = 2_000;

/// The most sessions of one organization that a run looks at.
pub const SCAN_MAX_SESSIONS: usize = 50_000;

/// The most organizations that a run looks at.
const ORGANIZATIONS_MAX: usize = 100_000;

/// Sessions that are read at a time.
const PAGE_SESSIONS: usize = 256;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

impl Privacy {
    /// How long an organization keeps its conversations.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn retention(&self, organization: &OrganizationId) -> Result<Retention, Refusal> {
        self.inner.retention(organization).map_err(unreadable)
    }

    /// Changes that.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Invalid` outside of the limits; `Conflict`, `Busy`, `Unavailable`.
    pub async fn set_retention(&self, acting: impl Into<Acting<'_>>, new: Retention) -> Result<Retention, Refusal> {
        let acting = acting.into();
        acting.caller.require_admin()?;
        new.check()?;
        let (inner, organization) = (&self.inner, &acting.caller.organization);
        let new = Retention { organization: organization.clone(), ..new };
        let found = record::get::<Retention>(&inner.store, organization, RETENTION_ID).map_err(unreadable)?;
        let before = found.as_ref().map_or_else(|| Retention::for_ever(organization.clone()), |old| old.record.clone());
        let mut batch = Batch::default();
        match &found {
            Some(old) => record::update(&mut batch, old, &new).map(drop),
            None => record::insert(&mut batch, &new),
        }
        .map_err(unreadable)?;
        let changes = differences(&before, &new);
        if !changes.is_empty() {
            let on = Target::new("settings", "retention");
            let entry = acting.entry(organization, inner.clock.now(), Act::SettingsChanged, on, changes);
            record::insert(&mut batch, &entry).map_err(unreadable)?;
        }
        inner.store.commit(batch).await.map_err(|why| why.refused("somebody else changed it meanwhile"))?;
        Ok(new)
    }

    /// Has what is too old erased, in every organization, and gives how many conversations; belongs on a timer.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn forget_old(&self) -> Result<usize, Refusal> {
        let inner = &self.inner;
        let mut found = 0;
        for organization in with_retention(&inner.store, ORGANIZATIONS_MAX).map_err(unreadable)? {
            // One run at a time: what is being erased would be found again.
            if inner.under_way(&organization)?.iter().any(|open| open.cause == Cause::Retention) {
                continue;
            }
            let reading = (std::sync::Arc::clone(inner), organization.clone());
            let old = spawn_blocking(move || reading.0.old_sessions(&reading.1)).await;
            let old = old.map_err(|_broke| Refusal::Unavailable { part: "store" })??;
            if !old.is_empty() {
                found += old.len();
                inner.begin_run(&organization, &old).await?;
            }
        }
        Ok(found)
    }
}

impl Inner {
    pub(super) fn retention(&self, organization: &OrganizationId) -> Result<Retention, StoreError> {
        let found = record::get::<Retention>(&self.store, organization, RETENTION_ID)?;
        Ok(found.map_or_else(|| Retention::for_ever(organization.clone()), |found| found.record))
    }

    async fn begin_run(&self, organization: &OrganizationId, old: &[Listed]) -> Result<(), Refusal> {
        let erasure = self.erasure(organization, Actor::Operator, Cause::Retention, Vec::new());
        let erasure = Erasure { phase: Phase::Sessions { part: 0 }, ..erasure };
        let mut batch = Batch::default();
        record::insert(&mut batch, &erasure).map_err(unreadable)?;
        add_parts(&mut batch, &erasure, 0, old).map_err(unreadable)?;
        self.store.commit(batch).await.map_err(|why| why.refused("it was changed meanwhile"))?;
        self.wake.notify_one();
        Ok(())
    }

    /// The sessions of an organization that are too old, the first begun first.
    fn old_sessions(&self, organization: &OrganizationId) -> Result<Vec<Listed>, Refusal> {
        let (retention, now) = (self.retention(organization).map_err(unreadable)?, self.clock.now());
        let Some(shortest) = retention.shortest() else { return Ok(Vec::new()) };
        let until = started_value(days_before(now, shortest).as_ms());
        let (mut old, mut after, mut seen): (_, Option<Cursor>, _) = (Vec::new(), None, 0);
        loop {
            let wanted = Match::Between("", &until);
            let (from, forward) = (after.as_ref(), Direction::Forward);
            let page =
                record::by_index::<State>(&self.store, organization, BY_START, wanted, from, PAGE_SESSIONS, forward);
            let page = page.map_err(unreadable)?;
            seen += page.items.len();
            for found in page.items {
                if self.is_too_old(&found.record, &retention, now)? && !self.is_held(&found.record)? {
                    old.push(listed(&found.record));
                }
            }
            after = page.next;
            if after.is_none() || old.len() >= RUN_MAX_SESSIONS || seen >= SCAN_MAX_SESSIONS {
                old.truncate(RUN_MAX_SESSIONS);
                return Ok(old);
            }
        }
    }

    /// Whether nothing has happened in it for so long; the newest entry of its log says when that was.
    pub(super) fn is_too_old(&self, state: &State, retention: &Retention, now: Timestamp) -> Result<bool, Refusal> {
        let Some(days) = retention.of(state.channel) else { return Ok(false) };
        let before = days_before(now, days);
        if state.started_at >= before || state.last_message_at.is_some_and(|at| at >= before) {
            return Ok(false);
        }
        let newest = log::tail::<Event>(&self.store, &state.key, 1).map_err(unreadable)?;
        Ok(newest.last().is_none_or(|newest| newest.at < before))
    }
}

fn days_before(now: Timestamp, days: u32) -> Timestamp {
    now.plus_ms(-i64::from(days) * DAY_MS)
}

fn differences(was: &Retention, is: &Retention) -> Vec<FieldChange> {
    let text = |days: Option<u32>| days.map_or_else(|| "for ever".to_owned(), |days| days.to_string());
    let whole = FieldChange::of("days", &text(was.days), &text(is.days));
    let channel = |channel: Channel| {
        let days = |retention: &Retention| text(retention.channels.get(&channel).copied());
        FieldChange::of(channel.as_str(), &days(was), &days(is))
    };
    whole.into_iter().chain(Channel::ALL.into_iter().filter_map(channel)).collect()
}
