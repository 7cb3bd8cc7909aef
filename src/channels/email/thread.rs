//! To which conversation a mail belongs.
//!
//! Four ways are tried, the surest first: ids of `References` from the last to the first, `In-Reply-To`, the signed reply address,
//! and, with care, the subject. Ids and addresses are no proof of who writes: whoever was in copy, or got a mail forwarded, knows
//! them. So the sender is held against the people of the conversation, and who is not one of them is never added silently.

use super::incoming::Incoming;
use super::message_id::MessageId;
use super::signed::SignedAddress;
use super::subject::SubjectKind;
use crate::domain::{Email, SessionId, Timestamp};

/// The most subjects that [`Known::by_subject`] is asked to give.
pub const CANDIDATES_MAX: usize = 10;

/// What is known of conversations. Reads only, of one organization: an id of another is not known.
pub trait Known {
    /// The conversation in which a mail with this id was seen, came in or went out; also ids that a mail only named
    /// ([`Incoming::ids`]).
    fn by_message_id(&self, id: &MessageId) -> Found;
    /// The conversation with this id.
    fn by_session(&self, session: &SessionId) -> Found;
    /// Conversations by mail of this sender with this subject ([`super::Subject::key`]), newest first, at most
    /// [`CANDIDATES_MAX`].
    fn by_subject(&self, sender: &Email, key: &str) -> Vec<Conversation>;
    /// Was this very mail taken in before, and what became of it?
    fn seen(&self, id: &MessageId) -> Seen;
}

/// What a look-up finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing has that name.
    Nothing,
    /// A conversation.
    Conversation(Conversation),
    /// There was one, and it was deleted: its tombstone.
    Deleted,
}

/// What became of a mail with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is new.
    Never,
    /// It is in a conversation.
    Kept,
    /// It was deleted with its conversation.
    Deleted,
}

/// As much of a conversation as placing a mail needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its session.
    pub session: SessionId,
    /// Whose addresses belong in it: who wrote, and to whom was written.
    pub people: Vec<Email>,
    /// The key of its subject, empty where it has none.
    pub subject_key: String,
    /// When something was last said in it.
    pub last_at: Timestamp,
}

/// What an organization wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadPolicy {
    /// What another subject means in an answer.
    pub changed_subject: ChangedSubject,
    /// What becomes of somebody who is not of the conversation.
    pub stranger: Stranger,
    /// How old the last word may be for a match by subject alone, in milliseconds.
    pub subject_window_ms: u64,
}

impl Default for ThreadPolicy {
    /// A new subject begins a new conversation, a stranger too, and subjects match for 14 days.
    fn default() -> Self {
        Self {
            changed_subject: ChangedSubject::Begins,
            stranger: Stranger::Begins,
            subject_window_ms: 14 * 24 * 60 * 60 * 1000,
        }
    }
}

/// What another subject means in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedSubject {
    /// Another matter: people answer any mail at hand to write something new.
    Begins,
    /// Nothing.
    Continues,
}

/// What becomes of somebody who is not of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// They begin a conversation of their own, which names the other one.
    Begins,
    /// They join it, visibly, as somebody new.
    Joins,
}

/// By what a conversation was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// An id of `References`.
    References,
    /// An id of `In-Reply-To`.
    InReplyTo,
    /// The signed reply address.
    Address,
    /// Subject, sender and time.
    Subject,
}

/// Why a mail begins a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It answers nothing that is known.
    Fresh,
    /// It answers a conversation, under another subject.
    SubjectChanged,
    /// It answers a conversation of other people.
    Stranger,
    /// What it answers was deleted, and stays so.
    Deleted,
}

