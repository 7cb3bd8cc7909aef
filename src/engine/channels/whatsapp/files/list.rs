//! What is still to be fetched: a record for each file, gone once it stands in the conversation or is lost.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Announced;
use crate::channels::whatsapp::incoming::Media;
use crate::channels::whatsapp::{MediaId, NumberId};
use crate::domain::{
    ClientMessageId, CustomerId, FileId, MessageId, OrganizationId, Refusal, SessionKey, Timestamp, Visitor,
};
use crate::engine::channels::outward;
use crate::engine::channels::whatsapp::intake::colleague;
use crate::engine::privacy::kept::{Erased, Personal, Whose};
use crate::store::index::Match;
use crate::store::record::{self, IndexEntry, Record, Versioned};
use crate::store::{Batch, CommitError, Direction, Store, StoreError};

/// Those of a session.
const BY_SESSION: &str = "session";

/// All, by when they are to be tried.
const BY_DUE: &str = "due";

/// Those that were spoken and of which nobody has said anything yet, by since when they are known.
const BY_UNHEARD: &str = "unheard";

/// How often something is tried while others change the same record.
const TRIES_MAX: usize = 8;

/// A file at Meta that is still to be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ToFetch {
    /// In whose conversation it stands.
    pub key: SessionKey,
    /// The conversation's customer.
    pub customer: CustomerId,
    /// Who sent it.
    #[serde(default, skip_serializing_if = "Sender::is_customer")]
    pub by: Sender,
    /// The id of the message that announced it.
    pub message: ClientMessageId,
    /// The number that it came to.
    pub number: NumberId,
    /// What Meta knows it by.
    pub media: MediaId,
    /// Meta's word for what it is.
    pub kind: String,
    /// Whether it was spoken and is to be written down.
    pub spoken: bool,
    /// Its SHA-256 as Meta said it.
    pub sha256: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// What its sender's app calls its type.
    pub mime: Option<String>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// Since when it is known.
    pub noted_at: Timestamp,
    /// When it is to be tried.
    pub due: Timestamp,
    /// How often it was tried in vain.
    pub tries: u32,
    /// How often it was tried in vain to write down what was spoken.
    #[serde(default, skip_serializing_if = "outward::is_zero")]
    pub hearings: u32,
    /// Whether its customer was told that it was not heard.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
}

/// Who sent a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::engine::channels::whatsapp) enum Sender {
    /// The customer.
    #[default]
    Customer,
    /// A colleague, in the phone's app.
    Colleague,
}

impl Sender {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_customer(&self) -> bool {
        *self == Self::Customer
    }
}

/// What is posted about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The file itself, or that it is lost.
    File,
    /// The words that were spoken.
    Words,
    /// The same, of one who was asked to write meanwhile.
    LateWords,
    /// What the customer is told where nobody understood them.
    Notice,
}

impl Record for ToFetch {
    const SPACE: &'static str = "whatsapp_file";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.key.organization
    }

    fn id(&self) -> String {
        self.named("list").simple().to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let at = |at: Timestamp| format!("{:016x}", at.as_ms().max(0));
        let unheard = (self.spoken && !self.told).then(|| IndexEntry::plain(BY_UNHEARD, at(self.noted_at)));
        let all = [IndexEntry::plain(BY_SESSION, self.key.session.as_str()), IndexEntry::plain(BY_DUE, at(self.due))];
        all.into_iter().chain(unheard).collect()
    }
}

impl ToFetch {
    pub(super) fn new(announced: &Announced<'_>, media: &Media, hears: bool, now: Timestamp) -> Self {
        Self {
            key: announced.key.clone(),
            customer: announced.customer.clone(),
            by: announced.by,
            message: announced.message.clone(),
            number: announced.number.clone(),
            media: media.id.clone(),
            kind: media.kind.as_str().to_owned(),
            spoken: hears && media.voice && announced.by == Sender::Customer,
            sha256: media.sha256.clone(),
            name: media.filename.clone(),
            mime: media.mime.clone(),
            sent_at: announced.sent_at,
            noted_at: now,
            due: now,
            tries: 0,
            hearings: 0,
            told: false,
        }
    }

