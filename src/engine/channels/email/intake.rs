//! Takes one mail in. Where it goes, who wrote it and the mail itself are durable in one batch; then its words are posted. Whoever is killed
//! between the two finds the batch, and posts again what counts once by its id.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use metrics::counter;

use super::book::{self, Book, MailThread, Role};
use super::people::{Newcomer, begins, correspondent, customer, goes_on, named, writer};
use super::shown::Shown;
use super::{Inner, MailSetup, onward};
use crate::channels::delivery::Delivery as Reach;
use crate::channels::email::nature::{self, DeliveryAction, DeliveryReport};
use crate::channels::email::thread::Placement;
use crate::channels::email::{Assessment, Authentication, Incoming, MessageId, Nature};
use crate::channels::failure::{Failure, FailureClass};
use crate::domain::{
    Channel, ClientMessageId, Contact, CustomerId, Email, Opening, PersonName, Refusal, SessionId, SessionKey,
    Timestamp, Visitor,
};
use crate::engine::channels::outward::{Called, News};
use crate::store::record;
use crate::store::{Batch, CommitError, StoreError};

/// How often a mail is tried to be placed while others change its conversation.
const TRIES_MAX: usize = 16;

/// The most mails of one sender in [`PACE_WINDOW_MS`] that are answered automatically.
const ANSWERED_MAX: usize = 30;

/// See [`ANSWERED_MAX`]; in milliseconds.
const PACE_WINDOW_MS: u64 = 60 * 60 * 1_000;

/// The most senders whose mails are counted.
const SENDERS_MAX: usize = 10_000;

/// What became of mails, by outcome.
const MAILS: &str = "switchboard_mails_total";

/// A mail that came.
pub(super) struct Came {
    /// As the mailbox has it; its header only, where it is too large.
    pub(super) raw: Vec<u8>,
    /// When the server took it.
    pub(super) arrived: Timestamp,
    /// Its size, in bytes, where that is too much for it to be read.
    pub(super) too_large: Option<u64>,
}

/// Why a mail was not taken in.
#[derive(Debug)]
pub(super) enum Cannot {
    /// Not now: it is to be brought again.
    Now(Refusal),
    /// Never, and why.
    Ever(String),
}

/// Where a mail goes.
struct Placed {
    /// What the mail is called here.
    id: MessageId,
    key: SessionKey,
    customer: CustomerId,
    related: Option<SessionId>,
    /// Whether it is a conversation of the page.
    onward: bool,
}

/// A mail that was read, with its bytes.
pub(super) struct Read {
    mail: Incoming,
    assessment: Assessment,
    authentication: Authentication,
    pub(super) came: Came,
}

impl Read {
    /// Who says to have sent it.
    pub(super) fn sender(&self) -> Option<&Email> {
        self.mail.from.as_ref().map(|from| &from.address)
    }

    /// What mails have in common that must not be taken at the same time: their people, and the ids that they have and name.
    pub(super) fn ties(&self) -> impl Iterator<Item = &str> {
        let people = self.mail.from.iter().chain(&self.mail.reply_to).map(|party| party.address.as_str());
        people.chain(self.mail.ids().map(MessageId::as_str))
    }
}

impl Inner {
    /// Reads a mail, on a thread of its own: a large one takes its time. Gives the mail back with the reason where it can not be read.
    pub(super) async fn read(setup: Arc<MailSetup>, came: Came) -> Result<Read, (Came, String)> {
        let came = Arc::new(came);
        let bytes = Arc::clone(&came);
        let reading = tokio::task::spawn_blocking(move || {
            let mail = Incoming::parse(&bytes.raw, &setup.limits()).map_err(|why| why.to_string())?;
            let of_server = |id: &String| Authentication::of(&mail, id);
            let found = setup.settings.authserv_id.as_ref().map_or(Authentication::Unchecked, of_server);
            Ok(((nature::assess(&mail, &setup.ours), found), mail))
        });
        let read: Result<_, String> = reading.await.unwrap_or_else(|_| Err("it broke its reader".to_owned()));
        let came = Arc::into_inner(came).ok_or_else(|| "it is still being read".to_owned());
        match (read, came) {
            (Ok(((assessment, authentication), mail)), Ok(came)) => Ok(Read { mail, assessment, authentication, came }),
            (Err(why), Ok(came)) => Err((came, why)),
            (_, Err(why)) => Err((Came { raw: Vec::new(), arrived: Timestamp::from_ms(0), too_large: None }, why)),
        }
    }

