//! A responder that need not answer the same question twice.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use sha2::{Digest, Sha256};

use super::CacheSettings;
use super::question::{Question, holds_placeholder};
use super::shelf::{Scope, Shelf, since};
use super::tally::{Looked, Tallies};
use crate::assistant::writing::{Writing, Written};
use crate::assistant::{Delta, Responder, Service, Turn};
use crate::clock::SharedClock;
use crate::domain::{Action, Answer, Failure, OrganizationId, Refusal, SessionId};
use crate::knowledge::embed::Embedder;
use crate::store::{Store, knowledge};

/// What shapes an organization's answers besides its settings and its knowledge. `None` where nobody can tell; then nothing is
/// kept or given.
pub type Shape = Arc<dyn Fn(&OrganizationId) -> Option<Shaped> + Send + Sync>;

/// See [`Shape`].
#[derive(Debug, Clone)]
pub struct Shaped {
    /// The provider, the model, the program, as text.
    pub by: String,
    /// Whether a model is called for the organization; what comes without a call is then a makeshift, which is not kept.
    pub calls: bool,
}

/// See the module of the room.
pub struct Cached {
    inner: Arc<dyn Responder>,
    keeper: Arc<Keeper>,
}

/// What looks answers up and keeps them.
struct Keeper {
    settings: CacheSettings,
    shelf: Arc<Shelf>,
    tallies: Tallies,
    embedder: Arc<dyn Embedder>,
    store: Store,
    clock: SharedClock,
    shape: Shape,
}

/// A question that was not answered from the shelf, and may be kept once it is.
struct Wanted {
    keeper: Arc<Keeper>,
    organization: OrganizationId,
    scope: Scope,
    question: Question,
    session: SessionId,
    confidence_floor: f32,
    /// The turn holds nothing of the customer's own.
    keepable: bool,
    /// A model is called for the organization, and whether it was for this answer.
    calls: bool,
    called: bool,
}

impl Cached {
    /// Around `inner`. The embedder is asked with every question that might be another's: one that costs nothing is right.
    pub fn new(
        inner: Arc<dyn Responder>,
        settings: CacheSettings,
        (shelf, tallies): (Arc<Shelf>, Tallies),
        embedder: Arc<dyn Embedder>,
        (store, clock): (Store, SharedClock),
        shape: Shape,
    ) -> Self {
        let keeper = Keeper { settings, shelf, tallies, embedder, store, clock, shape };
        Self { inner, keeper: Arc::new(keeper) }
    }
}

