//! Mails that come and go by a program's word: one that it took elsewhere, and one that is to be sent.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::book::{self, Book, MailThread, Party};
use super::enclosed::MailFile;
use super::intake::{Cannot, kept, unreadable};
use super::onward::{part_by, says_stop};
use super::people::{self, correspondent};
use super::{MailChannel, MailSetup};
use crate::channels::email::thread::{Conversation, Known};
use crate::channels::email::{BodyText, CleanHtml, Mailbox, Subject, SubjectKind, reply_text};
use crate::domain::attachment::body_with;
use crate::domain::{
    Body, Channel, ClientMessageId, Command, Contact, CustomerId, Draft, Email, MessageId, Opening, OrganizationId,
    PersonName, Refusal, SessionId, SessionKey, State, Visitor,
};
use crate::engine::files::Uploader;
use crate::store::{Batch, CommitError, record};

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
    /// What came with it and is to be kept.
    pub files: Vec<MailFile>,
    /// What came with it, by name, whether it is kept or not.
    pub file_names: Vec<String>,
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
    /// The same as HTML, for programs that show that.
    pub html: Option<CleanHtml>,
    /// What goes with it.
    pub files: Vec<MailFile>,
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
        (files, file_names): (Vec<MailFile>, Vec<String>),
    ) -> Self {
        let text = match (text, html) {
            (Some(text), _) => BodyText::plain(text),
            (None, Some(html)) => BodyText::html(html),
            (None, None) => BodyText::default(),
        };
        Self { from: Mailbox::new(from, name), subject: Subject::new(subject), text, thread, files, file_names }
    }

    /// What an HTML text says.
    pub fn text_of_html(html: &str) -> String {
        BodyText::html(html).as_str().to_owned()
    }
}

/// Where what somebody writes, or what is written to them, stands.
struct Spot {
    key: SessionKey,
    /// Under whom it is noted whose it is.
    person: CustomerId,
    /// Its customer, as they write in it. In one of the page it is whoever is on the page, whose address it was found to be.
    writer: Visitor,
    begun: bool,
    /// The session that was named and is somebody else's.
    related: Option<SessionId>,
}

impl Spot {
    /// In a session that somebody's mail begins.
    fn begins(key: SessionKey, address: &Email) -> Self {
        let person = people::customer(address);
        Self { key, writer: Visitor::Customer(person.clone()), person, begun: false, related: None }
    }

    fn goes_on(state: &State) -> Self {
        let (key, person, writer) = (state.key.clone(), state.person(), Visitor::customer_of(state));
        Self { key, person, writer, begun: true, related: None }
    }
}

impl MailChannel {
    /// Takes in what somebody wrote; returns the message that it became. Where the session that is named is somebody else's, it begins one
    /// of its own. Under a `name` it counts once.
    ///
    /// # Errors
    /// What a message is refused for.
    pub async fn process(
        &self,
        organization: &OrganizationId,
        mail: ProcessMail,
        name: Option<Uuid>,
    ) -> Result<MessageId, Refusal> {
        self.admits(&mail.files)?;
        let sender = mail.from.address.clone();
        let about = || self.conversation_about(organization, &sender, &mail.subject);
        let spot = self.spot_of(organization, mail.thread.as_ref(), &sender, name, about)?;
        let spot = spot.unwrap_or_else(|other| other);
        let Spot { key, person, related, .. } = &spot;
        let shown = reply_text(&mail.text, mail.subject.kind()).reply();
        let shown = if shown.trim().is_empty() { mail.subject.text() } else { &shown };
        // Refused before anything is kept; what files alone say is known once they are.
        let body = if mail.files.is_empty() { Some(Body::parse("text", shown)?) } else { None };
        let clip = |name: &String| name[..name.floor_char_boundary(FILE_NAME_MAX_BYTES)].to_owned();
        let files: Vec<String> = mail.file_names.iter().map(clip).collect();
        let facts = json!({ "email": {
            "subject": mail.subject.text(), "from": sender.as_str(), "attachments": files, "related": related,
        } });
        let called = mail.from.name.as_deref().and_then(|called| PersonName::parse("name", called).ok());
        self.enter(&spot, called.clone()).await?;
        self.known_by_mail(&spot, &Party::from(&mail.from), &mail.subject).await?;
        if people::customer(&sender) == *person {
            let contact = Contact { name: called, email: Some(sender.clone()), ..Contact::default() };
            self.inner.introduce(key, person, contact).await;
        }
        let id = MessageId(name.unwrap_or_else(Uuid::now_v7));
        let attachments = self.bring(key, Uploader::Channel, id, mail.files).await?;
        let body = body.map_or_else(|| body_with("text", shown, &attachments), Ok)?;
        let (draft, by) = (Draft { attachments, ..draft(id, body, facts, name) }, spot.writer.clone());
        let wants_no_more = self.is_onward(key)? && says_stop(draft.body.as_str());
        let parts = &self.inner.parts;
        let receipt = parts.sessions.post(key, by, None, draft).await?;
        if wants_no_more {
            part_by((&parts.store, &parts.sessions), key, receipt.seq, &parts.onward).await?;
        }
        Ok(receipt.message)
    }

