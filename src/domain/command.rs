//! What somebody wants of a session, and what they are told.

use serde_json::Value;
use uuid::Uuid;

use super::condense::Condensing;
use super::desk::DeskCommand;
use super::event::Requester;
use super::message::Message;
use super::session::{Channel, Owner, Position, SecretHash, State, Work};
use super::{
    Attachment, Body, ClientMessageId, CustomerId, MessageId, PersonName, Refusal, Timestamp, TurnResult, UserId,
};

/// Who is at the door of a session, and by what right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visitor {
    /// A customer whose credential was checked, or a service that vouches for them.
    Customer(CustomerId),
    /// Somebody who claims a name; only the session's own secret lets them in again.
    Anonymous {
        /// The claimed name.
        claimed: CustomerId,
        /// The hash of the secret they brought.
        secret: Option<SecretHash>,
    },
    /// A person of the organization's staff.
    Staff {
        /// Their account.
        user: UserId,
        /// Their name, as the customer sees it.
        name: PersonName,
    },
    /// A credential that may read every session of the organization.
    Service,
}

impl Visitor {
    /// Lets the visitor in, or says that there is no such session: knowing an id is never access.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn enter(&self, state: &State) -> Result<(), Refusal> {
        let admitted = match self {
            Self::Customer(customer) => state.verified && state.customer == *customer,
            Self::Anonymous { secret, .. } => secret.is_some() && *secret == state.resume,
            Self::Staff { .. } | Self::Service => true,
        };
        if admitted { Ok(()) } else { Err(Refusal::NotFound { what: "session" }) }
    }

    /// The session's own customer, for a channel that found out that it is them who writes.
    pub fn customer_of(state: &State) -> Self {
        if state.verified {
            return Self::Customer(state.customer.clone());
        }
        Self::Anonymous { claimed: state.customer.clone(), secret: state.resume.clone() }
    }

    /// The staff member, if it is one.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::Staff { user, .. } => Some(*user),
            Self::Customer(_) | Self::Anonymous { .. } | Self::Service => None,
        }
    }

    /// The visitor, as the log names whoever asked for something.
    pub fn requester(&self) -> Requester {
        match self {
            Self::Customer(_) | Self::Anonymous { .. } => Requester::Customer,
            Self::Staff { user, name } => Requester::Agent { user: *user, name: name.clone() },
            Self::Service => Requester::Service,
        }
    }
}

/// How a session is to begin, should it not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// How the customer writes.
    pub channel: Channel,
    /// For an anonymous customer: the hash of the secret that they are about to be given.
    pub resume: Option<SecretHash>,
    /// The customer's language, where they said it.
    pub language: Option<String>,
    /// What the customer is called, where somebody said it.
    pub name: Option<PersonName>,
}

/// A message that is to be posted.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The id it will have.
    pub id: MessageId,
    /// What is said.
    pub body: Body,
    /// The sender's own id: the same one twice is one message.
    pub client_id: Option<ClientMessageId>,
    /// The sender's own facts.
    pub metadata: Option<Value>,
    /// Nobody waits for an answer to it: a reaction, or what comes after its turn is over. It begins no turn.
    pub quiet: bool,
    /// When it was written, where a provider says so; it may have been on its way for long.
    pub sent_at: Option<Timestamp>,
    /// The files that go with it; each is kept already, and belongs to this session.
    pub attachments: Vec<Attachment>,
}

