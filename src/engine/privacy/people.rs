//! A customer under all of their ids, and their sessions, read from the store alone: also while no server runs.

use crate::domain::privacy::Listed;
use crate::domain::{Customer, CustomerId, OrganizationId, SessionKey, State, Timestamp};
use crate::engine::customers::MERGED_MAX;
use crate::store::customer::BY_REMAINING;
use crate::store::index::Match;
use crate::store::session::BY_CUSTOMER;
use crate::store::{Direction, Store, StoreError, record};

/// Sessions that are read at a time.
const PAGE_SESSIONS: usize = 256;

/// All ids of a customer, in order; none if the organization knows nobody by this id.
///
/// # Errors
/// When the store does not read.
pub fn ids_of(
    store: &Store,
    organization: &OrganizationId,
    id: &CustomerId,
) -> Result<Option<Vec<CustomerId>>, StoreError> {
    let found = record::get::<Customer>(store, organization, id.as_str())?;
    if found.is_none() && sessions_of(store, organization, id, Timestamp::from_ms(i64::MAX), 1)?.is_empty() {
        return Ok(None);
    }
    let remaining = found.and_then(|found| found.record.merged_into).unwrap_or_else(|| id.clone());
    let wanted = Match::Is(remaining.as_str());
    let (index, forward) = (BY_REMAINING, Direction::Forward);
    let others = record::by_index::<Customer>(store, organization, index, wanted, None, MERGED_MAX, forward)?;
    let mut ids: Vec<CustomerId> = others.items.into_iter().map(|found| found.record.id).collect();
    ids.push(remaining);
    ids.sort();
    Ok(Some(ids))
}

/// Up to `limit` sessions that somebody began under one id, up to this moment.
///
/// # Errors
/// When the store does not read.
pub fn sessions_of(
    store: &Store,
    organization: &OrganizationId,
    id: &CustomerId,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Listed>, StoreError> {
    if let Some(session) = id.visitors_session() {
        let found = header(store, &SessionKey { organization: organization.clone(), session })?;
        let theirs = found.filter(|state| !state.verified && state.started_at <= until);
        return Ok(theirs.iter().map(listed).take(limit).collect());
    }
    let (prefix, mut after, mut sessions) = (format!("{id}/"), None, Vec::new());
    while sessions.len() < limit {
        let wanted = Match::StartsWith(&prefix);
        let (page, forward) = (PAGE_SESSIONS.min(limit), Direction::Forward);
        let page = record::by_index::<State>(store, organization, BY_CUSTOMER, wanted, after.as_ref(), page, forward)?;
        let begun = page.items.iter().filter(|found| found.record.started_at <= until);
        sessions.extend(begun.map(|found| listed(&found.record)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    sessions.truncate(limit);
    Ok(sessions)
}

/// The header of a session, if it has begun.
///
/// # Errors
/// When the store does not read.
pub fn header(store: &Store, key: &SessionKey) -> Result<Option<State>, StoreError> {
    Ok(record::get::<State>(store, &key.organization, key.session.as_str())?.map(|found| found.record))
}

/// A session as erasures name it.
pub(super) fn listed(state: &State) -> Listed {
    Listed { session: state.key.session.clone(), customer: state.customer.clone(), verified: state.verified }
}
