//! Conversations that were kept as long as their organization wants them kept: looked for by the hourly sweep, erased by the
//! worker. There is no receipt of each; the audit log says how many went.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

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

/// The most sessions of one organization that a run looks at. The next one goes on behind them, so that those of a channel that
/// is kept, or under a hold, never keep the others from being found.
pub const SCAN_MAX_SESSIONS: usize = 50_000;

/// Bounds of one look for old conversations of an organization.
#[derive(Debug, Clone, Copy)]
pub struct LookLimits {
    /// Sessions that a run erases.
    pub run_max: usize,
    /// Sessions that are looked at.
    pub scan_max: usize,
    /// Sessions that are read at a time.
    pub page: usize,
}

impl LookLimits {
    /// [`RUN_MAX_SESSIONS`] of [`SCAN_MAX_SESSIONS`].
    pub const USUAL: Self = Self { run_max: RUN_MAX_SESSIONS, scan_max: SCAN_MAX_SESSIONS, page: PAGE_SESSIONS };
}

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
        record::replace(&mut batch, found.as_ref(), &new).map_err(unreadable)?;
        let changes = differences(&before, &new);
        if !changes.is_empty() {
            let on = Target::new("settings", "retention");
            let entry = acting.entry(organization, inner.clock.now(), Act::SettingsChanged, on, changes);
            record::insert(&mut batch, &entry).map_err(unreadable)?;
        }
        inner.store.commit(batch).await.map_err(|why| why.refused("somebody else changed it meanwhile"))?;
        Ok(new)
    }

    /// Has what is too old erased, in every organization; belongs on a timer. What goes wrong with one organization is logged,
    /// and keeps none of the others from theirs.
    ///
    /// # Errors
    /// `Unavailable` when the store does not say who has set anything.
    pub async fn forget_old(&self, limits: LookLimits) -> Result<Looked, Refusal> {
        let inner = &self.inner;
        let mut looked = Looked::default();
        for organization in with_retention(&inner.store, ORGANIZATIONS_MAX).map_err(unreadable)? {
            match inner.forget_old_of(&organization, limits).await {
                Ok(one) => looked = Looked { found: looked.found + one.found, more: looked.more || one.more },
                Err(why) => tracing::warn!(%organization, %why, "its old conversations are not looked for yet"),
            }
        }
        Ok(looked)
    }
}

/// What a look for old conversations came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Those that are being erased now.
    pub found: usize,
    /// Not everything was looked at: look again soon.
    pub more: bool,
}

impl Inner {
    pub(super) fn retention(&self, organization: &OrganizationId) -> Result<Retention, StoreError> {
        let found = record::get::<Retention>(&self.store, organization, RETENTION_ID)?;
        Ok(found.map_or_else(|| Retention::for_ever(organization.clone()), |found| found.record))
    }

    async fn forget_old_of(
        self: &Arc<Self>,
        organization: &OrganizationId,
        limits: LookLimits,
    ) -> Result<Looked, Refusal> {
        // One run at a time: what is being erased would be found again.
        if self.under_way(organization)?.iter().any(|open| open.cause == Cause::Retention) {
            return Ok(Looked { found: 0, more: true });
        }
        let (reading, from) = (Arc::clone(self), self.looked_at().get(organization).cloned());
        let theirs = organization.clone();
        let read = spawn_blocking(move || reading.old_sessions(&theirs, from, limits)).await;
        let (old, next) = read.map_err(|_broke| Refusal::Unavailable { part: "store" })??;
        if !old.is_empty() {
            self.begin_run(organization, &old).await?;
        }
        let more = next.is_some();
        match next {
            Some(next) => drop(self.looked_at().insert(organization.clone(), next)),
            None => drop(self.looked_at().remove(organization)),
        }
        Ok(Looked { found: old.len(), more })
    }

    fn looked_at(&self) -> MutexGuard<'_, HashMap<OrganizationId, Cursor>> {
        self.looked_at.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The sessions of an organization that are too old, the first begun first, from some place on; and where to look on.
    fn old_sessions(
        &self,
        organization: &OrganizationId,
        mut after: Option<Cursor>,
        LookLimits { run_max, scan_max, page: page_max }: LookLimits,
    ) -> Result<(Vec<Listed>, Option<Cursor>), Refusal> {
        let (retention, now) = (self.retention(organization).map_err(unreadable)?, self.clock.now());
        let Some(shortest) = retention.shortest() else { return Ok((Vec::new(), None)) };
        let until = started_value(days_before(now, shortest).as_ms());
        let (mut old, mut seen) = (Vec::new(), 0);
        loop {
            let wanted = Match::Between("", &until);
            let (from, forward) = (after.as_ref(), Direction::Forward);
            let page = record::by_index::<State>(&self.store, organization, BY_START, wanted, from, page_max, forward);
            let page = page.map_err(unreadable)?;
            seen += page.items.len();
            for found in page.items {
                if self.is_too_old(&found.record, &retention, now)? && !self.is_held(&found.record)? {
                    old.push(listed(&found.record));
                }
            }
            after = page.next;
            // The whole next page has room, or it is left to the next run.
            if after.is_none() || old.len() + page_max > run_max || seen >= scan_max {
                return Ok((old, after));
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
