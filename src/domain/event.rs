//! What has happened in a session. Events are the truth; message lists, analytics, webhooks and sockets read them.

use serde::{Deserialize, Serialize};

use super::condense::Condensed;
use super::desk::DeskEvent;
use super::message::Message;
use super::session::{Channel, Owner, SecretHash};
use super::{CustomerId, PersonName, Reading, Timestamp, UserId};

/// A durable event. Its `seq` is its place in the session's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The session began.
    Started(Started),
    /// Something was said.
    Posted(Message),
    /// The session has a new owner.
    OwnerMoved {
        /// Who answers now.
        owner: Owner,
        /// One more than before.
        epoch: u64,
        /// Why, as a short phrase for people and models.
        reason: String,
        /// Who asked for it; nobody where the rules or the assistant moved it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Requester>,
        /// When.
        at: Timestamp,
    },
    /// A turn ended.
    TurnEnded {
        /// The `seq` of its first message.
        turn: u64,
        /// The `seq` of the newest message that was taken in.
        upto: u64,
        /// How it ended.
        outcome: TurnOutcome,
    },
    /// The assistant's view of customer's messages, for the staff alone.
    Suggested(Suggestion),
    /// What was said up to a place in short, for models: the short-term memory is about to let go of it.
    Condensed(Condensed),
    /// The short-term memory was emptied on request.
    ContextReset {
        /// What was said from this `seq` on is kept: messages that still wait for a reply must be seen by it.
        keep_from: u64,
    },
    /// A command that broke the session again and again was set aside for an administrator.
    CommandParked {
        /// What it was, without customers' words.
        command: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// What people and the desk did.
    Desk(DeskEvent),
}

/// Who asked for a change of owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requester {
    /// The session's customer.
    Customer,
    /// A person of the staff.
    Agent {
        /// Their account.
        user: UserId,
        /// Their name, as the customer sees it.
        name: PersonName,
    },
    /// A program of the organization's.
    Service,
}

/// How a session began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Whose it is.
    pub customer: CustomerId,
    /// Whether a credential said so.
    pub verified: bool,
    /// How they write.
    pub channel: Channel,
    /// What an anonymous customer proves themselves with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<SecretHash>,
    /// When.
    pub at: Timestamp,
    /// The customer's language, where they said it (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the customer is called, where somebody said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
}

/// What the assistant makes of messages that a human answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The `seq` of the first message that it is about.
    pub turn: u64,
    /// The `seq` of the newest message that it has seen.
    pub upto: u64,
    /// How they were understood.
    pub reading: Reading,
    /// What could be answered, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnOutcome {
    /// The assistant replied.
    Replied,
    /// The session went to the queue, and the customer was told.
    HandedOver,
    /// The customer already waits for a human.
    Queued,
    /// The fixed fallback went out.
    Fallback,
    /// A human took over and will answer.
    TakenOver,
    /// The session was closed.
    Closed,
}
