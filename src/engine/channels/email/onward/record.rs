//! What is kept of a session that may go on by e-mail.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{Email, OrganizationId, SessionId, SessionKey, Timestamp};
use crate::store::index::Match;
use crate::store::record::{self, IndexEntry, Record, Versioned};
use crate::store::{Batch, Direction, Store, StoreError};

/// Sessions of which an address is to be proved, by when it was asked for.
const BY_ASKING: &str = "asking";

/// Sessions of which nothing is kept but how often they asked, by when they did last.
const BY_SPENT: &str = "spent";

/// One record per session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine::channels::email) struct Continuation {
    pub(in crate::engine::channels::email) organization: OrganizationId,
    pub(in crate::engine::channels::email) session: SessionId,
    /// The address that is to be proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<Asked>,
    /// When it was asked for of late.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) asks: Vec<Timestamp>,
    /// The address that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) proven: Option<Proven>,
    /// Up to where the customer has read on the page.
    #[serde(default)]
    pub(super) read_upto: u64,
    /// What goes, or went, with one mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bundle: Option<Bundle>,
}

/// An address of which it is not known yet whether the customer reads its mail. The code is made of this and of a key that is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) address: Email,
    /// The mailbox that writes the code.
    pub(super) account: String,
    /// What the organization is called.
    pub(super) organization_name: String,
    pub(super) nonce: Uuid,
    pub(super) at: Timestamp,
    /// How often a code may still be tried.
    pub(super) tries_left: u32,
}

/// An address whose mail the customer reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Proven {
    pub(super) address: Email,
    pub(super) account: String,
    pub(super) at: Timestamp,
    /// By which code, so that what follows from it is done once.
    pub(super) nonce: Uuid,
    /// Whether all that follows was done: it is not done again after the customer took some of it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) followed: bool,
}

/// Messages that are one mail: from the first, whose delivery it is, to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bundle {
    pub(super) first: u64,
    pub(super) upto: u64,
}

impl Record for Continuation {
    const SPACE: &'static str = "mail_onward";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.session.as_str().to_owned()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let value = |at: Timestamp| format!("{:016x}", at.as_ms());
        let asking = self.asked.iter().map(|asked| IndexEntry::plain(BY_ASKING, value(asked.at)));
        let is_spent = self.asked.is_none() && self.proven.is_none();
        let last = || self.asks.last().copied().unwrap_or(Timestamp::from_ms(0));
        asking.chain(is_spent.then(|| IndexEntry::plain(BY_SPENT, value(last())))).collect()
    }
}

/// Addresses that nobody proved, up to `limit` of those that were asked for before a moment.
pub(super) fn asked_before(
    store: &Store,
    organization: &OrganizationId,
    moment: Timestamp,
    limit: usize,
) -> Result<Vec<Versioned<Continuation>>, StoreError> {
    before(store, organization, BY_ASKING, moment, limit)
}

/// Sessions of which nothing is kept but that they asked before a moment, up to `limit`.
pub(super) fn spent_before(
    store: &Store,
    organization: &OrganizationId,
    moment: Timestamp,
    limit: usize,
) -> Result<Vec<Versioned<Continuation>>, StoreError> {
    before(store, organization, BY_SPENT, moment, limit)
}

fn before(
    store: &Store,
    organization: &OrganizationId,
    index: &str,
    moment: Timestamp,
    limit: usize,
) -> Result<Vec<Versioned<Continuation>>, StoreError> {
    let until = format!("{:016x}", moment.as_ms());
    let wanted = Match::Between("", &until);
    Ok(record::by_index(store, organization, index, wanted, None, limit, Direction::Forward)?.items)
}

impl Continuation {
    /// Of a session of which nothing is known yet.
    pub(super) fn new(key: &SessionKey) -> Self {
        Self {
            organization: key.organization.clone(),
            session: key.session.clone(),
            asked: None,
            asks: Vec::new(),
            proven: None,
            read_upto: 0,
            bundle: None,
        }
    }

    /// That of a session, if there is one.
    pub(in crate::engine::channels::email) fn of(
        store: &Store,
        key: &SessionKey,
    ) -> Result<Option<Versioned<Self>>, StoreError> {
        record::get(store, &key.organization, key.session.as_str())
    }

    /// Puts it in the place of what was there.
    pub(super) fn put(&self, batch: &mut Batch, old: Option<&Versioned<Self>>) -> Result<(), StoreError> {
        record::replace(batch, old, self)
    }
}
