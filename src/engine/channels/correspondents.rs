//! Whose session it is that a channel's message belongs to.
//!
//! A person may have several names at a provider (a telephone number, an id), and get others with time. Each name leads to the
//! session; whoever is met under two names at once is one person, unless the name that lasts longer says that they are not: a
//! telephone number is given to somebody else when its owner gives it up.

use serde::{Deserialize, Serialize};

use crate::domain::{Channel, CustomerId, OrganizationId, Refusal, SessionId, SessionKey, Timestamp};
use crate::store::index::Match;
use crate::store::record::{self, IndexEntry, Record, Versioned};
use crate::store::{Batch, CommitError, Direction, Store, StoreError};

/// Names by the session that they lead to.
const BY_SESSION: &str = "session";

/// The most names of one person that are looked at.
const NAMES_MAX: usize = 64;

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
        let id = format!("{}/{}/{}", self.channel.as_str(), self.account, self.name);
        // Who writes mails has several conversations, and each is answered in its own.
        if self.channel == Channel::Email { format!("{id}/{}", self.session) } else { id }
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
    /// The session of theirs and who they are to us. Names that are new are kept, and a person who is new gets a session. A name that
    /// lasts less long and has gone over to somebody else, as telephone numbers do, is theirs from now on.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn find(&self, store: &Store, now: Timestamp) -> Result<(SessionKey, CustomerId), Refusal> {
        self.find_renamed(&[], store, now).await
    }

    /// As [`Self::find`], and the person is called by these `others` too from now on, whoever was before: the provider says so.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn find_renamed(
        &self,
        others: &[String],
        store: &Store,
        now: Timestamp,
    ) -> Result<(SessionKey, CustomerId), Refusal> {
        for _ in 0..TRIES_MAX {
            let (batch, key, customer) = self.kept(others, store, now).map_err(unreadable)?;
            let Some(batch) = batch else { return Ok((key, customer)) };
            match store.commit(batch).await {
                Ok(()) => return Ok((key, customer)),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(why.refused("their name was kept meanwhile")),
            }
        }
        Err(Refusal::Busy)
    }

    /// Their session, who they are, and what is to be written so that all their names lead to it, if anything is.
    fn kept(
        &self,
        others: &[String],
        store: &Store,
        now: Timestamp,
    ) -> Result<(Option<Batch>, SessionKey, CustomerId), StoreError> {
        let known = self.names.iter().map(|name| self.known(store, name)).collect::<Result<Vec<_>, _>>()?;
        let mut theirs = Vec::with_capacity(known.len());
        for found in &known {
            let is_theirs = found.as_ref().map(|found| self.is_anothers(store, &found.record)).transpose()?;
            theirs.push(is_theirs == Some(false));
        }
        let first = known.iter().zip(&theirs).find_map(|(known, is_theirs)| known.as_ref().filter(|_| *is_theirs));
        let (session, customer) = match first {
            Some(first) => (first.record.session.clone(), first.record.customer.clone()),
            None => (SessionId::from_uuid(uuid::Uuid::now_v7()), self.newcomer(&known)),
        };
        let unkept = self.names.iter().zip(known).zip(theirs).filter(|(_, is_theirs)| !is_theirs);
        let mut wrong: Vec<(&String, Option<Versioned<Correspondent>>)> = unkept.map(|(named, _)| named).collect();
        for other in others.iter().filter(|other| !self.names.contains(other)) {
            let known = self.known(store, other)?;
            if known.as_ref().is_none_or(|known| known.record.session != session) {
                wrong.push((other, known));
            }
        }
        let mut batch = Batch::default();
        for (name, known) in &wrong {
            let new = self.named(name, &session, &customer, now);
            record::replace(&mut batch, known.as_ref(), &new)?;
        }
        let key = SessionKey { organization: self.organization.clone(), session };
        Ok((Some(batch).filter(|_| !wrong.is_empty()), key, customer))
    }

    /// Whether a name leads to somebody else: to a session whose person has another name of the kind that lasts longest.
    fn is_anothers(&self, store: &Store, found: &Correspondent) -> Result<bool, StoreError> {
        let Some(lasting) = self.names.first().filter(|lasting| **lasting != found.name) else { return Ok(false) };
        let key = SessionKey { organization: self.organization.clone(), session: found.session.clone() };
        let names = of_session(store, &key, NAMES_MAX)?;
        let of_kind = || names.iter().filter(|known| kind(&known.record.name) == kind(lasting));
        Ok(of_kind().next().is_some() && of_kind().all(|known| known.record.name != *lasting))
    }

    /// Who somebody is whose shorter-lived name was another's before: not the other.
    fn newcomer(&self, known: &[Option<Versioned<Correspondent>>]) -> CustomerId {
        let is_taken = known.iter().flatten().any(|known| known.record.customer == self.customer);
        let lasting = self.names.first().and_then(|name| CustomerId::parse(name.split_once(':')?.1).ok());
        lasting.filter(|_| is_taken).unwrap_or_else(|| self.customer.clone())
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

/// The kind of a name: what stands before its colon.
fn kind(name: &str) -> Option<&str> {
    name.split_once(':').map(|(kind, _)| kind)
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
