//! Mails that can not be taken, however often they are brought: set aside as they came, with the reason, so that they stop nobody else's.
//! They are kept for a month, and an administrator may have one read again: the copy that is kept, or what the mailbox has.

use metrics::counter;
use serde::{Deserialize, Serialize};

use super::Inner;
use super::book::hash;
use super::intake::{Came, kept};
use crate::domain::{CustomerId, Email, OrganizationId, Refusal, Timestamp};
use crate::engine::channels::Account;
use crate::store::index::Cursor;
use crate::store::record::{self, Record, Versioned};
use crate::store::{Batch, CommitError, Direction, Store, StoreError};

/// How long they are kept, in milliseconds.
const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// The most of one organization; older ones make room.
const KEPT_MAX: usize = 1_000;

/// The most bytes of their mails; older ones make room.
const KEPT_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// A mail that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAside {
    /// Whose.
    pub organization: OrganizationId,
    /// Its name: the moment and the mail's place in its mailbox.
    pub id: String,
    /// Which of our addresses it came to.
    pub account: String,
    /// Its UID in the mailbox.
    pub uid: u32,
    /// The mailbox's UIDVALIDITY: under another one the UID means nothing. 0: not known.
    #[serde(default)]
    pub validity: u32,
    /// When the server took it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Timestamp>,
    /// A hash of who says to have sent it, where that reads: it goes when they are erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// How many bytes of it are kept.
    pub bytes: u64,
    /// Whether that is less than it has.
    #[serde(default)]
    pub is_cut: bool,
    /// Why.
    pub why: String,
    /// Since when.
    pub at: Timestamp,
}

impl Record for MailAside {
    const SPACE: &'static str = "mail_aside";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.clone()
    }
}

/// Where a mail is: in the mailbox of an account, under a UIDVALIDITY and a UID.
pub(super) struct Place<'a> {
    pub(super) account: &'a Account,
    pub(super) validity: u32,
    pub(super) uid: u32,
}

impl Inner {
    /// Sets a mail aside; the same one again is set aside already.
    pub(super) async fn set_aside(
        &self,
        place: &Place<'_>,
        (came, sender): (&Came, Option<&Email>),
        why: String,
    ) -> Result<(), Refusal> {
        let Place { account, validity, uid } = *place;
        tracing::warn!(account = %account.name, uid, why, "a mail can not be taken and is set aside");
        let aside = MailAside {
            organization: account.organization.clone(),
            id: format!("{:016x}.{validity}.{uid}", came.arrived.as_ms().max(0)),
            account: account.name.clone(),
            uid,
            validity,
            arrived: Some(came.arrived),
            is_cut: came.raw.is_empty() || came.too_large.is_some(),
            sender: sender.map(|sender| hash(&[sender.as_str()])),
            bytes: came.raw.len() as u64,
            why,
            at: self.parts.clock.now(),
        };
        let mut batch = Batch::default();
        record::insert(&mut batch, &aside).map_err(unreadable)?;
        batch.put(raw_key(&aside), kept(&came.raw));
        match self.parts.store.commit(batch).await {
            Ok(()) => counter!("switchboard_mails_total", "outcome" => "set_aside").increment(1),
            Err(CommitError::Conflict { .. }) => return Ok(()),
            Err(why) => return Err(why.refused("it was set aside meanwhile")),
        }
        self.forget_old(&account.organization).await
    }

    /// Takes away what was set aside long ago, and what is too much.
    pub(super) async fn forget_old(&self, organization: &OrganizationId) -> Result<(), Refusal> {
        let page = record::all::<MailAside>(&self.parts.store, organization, None, KEPT_MAX + 1, Direction::Backward);
        let (now, mut bytes) = (self.parts.clock.now(), 0_u64);
        for (at, old) in page.map_err(unreadable)?.items.iter().enumerate() {
            bytes = bytes.saturating_add(old.record.bytes);
            if at < KEPT_MAX && bytes <= KEPT_MAX_BYTES && now.since_ms(old.record.at) < KEPT_MS {
                continue;
            }
            let mut batch = Batch::default();
            remove(&mut batch, old);
            match self.parts.store.commit(batch).await {
                // Somebody else took it away.
                Ok(()) | Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(why.refused("it was taken away meanwhile")),
            }
        }
        Ok(())
    }
}

/// Puts the removal of up to `limit` mails into the batch that say to be from one of these customers.
///
/// # Errors
/// When the store does not read.
pub(super) fn erase_of(
    store: &Store,
    organization: &OrganizationId,
    ids: &[CustomerId],
    batch: &mut Batch,
    limit: usize,
) -> Result<usize, StoreError> {
    let is_theirs = |sender: &str| {
        let is = |id: &CustomerId| hash(&[id.as_str()]) == sender || id.as_str().strip_prefix("mail:") == Some(sender);
        ids.iter().any(is)
    };
    let all = record::all::<MailAside>(store, organization, None, KEPT_MAX + 1, Direction::Forward)?.items;
    let theirs = all.iter().filter(|aside| aside.record.sender.as_deref().is_some_and(is_theirs)).take(limit);
    Ok(theirs.map(|aside| remove(batch, aside)).count())
}

/// One, by its name.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub(super) fn find(store: &Store, organization: &OrganizationId, id: &str) -> Result<Versioned<MailAside>, Refusal> {
    record::get(store, organization, id).map_err(unreadable)?.ok_or(Refusal::NotFound { what: "mail" })
}

/// Its bytes, as far as they are kept.
///
/// # Errors
/// `Unavailable`.
pub(super) fn raw(store: &Store, aside: &MailAside) -> Result<Vec<u8>, Refusal> {
    let kept = store.get(&raw_key(aside)).map_err(unreadable)?.unwrap_or_default();
    // The first byte says in which form.
    Ok(kept.get(1..).unwrap_or_default().to_vec())
}

pub(super) fn remove(batch: &mut Batch, aside: &Versioned<MailAside>) {
    record::remove(batch, aside);
    batch.delete(raw_key(&aside.record));
}

/// A page of the mails that were set aside, newest first, and where the next one begins.
///
/// # Errors
/// `Unavailable`.
pub(super) fn page(
    store: &Store,
    organization: &OrganizationId,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<(Vec<MailAside>, Option<Cursor>), Refusal> {
    let page = record::all::<MailAside>(store, organization, after, limit, Direction::Backward).map_err(unreadable)?;
    Ok((page.items.into_iter().map(|found| found.record).collect(), page.next))
}

fn raw_key(aside: &MailAside) -> Vec<u8> {
    format!("mail_aside_raw/{}/{}", aside.organization, aside.id).into_bytes()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "mails that were set aside do not read");
    Refusal::Unavailable { part: "store" }
}
