//! What is kept of people at the desk: profiles, teams, and who was at work, for the time after a restart.

use serde::{Deserialize, Serialize};

use super::record::{self, IndexEntry, Record};
use super::session::BY_STAFF;
use super::{Direction, KeyRange, Store, StoreError};
use crate::domain::desk::event::TeamId;
use crate::domain::desk::{AgentProfile, Availability, Team};
use crate::domain::{OrganizationId, PersonName, SessionId, SessionKey, State, UserId};

/// Teams by name, apart from case; no two share one.
const BY_NAME: &str = "name";

/// Keys that are read at a time.
const PAGE_KEYS: usize = 512;

/// A person who was at work when this was written. After a restart their grace time begins anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtWork {
    /// Where.
    pub organization: OrganizationId,
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: PersonName,
    /// What they said of themselves last.
    pub status: Availability,
    /// Whether they are there, or this is only what they said last.
    pub there: bool,
}

/// Whether the organization has this team.
///
/// # Errors
/// As [`record::get`].
pub fn has_team(store: &Store, organization: &OrganizationId, id: TeamId) -> Result<bool, StoreError> {
    record::get::<Team>(store, organization, &id.0.to_string()).map(|found| found.is_some())
}

/// The sessions that the queue or a person has, of one organization or of all. Only keys are read.
///
/// # Errors
/// As [`Store::scan`].
pub fn each_with_people(
    store: &Store,
    organization: Option<&OrganizationId>,
    mut take: impl FnMut(SessionKey),
) -> Result<(), StoreError> {
    let all = format!("{}.{BY_STAFF}/", State::SPACE);
    let prefix = organization.map_or_else(|| all.clone(), |organization| format!("{all}{organization}/"));
    let mut range = KeyRange::prefix(prefix);
    loop {
        let page = store.scan(range.clone(), PAGE_KEYS, Direction::Forward)?;
        page.iter().filter_map(|(key, _)| session_of(key.strip_prefix(all.as_bytes())?)).for_each(&mut take);
        match page.into_iter().next_back() {
            Some((last, _)) => range = range.beyond(last, Direction::Forward),
            None => return Ok(()),
        }
    }
}

/// `<organization>/<value>\0<session>`
fn session_of(entry: &[u8]) -> Option<SessionKey> {
    let (organization, rest) = std::str::from_utf8(entry).ok()?.split_once('/')?;
    let (_, session) = rest.split_once('\0')?;
    Some(SessionKey {
        organization: OrganizationId::parse(organization).ok()?,
        session: SessionId::parse(session).ok()?,
    })
}

impl Record for AgentProfile {
    const SPACE: &'static str = "agent_profile";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.user.to_string()
    }
}

impl Record for Team {
    const SPACE: &'static str = "team";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.0.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![IndexEntry::unique(BY_NAME, self.name.as_str().to_lowercase())]
    }
}

impl Record for AtWork {
    const SPACE: &'static str = "at_work";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.user.to_string()
    }
}
