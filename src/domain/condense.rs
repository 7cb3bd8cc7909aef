//! When what was said is put together in short, before the short-term memory lets go of it: the running summary.
//! Whoever writes it works beside the session; what comes of it is an event, so it has its place in the one order, outlives
//! a restart, and is gone with a reset (`docs/adr/0011-a-running-summary-in-the-log.md`).

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::memory::{Line, MEMORY_MAX_BYTES, MEMORY_MAX_LINES};
use super::session::State;
use super::text::clipped;

/// The longest summary, in bytes: every turn's prompt holds it.
pub const CONDENSED_MAX_BYTES: usize = 4 * 1024;

/// How full the short-term memory is when its older half is condensed, in percent.
const FULL_PERCENT: usize = 75;

/// The fewest lines that are worth it.
const LINES_MIN: usize = 6;

/// What was said up to a place, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condensed {
    /// The `seq` of the newest line in it.
    pub upto: u64,
    /// What was said.
    pub text: String,
    /// When it was written.
    pub at: Timestamp,
}

/// What is to be condensed: the lines from one `seq` to another, together with the summary of what was before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condensing {
    /// The `seq` of the oldest line.
    pub from: u64,
    /// The `seq` of the newest.
    pub upto: u64,
    /// How far the summary goes that they are added to, if there is one.
    pub after: Option<u64>,
}

/// What should be condensed now: the older half of a memory that is about to overflow, as far as no summary holds it.
pub fn due(state: &State) -> Option<Condensing> {
    let memory = &state.memory;
    let count = memory.lines().count();
    let full = |size: usize, max: usize| size * 100 >= max * FULL_PERCENT;
    if state.turn.is_some() || !(full(count, MEMORY_MAX_LINES) || full(memory.bytes(), MEMORY_MAX_BYTES)) {
        return None;
    }
    let after = state.condensed.as_ref().map(|condensed| condensed.upto);
    let (mut lines, mut bytes) = (0, 0);
    let older = memory.lines().take_while(|line| {
        lines += 1;
        bytes += line.text.len();
        lines * 2 <= count || bytes * 2 <= memory.bytes()
    });
    let new: Vec<&Line> = older.filter(|line| after.is_none_or(|after| line.seq > after)).collect();
    if new.len() < LINES_MIN {
        return None;
    }
    Some(Condensing { from: new.first()?.seq, upto: new.last()?.seq, after })
}

/// The summary, if it still fits: nothing was condensed or forgotten since it was begun.
pub(super) fn taken(state: &State, condensing: Condensing, text: &str, at: Timestamp) -> Option<Condensed> {
    let same = state.condensed.as_ref().map(|condensed| condensed.upto) == condensing.after;
    let kept = condensing.from >= state.forgotten_before && condensing.upto < state.next_seq;
    let text = clipped(text.trim(), CONDENSED_MAX_BYTES);
    let said = !text.is_empty();
    (same && kept && said).then(|| Condensed { upto: condensing.upto, text: text.to_owned(), at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evolve::evolve;
    use crate::domain::memory::Speaker;
    use crate::domain::{Event, OrganizationId, SessionId, SessionKey};

    fn state(lines: u64, bytes: usize) -> State {
        let key = SessionKey {
            organization: OrganizationId::default_organization(),
            session: SessionId::parse("s").unwrap(),
        };
        let mut state = State::unborn(key);
        for seq in 1..=lines {
            state.memory.push(Line { seq, speaker: Speaker::Customer, text: "x".repeat(bytes).into() });
        }
        state.next_seq = lines + 1;
        state
    }

    fn condense(state: &mut State, condensing: Condensing) {
        let condensed = taken(state, condensing, "They talked.", Timestamp::default()).unwrap();
        evolve(state, &Event::Condensed(condensed));
    }

    #[test]
    fn the_older_half_of_a_nearly_full_memory_is_condensed_once() {
        assert_eq!(due(&state(29, 10)), None);
        let mut state = state(30, 10);
        let first = due(&state).unwrap();
        assert_eq!(first, Condensing { from: 1, upto: 15, after: None });
        condense(&mut state, first);
        assert_eq!(due(&state), None, "nothing new is in the older half");
        for seq in state.next_seq..state.next_seq + 12 {
            state.memory.push(Line { seq, speaker: Speaker::Customer, text: "x".into() });
        }
        state.next_seq += 12;
        let next = due(&state).unwrap();
        assert_eq!((next.from, next.after), (16, Some(15)));
    }

    #[test]
    fn few_long_lines_are_condensed_too_and_an_open_turn_is_waited_for() {
        let mut state = state(12, 900);
        assert_eq!(due(&state), Some(Condensing { from: 1, upto: 6, after: None }));
        let turn = crate::domain::session::Turn {
            id: 12,
            upto: 12,
            since: Timestamp::default(),
            last_at: Timestamp::default(),
            working: None,
        };
        state.turn = Some(turn);
        assert_eq!(due(&state), None);
    }

    #[test]
    fn what_was_forgotten_or_condensed_meanwhile_makes_it_void() {
        let mut state = state(30, 10);
        let first = due(&state).unwrap();
        let void = |state: &State| taken(state, first, "They talked.", Timestamp::default()).is_none();
        evolve(&mut state, &Event::ContextReset { keep_from: 31 });
        assert!(void(&state));
        let mut state = self::state(30, 10);
        assert!(taken(&state, first, " \n", Timestamp::default()).is_none(), "silence says nothing");
        condense(&mut state, first);
        assert!(void(&state));
        evolve(&mut state, &Event::ContextReset { keep_from: 31 });
        assert_eq!(state.condensed, None);
    }
}
