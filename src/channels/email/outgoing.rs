//! A mail that goes out.

use super::address::Mailbox;
use super::clean;
use super::compose;
use super::incoming::Incoming;
use super::message_id::MessageId;
use super::subject::Subject;
use crate::domain::{Email, Timestamp};

/// The header that every mail of ours has, with the installation's marker: one that comes back with it is our own.
pub const MARKER_HEADER: &str = "X-Switchboard-Id";

/// The most ids in `References`: the first, and the last so many.
const REFERENCES_LAST: usize = 20;

/// Whose words a mail holds. Decides whether machines are asked not to answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Somebody of the staff wrote it: nothing marks it as automatic.
    Person,
    /// The assistant answered: `Auto-Submitted: auto-replied` (RFC 3834) and `X-Auto-Response-Suppress: All`.
    Assistant,
    /// A notice that answers nothing: `Auto-Submitted: auto-generated`, and the same.
    Notice,
}

/// A file to send along.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its name; made safe when it is written.
    pub name: String,
    /// Its type, `image/png`; `application/octet-stream` is written for what is none.
    pub media_type: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

/// HTML that may go: nothing in it runs, asks or hides.
#[derive(Clone, PartialEq, Eq)]
pub struct CleanHtml(String);

impl CleanHtml {
    /// Of what a program wants to send; nothing where nobody would see any of it.
    pub fn of(html: &str) -> Option<Self> {
        clean::clean(html).map(Self)
    }

    /// What was cleaned before.
    pub fn kept(html: String) -> Self {
        Self(html)
    }

    /// The HTML, without the page around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for CleanHtml {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CleanHtml({} bytes)", self.0.len())
    }
}

/// Why a mail cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// There is nobody in To.
    #[error("there is no recipient")]
    NoRecipient,
    /// An address holds what none may on its way: it was read from a mail, or typed.
    #[error("an address cannot be written to")]
    Address,
    /// The Message-ID is not ASCII.
    #[error("the Message-ID is not ASCII")]
    Id,
}

/// A mail to send. The same value makes the same bytes: a mail that is sent again after a crash is the same mail.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Its Message-ID, stored before it is sent.
    pub id: MessageId,
    /// When it was written.
    pub date: Timestamp,
    /// Who writes: the support address, with a name.
    pub from: Mailbox,
    /// To whom.
    pub to: Vec<Mailbox>,
    /// Who reads along.
    pub cc: Vec<Mailbox>,
    /// Where answers go: the signed address of the conversation.
    pub reply_to: Option<Email>,
    /// The subject as it is to be written, with its `Re: `.
    pub subject: String,
    /// The mail that it answers.
    pub in_reply_to: Option<MessageId>,
    /// What that mail referred to, and the mail itself, oldest first.
    pub references: Vec<MessageId>,
    /// Whose words they are.
    pub voice: Voice,
    /// The installation's marker ([`MARKER_HEADER`]).
    pub marker: String,
    /// The text.
    pub text: String,
    /// The same as HTML, where somebody wrote it; else it is made of the text.
    pub html: Option<CleanHtml>,
    /// What goes with it.
    pub files: Vec<File>,
}

impl Outgoing {
    /// Begins an answer: to whom, under which subject, and with which ids, by the mail that is answered. Text, voice, files, marker
    /// and reply address are the caller's to set. `None` where that mail has nobody to answer to.
    pub fn answer(mail: &Incoming, id: MessageId, date: Timestamp, from: Mailbox) -> Option<Self> {
        let to = mail.answers_to()?.clone();
        let base =
            mail.references.iter().chain(mail.references.is_empty().then_some(&mail.in_reply_to).into_iter().flatten());
        Some(Self {
            id,
            date,
            from,
            to: vec![to],
            cc: Vec::new(),
            reply_to: None,
            subject: reply_subject(&mail.subject),
            in_reply_to: Some(mail.id.clone()),
            references: base.chain([&mail.id]).cloned().collect(),
            voice: Voice::Person,
            marker: String::new(),
            text: String::new(),
            html: None,
            files: Vec::new(),
        })
    }

    /// Composes the mail (RFC 5322 and MIME), in ASCII, lines with carriage return and line feed, none above 998 octets. Names,
    /// subject and file names are encoded; no value can begin a line of its own.
    ///
    /// # Errors
    /// [`Unsendable`], when there is nobody to send it to, or an address or the Message-ID cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Unsendable> {
        if self.to.is_empty() {
            return Err(Unsendable::NoRecipient);
        }
        compose::mail(self)
    }

    /// The ids that `References` gets: the first, for it names the conversation, and the last 20. Ids of others that are not ASCII
    /// could not be written the same.
    pub(super) fn written_references(&self) -> Vec<&MessageId> {
        let ids: Vec<&MessageId> = self.references.iter().filter(|id| id.as_str().is_ascii()).collect();
        let count = ids.len();
        let keeps = |at: usize| at == 0 || at + REFERENCES_LAST >= count;
        ids.into_iter().enumerate().filter(|(at, _)| keeps(*at)).map(|(_, id)| id).collect()
    }
}

/// `Re: ` and the base of the subject: programs group by it.
pub fn reply_subject(subject: &Subject) -> String {
    format!("Re: {}", subject.base()).trim_end().to_owned()
}

#[cfg(test)]
mod tests;
