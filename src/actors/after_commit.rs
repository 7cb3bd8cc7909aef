//! What is done when a session's batch came back: store, then bus, then reply. Whatever breaks on the way, the session
//! goes on: it reads its state from the store again, and who asked is told.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::cell::{Cell, Envelope};
use crate::bus::{Bus, Draft, Entry, Signal};
use crate::domain::typing::{TypingChange, Typist};
use crate::domain::{Event, Outcome, Refusal};
use crate::store::CommitError;
use crate::telemetry::TurnMeters;

/// How often a request is decided again because its batch contradicted the log. Once is usual: a client id from long ago.
const CONFLICTS_MAX: u32 = 3;

/// A request and what the rules made of it.
pub(super) struct Answer {
    pub envelope: Envelope,
    pub result: Result<Outcome, Refusal>,
}

impl Answer {
    pub(super) fn send(self) {
        self.envelope.reply.send(self.result);
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing is known of the batch.
    OnItsWay,
    /// It is on disk; not everybody knows.
    Durable,
    /// The cell has been told, so the session goes on.
    Settled,
}

/// See the module.
pub(super) struct AfterCommit {
    pub bus: Arc<Bus>,
    pub turns: Arc<TurnMeters>,
    pub cell: Arc<Cell>,
    pub entry: Arc<Entry>,
    pub answers: VecDeque<Answer>,
    pub stops_typing: bool,
    /// The answer under way, if what was decided ends it.
    pub draft: Option<Arc<Draft>>,
    pub more: bool,
    pub stage: Stage,
}

impl AfterCommit {
    pub(super) fn run(mut self, result: Result<u64, CommitError>) {
        if let Ok(position) = result {
            self.entry.settle(position);
            self.stage = Stage::Durable;
        }
        if self.stops_typing {
            let change = TypingChange { who: Typist::Assistant, active: false };
            self.bus.signal(&self.cell.key, Signal::Typing { change, origin: None });
        }
        if let Some(draft) = self.draft.take() {
            draft.end();
        }
        match result {
            Ok(_) => self.publish(),
            Err(CommitError::Conflict { .. }) if self.may_try_again() => {
                let answers = std::mem::take(&mut self.answers);
                self.stage = Stage::Settled;
                self.cell.conflicted(answers.into_iter().map(|answer| answer.envelope).collect());
            }
            Err(CommitError::Unavailable) => self.refuse(&Refusal::Unavailable { part: "store" }),
            Err(CommitError::Busy | CommitError::Conflict { .. }) => self.refuse(&Refusal::Busy),
        }
    }

    fn publish(&mut self) {
        self.bus.publish(&self.entry);
        self.entry.events.iter().for_each(|committed| count(&committed.event, &self.turns));
        while let Some(answer) = self.answers.pop_front() {
            answer.send();
        }
        self.stage = Stage::Settled;
        self.cell.committed(self.more);
    }

    fn refuse(&mut self, why: &Refusal) {
        while let Some(Answer { envelope, result }) = self.answers.pop_front() {
            envelope.reply.send(result.and(Err(why.clone())));
        }
        self.stage = Stage::Settled;
        self.cell.refused();
    }

    /// A panic that left the drop while another one unwinds would end the process.
    fn guarded(&self, act: impl FnOnce(&Self)) {
        if catch_unwind(AssertUnwindSafe(|| act(self))).is_err() {
            tracing::error!(session = ?self.cell.key, "what broke a batch's outcome broke again");
        }
    }

    fn may_try_again(&self) -> bool {
        self.answers.iter().all(|answer| answer.envelope.conflicts < CONFLICTS_MAX)
    }
}

impl Drop for AfterCommit {
    /// It broke on the way, or was never run.
    fn drop(&mut self) {
        if self.stage == Stage::Settled {
            return;
        }
        self.cell.refused();
        if self.stage == Stage::Durable {
            // Some of the listeners may not have been told.
            self.guarded(|after| after.bus.interrupt(&after.cell.key));
        }
        while let Some(mut answer) = self.answers.pop_front() {
            if self.stage == Stage::OnItsWay {
                answer.result = answer.result.and(Err(Refusal::Unavailable { part: "session" }));
            }
            self.guarded(|_| answer.send());
        }
    }
}

fn count(event: &Event, turns: &TurnMeters) {
    if let Event::TurnEnded { outcome, .. } = event {
        turns.ended(*outcome);
    }
}
