//! Lists by an index that is exact: the sessions that are open, and those of a customer before a moment.

use super::{STRIDE, Sessions, unreadable};
use crate::domain::{Channel, CustomerId, OrganizationId, Owner, Refusal, SessionId, State, Timestamp};
use crate::store::index::Match;
use crate::store::session::{self, started_value};
use crate::store::{Direction, record};

/// The most sessions on a page.
pub const ACTIVE_PAGE_MAX: usize = 100;

impl Sessions {
    /// The sessions that are not closed, of one channel or of all, the last begun first, and how many there are (up to
    /// [`session::OPEN_COUNTED_MAX`]). Pages count from 1 and hold at most [`ACTIVE_PAGE_MAX`]. However many there are,
    /// only those of the page are read.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn active(
        &self,
        organization: &OrganizationId,
        channel: Option<Channel>,
        page: usize,
        limit: usize,
    ) -> Result<(Vec<State>, usize), Refusal> {
        let limit = limit.min(ACTIVE_PAGE_MAX);
        let skip = page.saturating_sub(1).saturating_mul(limit);
        let total = session::count_open(&self.store, organization, channel).map_err(unreadable)?;
        if skip >= total {
            return Ok((Vec::new(), total));
        }
        let ids = session::newest_open(&self.store, organization, channel, skip, limit).map_err(unreadable)?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let header = record::get::<State>(&self.store, organization, id.as_str()).map_err(unreadable)?;
            // One that was closed since the index was read is no longer active.
            if let Some(header) = header.filter(|header| header.record.owner != Owner::Closed) {
                found.push(self.brought_up(header.record)?);
            }
        }
        Ok((found, total))
    }

    /// Headers of a customer's sessions that began before this one, the last begun first: up to `limit`.
    pub(in crate::engine) fn begun_before(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
        before: Option<(Timestamp, &SessionId)>,
        limit: usize,
    ) -> Result<Vec<State>, Refusal> {
        let from = format!("{customer}/");
        let until = match before {
            Some((at, _)) => format!("{from}{}", started_value(at.as_ms().saturating_add(1))),
            None => format!("{customer}0"),
        };
        let is_before = |state: &State| before.is_none_or(|before| (state.started_at, &state.key.session) < before);
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = record::by_index::<State>(
                &self.store,
                organization,
                session::BY_CUSTOMER,
                Match::Between(&from, &until),
                after.as_ref(),
                STRIDE,
                Direction::Backward,
            )
            .map_err(unreadable)?;
            let states = page.items.into_iter().map(|found| found.record).filter(is_before);
            found.extend(states.take(limit - found.len()));
            after = page.next;
            if after.is_none() || found.len() == limit {
                return Ok(found);
            }
        }
    }
}
