//! Turn assembly: when a burst is answered, and what is overdue. Several quick messages get one reply that has seen them
//! all; a newer message supersedes work that is under way.

use super::Timestamp;
use super::policy::Policy;
use super::session::{Owner, Purpose, State, Turn, Work};

/// What a session should do about its turn now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing wants a reply.
    Idle,
    /// Nothing to do before this moment.
    Wait(Timestamp),
    /// Begin this work; anything older is to be thrown away.
    Start(Work),
    /// The work that is under way goes on.
    Working,
    /// The deadline has passed: let a [`super::command::Command::Tick`] end the turn.
    Overdue,
}

/// The next step for the session's turn. A clock that went back is taken in first: the turn's times are never ahead of
/// now, so that no jump makes a customer wait longer than one more deadline.
pub fn next_step(state: &mut State, policy: &Policy, now: Timestamp) -> Step {
    if let Some(turn) = &mut state.turn {
        turn.since = turn.since.min(now);
        turn.last_at = turn.last_at.min(now);
    }
    let Some(turn) = &state.turn else { return next_suggestion(state, policy, now) };
    if is_overdue(turn, policy, now) {
        return Step::Overdue;
    }
    let deadline = turn.since.plus_ms(signed(policy.deadline_ms));
    let work = work_for(state, turn);
    if turn.working == Some(work) {
        return Step::Wait(deadline);
    }
    let due = due_at(turn, policy);
    if now >= due { Step::Start(work) } else { Step::Wait(due.min(deadline)) }
}

/// What the staff should be suggested now: like a turn it waits until the customer is quiet, but nobody waits for it.
fn next_suggestion(state: &State, policy: &Policy, now: Timestamp) -> Step {
    let Some(work) = suggestable(state).filter(|_| policy.suggests) else { return Step::Idle };
    if state.suggesting == Some(work) {
        return Step::Working;
    }
    let last_at = state.last_message_at.map_or(now, |at| at.min(now));
    let due = last_at.plus_ms(signed(policy.quiet_ms));
    if now >= due { Step::Start(work) } else { Step::Wait(due) }
}

/// The suggestion that the staff could use: for messages that a human is to answer and that none has seen yet.
fn suggestable(state: &State) -> Option<Work> {
    let (first, last) = state.unanswered.filter(|(_, last)| *last > state.suggested_upto)?;
    let for_staff = matches!(state.owner, Owner::Queue | Owner::Human { .. });
    let work = Work { epoch: state.epoch, turn: first, upto: last, purpose: Purpose::Suggestion };
    for_staff.then_some(work)
}

/// Whether the staff waits for a suggestion.
pub fn wants_suggestion(state: &State, policy: &Policy) -> bool {
    policy.suggests && suggestable(state).is_some()
}

/// Whether `work` is exactly the suggestion that the staff still wants.
pub fn still_suggestable(state: &State, work: Work) -> bool {
    suggestable(state) == Some(work)
}

/// Whether the turn has taken longer than it may.
pub fn is_overdue(turn: &Turn, policy: &Policy, now: Timestamp) -> bool {
    now.since_ms(turn.since) >= policy.deadline_ms
}

/// The open turn, if `work` is exactly what it still wants: same epoch, same burst, nothing newer.
pub fn still_wanted(state: &State, work: Work) -> Option<&Turn> {
    state.turn.as_ref().filter(|turn| state.owner == Owner::Assistant && work_for(state, turn) == work)
}

/// Marks the work as under way, so that it is not begun twice.
pub const fn begin(state: &mut State, work: Work) {
    match (work.purpose, &mut state.turn) {
        (Purpose::Suggestion, _) => state.suggesting = Some(work),
        (Purpose::Reply, Some(turn)) => turn.working = Some(work),
        (Purpose::Reply, None) => {}
    }
}

/// Gives an interrupted turn its full time again after the session was loaded: nobody could answer meanwhile.
pub fn resume(state: &mut State, now: Timestamp) {
    if let Some(turn) = &mut state.turn {
        turn.since = now;
        turn.working = None;
    }
}

const fn work_for(state: &State, turn: &Turn) -> Work {
    Work { epoch: state.epoch, turn: turn.id, upto: turn.upto, purpose: Purpose::Reply }
}

fn due_at(turn: &Turn, policy: &Policy) -> Timestamp {
    let quiet = turn.last_at.plus_ms(signed(policy.quiet_ms));
    quiet.min(turn.since.plus_ms(signed(policy.burst_max_ms)))
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
