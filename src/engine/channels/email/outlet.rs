//! The way out: a message as a mail, in the thread that its customer's program knows. Its Message-ID is made of the name that the outbox
//! gave it before, so an answer to it finds its session, and a second try is the same mail.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::book::{self, Last, MailThread};
use super::setup::NO_WAY_OUT;
use super::{MailSetup, Mailboxes, OnwardRule, enclosed, smtp};
use crate::channels::capability::{Capability, EMAIL};
use crate::channels::email::{CleanHtml, Mailbox, MessageId, Outgoing, Subject, Voice, reply_subject};
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::render::Part;
use crate::domain::message::{Author, Message, Notice};
use crate::domain::outbox::Via;
use crate::domain::{Channel, Email, OrganizationId};
use crate::engine::Files;
use crate::engine::channels::outward::{Accepted, Account, Letter, Outlet, Timing, Told};
use crate::store::record;
use crate::store::{Store, StoreError};

/// The subject of a mail that answers none, and for which nobody said one.
const SUBJECT: &str = "Your conversation with us";

/// See the module.
pub struct EmailOutlet {
    store: Store,
    boxes: Arc<Mailboxes>,
    files: Files,
    onward: OnwardRule,
}

impl EmailOutlet {
    /// The way out of all mailboxes: each answer goes by the one to which its customer wrote.
    pub const fn new(store: Store, boxes: Arc<Mailboxes>, files: Files, onward: OnwardRule) -> Self {
        Self { store, boxes, files, onward }
    }

    async fn go(&self, letter: &Letter) -> Result<Accepted, Failure> {
        let setup = self.boxes.at(&letter.account.organization, &letter.account.name);
        let Some((setup, server)) = setup.and_then(|setup| Some((setup, setup.settings.smtp.as_ref()?))) else {
            return Err(Failure::new(FailureClass::Credentials, None, NO_WAY_OUT));
        };
        let unread = || Failure::new(FailureClass::Retry, None, "the store does not read");
        let (store, of, message) = (self.store.clone(), letter.session.clone(), letter.message.id);
        let read = move || -> Result<_, StoreError> {
            let thread = record::get::<MailThread>(&store, &of.organization, of.session.as_str())?;
            Ok((thread, store.get(&book::html_key(&of, message))?))
        };
        let known = tokio::task::spawn_blocking(read).await.map_err(|_| unread())?;
        let (thread, html) = known.map_err(|_| unread())?;
        let mut mail = composed(setup, letter, thread.map(|found| found.record))?;
        match self.onward.text(letter, &mail.text, setup.settings.imap.is_some()).await? {
            // With what was said besides.
            Some(text) => mail.text = text,
            None if letter.place == (0, 1) => mail.html = html.and_then(read_html),
            None => {}
        }
        if letter.place.0 == 0 {
            mail.files = enclosed::opened(&self.files, &letter.session, &letter.message).await?;
        }
        let bytes = mail.to_bytes().map_err(|why| Failure::new(FailureClass::Permanent, None, &why.to_string()))?;
        let to: Vec<&str> = mail.to.iter().map(|to| to.address.as_str()).collect();
        let parcel = smtp::Parcel { from: mail.from.address.as_str(), to: &to, mail: &bytes };
        smtp::send(server, &parcel).await?;
        Ok(Accepted { id: mail.id.as_str().to_owned() })
    }
}

impl Outlet for EmailOutlet {
    fn via(&self) -> Via {
        Via::Email
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn capability(&self) -> &'static Capability {
        &EMAIL
    }

    fn timing(&self, told: &Told<'_>) -> Result<Timing, StoreError> {
        self.onward.timing(told)
    }

    fn parts(&self, message: &Message) -> Vec<Part> {
        enclosed::mail_parts(message)
    }

    fn carries_files(&self) -> bool {
        true
    }

    fn listens(&self, organization: &OrganizationId) -> Result<bool, StoreError> {
        Ok(self.boxes.of(organization).next().is_some())
    }

    fn is_set_up(&self, account: &Account) -> bool {
        self.boxes.at(&account.organization, &account.name).is_some_and(|setup| setup.settings.smtp.is_some())
    }

