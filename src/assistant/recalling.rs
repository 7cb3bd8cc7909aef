//! A layer around whoever answers: gives each turn what is remembered of its customer, and answers by itself when the
//! customer wants to be forgotten. That something is forgotten is not its doing: whoever follows the log does that, so that it
//! happens whatever became of the answer.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};

pub use super::learning::NAME;
use super::learning::{ForgetWish, LANGUAGE, ORDER_NUMBER, Patterns};
use super::{Delta, Remembered, Responder, Turn, Writing, Written};
use crate::domain::memories::Memory;
use crate::domain::{Action, Answer, CustomerId, Failure, OrganizationId, Reading};

/// The most memories that a turn is given.
pub const RECALLED_MAX: usize = 12;

/// What a word counts that the memory and the question have in common.
const SHARED_WORD: f64 = 0.5;

/// The shortest word that counts, in characters.
const WORD_MIN_CHARS: usize = 4;

/// The intent of a wish to be forgotten.
pub const FORGET: &str = "forget_memories";

/// Somebody who remembers customers.
pub trait Recall: Send + Sync + 'static {
    /// What is remembered of a customer that may bear on what they ask, the most fitting first; nothing where it does not read.
    fn recall(&self, organization: &OrganizationId, customer: &CustomerId, asked: &str) -> Vec<Remembered>;
}

/// See the module.
pub struct Recalling {
    inner: Arc<dyn Responder>,
    memory: Arc<dyn Recall>,
}

impl Recalling {
    /// Around `inner`.
    pub const fn new(inner: Arc<dyn Responder>, memory: Arc<dyn Recall>) -> Self {
        Self { inner, memory }
    }
}

/// What the burst wants forgotten, and the messages that want something else.
fn wishes(turn: &Turn) -> (Option<ForgetWish>, Vec<Arc<str>>) {
    let (mut wish, mut rest) = (None, Vec::new());
    for message in &turn.messages {
        match Patterns::shared().wish_to_forget(message) {
            Some(found) => wish = Some(found),
            None => rest.push(Arc::clone(message)),
        }
    }
    (wish, rest)
}

impl Responder for Recalling {
    fn reply(&self, mut turn: Turn) -> BoxStream<'static, Delta> {
        let Some(customer) = turn.customer.clone() else { return self.inner.reply(turn) };
        let (wish, rest) = wishes(&turn);
        let Some(wish) = wish else {
            turn.memories = self.memory.recall(turn.organization(), &customer, &turn.messages.join(" "));
            return self.inner.reply(turn);
        };
        if rest.is_empty() {
            return stream::iter([Delta::Text(wish.done.to_owned()), Delta::Done(Ok(confirmed(wish)))]).boxed();
        }
        // The other messages of the burst want an answer too: it comes behind the confirmation, and knows nothing any more.
        turn.messages = rest;
        turn.known.clear();
        turn.pending_slot = None;
        let answer = self.inner.reply(turn).map(move |delta| match delta {
            Delta::Done(Ok(action)) => Delta::Done(Ok(behind(wish.done, action))),
            other => other,
        });
        stream::iter([Delta::Text(format!("{} ", wish.done))]).chain(answer).boxed()
    }

    fn write(&self, writing: Writing) -> BoxFuture<'static, Result<Written, Failure>> {
        self.inner.write(writing)
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn healthy(&self) -> bool {
        self.inner.healthy()
    }
}

fn confirmed(wish: ForgetWish) -> Action {
    let reading = Reading { intent: FORGET.to_owned(), confidence: 0.95, entities: Vec::new() };
    Action::Reply(Answer { text: wish.done.to_owned(), reading, sources: Vec::new(), cached: false })
}

/// An answer with a text before it. Who hands over says nothing of their own.
fn behind(text: &str, action: Action) -> Action {
    let said = |answer: Answer| Answer { text: format!("{text} {}", answer.text), ..answer };
    match action {
        Action::Reply(answer) => Action::Reply(said(answer)),
        Action::AskFor { slot, answer } => Action::AskFor { slot, answer: said(answer) },
        Action::Close(answer) => Action::Close(said(answer)),
        Action::HandOver { reason, reading } => Action::HandOver { reason, reading },
    }
}

/// Which memories a turn is given, the most fitting first: by importance, and by the words that they share with the question.
/// What a customer is called and writes comes with every turn.
pub fn choose(memories: &[Memory], asked: &str) -> Vec<usize> {
    let asked: HashSet<String> = words(asked).collect();
    let fits = |memory: &Memory| {
        let about = format!("{} {}", memory.key.as_str().replace('_', " "), memory.readable());
        let shared: HashSet<String> = words(&about).filter(|word| asked.contains(word)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a handful of words")]
        let shared = shared.len() as f64 * SHARED_WORD;
        let always = if [NAME, LANGUAGE, ORDER_NUMBER].contains(&memory.key.as_str()) { 10.0 } else { 0.0 };
        memory.importance.get() + shared + always
    };
    let mut ranked: Vec<(usize, f64)> = memories.iter().enumerate().map(|(at, memory)| (at, fits(memory))).collect();
    ranked.sort_by(|(one_at, one), (other_at, other)| other.total_cmp(one).then(one_at.cmp(other_at)));
    ranked.into_iter().take(RECALLED_MAX).map(|(at, _)| at).collect()
}

/// A memory as a turn has it.
pub fn remembered(memory: &Memory) -> Remembered {
    Remembered { key: memory.key.as_str().to_owned(), value: memory.readable() }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.chars().count() >= WORD_MIN_CHARS).map(str::to_lowercase)
}

impl std::fmt::Debug for Recalling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recalling").field("around", &self.inner.name()).finish_non_exhaustive()
    }
}
