//! Who wants no messages: a mark on a telephone number (on an id of Meta's where there is none), for all of an organization's sessions and accounts. It is honoured before
//! anything goes out, and outlives the erasure of whoever it is of, so it holds no number: only what stands for one.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};

use super::marked::Marked;
use crate::auth::Vault;
use crate::auth::vault::VaultError;
use crate::channels::sms::Keyword;
use crate::clock::SharedClock;
use crate::domain::{Channel, OrganizationId, Refusal, Timestamp};
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
    /// The last words that were obeyed or came too late, by their messages' ids, the oldest first.
    pub words: Vec<String>,
    /// Whether they only want nothing that they did not ask for: Meta says so of who switched it off, and they said no word. Answers go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unasked_only: bool,
    /// Whether they wrote by `WhatsApp` since: what answers that goes, there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub speaks: bool,
}

/// Whose idea a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It answers the customer, or is said by a person of the staff in the conversation.
    Conversation,
    /// A service of the organization says it of its own accord, or it is a template.
    Unasked,
}

/// What a message or a provider says of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// They want none.
    Leaves,
    /// They want none that they did not ask for.
    LeavesUnasked,
    /// They want them again.
    Returns,
    /// They wrote something else by `WhatsApp`.
    Speaks,
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

impl OptOut {
    /// Whether a message goes.
    fn permits(&self, channel: Channel, occasion: Occasion) -> bool {
        let is_answered = self.unasked_only || (self.speaks && channel == Channel::Whatsapp);
        !self.is_out || (occasion == Occasion::Conversation && is_answered)
    }

    /// The same after something was said, if that changes anything.
    fn after(&self, said: Said) -> Option<Self> {
        let new = match said {
            Said::Leaves => Self { is_out: true, unasked_only: false, speaks: false, ..self.clone() },
            Said::LeavesUnasked if self.is_out => return None,
            Said::LeavesUnasked => Self { is_out: true, unasked_only: true, speaks: false, ..self.clone() },
            Said::Speaks if !self.is_out || self.speaks => return None,
            // Whether Meta takes what is sent unasked is found out by the next of it.
            Said::Speaks if self.unasked_only => Self { is_out: false, unasked_only: false, ..self.clone() },
            Said::Speaks => Self { speaks: true, ..self.clone() },
            Said::Returns => Self { is_out: false, unasked_only: false, speaks: false, ..self.clone() },
        };
        Some(new)
    }
}

/// See the module. Its clones know the same.
#[derive(Clone)]
pub struct OptOuts {
    store: Store,
    clock: SharedClock,
    vault: Arc<Vault>,
    marked: Arc<Marked>,
}

impl OptOuts {
    /// Of this store, with numbers marked by this vault. A store has only one at a time, and clones of it: another one would not know whom
    /// this one marks.
    pub fn new(store: Store, clock: SharedClock, vault: Arc<Vault>) -> Self {
        let marked = Arc::new(Marked::of(&store));
        Self { store, clock, vault, marked }
    }

    /// Whether anybody may ever have left. Where nobody has, there is nothing to find out about anybody.
    pub fn any(&self) -> bool {
        self.marked.any()
    }

    /// Whether a message may go to somebody by a channel: `whom` is a telephone number, or a name of theirs where they have none.
    ///
    /// # Errors
    /// When the store does not read: nothing is to be sent then.
    pub fn permits(
        &self,
        organization: &OrganizationId,
        whom: &str,
        channel: Channel,
        occasion: Occasion,
    ) -> Result<bool, StoreError> {
        Ok(self.find(organization, whom)?.is_none_or(|found| found.permits(channel, occasion)))
    }

    /// Whether a word to come back means something of somebody: they left, or this is the word by which they came back.
    ///
    /// # Errors
    /// As [`permits`](Self::permits).
    pub fn may_return(&self, organization: &OrganizationId, whom: &str, word: &str) -> Result<bool, StoreError> {
        let is_known = |found: &OptOut| found.words.iter().any(|known| known == word);
        Ok(self.find(organization, whom)?.is_some_and(|found| found.is_out || is_known(&found)))
    }

    fn find(&self, organization: &OrganizationId, whom: &str) -> Result<Option<OptOut>, StoreError> {
        if !self.any() {
            return Ok(None);
        }
        // Whom nothing was ever marked of, nothing is known of.
        let Some(mark) = self.vault.derived(&purpose(organization, whom)) else { return Ok(None) };
        let mark = hexadecimal(&mark);
        if !self.marked.may_hold(&mark) {
            return Ok(None);
        }
        Ok(record::get::<OptOut>(&self.store, organization, &mark)?.map(|found| found.record))
    }

    /// Obeys a word; `word` names the message that it is, so that one that is brought again is obeyed once, and says when it was
    /// written, if that is known: one that comes late changes nothing that was said after it. Durable when it returns.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`: it is to be brought again.
    pub async fn obey(
        &self,
        organization: &OrganizationId,
        whom: &str,
        keyword: Keyword,
        word: (&str, Option<Timestamp>),
    ) -> Result<(), Refusal> {
        match keyword {
            Keyword::Stop => self.keep(organization, whom, Said::Leaves, word).await,
            Keyword::Start => self.keep(organization, whom, Said::Returns, word).await,
            Keyword::Help => Ok(()),
        }
    }

