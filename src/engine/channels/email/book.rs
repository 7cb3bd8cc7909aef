//! What is kept of mail: which Message-IDs lead where, what a conversation by mail needs to be answered, and how far a mailbox was read.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::channels::email::thread::{self, CANDIDATES_MAX, Conversation, Found, Known, Placement, Seen, ThreadPolicy};
use crate::channels::email::{Incoming, Mailbox, MessageId, SignedAddress};
use crate::domain::{CustomerId, Email, MessageId as MessageName, OrganizationId, SessionId, SessionKey, Timestamp};
use crate::engine::channels::outward::{Account, Dispatch};
use crate::store::index::Match;
use crate::store::record::{self, IndexEntry, Record, Versioned};
use crate::store::{Batch, Direction, Store, StoreError};

/// The most conversations of somebody's that are looked at for the newest in which they are written to.
const LOOKED_AT_MAX: usize = 50;

/// The names of a session.
const BY_SESSION: &str = "session";

/// Conversations by somebody of them and the subject.
const BY_SUBJECT: &str = "subject";

/// Conversations by somebody of them.
const BY_PERSON: &str = "person";

/// How many bytes of a hash name something: nobody finds two that are alike.
const HASH_BYTES: usize = 16;

/// What a Message-ID is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// The mail was taken in.
    Came,
    /// Another mail names it.
    Named,
}

/// A Message-ID, by its hash, and the session that it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MailName {
    pub(super) organization: OrganizationId,
    pub(super) hash: String,
    pub(super) session: SessionId,
    pub(super) role: Role,
    /// What the mail that was taken in held ([`Incoming::contents`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) contents: Option<MessageId>,
}

/// What stays of a mail that was erased.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Gone {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contents: Option<MessageId>,
}

impl Gone {
    /// Of the mail with this name, as it is stored.
    pub(super) fn of(name: &MailName) -> Vec<u8> {
        serde_json::to_vec(&Self { v: 1, contents: name.contents.clone() }).unwrap_or_default()
    }
}

impl Record for MailName {
    const SPACE: &'static str = "mail_name";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.hash.clone()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![IndexEntry::plain(BY_SESSION, self.session.as_str())]
    }
}

/// Somebody who is written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Party {
    pub(super) address: Email,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

/// The mail that an answer answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Last {
    pub(super) id: MessageId,
    pub(super) references: Vec<MessageId>,
}

/// A conversation by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MailThread {
    pub(super) organization: OrganizationId,
    pub(super) session: SessionId,
    /// Which of our addresses it is with.
    pub(super) account: String,
    pub(super) customer: CustomerId,
    /// Whose addresses belong in it.
    pub(super) people: Vec<Email>,
    /// Its subject without prefixes.
    pub(super) subject: String,
    pub(super) subject_key: String,
    pub(super) to: Party,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<Last>,
    pub(super) last_at: Timestamp,
    /// Whether it was begun by a mail whose sender is not who it says, as far as is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) unverified: bool,
    /// Whether it is one of the web page, which goes on by mail while its customer is away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) onward: bool,
}

impl Record for MailThread {
    const SPACE: &'static str = "mail_thread";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.session.as_str().to_owned()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        // Nobody else's mail finds it: only what answers it goes on there. All of the page have one subject, and who else writes from
        // that address is not known to be who is on the page.
        if self.unverified || self.onward {
            return Vec::new();
        }
        let person = |person: &Email| IndexEntry::plain(BY_PERSON, hash(&[person.as_str()]));
        let subject = |person: &Email| IndexEntry::plain(BY_SUBJECT, hash(&[person.as_str(), &self.subject_key]));
        let people = self.people.iter();
        let subjects = self.people.iter().filter(|_| !self.subject_key.is_empty()).map(subject);
        people.map(person).chain(subjects).collect()
    }
}

impl MailThread {
    fn conversation(&self) -> Conversation {
        Conversation {
            session: self.session.clone(),
            people: self.people.clone(),
            subject_key: self.subject_key.clone(),
            last_at: self.last_at,
        }
    }
}

/// How far a mailbox was read. Everything up to the UID was taken in, or is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MailCursor {
    pub(super) organization: OrganizationId,
    /// Of which mailbox.
    pub(super) place: String,
    pub(super) validity: u32,
    pub(super) uid: u32,
    /// What came before that is never taken.
    pub(super) since: Timestamp,
}

impl Record for MailCursor {
    const SPACE: &'static str = "mail_cursor";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.place.clone()
    }
}

impl From<&Mailbox> for Party {
    fn from(mailbox: &Mailbox) -> Self {
        Self { address: mailbox.address.clone(), name: mailbox.name.clone() }
    }
}

