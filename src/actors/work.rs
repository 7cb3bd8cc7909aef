//! A turn's work beside the session: runs the responder and brings its outcome back as a command. A responder that
//! breaks or takes too long is a failure like any other; the session never waits for it.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use tokio::task::AbortHandle;
use tokio::time::timeout_at;

use super::Directory;
use super::cell::{Cell, Envelope};
use super::drafting::Drafting;
use crate::assistant::{self, Delta, Responder};
use crate::domain::session::Work;
use crate::domain::{AssistantSettings, Command, Failure, State, TurnResult, memory};

/// Work that is to be done.
pub(super) struct Assignment {
    /// Which.
    pub work: Work,
    /// What the responder may know.
    pub turn: assistant::Turn,
    /// How long it may take.
    pub deadline: Duration,
    /// Where the text is told as it comes, if it is.
    pub drafting: Option<Drafting>,
}

/// Starts to answer; the outcome comes into the cell as [`Command::Finished`]. Aborting throws the work away.
pub(super) fn start(
    responder: Arc<dyn Responder>,
    directory: Weak<Directory>,
    cell: Arc<Cell>,
    assignment: Assignment,
) -> AbortHandle {
    let Assignment { work, turn, deadline, drafting } = assignment;
    let task = tokio::spawn(async move {
        let answering = AssertUnwindSafe(outcome(responder, turn, drafting)).catch_unwind();
        let result = match tokio::time::timeout(deadline, answering).await {
            Ok(Ok(result)) => result,
            Ok(Err(_panic)) => Err(Failure::Broken),
            Err(_elapsed) => Err(Failure::Deadline),
        };
        if let Some(directory) = directory.upgrade() {
            directory.tell(&cell, Envelope::internal(Command::Finished { work, result }));
        }
    });
    task.abort_handle()
}

async fn outcome(responder: Arc<dyn Responder>, turn: assistant::Turn, mut drafting: Option<Drafting>) -> TurnResult {
    let mut deltas = responder.reply(turn);
    loop {
        let next = match drafting.as_ref().and_then(Drafting::due) {
            Some(due) => timeout_at(due, deltas.next()).await,
            None => Ok(deltas.next().await),
        };
        match (next, &mut drafting) {
            (Err(_elapsed), Some(drafting)) => drafting.tell(),
            (Ok(Some(Delta::Understood(reading))), Some(drafting)) => drafting.understood(&reading),
            (Ok(Some(Delta::Text(text))), Some(drafting)) => drafting.take(&text),
            (Ok(Some(Delta::Withdrawn)), Some(drafting)) => drafting.withdraw(),
            (Ok(Some(Delta::Done(result))), _) => return result,
            (Ok(None), _) => return Err(Failure::Broken),
            (Ok(Some(Delta::Used(_) | Delta::FallsBack)), _)
            | (Err(_) | Ok(Some(Delta::Understood(_) | Delta::Text(_) | Delta::Withdrawn)), None) => {}
        }
        // A stream that is always ready must not keep the deadline from being seen.
        tokio::task::coop::consume_budget().await;
    }
}

/// What the responder may know of the messages that the work is about.
pub(super) fn turn_of(state: &State, work: Work, rules: &Arc<AssistantSettings>) -> assistant::Turn {
    let burst = |line: &memory::Line| line.seq >= work.turn && line.speaker == memory::Speaker::Customer;
    let (messages, history): (Vec<_>, Vec<_>) = state.memory.lines().partition(|line| burst(line));
    assistant::Turn {
        history: history.into_iter().map(line_of).collect(),
        messages: messages.into_iter().map(|line| Arc::clone(&line.text)).collect(),
        known: state.known.iter().filter_map(|(kind, value)| Some((kind.clone(), value.clone()?))).collect(),
        pending_slot: state.pending_slot.clone(),
        language: state.language.clone(),
        customer: Some(state.person()),
        channel: state.channel,
        summary: state.condensed.as_ref().map(|condensed| condensed.text.as_str().into()),
        ..assistant::Turn::new(state.key.clone(), Arc::clone(rules))
    }
}

fn line_of(line: &memory::Line) -> assistant::Line {
    assistant::Line { speaker: line.speaker, text: Arc::clone(&line.text) }
}