/// Where a mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// It goes on in a conversation of its sender.
    Continues {
        /// The conversation.
        session: SessionId,
        /// How it was found.
        by: By,
    },
    /// It goes on in a conversation that its sender joins: to be shown, and answered with care.
    Joins {
        /// The conversation.
        session: SessionId,
        /// How it was found.
        by: By,
    },
    /// It begins a conversation.
    Begins {
        /// Why.
        why: Why,
        /// The conversation that it answers and does not go on in. For the staff to see; nothing of it may be shown to the sender.
        related: Option<SessionId>,
    },
    /// It was taken in before: nothing is to be done.
    Duplicate,
    /// It was deleted before and came again, from an import or a mailbox that was read anew: nothing is to be done.
    StaysDeleted,
}

/// Says where a mail goes. `now` is the time of the decision, not the mail's date, which its sender chose.
pub fn place(
    mail: &Incoming,
    known: &impl Known,
    signed: &SignedAddress,
    policy: &ThreadPolicy,
    now: Timestamp,
) -> Placement {
    match known.seen(&mail.id) {
        Seen::Kept => return Placement::Duplicate,
        Seen::Deleted => return Placement::StaysDeleted,
        Seen::Never => {}
    }
    match by_ids(mail, known).or_else(|| by_address(mail, known, signed)) {
        Some((Found::Conversation(conversation), by)) => admitted(mail, conversation, by, policy),
        Some((Found::Deleted, _)) => Placement::Begins { why: Why::Deleted, related: None },
        Some((Found::Nothing, _)) | None => by_subject(mail, known, policy, now),
    }
}

/// The first id that leads anywhere. `References` comes before `In-Reply-To`: where they contradict each other, it is the one that
/// programs build with care.
fn by_ids(mail: &Incoming, known: &impl Known) -> Option<(Found, By)> {
    let references = mail.references.iter().rev().map(|id| (id, By::References));
    let answered = mail.in_reply_to.iter().map(|id| (id, By::InReplyTo));
    references.chain(answered).find_map(|(id, by)| match known.by_message_id(id) {
        Found::Nothing => None,
        found => Some((found, by)),
    })
}

fn by_address(mail: &Incoming, known: &impl Known, signed: &SignedAddress) -> Option<(Found, By)> {
    let sessions = mail.recipients().filter_map(|recipient| signed.session(recipient));
    sessions
        .map(|session| known.by_session(&session))
        .find(|found| *found != Found::Nothing)
        .map(|found| (found, By::Address))
}

/// Whether the sender and the subject may go on in the conversation that was found.
fn admitted(mail: &Incoming, conversation: Conversation, by: By, policy: &ThreadPolicy) -> Placement {
    let is_known = mail.from.as_ref().is_some_and(|from| conversation.people.contains(&from.address));
    let session = conversation.session;
    if !is_known && policy.stranger == Stranger::Begins {
        return Placement::Begins { why: Why::Stranger, related: Some(session) };
    }
    let key = mail.subject.key();
    let is_other = !key.is_empty() && !conversation.subject_key.is_empty() && key != conversation.subject_key;
    if is_other && policy.changed_subject == ChangedSubject::Begins {
        return Placement::Begins { why: Why::SubjectChanged, related: Some(session) };
    }
    if is_known { Placement::Continues { session, by } } else { Placement::Joins { session, by } }
}

/// The last resort, for programs that send no ids: an answer's prefix, the same sender, the same subject, not long ago.
fn by_subject(mail: &Incoming, known: &impl Known, policy: &ThreadPolicy, now: Timestamp) -> Placement {
    let fresh = Placement::Begins { why: Why::Fresh, related: None };
    let Some(from) = &mail.from else { return fresh };
    if mail.subject.kind() != SubjectKind::Reply || mail.subject.key().is_empty() {
        return fresh;
    }
    let candidates = known.by_subject(&from.address, mail.subject.key());
    let fits = |conversation: &Conversation| {
        conversation.people.contains(&from.address)
            && conversation.subject_key == mail.subject.key()
            && now.since_ms(conversation.last_at) <= policy.subject_window_ms
    };
    match candidates.into_iter().take(CANDIDATES_MAX).find(fits) {
        Some(conversation) => Placement::Continues { session: conversation.session, by: By::Subject },
        None => fresh,
    }
}

#[cfg(test)]
mod tests;
