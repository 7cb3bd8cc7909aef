//! Mails that come and go by a program's word: one that it took elsewhere, and one that is to be sent.

use serde_json::json;

use super::book::{Book, MailThread, Party};
use super::intake::{Cannot, correspondent, customer, unreadable};
use super::{MailChannel, aside};
use crate::channels::email::thread::{Conversation, Known};
use crate::channels::email::{BodyText, Mailbox, Subject, SubjectKind, reply_text};
use crate::domain::{
    Body, Channel, Command, Contact, Draft, Email, MessageId, Opening, OrganizationId, Refusal, SessionId, SessionKey,
    State, Visitor,
};
use crate::engine::channels::email::MailAside;
use crate::store::{Batch, CommitError, record};

/// The most names of attachments that are told.
const FILES_MAX: usize = 10;

/// The longest such name, in bytes.
const FILE_NAME_MAX_BYTES: usize = 200;

/// A mail that somebody else took.
#[derive(Debug, Clone)]
pub struct ProcessMail {
    /// Who wrote it.
    pub from: Mailbox,
    /// Its subject.
    pub subject: Subject,
    /// What it says.
    pub text: BodyText,
    /// The session that it goes on.
    pub thread: Option<SessionId>,
    /// What came with it, by name.
    pub files: Vec<String>,
}

/// A mail that is to be sent.
#[derive(Debug, Clone)]
pub struct SendMail {
    /// To whom.
    pub to: Email,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub text: Body,
    /// Where answers are to go, if not to where they are heard here.
    pub reply_to: Option<Email>,
    /// The session that it belongs to.
    pub thread: Option<SessionId>,
}

impl ProcessMail {
    /// A mail as a program has it: its text, or else its HTML.
    pub fn new(
        from: Email,
        name: Option<&str>,
        subject: &str,
        (text, html): (Option<&str>, Option<&str>),
        thread: Option<SessionId>,
        files: Vec<String>,
    ) -> Self {
        let text = match (text, html) {
            (Some(text), _) => BodyText::plain(text),
            (None, Some(html)) => BodyText::html(html),
            (None, None) => BodyText::default(),
        };
        Self { from: Mailbox::new(from, name), subject: Subject::new(subject), text, thread, files }
    }

    /// What an HTML text says.
    pub fn text_of_html(html: &str) -> String {
        BodyText::html(html).as_str().to_owned()
    }
}

impl MailChannel {
    /// Takes in what somebody wrote; returns the message that it became.
    ///
    /// # Errors
    /// What a message is refused for; `NotFound` where the session can not be theirs.
    pub async fn process(&self, organization: &OrganizationId, mail: ProcessMail) -> Result<MessageId, Refusal> {
        let sender = mail.from.address.clone();
        let known = || self.conversation_about(organization, &sender, &mail.subject);
        let session = match &mail.thread {
            Some(session) => session.clone(),
            None => known()?.unwrap_or_else(|| SessionId::from_uuid(uuid::Uuid::now_v7())),
        };
        let key = SessionKey { organization: organization.clone(), session };
        let name = mail.from.name.as_deref();
        let name = name.and_then(|name| crate::domain::PersonName::parse("name", name).ok());
        let opening = Opening { channel: Channel::Email, resume: None, language: None, name: name.clone() };
        let customer = self.customer_of(&key)?.unwrap_or_else(|| customer(&sender));
        let shown = reply_text(&mail.text, mail.subject.kind()).reply();
        let body = Body::parse("text", if shown.trim().is_empty() { mail.subject.text() } else { &shown })?;
        let clip = |name: &String| name[..name.floor_char_boundary(FILE_NAME_MAX_BYTES)].to_owned();
        let files: Vec<String> = mail.files.iter().take(FILES_MAX).map(clip).collect();
        let facts =
            json!({ "email": { "subject": mail.subject.text(), "from": sender.as_str(), "attachments": files } });
        self.known_by_mail(&key, &customer, &Party::from(&mail.from), &mail.subject).await?;
        let contact = Contact { name, email: Some(sender), ..Contact::default() };
        self.inner.introduce(&key, &customer, contact).await;
        let draft = draft(body, Some(facts));
        let receipt = self.inner.parts.sessions.post(&key, Visitor::Customer(customer), Some(opening), draft).await?;
        Ok(receipt.message)
    }

