//! Webhooks: an organization's own services that hear of what happens in its conversations, and which events they hear of.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::message::{Author, Notice};
use super::sealed::Sealed;
use super::{Event, Label, OrganizationId, Owner, Refusal, Timestamp};

/// The longest address, in bytes.
pub const URL_MAX_BYTES: usize = 2_048;

/// How long the secret before the last is still signed with after another was made, in milliseconds: a day.
pub const ROTATION_MS: i64 = 24 * 60 * 60 * 1_000;

/// What an endpoint can hear of. The names are those of the care dialect's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Topic {
    /// A conversation began.
    #[serde(rename = "conversation.started")]
    ConversationStarted,
    /// A customer said something.
    #[serde(rename = "message.received")]
    MessageReceived,
    /// A conversation ended. It goes on when its customer writes again, and then may end again.
    #[serde(rename = "conversation.ended")]
    ConversationEnded,
    /// The assistant did not answer, and the fallback went out; or a command of a conversation was set aside.
    #[serde(rename = "error.occurred")]
    ErrorOccurred,
}

/// A service of the organization's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Where it is.
    pub url: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Label>,
    /// What it hears of.
    pub topics: Vec<Topic>,
    /// Whether it hears of anything.
    pub enabled: bool,
    /// Why it was switched off, where nobody did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<GivenUp>,
    /// The position of the feed from which on it hears.
    pub since: u64,
    /// What is signed with.
    pub secret: Sealed,
    /// What was signed with before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// That an endpoint was switched off by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// When.
    pub at: Timestamp,
    /// Why, as a short phrase.
    pub why: String,
}

/// A secret that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// It.
    pub secret: Sealed,
    /// Until when it is signed with too.
    pub until: Timestamp,
}

impl Topic {
    /// All of them, in the order of the document.
    pub const ALL: [Self; 4] =
        [Self::ConversationStarted, Self::MessageReceived, Self::ConversationEnded, Self::ErrorOccurred];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConversationStarted => "conversation.started",
            Self::MessageReceived => "message.received",
            Self::ConversationEnded => "conversation.ended",
            Self::ErrorOccurred => "error.occurred",
        }
    }

    /// The topic of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }

    /// What an event is to those who listen, if it is anything.
    pub const fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Started(_) => Some(Self::ConversationStarted),
            Event::Posted(message) => match message.author {
                Author::Customer => Some(Self::MessageReceived),
                Author::Notice(Notice::Fallback) => Some(Self::ErrorOccurred),
                Author::Assistant | Author::Agent { .. } | Author::Notice(_) => None,
            },
            Event::OwnerMoved { owner: Owner::Closed, .. } => Some(Self::ConversationEnded),
            Event::CommandParked { .. } => Some(Self::ErrorOccurred),
            Event::OwnerMoved { .. }
            | Event::TurnEnded { .. }
            | Event::Suggested(_)
            | Event::Condensed(_)
            | Event::ContextReset { .. }
            | Event::Desk(_) => None,
        }
    }
}

impl Endpoint {
    /// Checks what an administrator wrote; whether the address may be reached is another matter.
    ///
    /// # Errors
    /// `Invalid` by field.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.url.len() > URL_MAX_BYTES {
            return Err(Refusal::invalid("url", format!("must be at most {URL_MAX_BYTES} bytes")));
        }
        if self.topics.is_empty() {
            return Err(Refusal::invalid("events", "must name at least one event"));
        }
        Ok(())
    }

    /// Whether it hears of a topic now.
    pub fn hears(&self, topic: Topic) -> bool {
        self.enabled && self.topics.contains(&topic)
    }

    /// What its secret is sealed for: a secret of another record or organization does not open here.
    pub fn seal_context(organization: &OrganizationId, id: Uuid) -> String {
        format!("webhook/{organization}/{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_reads_back_from_its_name_and_from_its_record() {
        for topic in Topic::ALL {
            assert_eq!(Topic::parse(topic.as_str()), Some(topic));
            assert_eq!(serde_json::to_string(&topic).unwrap(), format!("\"{}\"", topic.as_str()));
        }
        assert_eq!(Topic::parse("message.sent"), None);
    }
}
