//! Who answers a customer: [`Responder`] and those who are one.
//!
//! Imports `domain` and `store`. A responder gets a [`Turn`] (all it may know), streams [`Delta`]s and ends with one typed
//! outcome. Deliberately absent: who owns the session, when a turn may start, whether its answer may still be posted;
//! those rules are the domain's.

pub mod builtin;
pub mod openai;
pub mod transcribe;
pub mod writing;

pub use builtin::{Builtin, Knowledge};
pub use openai::{OpenAi, OpenAiConfig};
pub use writing::{Style, Writing, Written};

pub use transcribe::{Audio, AudioFormat, NoTranscriber, Transcriber};

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

pub use crate::domain::memory::Speaker;
use crate::domain::{Failure, Label, OrganizationId, Reading, SessionKey, TurnResult};

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
    /// In what manner to write.
    pub style: Label,
    /// How long the answer may be, in characters; what is longer is cut.
    pub reply_max_chars: u32,
}

impl Turn {
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
    /// The outcome; its text is the whole answer, whatever was streamed.
    Done(TurnResult),
}

/// Somebody who can answer a turn. Dropping the stream stops the work.
pub trait Responder: Send + Sync + 'static {
    /// Starts to answer.
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta>;

    /// Writes something for the staff; fails where it can not.
    fn write(&self, writing: Writing) -> BoxFuture<'static, Result<Written, Failure>> {
        let _ = writing;
        Box::pin(std::future::ready(Err(Failure::Broken)))
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
    use crate::domain::{AssistantSettings, SessionId};

    /// A first turn with these messages.
    pub(crate) fn turn(messages: &[&str]) -> Turn {
        let session = SessionKey {
            organization: OrganizationId::default_organization(),
            session: SessionId::parse("s").unwrap(),
        };
        let messages = messages.iter().map(|text| Arc::from(*text)).collect();
        let settings = AssistantSettings::default();
        Turn {
            session,
            history: Vec::new(),
            messages,
            known: BTreeMap::new(),
            pending_slot: None,
            language: None,
            style: settings.style,
            reply_max_chars: settings.reply_max_chars,
        }
    }
}