/// What is wanted.
#[derive(Debug, Clone)]
pub enum Command {
    /// Enter a session, beginning it if an opening is given and it does not exist.
    Enter {
        /// Who.
        visitor: Visitor,
        /// How it begins.
        opening: Option<Opening>,
    },
    /// Say something.
    Post {
        /// Who.
        visitor: Visitor,
        /// How the session begins, if it does not exist.
        opening: Option<Opening>,
        /// What.
        draft: Draft,
    },
    /// Say something for the organization: a service of theirs does, and nobody's turn it is.
    Announce {
        /// Who.
        visitor: Visitor,
        /// What.
        draft: Draft,
    },
    /// Tell the customer what came of a word that is obeyed at once ([`Notice::Subscription`](super::Notice)).
    Notify {
        /// The same one twice is told once.
        client_id: ClientMessageId,
        /// What they are told.
        body: Body,
    },
    /// A human is wanted, by the customer or by somebody else for them.
    RequestHuman {
        /// Who asks.
        visitor: Visitor,
    },
    /// A person takes the session.
    TakeOver {
        /// The person.
        visitor: Visitor,
        /// The epoch that they saw: of two who accept the same handover, the second is told so. Without it they take the
        /// session from whoever has it.
        if_epoch: Option<u64>,
    },
    /// A person gives the session back to the assistant.
    HandBack {
        /// The person.
        visitor: Visitor,
        /// The epoch that they saw, if they say so: `Conflict` when the session has moved on since.
        if_epoch: Option<u64>,
    },
    /// A person gives the session back to the queue.
    ReturnToQueue {
        /// The person.
        visitor: Visitor,
        /// A private note for whoever gets it, with its id.
        note: Option<(Uuid, Body)>,
        /// The epoch that they saw, if they say so: `Conflict` when the session has moved on since.
        if_epoch: Option<u64>,
    },
    /// End the session.
    Close {
        /// Who ends it.
        visitor: Visitor,
    },
    /// Empty the short-term memory.
    Reset {
        /// Who asks.
        visitor: Visitor,
    },
    /// Work for a turn came to an end.
    Finished {
        /// Which work.
        work: Work,
        /// What came of it.
        result: TurnResult,
    },
    /// What was said was put together in short.
    Condense {
        /// Which lines.
        condensing: Condensing,
        /// What was said in them and before them.
        text: String,
    },
    /// Time has passed: end what is overdue.
    Tick,
    /// Set aside a command that broke the session again and again, and get a human.
    Park {
        /// What it was, without customers' words.
        command: String,
        /// How often it was tried.
        attempts: u32,
        /// The work whose outcome it brought, if it brought one.
        work: Option<Work>,
    },
    /// What people and the desk want.
    Desk(DeskCommand),
}

impl Command {
    /// The command's name, for logs and metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Enter { .. } => "enter",
            Self::Post { .. } => "post",
            Self::Announce { .. } => "announce",
            Self::Notify { .. } => "notify",
            Self::RequestHuman { .. } => "request_human",
            Self::TakeOver { .. } => "take_over",
            Self::HandBack { .. } => "hand_back",
            Self::ReturnToQueue { .. } => "return_to_queue",
            Self::Close { .. } => "close",
            Self::Reset { .. } => "reset",
            Self::Finished { .. } => "finished",
            Self::Condense { .. } => "condense",
            Self::Tick => "tick",
            Self::Park { .. } => "park",
            Self::Desk(command) => command.name(),
        }
    }
}

/// What the caller is told once everything is durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Inside; here is where the log ends.
    Entered {
        /// The end of the log.
        position: Position,
        /// Whether this call began the session.
        begun: bool,
        /// Whose session it is.
        customer: CustomerId,
        /// Who owns it.
        owner: Owner,
    },
    /// The message, or the private note, stands in the log.
    Posted(Receipt),
    /// Done, or nothing was left to do.
    Done,
}

/// Where a posted message or a private note stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The message's id, or the note's.
    pub message: MessageId,
    /// Its `seq`.
    pub seq: u64,
    /// Which log.
    pub stream: u64,
    /// Whether it was there already.
    pub duplicate: bool,
    /// Whether a turn is open that will end with an answer to it.
    pub awaits_turn: bool,
}

/// Shorthand for a message of the engine's own making.
pub(super) fn plain_message(id: MessageId, author: super::message::Author, body: Body, at: Timestamp) -> Message {
    Message {
        id,
        author,
        body,
        at,
        client_id: None,
        reading: None,
        sources: Vec::new(),
        cached: false,
        asks_for: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    }
}
