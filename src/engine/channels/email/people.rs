//! Who wrote a mail, whose conversation it begins, and to whom answers go. Nothing in a mail is proved, so an answer never leaves the
//! address whose customer the conversation is: whatever a mail asks for, nobody else reads what is remembered of them.

use super::book::{self, Book, Last, MailThread, Party};
use super::intake::Cannot;
use crate::channels::email::{Incoming, Mailbox, MessageId, Ours};
use crate::domain::{Channel, CustomerId, Email, SessionId, Timestamp};
use crate::engine::channels::Correspondent;

/// The most ids that a mail names and that are kept: the first, and the last so many.
const NAMED_LAST: usize = 20;

/// Who wrote a mail: `From`. Where that is one of our own addresses, as in what a contact form sends, it is who is to be answered.
pub(super) fn writer<'a>(mail: &'a Incoming, ours: &Ours) -> Option<&'a Mailbox> {
    let from = mail.from.as_ref()?;
    if ours.has(&from.address) {
        return mail.reply_to.iter().find(|party| !ours.has(&party.address));
    }
    Some(from)
}

/// The conversation with a mail more.
pub(super) fn goes_on(mut thread: MailThread, writer: Option<&Mailbox>, mail: &Incoming, now: Timestamp) -> MailThread {
    let is_theirs =
        |party: &&Mailbox| customer(&party.address) == thread.customer || party.address == thread.to.address;
    if let Some(party) = writer.filter(is_theirs) {
        thread.to = Party::from(party);
    }
    thread.last = Some(last(mail));
    thread.last_at = now;
    thread
}

/// Who writes to us, and how.
pub(super) struct Newcomer<'a> {
    /// To which of our addresses.
    pub(super) account: &'a str,
    pub(super) writer: Option<&'a Mailbox>,
    /// Whether they are not who they say, as far as is known: then they are nobody who is known.
    pub(super) unverified: bool,
}

/// A conversation that a mail begins.
pub(super) fn begins(
    book: &Book<'_>,
    newcomer: &Newcomer<'_>,
    mail: &Incoming,
    id: &MessageId,
    now: Timestamp,
) -> Result<MailThread, Cannot> {
    let Newcomer { account, writer, unverified } = *newcomer;
    let party = writer.ok_or_else(|| Cannot::Ever("nobody sent it".to_owned()))?;
    let nobody = || CustomerId::parse(&format!("unverified:{}", book::hash(&[id.as_str()])));
    let unknown = |_| Cannot::Ever("its sender can not be named".to_owned());
    Ok(MailThread {
        organization: book.organization.clone(),
        session: SessionId::from_uuid(uuid::Uuid::now_v7()),
        account: account.to_owned(),
        customer: if unverified { nobody().map_err(unknown)? } else { customer(&party.address) },
        unverified,
        onward: false,
        people: vec![party.address.clone()],
        subject: mail.subject.base().to_owned(),
        subject_key: mail.subject.key().to_owned(),
        to: Party::from(party),
        last: Some(last(mail)),
        last_at: now,
    })
}

/// Who is written to in a conversation.
pub(super) fn correspondent(thread: &MailThread, now: Timestamp) -> Correspondent {
    Correspondent {
        organization: thread.organization.clone(),
        channel: Channel::Email,
        account: thread.account.clone(),
        name: thread.to.address.as_str().to_owned(),
        session: thread.session.clone(),
        customer: thread.customer.clone(),
        since: now,
    }
}

/// Who somebody with this address is.
pub(super) fn customer(address: &Email) -> CustomerId {
    let by_hash = || CustomerId::parse(&format!("mail:{}", book::hash(&[address.as_str()])));
    CustomerId::parse(address.as_str())
        .or_else(|_| by_hash())
        .unwrap_or_else(|_| CustomerId::of_user(crate::domain::UserId(uuid::Uuid::nil())))
}

fn last(mail: &Incoming) -> Last {
    Last { id: mail.id.clone(), references: named(mail).into_iter().cloned().collect() }
}

/// The ids that a mail names, oldest first: what it refers to, or else what it answers.
pub(super) fn named(mail: &Incoming) -> Vec<&MessageId> {
    let ids = if mail.references.is_empty() { &mail.in_reply_to } else { &mail.references };
    let beyond = ids.len().saturating_sub(NAMED_LAST);
    let keeps = |at: &usize| *at == 0 || *at >= beyond;
    ids.iter().enumerate().filter(|(at, _)| keeps(at)).map(|(_, id)| id).collect()
}
