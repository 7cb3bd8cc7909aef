//! Whose session it is that a channel's message belongs to.
//!
//! A person may have several names at a provider (a telephone number, an id), and get others with time. Each name leads to the
//! session; whoever is met under two names at once is one person.

use serde::{Deserialize, Serialize};

use crate::domain::{Channel, CustomerId, OrganizationId, Refusal, SessionId, SessionKey, Timestamp};
use crate::store::index::Match;
use crate::store::record::{self, IndexEntry, Record, Versioned};
use crate::store::{Batch, CommitError, Direction, Store, StoreError};

/// Names by the session that they lead to.
const BY_SESSION: &str = "session";

/// How often a name is tried to be kept while the same person's is kept elsewhere too.
const TRIES_MAX: usize = 8;

/// A name of somebody at a provider, and their session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correspondent {
    /// Whose.
    pub organization: OrganizationId,
    /// By which channel.
    pub channel: Channel,
    /// Which of our numbers or addresses they write to.
    pub account: String,
    /// The name.
    pub name: String,
    /// Their session.
    pub session: SessionId,
    /// Who they are.
    pub customer: CustomerId,
    /// Since when they are known by it.
    pub since: Timestamp,
}

impl Record for Correspondent {
    const SPACE: &'static str = "correspondent";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        format!("{}/{}/{}", self.channel.as_str(), self.account, self.name)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![IndexEntry::plain(BY_SESSION, self.session.as_str())]
    }
}

/// Somebody who writes, as a provider names them: never without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strand {
    /// Whose.
    pub organization: OrganizationId,
    /// By which channel.
    pub channel: Channel,
    /// Which of our numbers or addresses they write to.
    pub account: String,
    /// Their names, the one that stays longest first.
    pub names: Vec<String>,
    /// Who they are, if they are met for the first time.
    pub customer: CustomerId,
}

impl Strand {
    /// The session of theirs and who they are to us. Names that are new are kept, and a person who is new gets a session.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn find(&self, store: &Store, now: Timestamp) -> Result<(SessionKey, CustomerId), Refusal> {
        for _ in 0..TRIES_MAX {
            let known = self.names.iter().map(|name| self.known(store, name)).collect::<Result<Vec<_>, _>>();
            let known = known.map_err(unreadable)?;
            let first = known.iter().flatten().next().map(|known| &known.record);
            let (session, customer) = match first {
                Some(first) => (first.session.clone(), first.customer.clone()),
                None => (SessionId::from_uuid(uuid::Uuid::now_v7()), self.customer.clone()),
            };
            let mut batch = Batch::default();
            for (name, _) in self.names.iter().zip(&known).filter(|(_, known)| known.is_none()) {
                let new = self.named(name, &session, &customer, now);
                record::insert(&mut batch, &new).map_err(unreadable)?;
            }
            let key = SessionKey { organization: self.organization.clone(), session };
            if known.iter().all(Option::is_some) {
                return Ok((key, customer));
            }
            match store.commit(batch).await {
                Ok(()) => return Ok((key, customer)),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(why.refused("their name was kept meanwhile")),
            }
        }
        Err(Refusal::Busy)
    }

    /// Their session, where they were met.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn met(&self, store: &Store) -> Result<Option<SessionKey>, Refusal> {
        for name in &self.names {
            if let Some(known) = self.known(store, name).map_err(unreadable)? {
                return Ok(Some(SessionKey { organization: self.organization.clone(), session: known.record.session }));
            }
        }
        Ok(None)
    }

    fn named(&self, name: &str, session: &SessionId, customer: &CustomerId, now: Timestamp) -> Correspondent {
        Correspondent {
            organization: self.organization.clone(),
            channel: self.channel,
            account: self.account.clone(),
            name: name.to_owned(),
            session: session.clone(),
            customer: customer.clone(),
            since: now,
        }
    }

    fn known(&self, store: &Store, name: &str) -> Result<Option<Versioned<Correspondent>>, StoreError> {
        let id = format!("{}/{}/{name}", self.channel.as_str(), self.account);
        record::get(store, &self.organization, &id)
    }
}

/// The names that lead to a session, up to `limit`.
///
/// # Errors
/// As [`record::get`].
pub fn of_session(store: &Store, key: &SessionKey, limit: usize) -> Result<Vec<Versioned<Correspondent>>, StoreError> {
    let wanted = Match::Is(key.session.as_str());
    Ok(record::by_index(store, &key.organization, BY_SESSION, wanted, None, limit, Direction::Forward)?.items)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "correspondents can not be read");
    Refusal::Unavailable { part: "store" }
}
