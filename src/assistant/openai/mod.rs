//! The assistant that asks a model: any server that speaks chat completions with streaming and tools.
//!
//! `request` writes the turn down, `attempt` asks once within its deadlines, `stream` reads the answer, `fault` says
//! whether asking again can help, `breaker` leaves a failing provider alone. Whatever goes wrong, the fallback
//! responder answers in its place; only a spent account is reported as such. Retries happen before the first visible
//! text, never after. Deliberately absent: other tools than `hand_over`, and the rules on what may be said.

mod attempt;
mod breaker;
mod config;
mod fault;
mod request;
mod stream;
mod writing;

pub use attempt::OpenAiError;
pub use config::OpenAiConfig;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self as streams, BoxStream, StreamExt};
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, sleep, timeout_at};

use super::builtin::Builtin;
use super::writing::{Writing, Written};
use super::{Delta, Passage, Responder, Turn};
use crate::clock::SharedClock;
use crate::domain::{Action, Answer, Failure, Reading, TurnResult};
use attempt::Provider;
use breaker::Breaker;
use fault::{Fault, Kind};
use stream::Finished;

/// Deltas that wait for a slow reader before the model's stream is read on.
const DELTAS_MAX: usize = 32;

/// How long the model may write for the staff: somebody looks at the screen meanwhile.
const WRITING_TIMEOUT: Duration = Duration::from_secs(8);

/// What a model's answer counts for when our own reading of the question says nothing.
const MODEL_CONFIDENCE: f32 = 0.75;

/// The intent of a question that the examples do not know.
const OTHER: &str = "other";

/// Asks a model, and lets another responder answer when that fails.
#[derive(Clone)]
pub struct OpenAi {
    shared: Arc<Shared>,
}

struct Shared {
    provider: Provider,
    breaker: Arc<Breaker>,
    knowledge: Arc<Builtin>,
    fallback: Arc<dyn Responder>,
}

impl OpenAi {
    /// `knowledge` finds passages and reads intents; `fallback` answers when the provider does not.
    ///
    /// # Errors
    /// When the address is none, or the HTTP client can not be built.
    pub fn new(
        config: OpenAiConfig,
        knowledge: Arc<Builtin>,
        fallback: Arc<dyn Responder>,
        clock: SharedClock,
    ) -> Result<Self, OpenAiError> {
        let breaker =
            Arc::new(Breaker::new(config.breaker_failures_max, Duration::from_millis(config.breaker_open_ms)));
        let provider = Provider::new(config, clock)?;
        Ok(Self { shared: Arc::new(Shared { provider, breaker, knowledge, fallback }) })
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
        let shared = Arc::clone(&self.shared);
        let work = async move {
            let at_latest = Instant::now() + WRITING_TIMEOUT;
            match timeout_at(at_latest, shared.write_or_fail(&writing)).await {
                Ok(Some(written)) => Ok(written),
                Ok(None) | Err(_) => shared.fallback.write(writing).await,
            }
        };
        work.boxed()
    }

    fn name(&self) -> &'static str {
        "openai"
    }

    fn healthy(&self) -> bool {
        self.shared.breaker.is_closed()
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
    async fn write_or_fail(&self, writing: &Writing) -> Option<Written> {
        let permit = self.breaker.admit(Instant::now())?;
        let written = self.write(writing).await;
        match written {
            Some(_) => permit.succeeded(),
            None => permit.failed(Instant::now()),
        }
        written
    }

    /// `None` when the fallback should answer.
    async fn ask_model(&self, turn: &Turn, out: &Sender<Delta>, shown: &mut bool) -> Option<TurnResult> {
        let permit = self.breaker.admit(Instant::now())?;
        let passages = self.knowledge.passages(&turn.messages.join(" "), self.provider.config.passages_max);
        let reading = self.reading(turn);
        let _gone = out.send(Delta::Understood(reading.clone())).await;
        match self.ask_within(turn, &passages, out, shown).await {
            Ok(finished) => {
                permit.succeeded();
                Some(Ok(self.action(finished, reading, &passages)))
            }
            Err(fault) => {
                permit.failed(Instant::now());
                tracing::warn!(why = %fault.why, kind = ?fault.kind, "the model did not answer");
                (fault.kind == Kind::Billing && !*shown).then_some(Err(Failure::OverBudget))
            }
        }
    }

    async fn ask_within(
        &self,
        turn: &Turn,
        passages: &[Passage],
        out: &Sender<Delta>,
        shown: &mut bool,
    ) -> Result<Finished, Fault> {
        let at_latest = Instant::now() + Duration::from_millis(self.provider.config.total_timeout_ms);
        match timeout_at(at_latest, self.ask_repeatedly(turn, passages, out, shown, at_latest)).await {
            Ok(result) => result,
            Err(_) => Err(Fault::stalled("no whole answer in time")),
        }
    }

    async fn ask_repeatedly(
        &self,
        turn: &Turn,
        passages: &[Passage],
        out: &Sender<Delta>,
        shown: &mut bool,
        at_latest: Instant,
    ) -> Result<Finished, Fault> {
        let config = &self.provider.config;
        let body = request::body(config, turn, passages);
        let mut attempt = 0;
        loop {
            let fault = match self.provider.ask(&body, out, shown).await {
                Ok(finished) => return Ok(finished),
                Err(fault) => fault,
            };
            let wait = fault.wait(attempt, Duration::from_millis(config.retry_base_ms), rand::random());
            let in_time = at_latest.checked_duration_since(Instant::now()).is_some_and(|left| wait < left);
            if *shown || !fault.retry || attempt >= config.retries_max || !in_time {
                return Err(fault);
            }
            sleep(wait).await;
            attempt += 1;
        }
    }

    /// After visible text only the outcome follows: it replaces what was shown.
    async fn fall_back(&self, turn: Turn, out: &Sender<Delta>, shown: bool) {
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

    fn action(&self, finished: Finished, reading: Reading, passages: &[Passage]) -> Action {
        match finished {
            Finished::HandOver { reason } => Action::HandOver { reason, reading },
            Finished::Text(text) => {
                let floor = self.knowledge.floor();
                let sources = passages
                    .iter()
                    .filter(|passage| passage.score >= floor)
                    .map(|passage| passage.source.clone())
                    .collect();
                Action::Reply(Answer { text, reading, sources, cached: false })
            }
        }
    }

    /// Our own reading of the customer's words; the model is not asked for one.
    fn reading(&self, turn: &Turn) -> Reading {
        let reading = match self.knowledge.decide(turn) {
            Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer) => answer.reading,
            Action::HandOver { reading, .. } => reading,
        };
        if reading.intent == crate::assistant::builtin::UNKNOWN {
            return Reading { intent: OTHER.to_owned(), confidence: MODEL_CONFIDENCE, ..reading };
        }
        reading
    }
}

impl std::fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenAi").finish_non_exhaustive()
    }
}
