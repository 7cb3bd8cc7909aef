//! Who wants no messages: a mark on a telephone number, for all of an organization's sessions and accounts. It is honoured before
//! anything goes out, and outlives the erasure of whoever it is of, so it holds no number: only what stands for one.

use std::sync::Arc;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::auth::Vault;
use crate::auth::vault::VaultError;
use crate::channels::sms::Keyword;
use crate::clock::SharedClock;
use crate::domain::{OrganizationId, Phone, Refusal, Timestamp};
use crate::store::record::{self, Record};
use crate::store::{Batch, CommitError, Store, StoreError};

/// How many of the last words are known again. A provider brings a message again within minutes, and nobody leaves and comes
/// back so often meanwhile.
const WORDS_KEPT: usize = 16;

/// How often a word is tried to be kept while another one of the same person's is.
const TRIES_MAX: usize = 8;

/// Whether somebody wants messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    /// Of which organization's.
    pub organization: OrganizationId,
    /// What stands for the number.
    pub mark: String,
    /// Whether they want none.
    pub is_out: bool,
    /// Since when.
    pub at: Timestamp,
    /// The last words that were obeyed, by their messages' ids, the oldest first.
    pub words: Vec<String>,
}

impl Record for OptOut {
    const SPACE: &'static str = "opt_out";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.mark.clone()
    }
}

/// See the module.
#[derive(Clone)]
pub struct OptOuts {
    store: Store,
    clock: SharedClock,
    vault: Arc<Vault>,
}

impl OptOuts {
    /// Of this store, with numbers marked by this vault.
    pub const fn new(store: Store, clock: SharedClock, vault: Arc<Vault>) -> Self {
        Self { store, clock, vault }
    }

    /// Whether whoever has the number wants no messages.
    ///
    /// # Errors
    /// When the store does not read: nothing is to be sent then.
    pub fn is_out(&self, organization: &OrganizationId, phone: &Phone) -> Result<bool, StoreError> {
        let mark = self.mark(organization, phone).map_err(|why| StoreError::Backend(why.to_string()))?;
        Ok(record::get::<OptOut>(&self.store, organization, &mark)?.is_some_and(|found| found.record.is_out))
    }

    /// Obeys a word; `word` names the message that it is, so that one that is brought again is obeyed once, and says when it was
    /// written, if that is known: one that comes late changes nothing that was said after it. Durable when it returns.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`: it is to be brought again.
    pub async fn obey(
        &self,
        organization: &OrganizationId,
        phone: &Phone,
        keyword: Keyword,
        (word, at): (&str, Option<Timestamp>),
    ) -> Result<(), Refusal> {
        let is_out = match keyword {
            Keyword::Stop => true,
            Keyword::Start => false,
            Keyword::Help => return Ok(()),
        };
        let mark = self.mark(organization, phone).map_err(unmarked)?;
        for _ in 0..TRIES_MAX {
            let old = record::get::<OptOut>(&self.store, organization, &mark).map_err(unreadable)?;
            if old.as_ref().is_some_and(|old| old.record.words.iter().any(|known| known == word)) {
                return Ok(());
            }
            if old.as_ref().is_some_and(|old| at.is_some_and(|at| at < old.record.at)) {
                return Ok(());
            }
            let mut words = old.as_ref().map(|old| old.record.words.clone()).unwrap_or_default();
            words.push(word.to_owned());
            let over = words.len().saturating_sub(WORDS_KEPT);
            words.drain(..over);
            let new = OptOut {
                organization: organization.clone(),
                mark: mark.clone(),
                is_out,
                at: at.unwrap_or_else(|| self.clock.now()),
                words,
            };
            let mut batch = Batch::default();
            record::replace(&mut batch, old.as_ref(), &new).map_err(unreadable)?;
            match self.store.commit(batch).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(why.refused("another word of theirs was kept meanwhile")),
            }
        }
        Err(Refusal::Busy)
    }

    /// What stands for a number, as hexadecimal digits. Whoever does not have the key can not try numbers out.
    fn mark(&self, organization: &OrganizationId, phone: &Phone) -> Result<String, VaultError> {
        let mark = self.vault.derive(&format!("opt_out/{organization}/{}", phone.as_str()))?;
        Ok(mark.expose_secret().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
    }
}

fn unmarked(error: VaultError) -> Refusal {
    tracing::error!(%error, "numbers that want no messages can not be marked: see secrets.key");
    Refusal::Unavailable { part: "secrets" }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "who wants no messages can not be read");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for OptOuts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OptOuts").finish_non_exhaustive()
    }
}
