//! What the service answers with. The domain's words; a dialect picks what its document names.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::domain::figures::{ByResponder, Figures, Said};
use crate::domain::session::Standing;
use crate::domain::{Channel, CustomerId, SessionId, Timestamp};

/// A range of time.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Its first moment; without one it starts with the first conversation.
    pub from: Option<Timestamp>,
    /// The moment after its last.
    pub until: Timestamp,
}

/// What a range of time held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConversationReport {
    /// Conversations that began in it.
    pub conversations: u64,
    /// Customers who wrote in it, in whichever conversation.
    pub active_customers: u64,
    /// Messages of the conversations that began in it, whoever wrote them.
    pub messages: u64,
    /// Those conversations by the first intent that was read in them; they add up to all of them.
    pub intents: BTreeMap<Option<String>, u64>,
    /// Those conversations by the piece of time they began in; empty pieces are there too.
    pub started: BTreeMap<Timestamp, u64>,
}

/// An organization's figures of all time. Open sessions are `all.began.active` and `.pending`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Everybody who ever began a session, proven or only claimed.
    pub customers: u64,
    /// Those of them whom a credential proved.
    pub verified_customers: u64,
    /// All channels together.
    pub all: Figures,
    /// Each channel that was ever used.
    pub by_channel: BTreeMap<Channel, Figures>,
}

/// The last days of an organization, in its own time zone; the last of them is today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// The first day's start.
    pub from: Timestamp,
    /// The end of the last day.
    pub until: Timestamp,
    /// Each day, oldest first, empty ones too.
    pub days: Vec<Day>,
    /// All days and channels together.
    pub all: Figures,
    /// Each channel that was used, all days together.
    pub by_channel: BTreeMap<Channel, Figures>,
    /// What the turns were about: `all.flow.intents` without its limit of names; those that were not kept apart are under
    /// `None`.
    pub intents: BTreeMap<Option<String>, u64>,
    /// The conversations that began in these days, by their first intent; those without one are not in it.
    pub first_intents: BTreeMap<String, IntentOutcome>,
}

/// What became of the conversations that had the same first intent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IntentOutcome {
    /// All of them.
    pub conversations: u64,
    /// Those that went to the queue or to a human.
    pub handed_over: u64,
}

/// A day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    /// Its date where the organization is.
    pub date: Date,
    /// When it starts.
    pub start: Timestamp,
    /// All channels together.
    pub all: Figures,
    /// Each channel that was used.
    pub by_channel: BTreeMap<Channel, Figures>,
}

/// A customer, over all of their sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerSummary {
    /// Who.
    pub customer: CustomerId,
    /// Whether a credential proved it; a claimed name is another customer than the proven one.
    pub verified: bool,
    /// What their channel or their backend called them last.
    pub name: Option<String>,
    /// When their first session began.
    pub first_at: Timestamp,
    /// When anything was last said in one of their sessions, or one began.
    pub last_at: Timestamp,
    /// Messages in their sessions.
    pub said: Said,
    /// How many sessions.
    pub sessions: u64,
    /// The one where anything happened last.
    pub latest_session: SessionId,
    /// How that one stands.
    pub standing: Standing,
    /// How they write in that one.
    pub channel: Channel,
}

/// Some customers of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerPage {
    /// Newest activity first.
    pub items: Vec<CustomerSummary>,
    /// How many there are.
    pub total: u64,
}

/// How customers behaved in the last days.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Behaviour {
    /// Customers in whose sessions anything was said.
    pub customers: u64,
    /// Messages in those days, by author.
    pub said: Said,
    /// Sessions that began in those days and in which anything was said.
    pub conversations: u64,
    /// Mean time from their first to their last message, in seconds.
    pub mean_duration_s: f64,
    /// Answers in those days, and how long customers had waited.
    pub answers: ByResponder,
    /// The customers with the most messages, most first.
    pub top: Vec<ActiveCustomer>,
}

/// A customer's part of a range of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveCustomer {
    /// Who.
    pub customer: CustomerId,
    /// Whether a credential proved it.
    pub verified: bool,
    /// What their channel or their backend called them last.
    pub name: Option<String>,
    /// Messages in their sessions in this time.
    pub said: Said,
    /// The last message of this time in one of their sessions.
    pub last_at: Timestamp,
}

impl Behaviour {
    /// Messages per customer, whoever wrote them; zero without customers.
    pub fn messages_per_customer(&self) -> f64 {
        if self.customers == 0 { 0.0 } else { self.said.total() as f64 / self.customers as f64 }
    }
}
