//! Lists by an index that is exact: the sessions that are open, and those of a customer before a moment.

use super::{OPEN_LISTED_MAX, OPEN_SCANNED_MAX, STRIDE, Sessions, unreadable};
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
            found.extend(self.open_header(organization, &id)?.map(|header| self.brought_up(header)).transpose()?);
        }
        Ok((found, total))
    }

    /// The sessions that are not closed and that `wanted` holds for, of one channel or of all, the last begun first; as far as
    /// [`OPEN_LISTED_MAX`] and [`OPEN_SCANNED_MAX`] reach.
    pub(super) async fn newest_open(
        &self,
        organization: &OrganizationId,
        channel: Option<Channel>,
        wanted: impl Fn(&State) -> bool,
    ) -> Result<Vec<State>, Refusal> {
        let ids = session::newest_open(&self.store, organization, channel, 0, OPEN_SCANNED_MAX).map_err(unreadable)?;
        let mut found = Vec::new();
        for some in ids.chunks(STRIDE) {
            for id in some.iter().take(OPEN_LISTED_MAX - found.len()) {
                let header = self.open_header(organization, id)?;
                found.extend(header.filter(&wanted).map(|header| self.brought_up(header)).transpose()?);
            }
            if found.len() == OPEN_LISTED_MAX {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(found)
    }

    /// A header, unless its session was closed since an index was read.
    fn open_header(&self, organization: &OrganizationId, id: &SessionId) -> Result<Option<State>, Refusal> {
        let header = record::get::<State>(&self.store, organization, id.as_str()).map_err(unreadable)?;
        Ok(header.map(|header| header.record).filter(|header| header.owner != Owner::Closed))
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
