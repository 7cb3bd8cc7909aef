//! The assistant that needs no key and no network: the same turn always gets the same answer.
//!
//! `text` and `spelling` make words of a message, `intent` says which topic of the `knowledge` it is about, `entity`
//! finds what was named, `consult` and `reading` take answers out of the organization's own documents and questions, `reply` makes
//! one action of it all. Below the knowledge's floors it says that it does not know and offers a human. Deliberately absent: generated text, and anything that it was not given to read.

mod consult;
mod entity;
mod intent;
mod knowledge;
mod listen;
mod personal;
mod reading;
mod reply;
mod spelling;
mod text;
mod writing;

pub use knowledge::{HUMAN_OFFER, Knowledge, KnowledgeError, Texts, Topic};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::writing::{Writing, Written};
use super::{Delta, Passage, Responder, Turn};
use crate::domain::{Action, Failure};
use entity::Patterns;
use intent::Classifier;
use reading::Reader;

/// The intent of what the organization's knowledge answers, where nothing narrower fits.
pub const QUESTION: &str = "question";

/// The intent of what was not understood.
pub const UNKNOWN: &str = "unknown";

/// The intent that accepts an offer.
const AFFIRM: &str = "affirm";

/// The intent that declines an offer.
const DENY: &str = "deny";

/// Answers from an edited knowledge file.
#[derive(Debug)]
pub struct Builtin {
    knowledge: Knowledge,
    classifier: Classifier,
    /// Tells how an answer from the organization's knowledge is counted; knows the intents that have no answer here too.
    intents: Classifier,
    /// For each topic of `intents` what answers are counted under; none for small talk and what is handed over.
    counted: Vec<Option<String>>,
    patterns: Patterns,
    reader: Reader,
}

impl Builtin {
    /// Builds the index over the knowledge; milliseconds, once.
    pub fn new(knowledge: Knowledge) -> Self {
        let all = knowledge.with_intents();
        let (classifier, intents) = (Classifier::new(&knowledge), Classifier::new(&all));
        let counts = |topic: &Topic| !topic.small_talk && topic.hand_over.is_none();
        let counted = all.topics.iter().map(|topic| counts(topic).then(|| topic.intent.clone())).collect();
        Self { classifier, intents, counted, patterns: Patterns::new(), reader: Reader::new(), knowledge }
    }

    /// What the turn wants done.
    pub fn decide(&self, turn: &Turn) -> Action {
        reply::decide(self, turn)
    }

    /// The citable passages that are nearest to the text, best first.
    pub fn passages(&self, text: &str, limit: usize) -> Vec<Passage> {
        let near = self.classifier.top(text, self.knowledge.topics.len());
        near.iter().filter_map(|near| self.passage(near)).take(limit).collect()
    }

    /// The passages of a file that the operator has put in the place of the starter file, for somebody else to answer from.
    pub fn operators_passages(&self, text: &str, limit: usize) -> Vec<Passage> {
        if self.knowledge.is_starter { Vec::new() } else { self.passages(text, limit) }
    }

    /// The similarity below which nothing is answered.
    pub fn floor(&self) -> f32 {
        self.knowledge.floor
    }

    fn passage(&self, near: &intent::Match) -> Option<Passage> {
        let topic = self.knowledge.topics.get(near.topic)?;
        Some(Passage { source: topic.source()?, question: None, text: topic.answer.clone(), score: near.score })
    }
}

impl Responder for Builtin {
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
        let action = self.decide(&turn);
        stream::iter(deltas(action)).boxed()
    }

    fn write(&self, writing: Writing) -> BoxFuture<'static, Result<Written, Failure>> {
        Box::pin(std::future::ready(Ok(writing::write(&writing))))
    }

    fn name(&self) -> &'static str {
        "builtin"
    }
}

/// The action's text by sentence, then the action.
fn deltas(action: Action) -> Vec<Delta> {
    let text = match &action {
        Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer) => answer.text.as_str(),
        Action::HandOver { .. } => "",
    };
    let mut deltas: Vec<Delta> = text
        .split_inclusive(". ")
        .flat_map(|part| part.split_inclusive("! "))
        .map(|part| Delta::Text(part.to_owned()))
        .collect();
    deltas.push(Delta::Done(Ok(action)));
    deltas
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::fixture::turn;

    #[test]
    fn the_streamed_text_is_the_answer() {
        let builtin = Builtin::new(Knowledge::starter());
        let deltas = deltas(builtin.decide(&turn(&["Hello, I need help with my order"])));
        assert!(deltas.len() > 2, "{deltas:?}");
        let text: String = deltas
            .iter()
            .filter_map(|delta| if let Delta::Text(text) = delta { Some(text.as_str()) } else { None })
            .collect();
        assert_eq!(text, "Hi there! I'd be happy to help with your order. Could you please provide your order number?");
        assert!(matches!(deltas.last(), Some(Delta::Done(Ok(Action::AskFor { slot, .. }))) if slot == "order_number"));
    }

    #[test]
    fn passages_come_best_first_and_can_be_cited() {
        let passages = Builtin::new(Knowledge::starter()).passages("How do I return an item?", 3);
        assert_eq!(passages.len(), 3);
        assert_eq!(passages[0].source.id, "kb-returns");
        assert!(passages[0].score >= passages[1].score);
    }
}