    /// Has a mail sent: it stands in its session, and goes as everything that is said there. Returns its message.
    ///
    /// # Errors
    /// What a message is refused for; `Unavailable` where no mail can be sent; `NotFound` where the session can not be that person's.
    pub async fn send(&self, organization: &OrganizationId, by: Visitor, mail: SendMail) -> Result<MessageId, Refusal> {
        let setup = self.inner.setup.as_ref().filter(|setup| setup.settings.organization == *organization);
        let (Some(_), true) = (setup, self.sends()) else { return Err(Refusal::Unavailable { part: "email" }) };
        let session = match &mail.thread {
            Some(session) => Some(session.clone()),
            None => self.newest_with(organization, &mail.to)?,
        };
        let session = session.unwrap_or_else(|| SessionId::from_uuid(uuid::Uuid::now_v7()));
        let key = SessionKey { organization: organization.clone(), session };
        let known = self.customer_of(&key)?;
        let customer = known.clone().unwrap_or_else(|| customer(&mail.to));
        if known.is_none() {
            let opening = Opening { channel: Channel::Email, resume: None, language: None, name: None };
            self.inner.parts.sessions.enter(&key, Visitor::Customer(customer.clone()), Some(opening)).await?;
        }
        let party = Party { address: mail.to.clone(), name: None };
        self.known_by_mail(&key, &customer, &party, &Subject::new(&mail.subject)).await?;
        let reply_to = mail.reply_to.as_ref().map(Email::as_str);
        let facts = json!({ "email": { "subject": mail.subject, "reply_to": reply_to } });
        let (sessions, draft) = (&self.inner.parts.sessions, draft(mail.text, Some(facts)));
        let receipt = match by {
            Visitor::Service => sessions.receipt_of(&key, Command::Announce { visitor: by, draft }).await?,
            Visitor::Staff { .. } => sessions.post(&key, by, None, draft).await?,
            Visitor::Customer(_) | Visitor::Anonymous { .. } => return Err(Refusal::Forbidden),
        };
        Ok(receipt.message)
    }

    /// The newest mails that can not be taken in, newest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn set_aside(&self, organization: &OrganizationId, limit: usize) -> Result<Vec<MailAside>, Refusal> {
        aside::newest(&self.inner.parts.store, organization, limit)
    }

    /// Whose a session is, if it began.
    fn customer_of(&self, key: &SessionKey) -> Result<Option<crate::domain::CustomerId>, Refusal> {
        match self.inner.parts.sessions.read(key, &Visitor::Service) {
            Ok(State { customer, .. }) => Ok(Some(customer)),
            Err(Refusal::NotFound { .. }) => Ok(None),
            Err(why) => Err(why),
        }
    }

    fn newest_with(&self, organization: &OrganizationId, person: &Email) -> Result<Option<SessionId>, Refusal> {
        let book = Book::new(&self.inner.parts.store, organization, "");
        let thread = book.newest_with(person).map_err(unreadable).map_err(refusal)?;
        Ok(thread.map(|thread| thread.session))
    }

    fn conversation_about(
        &self,
        organization: &OrganizationId,
        sender: &Email,
        subject: &Subject,
    ) -> Result<Option<SessionId>, Refusal> {
        if subject.kind() != SubjectKind::Reply {
            return Ok(None);
        }
        let book = Book::new(&self.inner.parts.store, organization, "");
        let found = book.by_subject(sender, subject.key()).into_iter().next();
        book.checked().map_err(unreadable).map_err(refusal)?;
        Ok(found.map(|Conversation { session, .. }| session))
    }

    /// From now on what is said in a session goes to somebody by mail too. Somebody else than who is known there is not written to.
    async fn known_by_mail(
        &self,
        key: &SessionKey,
        customer: &crate::domain::CustomerId,
        party: &Party,
        subject: &Subject,
    ) -> Result<(), Refusal> {
        let setup = self.inner.setup.as_ref().filter(|setup| setup.settings.organization == key.organization);
        let Some(setup) = setup else { return Ok(()) };
        let (store, now) = (&self.inner.parts.store, self.inner.parts.clock.now());
        let known = record::get::<MailThread>(store, &key.organization, key.session.as_str());
        if let Some(thread) = known.map_err(unreadable).map_err(refusal)? {
            let is_of_it = thread.record.people.contains(&party.address);
            return if is_of_it { Ok(()) } else { Err(Refusal::NotFound { what: "session" }) };
        }
        let thread = MailThread {
            organization: key.organization.clone(),
            session: key.session.clone(),
            account: setup.account.name.clone(),
            customer: customer.clone(),
            people: vec![party.address.clone()],
            subject: subject.base().to_owned(),
            subject_key: subject.key().to_owned(),
            to: party.clone(),
            last: None,
            last_at: now,
        };
        let mut batch = Batch::default();
        record::insert(&mut batch, &thread).map_err(unreadable).map_err(refusal)?;
        record::insert(&mut batch, &correspondent(&thread, now)).map_err(unreadable).map_err(refusal)?;
        match store.commit(batch).await {
            Ok(()) => Ok(()),
            Err(why @ CommitError::Conflict { .. }) => Err(why.refused("the session is written to by mail meanwhile")),
            Err(why) => Err(why.refused("")),
        }
    }
}

fn draft(body: Body, metadata: Option<serde_json::Value>) -> Draft {
    let id = MessageId(uuid::Uuid::now_v7());
    Draft { id, body, client_id: None, metadata, quiet: false, sent_at: None }
}

fn refusal(cannot: Cannot) -> Refusal {
    match cannot {
        Cannot::Now(why) => why,
        Cannot::Ever(_) => Refusal::Unavailable { part: "store" },
    }
}
