//! Has what a session is about to forget put together in short, beside the session: a responder writes, and what comes of it
//! is a command like any other. Nobody waits for it; a session that stops meanwhile begins it anew when it is back.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::AbortHandle;

use super::Directory;
use super::cell::{Cell, Envelope};
use crate::assistant::{self, Responder, Writing, Written};
use crate::domain::condense::{self, Condensing};
use crate::domain::{AssistantSettings, Command, State};

/// How long a summary may take.
const CONDENSING_MAX: Duration = Duration::from_secs(15);

/// What one session has under way.
#[derive(Debug, Default)]
pub(super) struct Condenser {
    work: Option<AbortHandle>,
    /// What was begun last; it is not begun again, whatever became of it.
    begun: Option<Condensing>,
}

/// Where the summary goes.
pub(super) struct Destination<'a> {
    /// The way in.
    pub directory: &'a Weak<Directory>,
    /// The session's cell.
    pub cell: &'a Arc<Cell>,
}

impl Condenser {
    /// Begins what is due.
    pub(super) fn look(
        &mut self,
        state: &State,
        responder: Option<&Arc<dyn Responder>>,
        rules: &Arc<AssistantSettings>,
        to: &Destination<'_>,
    ) {
        let Some(condensing) = condense::due(state).filter(|due| self.begun != Some(*due)) else { return };
        let Some(responder) = responder.map(Arc::clone) else { return };
        self.begun = Some(condensing);
        self.stop();
        let turn = turn_of(state, condensing, rules);
        let (directory, cell) = (Weak::clone(to.directory), Arc::clone(to.cell));
        let task = tokio::spawn(async move {
            let writing = async move { responder.write(Writing::Condense(Box::new(turn))).await };
            let writing = AssertUnwindSafe(writing).catch_unwind();
            let Ok(Ok(Ok(Written::Text(text)))) = tokio::time::timeout(CONDENSING_MAX, writing).await else { return };
            if let Some(directory) = directory.upgrade() {
                directory.tell(&cell, Envelope::internal(Command::Condense { condensing, text }));
            }
        });
        self.work = Some(task.abort_handle());
    }

    fn stop(&mut self) {
        if let Some(work) = self.work.take() {
            work.abort();
        }
    }
}

impl Drop for Condenser {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The lines that are to be condensed, and the summary that they are added to.
fn turn_of(state: &State, condensing: Condensing, rules: &Arc<AssistantSettings>) -> assistant::Turn {
    let within = state.memory.lines().filter(|line| (condensing.from..=condensing.upto).contains(&line.seq));
    let line =
        |line: &crate::domain::memory::Line| assistant::Line { speaker: line.speaker, text: Arc::clone(&line.text) };
    assistant::Turn {
        history: within.map(line).collect(),
        summary: state.condensed.as_ref().map(|condensed| condensed.text.as_str().into()),
        customer: Some(state.person()),
        channel: state.channel,
        language: state.language.clone(),
        ..assistant::Turn::new(state.key.clone(), Arc::clone(rules))
    }
}