    /// Notes that somebody wants nothing that they did not ask for, as a provider says that refused `word`.
    ///
    /// # Errors
    /// As [`obey`](Self::obey).
    pub async fn note_unasked(
        &self,
        organization: &OrganizationId,
        whom: &str,
        word: (&str, Option<Timestamp>),
    ) -> Result<(), Refusal> {
        self.keep(organization, whom, Said::LeavesUnasked, word).await
    }

    /// Notes that somebody who left wrote something by `WhatsApp` all the same: that is answered there.
    ///
    /// # Errors
    /// As [`obey`](Self::obey).
    pub async fn note_spoken(
        &self,
        organization: &OrganizationId,
        whom: &str,
        word: (&str, Option<Timestamp>),
    ) -> Result<(), Refusal> {
        let known = self.find(organization, whom).map_err(unreadable)?;
        if known.and_then(|known| known.after(Said::Speaks)).is_none() {
            return Ok(());
        }
        self.keep(organization, whom, Said::Speaks, word).await
    }

    async fn keep(
        &self,
        organization: &OrganizationId,
        whom: &str,
        said: Said,
        (word, at): (&str, Option<Timestamp>),
    ) -> Result<(), Refusal> {
        let mark = hexadecimal(&self.vault.derive(&purpose(organization, whom)).map_err(unmarked)?);
        // Before it is durable: once it is, nobody must miss it.
        self.marked.note(&mark);
        for _ in 0..TRIES_MAX {
            let old = record::get::<OptOut>(&self.store, organization, &mark).map_err(unreadable)?;
            let known = old.as_ref().map(|old| old.record.clone());
            if known.as_ref().is_some_and(|known| known.words.iter().any(|known| known == word)) {
                return Ok(());
            }
            let is_late = known.as_ref().is_some_and(|known| at.is_some_and(|at| at < known.at));
            let now = at.unwrap_or_else(|| self.clock.now());
            let known = known.unwrap_or_else(|| OptOut::of_nobody(organization, &mark, now));
            let changed = if is_late { None } else { known.after(said).map(|new| OptOut { at: now, ..new }) };
            // Brought again, when nothing is known any more of when it was, it is late all the same.
            let mut new = changed.unwrap_or(known);
            new.words.push(word.to_owned());
            let over = new.words.len().saturating_sub(WORDS_KEPT);
            new.words.drain(..over);
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
}

impl OptOut {
    fn of_nobody(organization: &OrganizationId, mark: &str, at: Timestamp) -> Self {
        let (organization, mark) = (organization.clone(), mark.to_owned());
        Self { organization, mark, is_out: false, at, words: Vec::new(), unasked_only: false, speaks: false }
    }
}

/// What stands for somebody. Whoever does not have the key can not try numbers out.
fn purpose(organization: &OrganizationId, whom: &str) -> String {
    format!("opt_out/{organization}/{whom}")
}

fn hexadecimal(mark: &SecretSlice<u8>) -> String {
    mark.expose_secret().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn after(said: &[Said]) -> OptOut {
        let nobody = OptOut::of_nobody(&OrganizationId::default_organization(), "m", Timestamp::from_ms(0));
        said.iter().fold(nobody, |known, said| known.after(*said).unwrap_or(known))
    }

    #[test]
    fn whoever_left_is_answered_where_they_write_and_told_nothing_else_until_they_come_back() {
        use Occasion::{Conversation, Unasked};
        use Said::{Leaves, LeavesUnasked, Returns, Speaks};

        let (sms, whatsapp) = (Channel::Sms, Channel::Whatsapp);
        let goes = |said: &[Said]| {
            let known = after(said);
            [(sms, Conversation), (sms, Unasked), (whatsapp, Conversation), (whatsapp, Unasked)]
                .map(|(channel, occasion)| known.permits(channel, occasion))
        };
        assert_eq!(goes(&[]), [true; 4]);
        assert_eq!(goes(&[Leaves]), [false; 4]);
        assert_eq!(goes(&[Leaves, Speaks]), [false, false, true, false]);
        assert_eq!(goes(&[Leaves, Speaks, Leaves]), [false; 4]);
        assert_eq!(goes(&[Leaves, Speaks, Returns]), [true; 4]);
        assert_eq!(goes(&[LeavesUnasked]), [true, false, true, false]);
        assert_eq!(goes(&[LeavesUnasked, Speaks]), [true; 4]);
        assert_eq!(goes(&[Leaves, LeavesUnasked]), [false; 4], "the word says more");
        assert_eq!(goes(&[LeavesUnasked, Leaves]), [false; 4]);
    }

    #[test]
    fn a_mark_of_before_reads_as_it_was_meant() {
        let kept = r#"{"organization":"default","mark":"m","is_out":true,"at":0,"words":["SM1"]}"#;
        let known: OptOut = serde_json::from_str(kept).unwrap();
        assert!(!known.permits(Channel::Sms, Occasion::Conversation));
        assert!(!known.permits(Channel::Whatsapp, Occasion::Conversation), "everywhere");
        assert_eq!(serde_json::to_string(&known).unwrap(), kept);
    }
}