    /// Has a mail sent: it stands in its session, and goes as everything that is said there. Returns its message. Under a `name` it counts
    /// once.
    ///
    /// # Errors
    /// What a message is refused for; `Unavailable` where no mail can be sent; `Invalid` on `to` where they are nobody of the session.
    pub async fn send(
        &self,
        organization: &OrganizationId,
        by: Visitor,
        mail: SendMail,
        name: Option<Uuid>,
    ) -> Result<MessageId, Refusal> {
        if self.sending(organization).is_none() {
            return Err(Refusal::Unavailable { part: "email" });
        }
        self.admits(&mail.files)?;
        let newest = || self.newest_with(organization, &mail.to);
        let spot = self.spot_of(organization, mail.thread.as_ref(), &mail.to, name, newest)?;
        let nobody = |_| Refusal::invalid("to", "is nobody of the session: it must be its customer's address");
        let spot = spot.map_err(nobody)?;
        self.enter(&spot, None).await?;
        let party = Party { address: mail.to.clone(), name: None };
        self.known_by_mail(&spot, &party, &Subject::new(&mail.subject)).await?;
        let reply_to = mail.reply_to.as_ref().map(Email::as_str);
        let facts = json!({ "email": { "subject": mail.subject, "to": mail.to.as_str(), "reply_to": reply_to } });
        let id = MessageId(name.unwrap_or_else(Uuid::now_v7));
        let uploader = match &by {
            Visitor::Staff { user, .. } => Uploader::Staff(*user),
            Visitor::Service | Visitor::Customer(_) | Visitor::Anonymous { .. } => Uploader::Channel,
        };
        let attachments = self.bring(&spot.key, uploader, id, mail.files).await?;
        if let Some(html) = &mail.html {
            self.keep_html(&spot.key, id, html).await?;
        }
        let draft = Draft { attachments, ..draft(id, mail.text, facts, name) };
        let sessions = &self.inner.parts.sessions;
        let receipt = match by {
            Visitor::Service => sessions.receipt_of(&spot.key, Command::Announce { visitor: by, draft }).await?,
            Visitor::Staff { .. } => sessions.post(&spot.key, by, None, draft).await?,
            Visitor::Customer(_) | Visitor::Anonymous { .. } => return Err(Refusal::Forbidden),
        };
        Ok(receipt.message)
    }

    /// Keeps the HTML that a message goes with, before the message stands: the outbox may send it at once.
    async fn keep_html(&self, key: &SessionKey, message: MessageId, html: &CleanHtml) -> Result<(), Refusal> {
        let mut batch = Batch::default();
        batch.put(book::html_key(key, message), kept(html.as_str().as_bytes()));
        self.inner.parts.store.commit(batch).await.map_err(|why| why.refused(""))
    }

    /// The mailbox by which an organization writes to whom did not write to another: the first that sends.
    fn sending(&self, organization: &OrganizationId) -> Option<&Arc<MailSetup>> {
        self.inner.boxes.of(organization).find(|setup| setup.settings.smtp.is_some())
    }

    /// Where a person's mail stands: in the session that is named, else in the one that is found, else in a new one. An error brings a new one
    /// too, where the one that is named is somebody else's: nobody gets into a session by knowing its id.
    fn spot_of(
        &self,
        organization: &OrganizationId,
        named: Option<&SessionId>,
        person: &Email,
        name: Option<Uuid>,
        found: impl FnOnce() -> Result<Option<SessionId>, Refusal>,
    ) -> Result<Result<Spot, Spot>, Refusal> {
        let key = |session: SessionId| SessionKey { organization: organization.clone(), session };
        let fresh = key(SessionId::from_uuid(name.unwrap_or_else(Uuid::now_v7)));
        let wanted = match named {
            Some(session) => Some(session.clone()),
            // What a repeated request began goes on there.
            None if name.is_some() && self.state_of(&fresh)?.is_some() => Some(fresh.session.clone()),
            None => found()?,
        };
        let wanted = wanted.map_or_else(|| fresh.clone(), key);
        let Some(state) = self.state_of(&wanted)? else {
            return Ok(Ok(Spot::begins(wanted, person)));
        };
        if self.is_theirs(&state, person)? {
            return Ok(Ok(Spot::goes_on(&state)));
        }
        let begun = self.state_of(&fresh)?.is_some();
        Ok(Err(Spot { begun, related: Some(wanted.session), ..Spot::begins(fresh, person) }))
    }

