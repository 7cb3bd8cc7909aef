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
            Delta::Done(Ok(action)) => Delta::Done(Ok(behind(wish, action))),
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

/// An answer behind the confirmation. Whoever hands over says nothing of their own. What was to be forgotten is not named with
/// it: whoever learns from the log would learn it again.
fn behind(wish: ForgetWish, action: Action) -> Action {
    let said = |mut answer: Answer| {
        answer.reading.entities.retain(|entity| !wish.about.covers(&entity.kind));
        Answer { text: format!("{} {}", wish.done, answer.text), ..answer }
    };
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::assistant::fixture::turn;
    use crate::domain::memories::{Importance, MemoryDraft, MemoryKey};
    use crate::domain::{Entity, Timestamp};

    struct Ana;

    impl Recall for Ana {
        fn recall(&self, _: &OrganizationId, customer: &CustomerId, _: &str) -> Vec<Remembered> {
            assert_eq!(customer.as_str(), "ana");
            vec![Remembered { key: NAME.to_owned(), value: "Ana".to_owned() }]
        }
    }

    /// Says what it was given.
    struct Mirror;

    impl Responder for Mirror {
        fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
            let text =
                format!("{} {:?}", turn.messages.join("+"), turn.memories.iter().map(|m| &m.value).collect::<Vec<_>>());
            let entities =
                ["order_number", "date"].map(|kind| Entity { kind: kind.to_owned(), value: Some("1".to_owned()) });
            let reading = Reading { intent: "mirror".to_owned(), confidence: 1.0, entities: entities.to_vec() };
            let answer = Answer { text, reading, ..Answer::default() };
            stream::iter([Delta::Done(Ok(Action::Reply(answer)))]).boxed()
        }

        fn name(&self) -> &'static str {
            "mirror"
        }
    }

    async fn answer(messages: &[&str]) -> Answer {
        let turn = Turn { customer: CustomerId::parse("ana").ok(), ..turn(messages) };
        let deltas: Vec<Delta> = Recalling::new(Arc::new(Mirror), Arc::new(Ana)).reply(turn).collect().await;
        match deltas.into_iter().next_back() {
            Some(Delta::Done(Ok(Action::Reply(answer)))) => answer,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_turn_knows_its_customer_and_a_turn_of_nobody_nothing() {
        assert_eq!(answer(&["hi"]).await.text, r#"hi ["Ana"]"#);
        let nobody = Recalling::new(Arc::new(Mirror), Arc::new(Ana)).reply(turn(&["hi"]));
        let deltas: Vec<Delta> = nobody.collect().await;
        assert!(matches!(&deltas[0], Delta::Done(Ok(Action::Reply(answer))) if answer.text == "hi []"));
    }

    #[tokio::test]
    async fn whoever_wants_to_be_forgotten_and_asks_something_gets_both_and_nothing_of_it_is_named() {
        let both = answer(&["where is my order 12345?", "forget my order number"]).await;
        assert_eq!(both.text, "Done. I no longer remember your order number. where is my order 12345? []");
        let named: Vec<&str> = both.reading.entities.iter().map(|entity| entity.kind.as_str()).collect();
        assert_eq!(named, ["date"]);
        assert_eq!(answer(&["forget me"]).await.reading.intent, FORGET);
    }

    #[test]
    fn the_most_important_and_the_most_fitting_are_recalled_and_not_more_than_there_is_room_for() {
        let memory = |key: &str, value: &str, importance: f64| {
            let draft = MemoryDraft {
                importance: Some(Importance::nearest(importance)),
                ..MemoryDraft::long_term(MemoryKey::parse("key", key).unwrap(), json!(value))
            };
            let (organization, customer) = (OrganizationId::default_organization(), CustomerId::parse("ana").unwrap());
            Memory::new(Uuid::nil(), organization, customer, draft, Timestamp::from_ms(0), 1)
        };
        let mut memories: Vec<Memory> = (0..20).map(|n| memory(&format!("note {n}"), "x", 0.5)).collect();
        memories.push(memory("preferred_shipping", "express shipping", 0.2));
        memories.push(memory("plan", "gold", 0.9));
        memories.push(memory(NAME, "Ana", 0.1));
        let chosen = choose(&memories, "How much is SHIPPING?");
        assert_eq!((&chosen[..2], chosen.len()), (&[22, 21][..], RECALLED_MAX));
        let express = choose(&memories, "which shipping is preferred, express?");
        assert_eq!(express[1], 20, "it fits in three words");
    }
}
