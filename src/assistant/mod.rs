//! Who answers a customer: [`Responder`] and those who are one.
//!
//! Imports `domain`, `store` and `knowledge`. A responder gets a [`Turn`] (all it may know), streams [`Delta`]s and ends with one typed
//! outcome. Deliberately absent: who owns the session, when a turn may start, whether its answer may still be posted;
//! those rules are the domain's.

pub mod builtin;
pub mod cache;
pub mod cite;
pub mod cost;
pub mod guard;
pub mod informed;
pub mod learning;
pub mod openai;
pub mod recalling;
pub mod tools;
pub mod transcribe;
pub mod usage;
pub mod writing;

pub use builtin::{Builtin, Knowledge};
pub use guard::{Guarded, Masked, Shield};
pub use informed::{Finder, Informed};
pub use openai::{Equipment, OpenAi, OpenAiConfig};
pub use recalling::{Recall, Recalling};
pub use writing::{Style, Writing, Written};

pub use usage::{Service, Usage};

pub use transcribe::{Audio, AudioFormat, NoTranscriber, Transcriber};

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

pub use crate::domain::memory::Speaker;
use crate::domain::session::Channel;
use crate::domain::{
    AssistantSettings, Cited, CustomerId, EntryKey, Failure, OrganizationId, Reading, SessionKey, Source, TurnResult,
};
use crate::knowledge::Hit;

/// A line of the short-term memory.
#[derive(Debug, Clone)]
pub struct Line {
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: Arc<str>,
}

/// One turn: a burst of the customer's messages that wants one reply.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The session it belongs to.
    pub session: SessionKey,
    /// What came before, oldest first, without the burst itself.
    pub history: Vec<Line>,
    /// The burst: the customer's messages, oldest first; at least one.
    pub messages: Vec<Arc<str>>,
    /// What is known from earlier turns: `order_number` to its value.
    pub known: BTreeMap<String, String>,
    /// The value that the assistant asked for last and has not got yet, by name.
    pub pending_slot: Option<String>,
    /// A language hint (BCP 47) from the channel, if any.
    pub language: Option<String>,
    /// Who writes, as they are known across sessions; nobody where the organization only tries its assistant.
    pub customer: Option<CustomerId>,
    /// How they write.
    pub channel: Channel,
    /// What was said before the history begins, in short.
    pub summary: Option<Arc<str>>,
    /// What is remembered of the customer from earlier sessions.
    pub memories: Vec<Remembered>,
    /// What the organization's knowledge holds that may bear on the burst, best first.
    pub passages: Vec<Passage>,
    /// Whether it has documents or questions of its own at all; otherwise the starter file speaks for it.
    pub has_knowledge: bool,
    /// What the organization lets its assistant do.
    pub rules: Arc<AssistantSettings>,
    /// What hides the customer's values from whoever reads the turn, and knows our instructions again.
    pub shield: Arc<Shield>,
}

/// Something that is remembered of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// What it is about: `name`, `order_number`, `preferred_shipping`.
    pub key: String,
    /// What is remembered, as a person would read it.
    pub value: String,
}

/// A piece of the knowledge that may bear on a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Where it is from.
    pub source: Source,
    /// The question that it is the edited answer to, of a pair of question and answer.
    pub question: Option<String>,
    /// What it says.
    pub text: String,
    /// How well it fits the question, 0..1, comparable between questions.
    pub score: f32,
}

impl Passage {
    /// What was found, as whoever answers reads and cites it.
    pub fn of(hit: &Hit) -> Self {
        let entry = &hit.entry;
        // No document is longer than this can count.
        let place = |chars: u64| u32::try_from(chars).unwrap_or(u32::MAX);
        let cited = match (entry.key, entry.span) {
            (EntryKey::Chunk { document, version, .. }, Some(span)) => {
                Some(Cited { document, version, start: place(span.start), end: place(span.end) })
            }
            (EntryKey::Chunk { .. } | EntryKey::Faq(_) | EntryKey::Vector(_), _) => None,
        };
        let id = entry.external_id.clone().unwrap_or_else(|| entry.key.to_string());
        let source = Source { id, title: entry.title.clone(), url: entry.url.clone(), cited };
        let question = (!entry.questions.is_empty()).then(|| entry.questions.join("\n"));
        Self { source, question, text: entry.text.clone(), score: hit.relevance }
    }
}

impl Turn {
    /// A first turn in which nothing was said yet.
    pub fn new(session: SessionKey, rules: Arc<AssistantSettings>) -> Self {
        Self {
            session,
            history: Vec::new(),
            messages: Vec::new(),
            known: BTreeMap::new(),
            pending_slot: None,
            language: None,
            customer: None,
            channel: Channel::Web,
            summary: None,
            memories: Vec::new(),
            passages: Vec::new(),
            has_knowledge: false,
            rules,
            shield: Shield::open(),
        }
    }

    /// The organization whose knowledge and configuration count.
    pub fn organization(&self) -> &OrganizationId {
        &self.session.organization
    }
}

/// A piece of the way to an outcome. The last one is `Done`, exactly once; a stream that ends without it failed.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// How the turn is understood. The outcome says the same; before any text it also tells whether the customer may see
    /// the text before it is whole.
    Understood(Reading),
    /// More text of the answer, in order.
    Text(String),
    /// What was streamed so far is no part of the answer: a tool is asked first, or somebody else answers.
    Withdrawn,
    /// What a call took; any number of them, before the outcome.
    Used(Usage),
    /// Whoever was asked does not answer. What follows is somebody else's answer in their place.
    FallsBack,
    /// The outcome; its text is the whole answer, whatever was streamed.
    Done(TurnResult),
}

/// Who is told what a call took.
pub type Paid = Arc<dyn Fn(Usage) + Send + Sync>;

/// Somebody who can answer a turn. Dropping the stream stops the work.
pub trait Responder: Send + Sync + 'static {
    /// Starts to answer.
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta>;

    /// Writes something for the staff; fails where it can not.
    fn write(&self, writing: Writing) -> BoxFuture<'static, Result<Written, Failure>> {
        let _ = writing;
        Box::pin(std::future::ready(Err(Failure::Broken)))
    }

    /// As [`Responder::write`]. Each call that costs something is told to `paid` when it ends, also one that fails or is left;
    /// only of whoever [`tells_calls`](Responder::tells_calls).
    fn write_paid(&self, writing: Writing, paid: Paid) -> BoxFuture<'static, Result<Written, Failure>> {
        let _ = paid;
        self.write(writing)
    }

    /// Whether what writing takes is told: then what is not told was not paid.
    fn tells_calls(&self) -> bool {
        false
    }

    /// The part's name for health and metrics: `builtin`, `openai`.
    fn name(&self) -> &'static str;

    /// Whether it could answer now, as far as is known without asking.
    fn healthy(&self) -> bool {
        true
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::*;
    use crate::domain::SessionId;

    /// A first turn with these messages.
    pub(crate) fn turn(messages: &[&str]) -> Turn {
        let session = SessionKey {
            organization: OrganizationId::default_organization(),
            session: SessionId::parse("s").unwrap(),
        };
        let messages = messages.iter().map(|text| Arc::from(*text)).collect();
        Turn { messages, ..Turn::new(session, Arc::default()) }
    }
}
