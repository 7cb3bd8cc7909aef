//! The organization's own service, where it says who gets a session: what is asked, in which order answers count, and what is
//! done when it does not answer.
//!
//! Several questions are open at a time, and their answers come in any order. An answer waits until everybody who stands in
//! front was answered, so nobody is overtaken because the service was slower about them. A service that failed is not asked for
//! [`PAUSE_MS`]: the desk decides by itself then, at once and for all who wait.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::order::{HookQuestion, Kind, OrderId};
use super::{Board, QueueKey};
use crate::domain::desk::settings::{Assignment, DeskSettings};
use crate::domain::{SessionId, Timestamp, UserId};

/// Questions that may be open at a time.
const QUESTIONS_MAX: usize = 16;

/// How long a session waits after the service named nobody, in milliseconds.
const NOBODY_MS: i64 = 5_000;

/// How long a service is not asked after it failed, in milliseconds: each session asked about meanwhile would have waited for
/// nothing.
pub const PAUSE_MS: i64 = 30_000;

/// What the service said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookAnswer {
    /// This person.
    Agent(UserId),
    /// Nobody for now.
    Nobody,
    /// Nothing that can be used.
    Failed,
}

/// What is asked, and whether anything is.
#[derive(Debug, Default)]
pub(super) struct Hook {
    open: BTreeMap<OrderId, Question>,
    paused_until: Option<Timestamp>,
}

#[derive(Debug)]
struct Question {
    session: SessionId,
    /// What was said, while somebody in front is still asked about.
    answer: Option<HookAnswer>,
}

impl Board {
    /// What the service said. [`Board::settle`] follows it when its turn has come.
    pub fn hook_answered(&mut self, id: OrderId, answer: HookAnswer, now: Timestamp) {
        match answer {
            // Questions that were given up when another one failed come here too.
            HookAnswer::Failed if self.hook.open.contains_key(&id) => self.pause_hook(now),
            HookAnswer::Agent(_) | HookAnswer::Nobody | HookAnswer::Failed => {
                if let Some(question) = self.hook.open.get_mut(&id) {
                    question.answer = Some(answer);
                }
            }
        }
    }

    /// Whether the service decides now.
    pub(super) fn asks_hook(&self, now: Timestamp) -> bool {
        // After a clock went back the pause is no longer than it was.
        let paused = |until: Timestamp| until > now && until <= now.plus_ms(PAUSE_MS);
        self.settings.policy == Assignment::Hook && !self.hook.paused_until.is_some_and(paused)
    }

    /// Whether no more may be asked now.
    pub(super) fn hook_is_full(&self) -> bool {
        self.hook.open.len() >= QUESTIONS_MAX
    }

    pub(super) fn ask_hook(&mut self, session: &SessionId, able: &[UserId], now: Timestamp) {
        let Some(case) = self.cases.get(session).map(|known| Arc::clone(&known.case)) else { return };
        let id = self.give(session, None, Kind::Question);
        self.hook.open.insert(id, Question { session: session.clone(), answer: None });
        let card = |user: &UserId| Some(self.people.get(user)?.card(*user, self.settings.capacity));
        let eligible = able.iter().filter_map(card).collect();
        self.out.questions.push(HookQuestion { id, case, eligible });
        self.refresh(session, now);
    }

    /// Follows the answers whose turn has come.
    pub(super) fn follow_answers(&mut self, now: Timestamp) {
        while let Some((id, answer)) = self.next_answer() {
            self.hook.open.remove(&id);
            self.follow(id, answer, now);
        }
    }

    /// The answer about the first session that is asked about, if it is there. A session that waits no longer stands in nobody's
    /// way.
    fn next_answer(&self) -> Option<(OrderId, HookAnswer)> {
        let place = |question: &Question| -> Option<&QueueKey> { self.cases.get(&question.session)?.place.as_ref() };
        // Those without a place come first.
        let answered = |(_, question): &(&OrderId, &Question)| place(question).is_some() || question.answer.is_some();
        let first = self.hook.open.iter().filter(answered).min_by_key(|(_, question)| place(question))?;
        Some((*first.0, first.1.answer?))
    }

    fn follow(&mut self, id: OrderId, answer: HookAnswer, now: Timestamp) {
        let Some(session) = self.end(id).map(|order| order.session) else { return };
        self.review(&session, now);
        let Some(known) = self.cases.get_mut(&session).filter(|known| known.free_among.is_some()) else { return };
        let HookAnswer::Agent(named) = answer else {
            known.rests_until = Some(now.plus_ms(NOBODY_MS));
            known.rests_for_hook = true;
            return self.refresh(&session, now);
        };
        let able = self.able(&session, now);
        let chosen = if able.contains(&named) { Some(named) } else { self.choose(&session, &able) };
        // Somebody before this one may have become free for that person while the question was out.
        let first = |user: &UserId| self.best_for(*user, now).is_some_and(|key| key.session == session);
        if let Some(user) = chosen.filter(first) {
            self.offer(&session, user, now);
        }
    }

    /// Another service, or none, is to be asked: what is known of the one before says nothing about it.
    pub(super) fn change_hook(&mut self, before: &DeskSettings, now: Timestamp) {
        if before.policy != self.settings.policy || before.hook_url != self.settings.hook_url {
            self.leave_hook(now);
            self.hook.paused_until = None;
        }
    }

    fn pause_hook(&mut self, now: Timestamp) {
        self.leave_hook(now);
        self.hook.paused_until = Some(now.plus_ms(PAUSE_MS));
    }

    /// Gives up every question; whom the service wanted to wait no longer has to.
    fn leave_hook(&mut self, now: Timestamp) {
        for (id, question) in std::mem::take(&mut self.hook.open) {
            self.end(id);
            self.review(&question.session, now);
        }
        let set_aside: Vec<SessionId> =
            self.cases.iter().filter(|(_, known)| known.rests_for_hook).map(|(session, _)| session.clone()).collect();
        for session in set_aside {
            if let Some(known) = self.cases.get_mut(&session) {
                known.rests_for_hook = false;
                known.rests_until = None;
            }
            self.review(&session, now);
        }
    }
}
