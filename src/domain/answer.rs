//! What the assistant makes of a turn: an answer, or an action. Handover is an action, never a magic word in the text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::DocumentId;
use super::text::{clipped, shortened};

/// The longest name that an answer may bring along (an intent, a kind, a slot, a source), in bytes.
pub(super) const NAME_MAX_BYTES: usize = 128;

/// The longest value of an entity, in bytes.
const VALUE_MAX_BYTES: usize = 256;

/// How many entities of one answer are taken in.
const ENTITIES_MAX: usize = 16;

/// The longest address of a source; a longer one is left out, for half an address leads nowhere.
const URL_MAX_BYTES: usize = 2_048;

/// How many sources of one answer are kept.
pub(super) const SOURCES_MAX: usize = 16;

/// One thing that was named in a customer's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// What it is: `order`, `order_number`, `email`, `phone`, `date`.
    pub kind: String,
    /// What was said, normalised; `None` when only the kind was named ("my order").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// How the customer's words were understood.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Snake case: `greet`, `order_inquiry`, `order_status`, `return_policy`, `request_human`, `unknown`.
    pub intent: String,
    /// 0..1.
    pub confidence: f32,
    /// In the order they were named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
}

impl Reading {
    /// This reading within limits, and so that it can be stored and read again: a model may have made it.
    #[must_use]
    pub fn clipped(&self) -> Self {
        Self {
            intent: clipped(&self.intent, NAME_MAX_BYTES).to_owned(),
            confidence: if self.confidence.is_nan() { 0.0 } else { self.confidence.clamp(0.0, 1.0) },
            entities: self.entities.iter().take(ENTITIES_MAX).map(Entity::clipped).collect(),
        }
    }
}

impl Entity {
    fn clipped(&self) -> Self {
        let value = self.value.as_deref().map(|value| clipped(value, VALUE_MAX_BYTES).to_owned());
        Self { kind: clipped(&self.kind, NAME_MAX_BYTES).to_owned(), value }
    }
}

/// Where an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The passage's id in the knowledge.
    pub id: String,
    /// What a person would call it.
    pub title: String,
    /// Where the whole of it can be read by anybody, if it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where in a document of the organization's it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cited: Option<Cited>,
}

/// A place in a document of an organization's knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited {
    /// The document.
    pub document: DocumentId,
    /// Which version of it was read.
    pub version: u32,
    /// Where the words begin, in characters of the document's text.
    pub start: u32,
    /// Where they end, without the character there.
    pub end: u32,
}

impl Source {
    /// Something with an id and a title, and no more to say of it.
    pub fn titled(id: String, title: String) -> Self {
        Self { id, title, url: None, cited: None }
    }

    /// This source within limits.
    pub(super) fn clipped(&self) -> Self {
        let short = |text: &str| clipped(text, NAME_MAX_BYTES).to_owned();
        let url = self.url.clone().filter(|url| url.len() <= URL_MAX_BYTES);
        Self { id: short(&self.id), title: short(&self.title), url, cited: self.cited }
    }
}

/// A text to post, with what it rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What the customer reads.
    pub text: String,
    /// How the turn was understood.
    pub reading: Reading,
    /// Empty for small talk and questions back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Whether it was made for another customer's question, which was the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
}

impl Answer {
    /// Whether it says nothing; the customer would read that as silence.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Its text, cut where it hurts least if it is longer than the organization allows.
    pub fn within(&self, max_chars: u32) -> Cow<'_, str> {
        shortened(&self.text, usize::try_from(max_chars).unwrap_or(usize::MAX))
    }
}

/// What the assistant wants done with the turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Post this; the assistant keeps the session.
    Reply(Answer),
    /// Ask for a missing value by name; posted like a reply.
    AskFor {
        /// The slot: `order_number`.
        slot: String,
        /// The question.
        answer: Answer,
    },
    /// A human should take over.
    HandOver {
        /// Why, as a short phrase for the agent.
        reason: String,
        /// How the turn was understood.
        reading: Reading,
    },
    /// The customer is done: post this and close.
    Close(Answer),
}

/// Why no action came. Each ends the turn with the fixed fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It took longer than the turn may.
    Deadline,
    /// The responder broke: panic, garbage, refusal of the provider.
    Broken,
    /// The organization's budget is spent.
    OverBudget,
}

/// What came of a turn's work.
pub type TurnResult = Result<Action, Failure>;