impl Party {
    pub(super) fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.address.clone(), self.name.as_deref())
    }
}

/// What is known of one organization's mail, for one of its addresses. A look-up that fails is told at the end: the trait that is served has no
/// place for it.
pub(super) struct Book<'a> {
    pub(super) store: &'a Store,
    pub(super) organization: &'a OrganizationId,
    /// The domains of our Message-IDs.
    pub(super) domains: &'a [String],
    broken: std::cell::RefCell<Option<StoreError>>,
}

impl<'a> Book<'a> {
    pub(super) const fn new(store: &'a Store, organization: &'a OrganizationId, domains: &'a [String]) -> Self {
        Self { store, organization, domains, broken: std::cell::RefCell::new(None) }
    }

    /// What a Message-ID is to us.
    pub(super) fn name(&self, id: &MessageId) -> Result<Option<Versioned<MailName>>, StoreError> {
        record::get(self.store, self.organization, &hash(&[id.as_str()]))
    }

    /// Whether a mail with this id was erased.
    pub(super) fn is_erased(&self, id: &MessageId) -> Result<bool, StoreError> {
        Ok(self.gone(id)?.is_some())
    }

    fn gone(&self, id: &MessageId) -> Result<Option<Gone>, StoreError> {
        let kept = self.store.get(&gone_key(self.organization, &hash(&[id.as_str()])))?;
        Ok(kept.map(|kept| serde_json::from_slice(&kept).unwrap_or_default()))
    }

    /// What a mail is called here: by its Message-ID, unless another mail had that before. Programs exist that give all of theirs the same
    /// one, and people in copy know it before the mail is here.
    pub(super) fn called(&self, mail: &Incoming) -> Result<MessageId, StoreError> {
        let known = match self.name(&mail.id)? {
            Some(name) => name.record.contents.filter(|_| name.record.role == Role::Came),
            None => self.gone(&mail.id)?.and_then(|gone| gone.contents),
        };
        let is_other = known.is_some_and(|known| known != mail.contents);
        Ok(if is_other { mail.id.apart(&mail.contents) } else { mail.id.clone() })
    }

    /// Where a mail goes, under the id that it is called by here.
    pub(super) fn placement(
        &self,
        mail: &Incoming,
        id: &MessageId,
        signed: &SignedAddress,
        now: Timestamp,
    ) -> Placement {
        let policy = ThreadPolicy::default();
        if mail.id == *id {
            return thread::place(mail, self, signed, &policy, now);
        }
        let mut mail = mail.clone();
        mail.id = id.clone();
        thread::place(&mail, self, signed, &policy, now)
    }

    /// Whether a mail of ours has this id.
    pub(super) fn is_ours(&self, id: &MessageId) -> Result<bool, StoreError> {
        Ok(self.dispatch(id)?.is_some())
    }

    pub(super) fn thread(&self, session: &SessionId) -> Result<Option<Versioned<MailThread>>, StoreError> {
        record::get(self.store, self.organization, session.as_str())
    }

    /// The newest conversation in which somebody is written to.
    pub(super) fn newest_with(&self, person: &Email) -> Result<Option<MailThread>, StoreError> {
        let wanted = hash(&[person.as_str()]);
        let (is, back) = (Match::Is(&wanted), Direction::Backward);
        let page =
            record::by_index::<MailThread>(self.store, self.organization, BY_PERSON, is, None, LOOKED_AT_MAX, back)?;
        Ok(page.items.into_iter().map(|found| found.record).find(|thread| thread.to.address == *person))
    }

    /// Why something of what was told is not to be relied on.
    ///
    /// # Errors
    /// When the store did not read.
    pub(super) fn checked(&self) -> Result<(), StoreError> {
        self.broken.take().map_or(Ok(()), Err)
    }

    fn found(&self, session: &SessionId) -> Result<Found, StoreError> {
        Ok(self.thread(session)?.map_or(Found::Nothing, |thread| Found::Conversation(thread.record.conversation())))
    }

    fn by_id(&self, id: &MessageId) -> Result<Found, StoreError> {
        // What leads to a message of ours leads nowhere else, whoever else named it.
        if let Some(dispatch) = self.dispatch(id)? {
            return self.found(&dispatch.session);
        }
        if let Some(name) = self.name(id)? {
            return self.found(&name.record.session);
        }
        Ok(if self.is_erased(id)? { Found::Deleted } else { Found::Nothing })
    }

    /// The message of ours that went under this id.
    fn dispatch(&self, id: &MessageId) -> Result<Option<Dispatch>, StoreError> {
        let Some((uuid, _)) = reference(id, self.domains).and_then(Dispatch::referred) else { return Ok(None) };
        Ok(record::get(self.store, self.organization, &uuid.to_string())?.map(|found| found.record))
    }

