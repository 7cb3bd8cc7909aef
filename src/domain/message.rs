//! A message: something said in a session, by whom, and when.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attachment::says_only_files;
use super::{Attachment, Body, ClientMessageId, MessageId, PersonName, Reading, Refusal, Source, Timestamp, UserId};

/// The most that a sender's own facts may take as JSON, in bytes: below the store's limit together with a body.
pub const METADATA_MAX_BYTES: usize = 16 * 1024;

/// The deepest that a sender's own facts may be nested, in levels: far from where reading the log back would give up.
pub const METADATA_MAX_DEPTH: usize = 32;

/// What was written longer ago than this, in milliseconds, comes late, and may come too late to be answered. What was only delayed a little, as by
/// our own refusal while there was too much to do, is answered.
pub const LATE_AFTER_MS: u64 = 5 * 60 * 1_000;

/// Who said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The session's customer.
    Customer,
    /// The assistant.
    Assistant,
    /// A person of the staff.
    Agent {
        /// Their account.
        user: UserId,
        /// First and last name, as the customer sees it.
        name: PersonName,
    },
    /// The engine itself, with a fixed text, or a service of the organization.
    Notice(Notice),
}

/// The fixed texts that the engine says itself, mostly where a turn has no answer, and what services of the organization have to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A human has been asked to take over.
    Handover,
    /// The customer waits for a human.
    Queued,
    /// The assistant could not answer in time.
    Fallback,
    /// The customer waits for a human, and none is there before business hours begin. In place of [`Notice::Queued`].
    OutOfHours,
    /// What a service of the organization says of its own accord. Its words are its own, and it ends no turn.
    Service,
    /// The customer left, came back or asked who writes, by a word that is obeyed at once (`STOP`), and is told so. It ends no
    /// turn: such a word begins none.
    Subscription,
}

/// A stored message. Its place in the session is the `seq` of the event that holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Ours.
    pub id: MessageId,
    /// Who said it.
    pub author: Author,
    /// What was said.
    pub body: Body,
    /// When the engine took it in.
    pub at: Timestamp,
    /// The sender's own id, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientMessageId>,
    /// How the customer's words were understood; on the assistant's messages and on handover notices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// What an answer rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Whether the answer was made for the same question of another customer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
    /// The value that this message asks the customer for, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_for: Option<String>,
    /// The sender's own facts, kept as they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// Nobody waits for an answer to it: a reaction, or what came after its turn was over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
    /// When it was written, where a provider says so; [`Message::at`] is when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// The files that go with it, at most [`ATTACHMENTS_MAX`](super::attachment::ATTACHMENTS_MAX).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

impl Message {
    /// Whether it says nothing and only brings files.
    pub fn is_files_alone(&self) -> bool {
        says_only_files(&self.body, &self.attachments)
    }

    /// Whether it came so long after it was written that whoever reads it has to know.
    pub fn is_late(&self) -> bool {
        self.sent_at.is_some_and(|sent| self.at.since_ms(sent) > LATE_AFTER_MS)
    }
}

/// Checks a sender's own facts.
///
/// # Errors
/// `Invalid` when they are nested too deeply, `TooLarge` above the limit.
pub fn check_metadata(metadata: Option<&Value>) -> Result<(), Refusal> {
    let Some(metadata) = metadata else { return Ok(()) };
    if !fits_depth(metadata, METADATA_MAX_DEPTH) {
        return Err(Refusal::invalid("metadata", "is nested too deeply"));
    }
    if metadata.to_string().len() > METADATA_MAX_BYTES {
        return Err(Refusal::TooLarge { what: "metadata", limit_bytes: METADATA_MAX_BYTES });
    }
    Ok(())
}

/// Whether a value is nested no deeper than so many levels.
pub(super) fn fits_depth(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| fits_depth(item, levels - 1)),
        Value::Object(fields) => levels > 0 && fields.values().all(|field| fits_depth(field, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}
