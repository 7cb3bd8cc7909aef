//! What the assistant makes of a text that nobody sent: for staff who ask before they write.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use uuid::Uuid;

use super::Settings;
use crate::assistant::{Delta, Line, Responder, Turn, Writing, Written};
use crate::domain::desk::event::Summary;
use crate::domain::{
    Action, Body, Failure, OrganizationId, Reading, Refusal, SessionId, SessionKey, State, TurnResult, memory,
};

pub use crate::assistant::Style;

/// The longest that the staff waits for a text, whatever the turn's deadline is.
const WRITING_MAX: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Clone)]
pub struct Advice {
    responder: Option<Arc<dyn Responder>>,
    settings: Settings,
    deadline: Duration,
}

const UNAVAILABLE: Refusal = Refusal::Unavailable { part: "assistant" };

/// What the assistant makes of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Advised {
    /// How it is understood.
    pub reading: Reading,
    /// What could be answered, if anything.
    pub text: Option<String>,
}

impl Advice {
    /// Wires the service; an answer takes at most `deadline`.
    pub const fn new(responder: Option<Arc<dyn Responder>>, settings: Settings, deadline: Duration) -> Self {
        Self { responder, settings, deadline }
    }

    /// Reads a text as the first message of a conversation. Nothing is stored.
    ///
    /// # Errors
    /// `Unavailable` without an assistant, or when it does not answer in time; `OverBudget`.
    pub async fn on(&self, organization: &OrganizationId, text: &Body) -> Result<Advised, Refusal> {
        let responder = self.responder.clone().ok_or(UNAVAILABLE)?;
        let turn = self.turn(organization, vec![text.shared()]);
        let max_chars = turn.rules.reply_max_chars;
        let answering = AssertUnwindSafe(outcome(responder, turn)).catch_unwind();
        match tokio::time::timeout(self.deadline, answering).await {
            Ok(Ok(Ok(action))) => Ok(advised(action, max_chars)),
            Ok(Ok(Err(Failure::OverBudget))) => Err(Refusal::OverBudget),
            Ok(Ok(Err(Failure::Broken | Failure::Deadline)) | Err(_)) | Err(_) => Err(UNAVAILABLE),
        }
    }

    /// A person's own text in another manner.
    ///
    /// # Errors
    /// `Unavailable` without an assistant, or when it does not write in time; `OverBudget`.
    pub async fn rewrite(&self, organization: &OrganizationId, text: &Body, style: Style) -> Result<String, Refusal> {
        let (rules, organization) = (self.settings.assistant(organization), organization.clone());
        match self.write(Writing::Rewrite { organization, text: text.shared(), style, rules }).await? {
            Written::Text(text) => Ok(text),
            Written::Summary { .. } => Err(UNAVAILABLE),
        }
    }

    /// What was asked and tried in a session, and what is known: for whoever takes it.
    ///
    /// # Errors
    /// As [`Advice::rewrite`].
    pub async fn summarize(&self, state: &State) -> Result<Summary, Refusal> {
        let known: BTreeMap<_, _> =
            state.known.iter().filter_map(|(kind, value)| Some((kind.clone(), value.clone()?))).collect();
        let line = |line: &memory::Line| Line { speaker: line.speaker, text: Arc::clone(&line.text) };
        let turn = Turn {
            session: state.key.clone(),
            channel: state.channel,
            history: state.memory.lines().map(line).collect(),
            messages: Vec::new(),
            known: known.clone(),
            summary: state.condensed.as_ref().map(|condensed| condensed.text.as_str().into()),
            language: state.language.clone(),
            ..self.turn(&state.key.organization, Vec::new())
        };
        match self.write(Writing::Summarize(Box::new(turn))).await? {
            Written::Summary { asked, tried } => Ok(Summary { asked, tried, known }),
            Written::Text(_) => Err(UNAVAILABLE),
        }
    }

    async fn write(&self, writing: Writing) -> Result<Written, Refusal> {
        let responder = self.responder.clone().ok_or(UNAVAILABLE)?;
        let working = AssertUnwindSafe(async move { responder.write(writing).await }).catch_unwind();
        match tokio::time::timeout(WRITING_MAX, working).await {
            Ok(Ok(Ok(written))) => Ok(written),
            Ok(Ok(Err(Failure::OverBudget))) => Err(Refusal::OverBudget),
            Ok(Ok(Err(Failure::Broken | Failure::Deadline)) | Err(_)) | Err(_) => Err(UNAVAILABLE),
        }
    }

    fn turn(&self, organization: &OrganizationId, messages: Vec<Arc<str>>) -> Turn {
        let session = SessionKey { organization: organization.clone(), session: SessionId::from_uuid(Uuid::now_v7()) };
        Turn { messages, ..Turn::new(session, self.settings.assistant(organization)) }
    }
}

async fn outcome(responder: Arc<dyn Responder>, turn: Turn) -> TurnResult {
    let mut deltas = responder.reply(turn);
    while let Some(delta) = deltas.next().await {
        if let Delta::Done(result) = delta {
            return result;
        }
    }
    Err(Failure::Broken)
}

fn advised(action: Action, max_chars: u32) -> Advised {
    match action {
        Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer) => {
            let text = (!answer.is_blank()).then(|| answer.within(max_chars).into_owned());
            Advised { reading: answer.reading.clipped(), text }
        }
        Action::HandOver { reading, .. } => Advised { reading: reading.clipped(), text: None },
    }
}

impl std::fmt::Debug for Advice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Advice").finish_non_exhaustive()
    }
}
