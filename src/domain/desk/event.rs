//! What people and the desk did in a session. Customers see none of it but what is said to be for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::event::Requester;
use crate::domain::{Body, ClientMessageId, Label, PersonName, Timestamp, UserId};

/// A durable event of the desk's. Its `seq` is its place in the session's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskEvent {
    /// How the queue treats the session from now on.
    Routed {
        /// How.
        routing: Routing,
        /// Who said so; nobody where a rule did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Requester>,
    },
    /// The waiting session is offered to a person.
    Offered(Offer),
    /// The offer is no longer theirs to take.
    OfferEnded {
        /// Whose it was.
        user: UserId,
        /// Why.
        how: OfferEnd,
        /// When.
        at: Timestamp,
    },
    /// A private note of the staff.
    Noted(Note),
    /// A person put the session aside: the customer knows, and its targets are paused. It lasts until [`DeskEvent::Unheld`],
    /// which comes with every change of owner at the latest.
    Held {
        /// The person.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// It goes on.
    Unheld {
        /// Who took it up again; nobody where the customer's message or a change of owner did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
        /// How long it was put aside, in milliseconds, as the targets count: only what was in business hours, if they do.
        #[serde(default)]
        paused_ms: u64,
        /// When.
        at: Timestamp,
    },
    /// Somebody has read everything up to a message.
    Read {
        /// Who.
        reader: Reader,
        /// The `seq` of the newest message that they have read.
        upto: u64,
        /// When.
        at: Timestamp,
    },
    /// What a person says of the session as they close it.
    WrappedUp {
        /// The person.
        user: UserId,
        /// Why it is closed.
        reason: Label,
        /// What came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<Body>,
        /// When.
        at: Timestamp,
    },
    /// The customer is asked how it was. For the customer.
    RatingAsked {
        /// When.
        at: Timestamp,
    },
    /// The customer said how it was. For the customer.
    Rated(Rating),
    /// A target came near, or was missed. Each once per clock.
    Target {
        /// Which.
        target: Target,
        /// Near or missed.
        mark: Mark,
        /// When.
        at: Timestamp,
    },
    /// What whoever takes the session should know first.
    Summarized {
        /// What.
        summary: Summary,
        /// The `seq` of the newest message that it has seen.
        upto: u64,
    },
}

/// How the queue treats a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// What whoever takes it must be able to do; sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Skill>,
    /// The team whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// The only person who is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<UserId>,
}

/// The most skills that one session may ask for, or one person may have.
pub const SKILLS_MAX: usize = 16;

/// How urgent a session is. Urgent ones are served first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before all others.
    Urgent,
    /// Before most.
    High,
    /// In its turn.
    #[default]
    Normal,
    /// When nothing else waits.
    Low,
}

/// What a person can do: a short word of the organization's, such as `billing` or `de`.
pub type Skill = Label;

/// A team of the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TeamId(pub Uuid);

/// A session offered to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The person.
    pub user: UserId,
    /// Their name.
    pub name: PersonName,
    /// Until when it is theirs to take.
    pub until: Timestamp,
    /// Since when.
    pub at: Timestamp,
}

/// How an offer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// They took it.
    Accepted,
    /// They said no.
    Declined,
    /// They said nothing.
    TimedOut,
    /// It went elsewhere meanwhile, or they left.
    Withdrawn,
}

/// A private note of the staff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Its id.
    pub id: Uuid,
    /// Who wrote it.
    pub user: UserId,
    /// Their name.
    pub name: PersonName,
    /// What.
    pub body: Body,
    /// The sender's own id, unique like a message's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientMessageId>,
    /// When.
    pub at: Timestamp,
}

/// Who has read something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// The customer. For the staff.
    Customer,
    /// A person of the staff. For the customer too, without the name.
    Agent(UserId),
}

/// How it was, in the customer's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    /// 1 (bad) to 5 (good).
    pub score: u8,
    /// What they said besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Body>,
    /// The person who had the session last, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// What customers are promised, in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// From asking for a human to a human's first words.
    FirstResponse,
    /// From a customer's unanswered message to a human's answer.
    NextResponse,
    /// From asking for a human to the end.
    Resolution,
}

/// How a target stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It will be missed soon.
    Warned,
    /// It was missed.
    Breached,
}

/// What whoever takes a session should know first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What the customer asked.
    pub asked: String,
    /// What was tried.
    pub tried: String,
    /// What is known: `order_number` to its value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub known: BTreeMap<String, String>,
}

impl OfferEnd {
    /// The word for it in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::TimedOut => "timed_out",
            Self::Withdrawn => "withdrawn",
        }
    }
}