    /// Who it is to the session.
    pub(super) fn visitor(&self) -> Result<Visitor, Refusal> {
        match self.by {
            Sender::Customer => Ok(Visitor::Customer(self.customer.clone())),
            Sender::Colleague => colleague(&self.key, &self.number),
        }
    }

    /// The file's id here: the same however often it is fetched.
    pub(super) fn file(&self) -> FileId {
        FileId(self.named("file"))
    }

    /// The id of a message that is posted about the file.
    pub(super) fn message(&self, what: What) -> (MessageId, ClientMessageId) {
        let name = self.named(match what {
            What::File => "message",
            What::Words | What::LateWords => "words",
            What::Notice => "notice",
        });
        (MessageId(name), ClientMessageId::from_uuid(name))
    }

    /// A name that follows from session and message alone.
    fn named(&self, what: &str) -> Uuid {
        let mut name = Sha256::new();
        let SessionKey { organization, session } = &self.key;
        for part in ["whatsapp file", what, organization.as_str(), session.as_str(), self.message.as_str()] {
            name.update((part.len() as u64).to_be_bytes());
            name.update(part);
        }
        let first = name.finalize().first_chunk::<16>().copied().unwrap_or_default();
        uuid::Builder::from_custom_bytes(first).into_uuid()
    }

    /// What the message says of itself besides its words.
    pub(super) fn facts(&self) -> Value {
        serde_json::json!({ "whatsapp": { "phone_number_id": self.number, "about": self.message } })
    }
}

/// Notes one; one that is noted stays as it is.
pub(super) async fn note(store: &Store, to_fetch: &ToFetch) -> Result<(), Refusal> {
    for _ in 0..TRIES_MAX {
        let known = record::get::<ToFetch>(store, to_fetch.organization(), &to_fetch.id()).map_err(unreadable)?;
        if known.is_some() {
            return Ok(());
        }
        let mut batch = Batch::default();
        record::insert(&mut batch, to_fetch).map_err(unreadable)?;
        match store.commit(batch).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict { .. }) => {}
            Err(why) => return Err(why.refused("")),
        }
    }
    Err(Refusal::Busy)
}

/// Up to `limit` of an organization's, those that are to be tried first at first.
pub(super) fn next(
    store: &Store,
    organization: &OrganizationId,
    limit: usize,
) -> Result<Vec<Versioned<ToFetch>>, StoreError> {
    let page = record::by_index(store, organization, BY_DUE, Match::Any, None, limit, Direction::Forward)?;
    Ok(page.items)
}

/// Up to `limit` of an organization's voice notes of which nobody has said anything yet, the oldest first.
pub(super) fn unheard(store: &Store, organization: &OrganizationId, limit: usize) -> Result<Vec<ToFetch>, StoreError> {
    let page = record::by_index(store, organization, BY_UNHEARD, Match::Any, None, limit, Direction::Forward)?;
    Ok(page.items.into_iter().map(|found: Versioned<ToFetch>| found.record).collect())
}

/// It is to be tried again at `due`.
pub(super) async fn postpone(store: &Store, one: &ToFetch, due: Timestamp) -> Result<(), CommitError> {
    change(store, one, |now| Some(ToFetch { due, tries: now.tries.saturating_add(1), ..now })).await
}

/// It was tried in vain to write down what was spoken.
pub(super) async fn heard_in_vain(store: &Store, one: &ToFetch) -> Result<(), CommitError> {
    change(store, one, |now| Some(ToFetch { hearings: now.hearings.saturating_add(1), ..now })).await
}

/// Its customer was told that it was not heard.
pub(super) async fn told(store: &Store, one: &ToFetch) -> Result<(), CommitError> {
    change(store, one, |now| Some(ToFetch { told: true, ..now })).await
}

/// It is done.
pub(super) async fn done(store: &Store, one: &ToFetch) -> Result<(), CommitError> {
    change(store, one, |_now| None).await
}

