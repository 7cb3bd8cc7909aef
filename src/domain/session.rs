//! A session's state: small, because an idle one must be cheap to keep and cheap to drop.
//!
//! The log of events is the truth; this is what [`super::evolve()`] makes of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::condense::Condensed;
use super::desk::Service;
use super::memory::Memory;
use super::recent::{RecentId, RecentIds};
use super::{ClientMessageId, CustomerId, PersonName, SessionKey, Timestamp, UserId};

/// How many named values are known at a time; further kinds are not taken in.
pub const KNOWN_MAX: usize = 32;

/// To whom a session belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The assistant answers.
    Assistant,
    /// The customer waits for a human.
    Queue,
    /// A person answers; the assistant is silent.
    Human {
        /// Their account.
        user: UserId,
        /// Their name, as the customer sees it.
        name: PersonName,
    },
    /// Nobody: it ended. A customer's message opens it again.
    Closed,
}

/// How a session stands, in lists and in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Open, and no customer waits.
    Active,
    /// Open, and the last word is the customer's, or the session is in the queue. A notice is no word.
    Pending,
    /// Closed.
    Closed,
}

/// The way a session's customer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A web page, an app, or an API caller.
    Web,
    /// `WhatsApp`.
    Whatsapp,
    /// E-mail.
    Email,
    /// SMS.
    Sms,
    /// A system of the organization's own, by signed requests.
    Webhook,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Web, Self::Whatsapp, Self::Email, Self::Sms, Self::Webhook];

    /// The word for it in records and indexes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Whatsapp => "whatsapp",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
        }
    }
}

/// The hash of a session's resume secret, as hexadecimal text. The secret itself is never kept.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(pub String);

impl PartialEq for SecretHash {
    /// Takes the same time wherever they differ: whoever guesses learns nothing from how long the answer takes.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

/// A burst of the customer's messages that wants one reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The `seq` of its first message, which is its name.
    pub id: u64,
    /// The `seq` of its newest message.
    pub upto: u64,
    /// When its first message came; after a restart, when the session was loaded again.
    pub since: Timestamp,
    /// When its newest message came.
    pub last_at: Timestamp,
    /// The work that is under way for it. Not durable: after a restart it starts again.
    #[serde(skip)]
    pub working: Option<Work>,
}

/// Names one attempt at a reply: it may be posted only while all three still hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Work {
    /// The epoch it was started under.
    pub epoch: u64,
    /// The turn it answers.
    pub turn: u64,
    /// The newest message it has seen.
    pub upto: u64,
    /// What comes of it.
    pub purpose: Purpose,
}

/// Whom an attempt at a reply is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The customer: it ends their turn.
    Reply,
    /// The staff: a human answers.
    Suggestion,
}

/// A position in a session's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which log this is: a session that was deleted and began anew has another one, and old positions do not fit it.
    pub stream: u64,
    /// The newest event's `seq`; zero before the first.
    pub seq: u64,
}

/// What a session counts, for views and reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// All messages, notices included.
    pub messages: u64,
    /// The customer's.
    pub customer_messages: u64,
    /// Those that came with an id of the sender's own, customer or staff.
    pub with_client_id: u64,
    /// Times that the session went from the assistant, or from nobody, to the queue or to a human.
    pub handovers: u64,
}

