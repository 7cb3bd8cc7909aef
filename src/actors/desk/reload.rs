//! What a desk begins with, from the store: the sessions that people have to do with, people and teams.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::actors::load::newest_message;
use crate::domain::desk::event::TeamId;
use crate::domain::desk::{AgentProfile, Team};
use crate::domain::{Case, Event, OrganizationId, SessionKey, State, evolve};
use crate::store::desk::AtWork;
use crate::store::record::{self, Record, Versioned};
use crate::store::{Direction, Store, StoreError, desk, log};

/// Records that are read at a time.
const PAGE_RECORDS: usize = 512;

/// Events that are read at a time.
const PAGE_EVENTS: usize = 256;

/// What a desk begins with.
#[derive(Debug, Default)]
pub(super) struct Begin {
    pub cases: Vec<Arc<Case>>,
    pub profiles: Vec<AgentProfile>,
    pub teams: Vec<TeamId>,
    pub at_work: Vec<AtWork>,
}

/// The organizations that have sessions with people.
pub(super) fn organizations(store: &Store) -> Result<BTreeSet<OrganizationId>, StoreError> {
    let mut found = BTreeSet::new();
    desk::each_with_people(store, None, |key| {
        found.insert(key.organization);
    })?;
    Ok(found)
}

/// Reads it all. A session that does not read is left out; it does not load either, and says so then.
pub(super) fn begin(store: &Store, organization: &OrganizationId) -> Result<Begin, StoreError> {
    let mut begin = Begin::default();
    let mut keys = Vec::new();
    desk::each_with_people(store, Some(organization), |key| keys.push(key))?;
    for key in keys {
        match case(store, &key) {
            Ok(found) => begin.cases.extend(found.map(Arc::new)),
            Err(error) => tracing::error!(session = ?key, %error, "a session does not come to the desk"),
        }
    }
    each(store, organization, |profile: AgentProfile| begin.profiles.push(profile))?;
    each(store, organization, |team: Team| begin.teams.push(team.id))?;
    each(store, organization, |person: AtWork| begin.at_work.push(person))?;
    Ok(begin)
}

/// The teams that there are.
pub(super) fn teams(store: &Store, organization: &OrganizationId) -> Result<Vec<TeamId>, StoreError> {
    let mut teams = Vec::new();
    each(store, organization, |team: Team| teams.push(team.id))?;
    Ok(teams)
}

/// A session as the store has it, without the short-term parts: the desk needs none of them.
pub(super) fn case(store: &Store, key: &SessionKey) -> Result<Option<Case>, StoreError> {
    let found = record::get::<State>(store, &key.organization, key.session.as_str())?;
    let Some(Versioned { record: mut state, .. }) = found else { return Ok(None) };
    loop {
        let page = log::read::<Event>(store, key, state.next_seq - 1, PAGE_EVENTS)?;
        page.iter().for_each(|logged| evolve(&mut state, &logged.event));
        if page.len() < PAGE_EVENTS {
            break;
        }
    }
    Ok(Some(Case::of(&state, newest_message(store, key)?)))
}

fn each<R: Record>(store: &Store, organization: &OrganizationId, mut take: impl FnMut(R)) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = record::all::<R>(store, organization, after.as_ref(), PAGE_RECORDS, Direction::Forward)?;
        page.items.into_iter().for_each(|found| take(found.record));
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
