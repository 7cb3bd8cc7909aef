//! Words by which people leave and come back, by `WhatsApp`, and what is not sent to who left. The mark is that of SMS: it is on the person, and holds
//! on both.
//!
//! Only whole messages that are such a word count, and presses of a template's button with one on it. `HELP` is conversation here, and `START` is
//! one too of somebody who did not leave.

use super::intake::{counted, known_as};
use super::outlet::BY_PHONE;
use super::{Whatsapp, WhatsappOutlet};
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::sms::Keyword;
use crate::channels::whatsapp::incoming::{Content, Received};
use crate::domain::message::{Author, Notice};
use crate::domain::{Body, Channel, Command, Refusal, SessionKey};
use crate::engine::channels::outward::{Dispatch, Letter};
use crate::engine::channels::{Occasion, OptOuts, of_session};
use crate::store::{Store, StoreError};

/// The most names of one person that are looked at.
const NAMES_MAX: usize = 16;

/// Meta tells whole seconds: something was written within one, in milliseconds.
const WITHIN_MS: i64 = 999;

/// Who left, and what they and those who come back are told.
#[derive(Debug, Clone)]
pub struct Leaving {
    /// Who wants no messages.
    pub opt_outs: OptOuts,
    /// What they are told; nothing where it is blank.
    pub stopped: String,
    /// What those are told who came back.
    pub started: String,
}

impl Whatsapp {
    /// Obeys a message that is a word to leave or to come back, and says which; whoever left and writes anything else is answered from then on. First of
    /// all, before the message stands: whatever becomes of it, nothing goes to them any more.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`: it is to be brought again.
    pub(super) async fn obey(&self, key: &SessionKey, message: &Received) -> Result<Option<Keyword>, Refusal> {
        let Some(Leaving { opt_outs, .. }) = &self.leaving else { return Ok(None) };
        let said = match &message.content {
            Content::Text(text) | Content::TemplateButton { text, .. } => Keyword::of(text),
            _ => None,
        };
        if said != Some(Keyword::Stop) && !opt_outs.any() {
            return Ok(None);
        }
        let now = self.clock.now();
        let at = message.at.map(|at| at.plus_ms(WITHIN_MS).min(now));
        let word = (message.id.as_str(), at);
        let whom = marked(&self.store, key).map_err(|error| unreadable(&error))?;
        let organization = &key.organization;
        let mut may_return = false;
        for whom in &whom {
            may_return |= opt_outs.may_return(organization, whom, word.0).map_err(|error| unreadable(&error))?;
        }
        let Some(keyword) = said.filter(|said| *said == Keyword::Stop || (*said == Keyword::Start && may_return))
        else {
            if may_return && message.content.opens_window() {
                for whom in &whom {
                    opt_outs.note_spoken(organization, whom, word).await?;
                }
            }
            return Ok(None);
        };
        for whom in &whom {
            match opt_outs.obey(organization, whom, keyword, word).await {
                // Nothing can be marked in this installation, as the log says: somebody has to read it.
                Err(Refusal::Unavailable { part: "secrets" }) => return Ok(None),
                obeyed => obeyed?,
            }
        }
        counted("keyword");
        Ok(Some(keyword))
    }

    /// Tells the customer what their word did, once.
    pub(super) async fn confirm(&self, key: &SessionKey, keyword: Keyword, message: &Received) -> Result<(), Refusal> {
        let Some(Leaving { stopped, started, .. }) = &self.leaving else { return Ok(()) };
        let text = match keyword {
            Keyword::Stop => stopped,
            Keyword::Start => started,
            Keyword::Help => return Ok(()),
        };
        if text.trim().is_empty() {
            return Ok(());
        }
        let client_id = known_as(&format!("{}/answer", message.id.as_str()))?;
        self.sessions.receipt_of(key, Command::Notify { client_id, body: Body::clipped(text) }).await.map(drop)
    }

    /// Meta says of a message of ours that its customer switched off what is sent unasked. News of one that stood before they came back changes
    /// nothing.
    pub(super) async fn note_unasked(&self, dispatch: &Dispatch, word: &str) -> Result<(), Refusal> {
        let Some(Leaving { opt_outs, .. }) = &self.leaving else { return Ok(()) };
        let organization = dispatch.organization.clone();
        let key = SessionKey { organization, session: dispatch.session.clone() };
        let Some(at) = self.sessions.said_at(&key, dispatch.seq)? else { return Ok(()) };
        for whom in marked(&self.store, &key).map_err(|error| unreadable(&error))? {
            opt_outs.note_unasked(&key.organization, &whom, (word, Some(at))).await?;
        }
        Ok(())
    }
}

impl WhatsappOutlet {
    /// Refuses what its customer does not want. The last thing before it goes: a word that was obeyed meanwhile counts.
    pub(super) fn permit(&self, letter: &Letter, occasion: Occasion) -> Result<(), Failure> {
        let occasion = match &letter.message.author {
            // They asked, and are answered once.
            Author::Notice(Notice::Subscription) => return Ok(()),
            Author::Notice(Notice::Service) => Occasion::Unasked,
            _ => occasion,
        };
        let organization = &letter.account.organization;
        for name in &letter.names {
            let permitted = self.opt_outs.permits(organization, mark_of(&name.name), Channel::Whatsapp, occasion);
            match permitted {
                Ok(true) => {}
                Ok(false) => return Err(Failure::new(FailureClass::OptedOut, None, "the customer wants no messages")),
                Err(error) => {
                    unreadable(&error);
                    return Err(Failure::new(FailureClass::Retry, None, "the store does not read"));
                }
            }
        }
        Ok(())
    }

    /// Meta knows of somebody who switched off what is sent unasked that we did not.
    pub(super) async fn note_refused(&self, letter: &Letter) {
        for name in &letter.names {
            let (organization, word) = (&letter.account.organization, (letter.reference.as_str(), None));
            if let Err(why) = self.opt_outs.note_unasked(organization, mark_of(&name.name), word).await {
                // Meta refuses the next one too.
                tracing::warn!(%why, "that a customer wants no messages is not kept");
            }
        }
    }
}

/// On what the customer of a session is marked: their numbers, and their ids where a number may be hidden.
fn marked(store: &Store, key: &SessionKey) -> Result<Vec<String>, StoreError> {
    let names = of_session(store, key, NAMES_MAX)?;
    Ok(names.into_iter().map(|found| mark_of(&found.record.name).to_owned()).collect())
}

/// A number as SMS has it too, or an id as it is.
fn mark_of(name: &str) -> &str {
    name.strip_prefix(BY_PHONE).unwrap_or(name)
}

fn unreadable(error: &StoreError) -> Refusal {
    tracing::error!(%error, "who wants no messages can not be read");
    Refusal::Unavailable { part: "store" }
}