    /// Takes a mail in; returns once it is durable.
    pub(super) async fn settle(&self, setup: &MailSetup, read: &Read) -> Result<(), Cannot> {
        let outcome = match &read.assessment.nature {
            Nature::Person | Nature::Automatic | Nature::Bulk => self.message(setup, read).await?,
            Nature::DeliveryReport(report) => self.report(setup, report).await?,
            Nature::Complaint { .. } => {
                tracing::warn!("somebody complained about a mail of ours");
                "complaint"
            }
            Nature::ReadReceipt { .. } | Nature::OwnLoop => read.assessment.nature.name(),
        };
        counter!(MAILS, "outcome" => outcome).increment(1);
        Ok(())
    }

    async fn message(&self, setup: &MailSetup, read: &Read) -> Result<&'static str, Cannot> {
        if self.is_ours(setup, &read.mail)? {
            return Ok(Nature::OwnLoop.name());
        }
        let Some(placed) = self.placed(setup, read).await? else { return Ok("stays_erased") };
        let (Placed { id, key, customer, related, onward: is_onward }, Read { mail, assessment, authentication, came }) =
            (placed, read);
        // What a mail says of others than its sender is nothing that the sender may say of them.
        let sender = mail.from.as_ref().filter(|from| self::customer(&from.address) == customer);
        let name = sender.and_then(|from| PersonName::parse("name", from.name.as_deref()?).ok());
        let email = sender.map(|from| from.address.clone());
        self.introduce(&key, &customer, Contact { name: name.clone(), email, ..Contact::default() }).await;
        let address = writer(mail, &setup.ours).map(|party| &party.address);
        let is_enough = address.is_some_and(|address| self.pace().is_enough(address, &id, came.arrived));
        let shown = Shown {
            mail,
            assessment,
            authentication: *authentication,
            too_large: came.too_large,
            related: related.as_ref(),
            arrived: Some(came.arrived),
            is_enough,
            client_id: client_id(&id),
        };
        let opening = Opening { channel: Channel::Email, resume: None, language: None, name };
        let by = if is_onward { self.customer_of(&key)? } else { Visitor::Customer(customer) };
        let files = if mail.attachments.is_empty() {
            Vec::new()
        } else {
            self.parts.sessions.enter(&key, by.clone(), Some(opening.clone())).await.map_err(cannot)?;
            self.enclosed(&key, &id, mail).await?
        };
        let draft = shown.draft(files).map_err(|why| Cannot::Ever(why.to_string()))?;
        let wants_no_more = is_onward && onward::says_stop(draft.body.as_str());
        let sessions = &self.parts.sessions;
        let receipt = sessions.post(&key, by, Some(opening), draft).await.map_err(cannot)?;
        if wants_no_more {
            let parted = onward::part_by((&self.parts.store, sessions), &key, receipt.seq, &self.parts.onward);
            parted.await.map_err(cannot)?;
        }
        Ok(if receipt.duplicate { "duplicate" } else { "posted" })
    }

    /// Who writes in a conversation of the page: its customer, whom the address was proved to be.
    fn customer_of(&self, key: &SessionKey) -> Result<Visitor, Cannot> {
        let state = self.parts.sessions.read(key, &Visitor::Service).map_err(cannot)?;
        Ok(Visitor::customer_of(&state))
    }

    /// Whether a mail has the id of one of ours: it came back, or somebody made it who knows the id.
    fn is_ours(&self, setup: &MailSetup, mail: &Incoming) -> Result<bool, Cannot> {
        let book = Book::new(&self.parts.store, &setup.settings.organization, &setup.domains);
        book.is_ours(&mail.id).map_err(unreadable)
    }

    /// Decides where a mail goes and makes that durable; nothing where it was erased.
    async fn placed(&self, setup: &MailSetup, read: &Read) -> Result<Option<Placed>, Cannot> {
        for _ in 0..TRIES_MAX {
            let (placed, batch) = self.plan(setup, read)?;
            let Some(batch) = batch else { return Ok(placed) };
            match self.parts.store.commit(batch).await {
                Ok(()) => return Ok(placed),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(Cannot::Now(why.refused("its conversation was changed meanwhile"))),
            }
        }
        Err(Cannot::Now(Refusal::Busy))
    }

    /// Where a mail goes, and what is to be kept of it if it was not taken before.
    fn plan(&self, setup: &MailSetup, read: &Read) -> Result<(Option<Placed>, Option<Batch>), Cannot> {
        let (organization, mail) = (&setup.settings.organization, &read.mail);
        let book = Book::new(&self.parts.store, organization, &setup.domains);
        let id = book.called(mail).map_err(unreadable)?;
        let key = |session: &SessionId| SessionKey { organization: organization.clone(), session: session.clone() };
        if let Some(name) = book.name(&id).map_err(unreadable)?.filter(|name| name.record.role == Role::Came) {
            // It may not have been posted.
            let thread = book.thread(&name.record.session).map_err(unreadable)?.map(|thread| thread.record);
            let placed = |thread: MailThread| {
                let (key, onward) = (key(&thread.session), thread.onward);
                Placed { id, key, customer: thread.customer, related: None, onward }
            };
            return Ok((thread.map(placed), None));
        }
        let (now, writer) = (self.parts.clock.now(), writer(mail, &setup.ours));
        let unverified = read.authentication == Authentication::Failed;
        let placement = book.placement(mail, &id, &setup.signed, now);
        book.checked().map_err(unreadable)?;
        let (session, related) = match placement {
            Placement::Continues { session, .. } | Placement::Joins { session, .. } => (Some(session), None),
            Placement::Begins { related, .. } => (None, related),
            Placement::Duplicate | Placement::StaysDeleted => return Ok((None, None)),
        };
        let old = session.as_ref().map(|session| book.thread(session)).transpose().map_err(unreadable)?;
        let mut batch = Batch::default();
        let (thread, related) = match (old, session) {
            (Some(None), _) => return Err(Cannot::Now(Refusal::Busy)),
            // Whoever is not who they say is not let into what a known person said.
            (Some(Some(old)), _) if old.record.unverified || !unverified => {
                let new = goes_on(old.record.clone(), writer, mail, now);
                record::update(&mut batch, &old, &new).map_err(unreadable)?;
                (new, None)
            }
            (_, session) => {
                let newcomer = Newcomer { account: &setup.account.name, writer, unverified };
                let thread = begins(&book, &newcomer, mail, &id, now)?;
                record::insert(&mut batch, &thread).map_err(unreadable)?;
                record::insert(&mut batch, &correspondent(&thread, now)).map_err(unreadable)?;
                (thread, session.or(related))
            }
        };
        // What an unproved mail names leads nobody to it.
        let named = if unverified { Vec::new() } else { named(mail) };
        book::note(&mut batch, &book, &thread.session, (&id, &mail.contents), &named).map_err(unreadable)?;
        batch.put_new(book::raw_key(organization, &thread.session, &id), kept(&read.came.raw));
        let (key, onward) = (key(&thread.session), thread.onward);
        Ok((Some(Placed { id, key, customer: thread.customer, related, onward }), Some(batch)))
    }

    /// Notes the sender's name and address; a mail is taken also where that can not be kept.
    pub(super) async fn introduce(&self, key: &SessionKey, customer: &CustomerId, contact: Contact) {
        if let Err(why) = self.parts.customers.learn(&key.organization, customer, &contact).await {
            tracing::warn!(%why, "what a mail says of its sender is not kept");
        }
    }

    /// Notes what a server tells of a mail of ours.
    async fn report(&self, setup: &MailSetup, report: &DeliveryReport) -> Result<&'static str, Cannot> {
        let reference = report.original.as_ref().and_then(|id| book::reference(id, &setup.domains));
        let Some(reference) = reference else { return Ok("report_unknown") };
        for delivery in &report.deliveries {
            let (reach, failure) = match delivery.action {
                DeliveryAction::Failed => {
                    let said = delivery.diagnostic.as_deref().or(delivery.status.as_deref()).unwrap_or_default();
                    (Reach::Failed, Some(Failure::new(FailureClass::Permanent, None, said)))
                }
                DeliveryAction::Delivered => (Reach::Delivered, None),
                DeliveryAction::Delayed | DeliveryAction::Relayed | DeliveryAction::Expanded => continue,
            };
            let names = [Called::Ours(reference)];
            let news = News { names: &names, provider_id: None, reach, failure };
            self.dispatches.hear(&setup.settings.organization, Channel::Email, &news).await.map_err(Cannot::Now)?;
        }
        Ok("report")
    }
}