    /// Whether a session is of the person with this address: it is written to there, or its customer's as far as is known. Of whom only a name
    /// was claimed, nothing is known but what was noted of them in that session.
    fn is_theirs(&self, state: &State, address: &Email) -> Result<bool, Refusal> {
        let (parts, State { key, .. }) = (&self.inner.parts, state);
        let thread = record::get::<MailThread>(&parts.store, &key.organization, key.session.as_str());
        if let Some(thread) = thread.map_err(unreadable).map_err(refusal)? {
            return Ok(thread.record.people.contains(address));
        }
        let person = state.person();
        let is_known = || Ok(parts.customers.noted(&key.organization, &person)?.and_then(|noted| noted.email));
        Ok(people::customer(address) == person || is_known()?.as_ref() == Some(address))
    }

    /// Begins a session where it has not begun. Whoever may not is refused before anything is kept of their mail.
    async fn enter(&self, spot: &Spot, called: Option<PersonName>) -> Result<(), Refusal> {
        let opening = Opening { channel: Channel::Email, resume: None, language: None, name: called };
        let (by, opening) = (spot.writer.clone(), (!spot.begun).then_some(opening));
        self.inner.parts.sessions.enter(&spot.key, by, opening).await.map(drop)
    }

    /// Whether a session is one of the page that goes on by mail.
    fn is_onward(&self, key: &SessionKey) -> Result<bool, Refusal> {
        let found = record::get::<MailThread>(&self.inner.parts.store, &key.organization, key.session.as_str());
        Ok(found.map_err(unreadable).map_err(refusal)?.is_some_and(|thread| thread.record.onward))
    }

    /// A session, if it began.
    fn state_of(&self, key: &SessionKey) -> Result<Option<State>, Refusal> {
        match self.inner.parts.sessions.read(key, &Visitor::Service) {
            Ok(state) => Ok(Some(state)),
            Err(Refusal::NotFound { .. }) => Ok(None),
            Err(why) => Err(why),
        }
    }

    fn newest_with(&self, organization: &OrganizationId, person: &Email) -> Result<Option<SessionId>, Refusal> {
        let book = Book::new(&self.inner.parts.store, organization, &[]);
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
        let book = Book::new(&self.inner.parts.store, organization, &[]);
        let found = book.by_subject(sender, subject.key()).into_iter().next();
        book.checked().map_err(unreadable).map_err(refusal)?;
        Ok(found.map(|Conversation { session, .. }| session))
    }

    /// From now on what is said in a session goes to somebody by mail too. Somebody else than who is known there is not written to.
    async fn known_by_mail(&self, spot: &Spot, party: &Party, subject: &Subject) -> Result<(), Refusal> {
        let Spot { key, person, writer, .. } = spot;
        let boxes = &self.inner.boxes;
        let first = || boxes.of(&key.organization).next();
        let Some(setup) = self.sending(&key.organization).or_else(first) else { return Ok(()) };
        let (store, now) = (&self.inner.parts.store, self.inner.parts.clock.now());
        let known = record::get::<MailThread>(store, &key.organization, key.session.as_str());
        if let Some(thread) = known.map_err(unreadable).map_err(refusal)? {
            let is_of_it = thread.record.people.contains(&party.address);
            return if is_of_it { Ok(()) } else { Err(Refusal::NotFound { what: "session" }) };
        }
        let thread = MailThread {
            organization: key.organization.clone(),
            session: key.session.clone(),
            account: setup.account().name.clone(),
            customer: person.clone(),
            people: vec![party.address.clone()],
            subject: subject.base().to_owned(),
            subject_key: subject.key().to_owned(),
            to: party.clone(),
            last: None,
            last_at: now,
            unverified: false,
            // Whoever is on that page is not known to be who writes from there: other mails do not find it.
            onward: matches!(writer, Visitor::Anonymous { .. }),
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

fn draft(id: MessageId, body: Body, facts: serde_json::Value, name: Option<Uuid>) -> Draft {
    Draft {
        id,
        body,
        client_id: name.map(ClientMessageId::from_uuid),
        metadata: Some(facts),
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    }
}

fn refusal(cannot: Cannot) -> Refusal {
    match cannot {
        Cannot::Now(why) => why,
        Cannot::Ever(_) => Refusal::Unavailable { part: "store" },
    }
}