/// Changes one as it is now, or removes it. Whoever erased its session meanwhile removed it.
async fn change(store: &Store, one: &ToFetch, becomes: impl Fn(ToFetch) -> Option<ToFetch>) -> Result<(), CommitError> {
    for _ in 0..TRIES_MAX {
        let found = record::get::<ToFetch>(store, one.organization(), &one.id());
        let Some(old) = found.map_err(|_unreadable| CommitError::Unavailable)? else { return Ok(()) };
        let mut batch = Batch::default();
        match becomes(old.record.clone()) {
            Some(new) => drop(record::update(&mut batch, &old, &new).map_err(|_unwritable| CommitError::Unavailable)?),
            None => record::remove(&mut batch, &old),
        }
        match store.commit(batch).await {
            Err(CommitError::Conflict { .. }) => {}
            committed => return committed,
        }
    }
    Err(CommitError::Busy)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "which files are to be fetched can not be read or written");
    Refusal::Unavailable { part: "store" }
}

/// What of them is kept of a customer.
#[derive(Debug, Clone, Copy)]
pub struct KeptErrands;

impl Personal for KeptErrands {
    fn kind(&self) -> &'static str {
        "whatsapp_files"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Erased::default()) };
        let wanted = Match::Is(session.session.as_str());
        let organization = &session.organization;
        let found =
            record::by_index::<ToFetch>(store, organization, BY_SESSION, wanted, None, limit, Direction::Forward)?;
        found.items.iter().for_each(|to_fetch| record::remove(batch, to_fetch));
        Ok(Erased::of(found.items.len(), limit))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::SessionId;

    fn to_fetch() -> ToFetch {
        let session = SessionId::parse("s-1").unwrap();
        ToFetch {
            key: SessionKey { organization: OrganizationId::default_organization(), session },
            customer: CustomerId::parse("+15550002222").unwrap(),
            by: Sender::Customer,
            message: ClientMessageId::parse("wamid.1").unwrap(),
            number: NumberId::parse("900000000000001").unwrap(),
            media: MediaId::parse("77").unwrap(),
            kind: "audio".to_owned(),
            spoken: true,
            sha256: None,
            name: None,
            mime: Some("audio/ogg".to_owned()),
            sent_at: None,
            noted_at: Timestamp::from_ms(0),
            due: Timestamp::from_ms(0),
            tries: 0,
            hearings: 0,
            told: false,
        }
    }

    #[test]
    fn the_stored_form_is_the_one_that_was_once_written() {
        let stored = concat!(
            r#"{"key":{"organization":"default","session":"s-1"},"customer":"+15550002222","message":"wamid.1","#,
            r#""number":"900000000000001","media":"77","kind":"audio","spoken":true,"sha256":null,"name":null,"#,
            r#""mime":"audio/ogg","sent_at":null,"noted_at":0,"due":0,"tries":0}"#
        );
        assert_eq!(serde_json::to_string(&to_fetch()).unwrap(), stored);
        assert_eq!(serde_json::from_str::<ToFetch>(stored).unwrap(), to_fetch());
        let of_colleague = ToFetch { by: Sender::Colleague, ..to_fetch() };
        let stored = serde_json::to_string(&of_colleague).unwrap();
        assert!(stored.contains(r#""by":"colleague""#), "{stored}");
        assert_eq!(serde_json::from_str::<ToFetch>(&stored).unwrap(), of_colleague);
    }

    #[test]
    fn its_names_follow_from_the_message_and_are_no_two_things() {
        let (first, later) = (to_fetch(), ToFetch { tries: 3, due: Timestamp::from_ms(9), ..to_fetch() });
        let all = |one: &ToFetch| [What::File, What::Words, What::Notice].map(|what| one.message(what).1);
        assert_eq!((first.id(), first.file(), all(&first)), (later.id(), later.file(), all(&later)));
        let other = ToFetch { message: ClientMessageId::parse("wamid.2").unwrap(), ..to_fetch() };
        let names: BTreeSet<_> = all(&first).into_iter().chain(all(&other)).map(|id| id.as_str().to_owned()).collect();
        assert_eq!(names.len(), 6);
    }
}
