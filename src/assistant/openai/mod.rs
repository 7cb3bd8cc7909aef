//! The assistant that asks a model: any server that speaks chat completions with streaming and tools.
//!
//! `providers` says which server is asked, `request` writes the turn down, `rounds` asks and uses tools until there is an
//! answer, `attempt` asks once within its deadlines, `stream` and `calls` read the answer, `fault` says whether asking again
//! can help, `quirks` what the server does not understand, `breaker` leaves a failing one alone. Whatever goes wrong, and when
//! an answer claims what nothing bears out, the fallback responder answers in its place; only a spent account is reported
//! as such. Retries happen before the first visible text, never after. Deliberately absent: what may be said besides that.

mod attempt;
pub(super) mod breaker;
mod calls;
mod config;
pub(super) mod fault;
mod providers;
mod quirks;
mod request;
mod rounds;
mod stream;
mod writing;

pub use attempt::OpenAiError;
pub use config::OpenAiConfig;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self as streams, BoxStream, StreamExt};
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, timeout_at};

use super::builtin::Builtin;
use super::tools::{HttpTools, Means};
use super::writing::{Writing, Written};
use super::{Delta, Paid, Passage, Responder, Turn};
use crate::clock::SharedClock;
use crate::domain::{Action, Answer, Failure, OrganizationId, Reading, TurnResult};
use crate::outward::Reach;
use attempt::Provider;
use fault::Kind;
use providers::Providers;
use rounds::{Bench, Finished, Rounds};

/// Deltas that wait for a slow reader before the model's stream is read on.
const DELTAS_MAX: usize = 32;

/// How long the model may write for the staff: somebody looks at the screen meanwhile.
const WRITING_TIMEOUT: Duration = Duration::from_secs(8);

/// What a model's answer counts for when our own reading of the question says nothing.
const MODEL_CONFIDENCE: f32 = 0.75;

/// What an answer counts for at least whose claims stand word by word in the knowledge.
const BORNE_OUT_CONFIDENCE: f32 = 0.9;

/// The intent of a question that the examples do not know.
const OTHER: &str = "other";

/// Asks a model, and lets another responder answer when that fails.
#[derive(Clone)]
pub struct OpenAi {
    shared: Arc<Shared>,
}

/// What it works with besides its configuration.
#[derive(Clone)]
pub struct Equipment {
    /// The time.
    pub clock: SharedClock,
    /// What its tools stand on, and where organizations' own models and tools are kept.
    pub means: Means,
    /// How far organizations' own models and tools may reach.
    pub reach: Reach,
    /// Whether the installation has a model; otherwise only organizations that bring one along have it asked.
    pub installed: bool,
}

struct Shared {
    providers: Providers,
    means: Means,
    http: HttpTools,
    knowledge: Arc<Builtin>,
    fallback: Arc<dyn Responder>,
}

impl Equipment {
    /// The installation's model alone, without knowledge, memories or tools of organizations.
    pub fn plain(clock: SharedClock) -> Self {
        Self { clock, means: Means::default(), reach: Reach::Public, installed: true }
    }
}

impl OpenAi {
    /// With the installation's model alone: as [`OpenAi::equipped`] with [`Equipment::plain`].
    ///
    /// # Errors
    /// When the address is none, or the HTTP client can not be built.
    pub fn new(
        config: OpenAiConfig,
        knowledge: Arc<Builtin>,
        fallback: Arc<dyn Responder>,
        clock: SharedClock,
    ) -> Result<Self, OpenAiError> {
        Self::equipped(config, knowledge, fallback, Equipment::plain(clock))
    }

    /// `knowledge` finds passages and reads intents; `fallback` answers when the provider does not.
    ///
    /// # Errors
    /// When the address is none, or the HTTP client can not be built.
    pub fn equipped(
        config: OpenAiConfig,
        knowledge: Arc<Builtin>,
        fallback: Arc<dyn Responder>,
        equipment: Equipment,
    ) -> Result<Self, OpenAiError> {
        let providers = Providers::new(config, &equipment)?;
        let Equipment { means, reach, .. } = equipment;
        let http = HttpTools::new(reach);
        Ok(Self { shared: Arc::new(Shared { providers, means, http, knowledge, fallback }) })
    }

    /// The model that is asked for an organization: its own, else the installation's; none where there is neither.
    pub fn model_of(&self, organization: &OrganizationId) -> Option<String> {
        self.shared.providers.of(organization).map(|provider| provider.config.model.clone())
    }
}

impl Responder for OpenAi {
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
        let (out, mut deltas) = mpsc::channel(DELTAS_MAX);
        let work = Arc::clone(&self.shared).answer(turn, out);
        let deltas = streams::poll_fn(move |cx| deltas.poll_recv(cx));
        let work = work.into_stream().filter_map(|()| std::future::ready(None));
        streams::select(deltas, work).boxed()
    }

    fn write(&self, writing: Writing) -> BoxFuture<'static, Result<Written, Failure>> {
        self.write_paid(writing, Arc::new(|_| ()))
    }

    fn write_paid(&self, writing: Writing, paid: Paid) -> BoxFuture<'static, Result<Written, Failure>> {
        let shared = Arc::clone(&self.shared);
        let work = async move {
            let at_latest = Instant::now() + WRITING_TIMEOUT;
            match timeout_at(at_latest, shared.write_or_fail(&writing, &paid)).await {
                Ok(Some(written)) => Ok(written),
                Ok(None) | Err(_) => shared.fallback.write(writing).await,
            }
        };
        work.boxed()
    }

    fn tells_calls(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        if self.shared.providers.base().is_some() { "openai" } else { self.shared.fallback.name() }
    }

    fn healthy(&self) -> bool {
        self.shared.providers.base().is_none_or(|base| base.breaker.is_closed())
    }
}