    fn lack(&self, account: &Account) -> &'static str {
        match self.boxes.at(&account.organization, &account.name) {
            Some(_) => NO_WAY_OUT,
            None => "the mailbox is not set up any more",
        }
    }

    /// What goes again is the very same mail, which mail programs show once.
    fn repeats_max(&self) -> u32 {
        20
    }

    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<Accepted, Failure>> {
        self.go(letter).boxed()
    }
}

/// A message as a mail.
fn composed(setup: &MailSetup, letter: &Letter, thread: Option<MailThread>) -> Result<Outgoing, Failure> {
    let impossible = |why: &str| Failure::new(FailureClass::Permanent, None, why);
    let id = book::our_id(&letter.reference, &setup.domain).ok_or_else(|| impossible("no Message-ID can be made"))?;
    let said = |name: &str| {
        let facts = letter.message.metadata.as_ref().and_then(|facts| facts.get("email"));
        facts.and_then(|facts| facts.get(name)).and_then(Value::as_str).map(str::to_owned)
    };
    let wanted = said("to").and_then(|address| Email::parse(&address).ok());
    let to = match &thread {
        Some(thread) => match wanted.filter(|wanted| *wanted != thread.to.address) {
            None => thread.to.mailbox(),
            Some(wanted) if thread.people.contains(&wanted) => Mailbox::new(wanted, None),
            Some(_) => return Err(impossible("it is meant for nobody of the conversation")),
        },
        None => {
            let address = letter.names.first().and_then(|name| Email::parse(&name.name).ok());
            Mailbox::new(address.ok_or_else(|| impossible("the customer has no address"))?, None)
        }
    };
    let last = thread.as_ref().and_then(|thread| thread.last.clone());
    let is_onward = thread.as_ref().is_some_and(|thread| thread.onward);
    let base = thread.map(|thread| thread.subject).filter(|subject| !subject.is_empty());
    let subject = match (said("subject"), base) {
        (Some(subject), _) => subject,
        // Nothing was written that it would answer.
        (None, Some(base)) if is_onward && last.is_none() => base,
        (None, Some(base)) => reply_subject(&Subject::new(&base)),
        (None, None) => SUBJECT.to_owned(),
    };
    // Programs put mails together that refer to the same one, whether they have it or not.
    let root = if is_onward { book::root_id(&letter.session, &setup.domain) } else { None };
    let in_reply_to = last.as_ref().map(|last| last.id.clone());
    let signed = || setup.signed.of(&letter.session.session).filter(|_| setup.settings.plus_addressing);
    let wished = said("reply_to").and_then(|address| Email::parse(&address).ok());
    Ok(Outgoing {
        id,
        date: letter.message.at,
        from: setup.settings.from.clone(),
        to: vec![to],
        cc: Vec::new(),
        reply_to: wished.or_else(signed),
        subject,
        references: references(root, last),
        in_reply_to,
        voice: voice(&letter.message.author),
        marker: setup.ours.marker.clone(),
        text: text(&letter.part),
        html: None,
        files: Vec::new(),
    })
}

/// HTML as it was kept.
fn read_html(kept: Vec<u8>) -> Option<CleanHtml> {
    String::from_utf8(kept).ok().and_then(|kept| kept.get(1..).map(|html| CleanHtml::kept(html.to_owned())))
}

fn references(root: Option<MessageId>, last: Option<Last>) -> Vec<MessageId> {
    let named: Vec<MessageId> =
        last.map(|last| last.references.into_iter().chain([last.id]).collect()).unwrap_or_default();
    root.filter(|root| !named.contains(root)).into_iter().chain(named).collect()
}

const fn voice(author: &Author) -> Voice {
    match author {
        // What a program of the organization says answers nothing.
        Author::Notice(Notice::Service) => Voice::Notice,
        Author::Assistant | Author::Notice(_) | Author::Customer => Voice::Assistant,
        Author::Agent { .. } => Voice::Person,
    }
}

fn text(part: &Part) -> String {
    match part {
        Part::Text(text) | Part::Choices { text, .. } => text.clone(),
        Part::File { caption, .. } => caption.clone().unwrap_or_default(),
    }
}

impl std::fmt::Debug for EmailOutlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmailOutlet").field("boxes", &self.boxes).finish_non_exhaustive()
    }
}