fn client_id(id: &MessageId) -> ClientMessageId {
    let bytes = book::hash(&["mail", id.as_str()]);
    ClientMessageId::from_uuid(uuid::Uuid::try_parse(&bytes).unwrap_or_default())
}

/// What is kept of a mail: a byte for the form, and the mail.
pub(super) fn kept(raw: &[u8]) -> Vec<u8> {
    [b"1", raw].concat()
}

/// What helps where a message was refused.
pub(super) fn cannot(why: Refusal) -> Cannot {
    match why {
        Refusal::Busy | Refusal::Unavailable { .. } | Refusal::TooMany { .. } => Cannot::Now(why),
        _ => Cannot::Ever(why.to_string()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unreadable(error: StoreError) -> Cannot {
    tracing::error!(%error, "what is kept of mails does not read");
    Cannot::Now(Refusal::Unavailable { part: "store" })
}

/// How many mails of each sender were answered automatically of late. A program that answers and does not say so is not answered for ever.
#[derive(Default)]
pub(super) struct Pace {
    senders: HashMap<Email, VecDeque<(Timestamp, MessageId)>>,
}

impl Pace {
    /// Counts a mail, once, and says whether enough of its sender's were answered before.
    fn is_enough(&mut self, sender: &Email, id: &MessageId, at: Timestamp) -> bool {
        if self.senders.len() >= SENDERS_MAX && !self.senders.contains_key(sender) {
            self.forget_quietest();
        }
        let counted = self.senders.entry(sender.clone()).or_default();
        if counted.iter().any(|(_, known)| known == id) {
            return false;
        }
        counted.retain(|(before, _)| at.since_ms(*before) < PACE_WINDOW_MS);
        if counted.len() >= ANSWERED_MAX {
            return true;
        }
        counted.push_back((at, id.clone()));
        false
    }

    /// Forgets who has not written for the longest time: many new senders clear nobody else's count.
    fn forget_quietest(&mut self) {
        let newest = |counted: &VecDeque<(Timestamp, MessageId)>| counted.back().map(|(at, _)| *at);
        let quietest = self.senders.iter().min_by_key(|(_, counted)| newest(counted)).map(|(sender, _)| sender.clone());
        if let Some(quietest) = quietest {
            self.senders.remove(&quietest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_writes_without_end_is_not_answered_without_end() {
        let mut pace = Pace::default();
        let loop_ = Email::parse("loop@example.test").unwrap();
        let id = |n: usize| MessageId::parse(&format!("{n}@example.test")).unwrap();
        let at = |s: i64| Timestamp::from_ms(s * 1_000);
        for n in 0..ANSWERED_MAX {
            assert!(!pace.is_enough(&loop_, &id(n), at(n as i64)), "{n}");
        }
        assert!(pace.is_enough(&loop_, &id(100), at(100)));
        assert!(!pace.is_enough(&loop_, &id(3), at(100)), "the same mail again is no other mail");
        assert!(!pace.is_enough(&Email::parse("jo@example.test").unwrap(), &id(100), at(100)));
        assert!(!pace.is_enough(&loop_, &id(101), at(3_700)), "an hour later");
    }

    #[test]
    fn many_new_senders_do_not_make_room_for_one_who_writes_without_end() {
        let mut pace = Pace::default();
        let of = |name: &str| Email::parse(&format!("{name}@example.test")).unwrap();
        let id = |n: usize| MessageId::parse(&format!("{n}@example.test")).unwrap();
        for n in 0..ANSWERED_MAX {
            assert!(!pace.is_enough(&of("loop"), &id(n), Timestamp::from_ms(2_000)));
        }
        for n in 0..SENDERS_MAX + 10 {
            pace.is_enough(&of(&format!("p{n}")), &id(0), Timestamp::from_ms(if n < 100 { 1_000 } else { 3_000 }));
        }
        assert_eq!(pace.senders.len(), SENDERS_MAX);
        assert!(pace.is_enough(&of("loop"), &id(100), Timestamp::from_ms(4_000)), "it is counted still");
    }
}