impl Shared {
    async fn answer(self: Arc<Self>, turn: Turn, out: Sender<Delta>) {
        let mut shown = false;
        let Some(result) = self.ask_model(&turn, &out, &mut shown).await else {
            return self.fall_back(turn, &out, shown).await;
        };
        let _gone = out.send(Delta::Done(result)).await;
    }

    /// `None` when the fallback should write.
    async fn write_or_fail(&self, writing: &Writing, paid: &Paid) -> Option<Written> {
        let provider = self.providers.of(writing.organization())?;
        let permit = provider.breaker.admit(Instant::now())?;
        let written = provider.write(writing, paid).await;
        match written {
            Some(_) => permit.succeeded(),
            None => permit.failed(Instant::now()),
        }
        written
    }

    /// `None` when the fallback should answer.
    async fn ask_model(&self, turn: &Turn, out: &Sender<Delta>, shown: &mut bool) -> Option<TurnResult> {
        let provider = self.providers.of(turn.organization())?;
        let ours = self.knowledge.decide(turn);
        if !provider.quirks.takes_tools() && matches!(ours, Action::HandOver { .. }) {
            // Without tools the model could not do it.
            return Some(Ok(ours));
        }
        let permit = provider.breaker.admit(Instant::now())?;
        let reading = reading(ours);
        let _gone = out.send(Delta::Understood(reading.clone())).await;
        let bench = Bench { provider: &provider, means: &self.means, http: &self.http, out };
        let rounds = Rounds::new(&bench, turn, self.passages(turn, &provider), shown);
        match rounds.run().await {
            Ok(finished) => {
                permit.succeeded();
                action(finished, reading).map(Ok)
            }
            Err(fault) => {
                permit.failed(Instant::now());
                tracing::warn!(why = %fault.why, kind = ?fault.kind, "the model did not answer");
                (fault.kind == Kind::Billing && !*shown).then_some(Err(Failure::OverBudget))
            }
        }
    }

    /// What was found for the turn, or what the installation's own knowledge file holds. The facts of the starter file are not told
    /// to a model: it would state them, with a source, as those of an organization that has never said so.
    fn passages(&self, turn: &Turn, provider: &Provider) -> Vec<Passage> {
        if turn.passages.is_empty() && !turn.has_knowledge {
            return self.knowledge.operators_passages(&turn.messages.join(" "), provider.config.passages_max);
        }
        turn.passages.iter().take(provider.config.passages_max).cloned().collect()
    }

    /// What was shown of the model's text is no part of this answer; only the outcome follows it.
    async fn fall_back(&self, turn: Turn, out: &Sender<Delta>, shown: bool) {
        let _gone = out.send(Delta::FallsBack).await;
        if shown {
            let _gone = out.send(Delta::Withdrawn).await;
        }
        let mut deltas = self.fallback.reply(turn);
        while let Some(delta) = deltas.next().await {
            if shown && matches!(delta, Delta::Text(_)) {
                continue;
            }
            if out.send(delta).await.is_err() {
                return;
            }
        }
    }
}

/// `None` where the answer claims what nothing bears out: it is not sent as a fact.
fn action(finished: Finished, reading: Reading) -> Option<Action> {
    match finished {
        Finished::HandOver { reason } => Some(Action::HandOver { reason, reading }),
        Finished::Ask { slot, question } => {
            let answer = Answer { text: question.text, reading, sources: question.sources, cached: false };
            Some(Action::AskFor { slot, answer })
        }
        Finished::Text(spoken) if !spoken.founded => {
            metrics::counter!("assistant_unfounded_answers_total").increment(1);
            tracing::info!("an answer claims what nothing bears out; it is not sent");
            None
        }
        Finished::Text(spoken) => {
            let borne_out = if spoken.sources.is_empty() { 0.0 } else { BORNE_OUT_CONFIDENCE };
            let reading = Reading { confidence: reading.confidence.max(borne_out), ..reading };
            Some(Action::Reply(Answer { text: spoken.text, reading, sources: spoken.sources, cached: false }))
        }
    }
}

/// Our own reading of the customer's words; the model is not asked for one.
fn reading(ours: Action) -> Reading {
    let reading = match ours {
        Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer) => answer.reading,
        Action::HandOver { reading, .. } => reading,
    };
    if reading.intent == crate::assistant::builtin::UNKNOWN {
        return Reading { intent: OTHER.to_owned(), confidence: MODEL_CONFIDENCE, ..reading };
    }
    reading
}

impl std::fmt::Debug for Equipment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Equipment").field("means", &self.means).field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenAi").finish_non_exhaustive()
    }
}
