//! Webhooks: an organization's own services that hear of what happens in its conversations, and which events they hear of.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::message::{Author, Notice};
use super::sealed::Sealed;
use super::{Event, Label, OrganizationId, Owner, Refusal, Timestamp};

/// The longest address, in bytes.
pub const URL_MAX_BYTES: usize = 2_048;

/// How many times of being off are kept of an endpoint: far more than may pass before the feed's reader has gone on.
pub const OFF_KEPT: usize = 8;

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
    /// When it was off, by positions of the feed: the last [`OFF_KEPT`] times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub off: Vec<Off>,
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

/// A stretch of the feed of which an endpoint hears nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Off {
    /// From here on.
    pub from: u64,
    /// Up to but without this one; none: it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
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

    /// Switches it on or off where the feed ends at that position. What happened before is judged by how it was then, whenever
    /// that is looked at.
    pub fn switch(&mut self, enabled: bool, position: u64) {
        if enabled == self.enabled {
            return;
        }
        self.enabled = enabled;
        match self.off.last_mut().filter(|off| enabled && off.until.is_none()) {
            Some(off) => off.until = Some(position),
            // One that was off before that was kept hears of nothing from then on, as it did.
            None if enabled => self.since = position,
            None => self.off.push(Off { from: position, until: None }),
        }
        let over = self.off.len().saturating_sub(OFF_KEPT);
        self.off.drain(..over);
    }

    /// Whether it was on when the entry at that position of the feed was written.
    pub fn listened_at(&self, position: u64) -> bool {
        let was_off = |off: &Off| off.from <= position && off.until.is_none_or(|until| position < until);
        let is_off = !self.enabled && self.off.last().is_none_or(|off| off.until.is_some());
        position >= self.since && !is_off && !self.off.iter().any(was_off)
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
    fn an_event_is_heard_of_by_how_the_endpoint_was_when_it_happened() {
        let mut endpoint = Endpoint {
            id: Uuid::from_u128(1),
            organization: OrganizationId::default_organization(),
            url: "https://shop.example/hook".to_owned(),
            description: None,
            topics: Topic::ALL.to_vec(),
            enabled: true,
            given_up: None,
            since: 10,
            off: Vec::new(),
            secret: Sealed("sealed".to_owned()),
            previous: None,
            created_at: Timestamp::from_ms(0),
            updated_at: Timestamp::from_ms(0),
        };
        endpoint.switch(false, 20);
        let heard = |endpoint: &Endpoint| [9, 10, 19, 20, 29, 30, 99].map(|at| endpoint.listened_at(at));
        assert_eq!(heard(&endpoint), [false, true, true, false, false, false, false]);
        endpoint.switch(true, 30);
        endpoint.switch(true, 35);
        assert_eq!(heard(&endpoint), [false, true, true, false, false, true, true]);
        for at in 0..20 {
            endpoint.switch(at % 2 == 1, 40 + at);
        }
        assert_eq!((endpoint.off.len(), endpoint.listened_at(58), endpoint.listened_at(59)), (OFF_KEPT, false, true));

        let kept_before_that = Endpoint { enabled: false, off: Vec::new(), ..endpoint.clone() };
        assert!(!kept_before_that.listened_at(99));
        let mut on_again = kept_before_that;
        on_again.switch(true, 100);
        assert!(!on_again.listened_at(99) && on_again.listened_at(100));
    }

    #[test]
    fn a_topic_reads_back_from_its_name_and_from_its_record() {
        for topic in Topic::ALL {
            assert_eq!(Topic::parse(topic.as_str()), Some(topic));
            assert_eq!(serde_json::to_string(&topic).unwrap(), format!("\"{}\"", topic.as_str()));
        }
        assert_eq!(Topic::parse("message.sent"), None);
    }
}