    fn told<T>(&self, found: Result<T, StoreError>, otherwise: T) -> T {
        found.unwrap_or_else(|error| {
            self.broken.borrow_mut().get_or_insert(error);
            otherwise
        })
    }
}

impl Known for Book<'_> {
    fn by_message_id(&self, id: &MessageId) -> Found {
        self.told(self.by_id(id), Found::Nothing)
    }

    fn by_session(&self, session: &SessionId) -> Found {
        self.told(self.found(session), Found::Nothing)
    }

    fn by_subject(&self, sender: &Email, key: &str) -> Vec<Conversation> {
        let wanted = hash(&[sender.as_str(), key]);
        let (is, back) = (Match::Is(&wanted), Direction::Backward);
        let found =
            record::by_index::<MailThread>(self.store, self.organization, BY_SUBJECT, is, None, CANDIDATES_MAX, back);
        let found = found.map(|page| page.items.iter().map(|thread| thread.record.conversation()).collect());
        self.told(found, Vec::new())
    }

    fn seen(&self, id: &MessageId) -> Seen {
        let seen = || {
            Ok(match self.name(id)? {
                Some(name) if name.record.role == Role::Came => Seen::Kept,
                _ if self.is_erased(id)? => Seen::Deleted,
                _ => Seen::Never,
            })
        };
        self.told(seen(), Seen::Never)
    }
}

/// The id of a mail of ours, made of what the outbox calls it: the same for each try.
pub(super) fn our_id(reference: &str, domain: &str) -> Option<MessageId> {
    MessageId::ours(reference, domain)
}

/// The id to which all mails of a session of the page refer: of no mail, and the same for ever.
pub(super) fn root_id(key: &SessionKey, domain: &str) -> Option<MessageId> {
    MessageId::ours(&format!("page.{}", hash(&[key.organization.as_str(), key.session.as_str()])), domain)
}

/// What the outbox called the mail of ours that has this id, if it is ours.
pub(super) fn reference<'a>(id: &'a MessageId, domains: &[String]) -> Option<&'a str> {
    let (local, of) = id.as_str().rsplit_once('@')?;
    domains.iter().any(|domain| of.eq_ignore_ascii_case(domain)).then_some(local)
}

/// Puts a mail's id and those that it names into the batch, as far as they lead nowhere yet. An id of a mail of ours is none of them.
pub(super) fn note(
    batch: &mut Batch,
    book: &Book<'_>,
    session: &SessionId,
    (own, contents): (&MessageId, &MessageId),
    named: &[&MessageId],
) -> Result<(), StoreError> {
    let organization = book.organization;
    let name = |id: &MessageId, role, contents| MailName {
        organization: organization.clone(),
        hash: hash(&[id.as_str()]),
        session: session.clone(),
        role,
        contents,
    };
    let came = name(own, Role::Came, Some(contents.clone()));
    record::replace(batch, book.name(own)?.as_ref(), &came)?;
    for id in named {
        if *id != own && book.name(id)?.is_none() && !book.is_ours(id)? {
            record::insert(batch, &name(id, Role::Named, None))?;
        }
    }
    Ok(())
}

/// The names of a session, up to `limit`.
pub(super) fn names_of(
    store: &Store,
    organization: &OrganizationId,
    session: &SessionId,
    limit: usize,
) -> Result<Vec<Versioned<MailName>>, StoreError> {
    let wanted = Match::Is(session.as_str());
    Ok(record::by_index(store, organization, BY_SESSION, wanted, None, limit, Direction::Forward)?.items)
}

/// Where it stands that a mail was erased and stays so.
pub(super) fn gone_key(organization: &OrganizationId, hash: &str) -> Vec<u8> {
    format!("mail_gone/{organization}/{hash}").into_bytes()
}

/// Where a mail is as it came.
pub(super) fn raw_key(organization: &OrganizationId, session: &SessionId, id: &MessageId) -> Vec<u8> {
    format!("mail_raw/{organization}/{session}/{}", hash(&[id.as_str()])).into_bytes()
}

/// Where the HTML is that a message goes with, as a program gave it.
pub(super) fn html_key(key: &SessionKey, message: MessageName) -> Vec<u8> {
    format!("mail_html/{}/{}/{message}", key.organization, key.session).into_bytes()
}

/// What a mailbox is called in the store.
pub(super) fn place(account: &Account, folder: &str) -> String {
    hash(&[&account.name, folder])
}

/// A name of fixed length for texts of others'.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect()
}
