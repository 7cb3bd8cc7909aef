//! Right before whoever answers: declines what an organization prohibits, and holds each answer to its rules, however it
//! was made.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::meaning::{Meaning, Sense};
use super::neutral;
use super::promises::Promise;
use super::watch::Watch;
use crate::assistant::builtin::Knowledge;
use crate::assistant::{Delta, Responder, Turn, Writing, Written};
use crate::domain::{Action, Answer, Failure, Reading, Source};
use crate::knowledge::{Embedder, Purse};

/// See the module.
pub struct Guarded {
    inner: Arc<dyn Responder>,
    edited: Arc<Edited>,
    meaning: Option<Arc<Meaning>>,
}

/// What people have edited into the knowledge file: it may promise what it says.
#[derive(Debug, Default)]
pub(super) struct Edited {
    by_id: HashMap<String, String>,
    all: Vec<String>,
}

/// An answer on its way.
struct Answering {
    work: BoxStream<'static, Delta>,
    watch: Watch,
    ready: VecDeque<Delta>,
}

impl Guarded {
    /// Around whoever answers; what stands in the knowledge file counts as said by a person.
    pub fn around(inner: Arc<dyn Responder>, knowledge: &Knowledge) -> Self {
        Self { inner, edited: Arc::new(Edited::new(knowledge)), meaning: None }
    }

    /// Topics are known by their meaning too, as far as the embedder knows meanings; what it costs is paid from the purse.
    #[must_use]
    pub fn by_meaning(self, embedder: Arc<dyn Embedder>, purse: Arc<dyn Purse>) -> Self {
        Self { meaning: Meaning::of(embedder, purse).map(Arc::new), ..self }
    }

    /// Answers, once it is known what the burst is about.
    fn answer(inner: &dyn Responder, turn: Turn, edited: Arc<Edited>, sense: Sense) -> BoxStream<'static, Delta> {
        let watch = Watch::new(&turn, edited, sense);
        if let Some(action) = watch.declined(&turn) {
            let understood = Delta::Understood(reading(&action).clone());
            return stream::iter([understood, Delta::Done(Ok(action))]).boxed();
        }
        let answering = Answering { work: inner.reply(turn), watch, ready: VecDeque::new() };
        stream::unfold(answering, Answering::next).boxed()
    }
}

impl Edited {
    fn new(knowledge: &Knowledge) -> Self {
        let topics = &knowledge.topics;
        let by_id = topics.iter().filter_map(|topic| Some((topic.id.clone()?, topic.answer.clone()))).collect();
        let asked = topics.iter().filter_map(|topic| topic.ask.clone());
        Self { by_id, all: topics.iter().map(|topic| topic.answer.clone()).chain(asked).collect() }
    }

    /// The texts of sources that are of the file.
    pub(super) fn cited<'a>(&'a self, sources: &'a [Source]) -> impl Iterator<Item = &'a str> {
        sources.iter().filter_map(|source| self.by_id.get(&source.id)).map(String::as_str)
    }

    /// Whether a sentence stands there word for word.
    pub(super) fn says(&self, promise: &Promise) -> bool {
        self.all.iter().any(|text| promise.is_quoted_from(text))
    }
}

impl Responder for Guarded {
    fn reply(&self, mut turn: Turn) -> BoxStream<'static, Delta> {
        make_text(&mut turn);
        let edited = Arc::clone(&self.edited);
        let Some(meaning) = self.meaning.clone() else {
            return Self::answer(&*self.inner, turn, edited, Sense::default());
        };
        let inner = Arc::clone(&self.inner);
        let answering = async move {
            let sense = meaning.sense(&turn).await;
            Self::answer(&*inner, turn, edited, sense)
        };
        stream::once(answering).flatten().boxed()
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

impl Answering {
    async fn next(mut self) -> Option<(Delta, Self)> {
        loop {
            if let Some(delta) = self.ready.pop_front() {
                return Some((delta, self));
            }
            let delta = self.work.next().await?;
            self.ready.extend(self.watch.take(delta));
        }
    }
}

/// What people wrote becomes text that imitates nothing.
fn make_text(turn: &mut Turn) {
    let shared = |text: &mut Arc<str>| {
        if let Cow::Owned(neutral) = neutral(text) {
            *text = neutral.into();
        }
    };
    let owned = |text: &mut String| {
        if let Cow::Owned(neutral) = neutral(text) {
            *text = neutral;
        }
    };
    turn.messages.iter_mut().for_each(shared);
    turn.history.iter_mut().for_each(|line| shared(&mut line.text));
    turn.summary.iter_mut().for_each(shared);
    turn.known.values_mut().for_each(owned);
    turn.memories.iter_mut().for_each(|memory| {
        owned(&mut memory.key);
        owned(&mut memory.value);
    });
}

fn reading(action: &Action) -> &Reading {
    match action {
        Action::Reply(Answer { reading, .. })
        | Action::AskFor { answer: Answer { reading, .. }, .. }
        | Action::Close(Answer { reading, .. })
        | Action::HandOver { reading, .. } => reading,
    }
}

impl std::fmt::Debug for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded").finish_non_exhaustive()
    }
}