impl Responder for Cached {
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
        if !self.keeper.settings.enabled {
            return self.inner.reply(turn);
        }
        let (inner, keeper) = (Arc::clone(&self.inner), Arc::clone(&self.keeper));
        let answering = async move {
            match keeper.look_up(&turn).await {
                Looking::Found(answer) => stream::iter(given(answer)).boxed(),
                Looking::Missed(wanted) => watched(inner.reply(turn), wanted),
                Looking::Passed => inner.reply(turn),
            }
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

enum Looking {
    Found(Answer),
    Missed(Box<Wanted>),
    /// The question is not anybody's.
    Passed,
}

impl Keeper {
    async fn look_up(self: &Arc<Self>, turn: &Turn) -> Looking {
        let organization = turn.organization();
        let count = |looked| self.tallies.count(organization, turn.channel, looked);
        let asked = Question::of(turn).zip(self.scope(turn));
        let Some((question, (scope, calls))) = asked else {
            count(Looked::Passed);
            return Looking::Passed;
        };
        if let Some(answer) = self.find(organization, scope, &question).await {
            count(Looked::Hit { query: &question.folded, session: &turn.session.session });
            return Looking::Found(Answer { cached: true, ..answer });
        }
        count(Looked::Missed);
        Looking::Missed(Box::new(Wanted {
            keeper: Arc::clone(self),
            organization: organization.clone(),
            scope,
            question,
            session: turn.session.session.clone(),
            confidence_floor: turn.rules.confidence_floor,
            keepable: turn.history.is_empty() && turn.memories.is_empty() && turn.summary.is_none(),
            calls,
            called: false,
        }))
    }

    async fn find(&self, organization: &OrganizationId, scope: Scope, question: &Question) -> Option<Answer> {
        let since = since(self.clock.now(), self.settings.ttl);
        if let Some(answer) = self.shelf.same(organization, scope, question, since) {
            return Some(answer);
        }
        let alike = self.shelf.alike(organization, scope, question, since);
        if alike.is_empty() {
            return None;
        }
        let texts: Vec<&str> =
            std::iter::once(&question.core).chain(alike.iter().map(|one| &one.core)).map(String::as_str).collect();
        let vectors = match self.embedder.embed(&texts).await {
            Ok(vectors) => vectors,
            Err(error) => {
                tracing::warn!(%error, "no answer is looked for by similarity");
                return None;
            }
        };
        let (asked, others) = vectors.split_first()?;
        let near = others.iter().map(|other| cosine(asked, other)).zip(&alike);
        let best = near.fold(None, |best: Option<(f32, &_)>, one| match best {
            Some(best) if best.0 >= one.0 => Some(best),
            Some(_) | None => Some(one),
        });
        best.filter(|(similarity, _)| *similarity >= self.settings.similarity_floor).map(|(_, one)| one.answer.clone())
    }

    /// What an answer to the turn belongs to, as things are now: what changes while it is made, makes it an old one. And
    /// whether a model is called for it.
    fn scope(&self, turn: &Turn) -> Option<(Scope, bool)> {
        let shape = (self.shape)(turn.organization())?;
        let version = self.knowledge(turn.organization()).ok()?;
        let rules = serde_json::to_string(&*turn.rules).ok()?;
        let language = turn.language.as_deref().unwrap_or_default();
        let mut digest = Sha256::new();
        for part in [shape.by.as_str(), &version.to_string(), &rules, language] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Some((Scope { version: u64::from_be_bytes(first), channel: turn.channel }, shape.calls))
    }

    fn knowledge(&self, organization: &OrganizationId) -> Result<u64, Refusal> {
        knowledge::version(&self.store, organization).map_err(|error| {
            tracing::error!(%error, "no answer is kept: the version of the knowledge does not read");
            Refusal::Unavailable { part: "store" }
        })
    }
}

impl Wanted {
    fn take(&mut self, delta: &Delta) {
        match delta {
            // A call that was refused read nothing: whoever answers then does so in the model's place.
            Delta::Used(usage) => self.called |= usage.service == Service::Chat && usage.prompt_tokens > 0,
            // The model broke off, or said what nothing bears out: what comes now is none of its answers.
            Delta::FallsBack => self.called = false,
            Delta::Done(Ok(Action::Reply(answer))) if self.keeps(answer) => {
                let (place, question) = ((&self.organization, self.scope), self.question.clone());
                let at = self.keeper.clock.now();
                self.keeper.shelf.put(place, question, answer.clone(), self.session.clone(), at);
            }
            Delta::Done(_) | Delta::Understood(_) | Delta::Text(_) | Delta::Withdrawn => {}
        }
    }

    /// Only an answer that rests on something, names nobody's values and would be given.
    fn keeps(&self, answer: &Answer) -> bool {
        self.keepable
            && (self.called || !self.calls)
            && !answer.is_blank()
            && !answer.sources.is_empty()
            && answer.reading.entities.is_empty()
            && answer.reading.clipped().confidence >= self.confidence_floor
            && !holds_placeholder(&answer.text)
    }
}

fn watched(deltas: BoxStream<'static, Delta>, wanted: Box<Wanted>) -> BoxStream<'static, Delta> {
    let next = |(mut deltas, mut wanted): (BoxStream<'static, Delta>, Box<Wanted>)| async move {
        let delta = deltas.next().await?;
        wanted.take(&delta);
        Some((delta, (deltas, wanted)))
    };
    stream::unfold((deltas, wanted), next).boxed()
}

/// An answer that is there already, as one that comes.
fn given(answer: Answer) -> [Delta; 3] {
    [
        Delta::Understood(answer.reading.clone()),
        Delta::Text(answer.text.clone()),
        Delta::Done(Ok(Action::Reply(answer))),
    ]
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let lengths = (dot(one, one) * dot(other, other)).sqrt();
    if lengths > 0.0 { dot(one, other) / lengths } else { 0.0 }
}

impl std::fmt::Debug for Cached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cached").field("settings", &self.keeper.settings).finish_non_exhaustive()
    }
}