/// Everything the rules need to know about one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Its full name.
    pub key: SessionKey,
    /// Whose conversation it is. For an unverified session this is only what was claimed.
    pub customer: CustomerId,
    /// Whether the customer was known by a credential when it began.
    pub verified: bool,
    /// What an anonymous customer proves themselves with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<SecretHash>,
    /// How the customer writes.
    pub channel: Channel,
    /// Which log this is.
    pub stream: u64,
    /// Who answers.
    pub owner: Owner,
    /// Raised at each change of owner.
    pub epoch: u64,
    /// The `seq` that the next event gets. The first is 1; it is 1 until the session has begun.
    pub next_seq: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When the last message was posted, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
    /// When the newest of the customer's messages was written, where their provider says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent_at: Option<Timestamp>,
    /// When the customer was told that they wait; `None` at the start of each stay in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_notice_at: Option<Timestamp>,
    /// The turn that wants a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
    /// The customer's messages that nobody has answered: first and last `seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<(u64, u64)>,
    /// Whether the last word is the customer's; a notice is no word, and who takes the session has not answered by that.
    #[serde(default, skip_serializing_if = "is_false")]
    pub customer_waits: bool,
    /// What the customer is about, as the assistant last understood it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Named values, by kind; `None` when the kind was named and its value was not.
    #[serde(default)]
    pub known: BTreeMap<String, Option<String>>,
    /// The value that the assistant asked for last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_slot: Option<String>,
    /// The customer's language, where they said it (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the customer is called, where somebody said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_name: Option<PersonName>,
    /// What was said before the short-term memory begins, in short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condensed: Option<Condensed>,
    /// What was said before this `seq` was forgotten on request.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub forgotten_before: u64,
    /// The newest message that a suggestion to the staff has seen.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub suggested_upto: u64,
    /// The suggestion that is being made. Not durable: after a restart it starts again.
    #[serde(skip)]
    pub suggesting: Option<Work>,
    /// What people do with it, once they have to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Box<Service>>,
    /// Counts.
    pub counters: Counters,
    /// The last lines, within a budget. Rebuilt from the log.
    #[serde(skip)]
    pub memory: Memory,
    /// The newest client ids. Rebuilt from the log.
    #[serde(skip)]
    pub recent: RecentIds,
}

impl State {
    /// A session of which nothing has happened yet.
    pub fn unborn(key: SessionKey) -> Self {
        let customer = CustomerId::nobody();
        Self {
            key,
            customer,
            verified: false,
            resume: None,
            channel: Channel::Web,
            stream: 0,
            owner: Owner::Assistant,
            epoch: 0,
            next_seq: 1,
            started_at: Timestamp::default(),
            last_message_at: None,
            last_sent_at: None,
            queue_notice_at: None,
            turn: None,
            unanswered: None,
            customer_waits: false,
            intent: None,
            known: BTreeMap::new(),
            pending_slot: None,
            language: None,
            customer_name: None,
            condensed: None,
            forgotten_before: 0,
            suggested_upto: 0,
            suggesting: None,
            service: None,
            counters: Counters::default(),
            memory: Memory::default(),
            recent: RecentIds::default(),
        }
    }

    /// Whether it has begun.
    pub const fn exists(&self) -> bool {
        self.next_seq > 1
    }

    /// Where its log ends.
    pub const fn position(&self) -> Position {
        Position { stream: self.stream, seq: self.next_seq - 1 }
    }

    /// Under whom things are noted of its customer: the customer, or the visitor that they are here, where nobody has
    /// checked who they say they are.
    pub fn person(&self) -> CustomerId {
        if self.verified { self.customer.clone() } else { CustomerId::of_visitor(&self.key.session) }
    }

    /// Whether anything was understood that a reset would forget.
    pub fn knows_anything(&self) -> bool {
        !self.known.is_empty() || self.intent.is_some() || self.pending_slot.is_some()
    }

    /// The recent message with this client id of this sender.
    pub fn recent(&self, user: Option<UserId>, client_id: &ClientMessageId) -> Option<&RecentId> {
        self.recent.find(user, client_id)
    }

    /// How it stands.
    pub const fn standing(&self) -> Standing {
        match self.owner {
            Owner::Closed => Standing::Closed,
            Owner::Queue => Standing::Pending,
            Owner::Assistant | Owner::Human { .. } if self.customer_waits => Standing::Pending,
            Owner::Assistant | Owner::Human { .. } => Standing::Active,
        }
    }

    /// Whether an id that is not among the recent ones may still have been used.
    pub fn forgot_ids(&self) -> bool {
        self.counters.with_client_id > self.recent.len() as u64
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
