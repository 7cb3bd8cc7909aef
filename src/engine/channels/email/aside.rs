//! Mails that can not be taken, however often they are brought: set aside as they came, with the reason, so that they stop nobody else's.
//! They are kept for a month.

use metrics::counter;
use serde::{Deserialize, Serialize};

use super::Inner;
use super::intake::{Came, kept};
use crate::domain::{OrganizationId, Refusal, Timestamp};
use crate::engine::channels::Account;
use crate::store::record::{self, Record};
use crate::store::{Batch, CommitError, Direction, Store, StoreError};

/// How long they are kept, in milliseconds.
const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// The most of one mailbox; older ones make room.
const KEPT_MAX: usize = 1_000;

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
    /// How many bytes of it are kept.
    pub bytes: u64,
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

impl Inner {
    /// Sets a mail aside; the same one again is set aside already.
    pub(super) async fn set_aside(
        &self,
        account: &Account,
        place: (u32, u32),
        came: &Came,
        why: String,
    ) -> Result<(), Refusal> {
        let (validity, uid) = place;
        tracing::warn!(account = %account.name, uid, why, "a mail can not be taken and is set aside");
        let aside = MailAside {
            organization: account.organization.clone(),
            id: format!("{:016x}.{validity}.{uid}", came.arrived.as_ms().max(0)),
            account: account.name.clone(),
            uid,
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
        self.forget_old(account).await
    }

    /// Takes away what was set aside long ago.
    async fn forget_old(&self, account: &Account) -> Result<(), Refusal> {
        let page =
            record::all::<MailAside>(&self.parts.store, &account.organization, None, KEPT_MAX + 1, Direction::Forward);
        let all = page.map_err(unreadable)?.items;
        let (now, beyond) = (self.parts.clock.now(), all.len().saturating_sub(KEPT_MAX));
        for (at, old) in all.iter().enumerate() {
            if at >= beyond && now.since_ms(old.record.at) < KEPT_MS {
                continue;
            }
            let mut batch = Batch::default();
            record::remove(&mut batch, old);
            batch.delete(raw_key(&old.record));
            self.parts.store.commit(batch).await.map_err(|why| why.refused("it was taken away meanwhile"))?;
        }
        Ok(())
    }
}

/// The newest mails that were set aside, newest first.
///
/// # Errors
/// `Unavailable`.
pub(super) fn newest(store: &Store, organization: &OrganizationId, limit: usize) -> Result<Vec<MailAside>, Refusal> {
    let page = record::all::<MailAside>(store, organization, None, limit, Direction::Backward).map_err(unreadable)?;
    Ok(page.items.into_iter().map(|found| found.record).collect())
}

fn raw_key(aside: &MailAside) -> Vec<u8> {
    format!("mail_aside_raw/{}/{}", aside.organization, aside.id).into_bytes()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "mails that were set aside do not read");
    Refusal::Unavailable { part: "store" }
}
