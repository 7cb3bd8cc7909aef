//! The record of what administrators do: who did what, to what, when, and from where. It holds no secret and no message.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::text::clipped;
use super::{OrganizationId, PersonName, Timestamp, UserId};

/// How much of a value an entry keeps, in bytes.
const VALUE_MAX_BYTES: usize = 200;

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// In whose organization it was done.
    pub organization: OrganizationId,
    /// Its own id; they order as the acts do.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// The network address it came from, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// What.
    pub act: Act,
    /// To what.
    pub on: Target,
    /// What changed by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person.
    User {
        /// Their account.
        id: UserId,
        /// What they were called then.
        name: PersonName,
    },
    /// A program, by its API key.
    Key {
        /// The key's record.
        id: Uuid,
    },
    /// Whoever runs the installation, at its command line or by its configuration.
    Operator,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The organization was made.
    OrganizationCreated,
    /// A user was made.
    UserCreated,
    /// Their name or role was changed.
    UserChanged,
    /// They may log in no more.
    UserDeactivated,
    /// They may log in again.
    UserReactivated,
    /// An API key was made.
    KeyCreated,
    /// One was taken back.
    KeyRevoked,
    /// Tokens are signed with another key.
    SigningKeyRotated,
    /// Settings were changed.
    SettingsChanged,
    /// Two customers were made one.
    CustomersMerged,
    /// A command that was set aside was given to its session again.
    CommandReplayed,
    /// A command that was set aside was thrown away.
    CommandDiscarded,
    /// A team was made, changed or removed.
    TeamChanged,
    /// What an agent can do and how much was changed.
    AgentChanged,
    /// A canned reply was made, changed or removed.
    CannedReplyChanged,
    /// The monthly budget was set.
    BudgetChanged,
    /// A threshold of the monthly budget was reached.
    BudgetReached,
    /// A question that had no answer was dismissed, or was given one.
    UnansweredSettled,
    /// The kept answers were thrown away.
    CacheCleared,
    /// Everything that was remembered of a customer was forgotten.
    MemoriesForgotten,
    /// Everything that is kept of a customer was handed out.
    CustomerExported,
    /// A customer is to be erased.
    ErasureRequested,
    /// A customer was erased.
    CustomerErased,
    /// Conversations were erased that had been kept as long as they are to be.
    RetentionRun,
    /// Nothing of a customer or a session is to be erased.
    HoldPlaced,
    /// It may be erased again.
    HoldLifted,
    /// A tool of the assistant's was made, changed or removed.
    ToolChanged,
    /// One was tried out: a service of the organization's was asked.
    ToolTried,
    /// A document was added to the knowledge.
    DocumentAdded,
    /// One is read anew, from another text or the same page.
    DocumentChanged,
    /// One was taken away.
    DocumentDeleted,
    /// A question with its answer was added, changed or taken away.
    FaqChanged,
    /// A text that a program gave was taken away.
    VectorDeleted,
    /// A webhook's endpoint was made, changed or removed, or given another secret.
    WebhookChanged,
    /// A channel of the organization's own was made, changed or removed, or given another secret.
    ChannelChanged,
    /// One was sent a `ping`.
    WebhookTested,
    /// Deliveries that were set aside are sent again.
    DeliveriesReplayed,
    /// A mail that was set aside was read again.
    MailReadAgain,
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its kind, in the singular: `user`, `api_key`, `settings`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A field that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which.
    pub field: String,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl Act {
    /// The act as text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrganizationCreated => "organization.created",
            Self::UserCreated => "user.created",
            Self::UserChanged => "user.changed",
            Self::UserDeactivated => "user.deactivated",
            Self::UserReactivated => "user.reactivated",
            Self::KeyCreated => "api_key.created",
            Self::KeyRevoked => "api_key.revoked",
            Self::SigningKeyRotated => "signing_key.rotated",
            Self::SettingsChanged => "settings.changed",
            Self::CustomersMerged => "customers.merged",
            Self::CommandReplayed => "command.replayed",
            Self::CommandDiscarded => "command.discarded",
            Self::TeamChanged => "team.changed",
            Self::AgentChanged => "agent.changed",
            Self::CannedReplyChanged => "canned_reply.changed",
            Self::BudgetChanged => "budget.changed",
            Self::BudgetReached => "budget.reached",
            Self::UnansweredSettled => "unanswered.settled",
            Self::CacheCleared => "cache.cleared",
            Self::MemoriesForgotten => "memories.forgotten",
            Self::CustomerExported => "customer.exported",
            Self::ErasureRequested => "erasure.requested",
            Self::CustomerErased => "customer.erased",
            Self::RetentionRun => "retention.run",
            Self::HoldPlaced => "hold.placed",
            Self::HoldLifted => "hold.lifted",
            Self::ToolChanged => "tool.changed",
            Self::ToolTried => "tool.tried",
            Self::DocumentAdded => "document.added",
            Self::DocumentChanged => "document.changed",
            Self::DocumentDeleted => "document.deleted",
            Self::FaqChanged => "faq.changed",
            Self::VectorDeleted => "vector.deleted",
            Self::WebhookChanged => "webhook.changed",
            Self::ChannelChanged => "channel.changed",
            Self::WebhookTested => "webhook.tested",
            Self::DeliveriesReplayed => "deliveries.replayed",
            Self::MailReadAgain => "mail.read_again",
        }
    }
}

impl Target {
    /// Something with an id.
    pub fn new(kind: &str, id: impl ToString) -> Self {
        Self { kind: kind.to_owned(), id: id.to_string(), name: None }
    }

    /// With what people call it.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(clipped(name, VALUE_MAX_BYTES).to_owned()), ..self }
    }
}

impl FieldChange {
    /// The change of a field, if it is one.
    pub fn of<T: PartialEq + ToString>(field: &str, from: &T, to: &T) -> Option<Self> {
        let text = |value: &T| Some(clipped(&value.to_string(), VALUE_MAX_BYTES).to_owned());
        (from != to).then(|| Self { field: field.to_owned(), from: text(from), to: text(to) })
    }

    /// A field that something new has.
    pub fn set(field: &str, to: &str) -> Self {
        Self { field: field.to_owned(), from: None, to: Some(clipped(to, VALUE_MAX_BYTES).to_owned()) }
    }

    /// A field of something that is gone.
    pub fn unset(field: &str, from: &str) -> Self {
        Self { field: field.to_owned(), from: Some(clipped(from, VALUE_MAX_BYTES).to_owned()), to: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_a_change_and_no_value_is_kept_whole_that_is_too_long() {
        assert_eq!(FieldChange::of("role", &"agent", &"agent"), None);
        let long = "é".repeat(VALUE_MAX_BYTES);
        let change = FieldChange::of("name", &String::new(), &long).unwrap();
        assert_eq!((change.from.unwrap().len(), change.to.unwrap().len()), (0, VALUE_MAX_BYTES));
    }

    #[test]
    fn an_entry_of_the_first_shape_still_reads_and_is_written_the_same() {
        let written = concat!(
            r#"{"organization":"default","id":"01980000-0000-7000-8000-000000000001","at":1800000000000,"#,
            r#""by":{"user":{"id":"01980000-0000-7000-8000-000000000002","name":"Jo Doe"}},"address":"192.0.2.1","#,
            r#""act":"user_changed","on":{"kind":"user","id":"u1","name":"a@example.com"},"#,
            r#""changes":[{"field":"role","from":"agent","to":"admin"}]}"#
        );
        let read: AuditEntry = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
    }
}
