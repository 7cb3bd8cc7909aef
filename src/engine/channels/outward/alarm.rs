//! When somebody is told of a channel: at once where only a person can mend it, and where it fails again and again, with or without
//! working in between. Once for as long as that lasts.

use std::collections::VecDeque;

use crate::domain::Timestamp;

/// Failures after which somebody is told: in a row, or among the last [`TRIES_KEPT`] tries.
const FAILURES: u32 = 5;

/// How many tries are looked at for failures that come and go: where most succeed a few failures are nobody's matter.
const TRIES_KEPT: usize = 16;

/// How long ago a failure is that does not count any more, in milliseconds; and how long a channel has to work until it is told anew:
/// half an hour.
const CALM_MS: u64 = 30 * 60 * 1_000;

/// Why somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It is stopped until a person looks at it.
    Blocked,
    /// It fails, and fails again.
    Failing,
    /// It fails and works by turns.
    Flapping,
}

/// What is known of a way's last tries, and whether somebody was told.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    /// The last tries, and whether each failed.
    tries: VecDeque<(Timestamp, bool)>,
    failed_at: Option<Timestamp>,
    told: Option<(Timestamp, Cause)>,
}

impl Cause {
    /// The word for it in measures and the log.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Failing => "failing",
            Self::Flapping => "flapping",
        }
    }
}

impl Alarm {
    /// It worked.
    pub(super) fn worked(&mut self, now: Timestamp) {
        self.note(now, false);
        if self.is_calm(now) {
            self.told = None;
        }
    }

    /// It failed, so often in a row by now. Why somebody is to be told, unless they were.
    pub(super) fn failed(&mut self, now: Timestamp, in_a_row: u32) -> Option<Cause> {
        self.note(now, true);
        self.failed_at = Some(now);
        let is_recent = |(at, failed): &&(Timestamp, bool)| *failed && now.since_ms(*at) <= CALM_MS;
        let recent = self.tries.iter().filter(is_recent).count();
        let cause = if in_a_row >= FAILURES { Cause::Failing } else { Cause::Flapping };
        if self.told.is_some() || (in_a_row < FAILURES && recent < FAILURES as usize) {
            return None;
        }
        self.tell(now, cause)
    }

    /// It can not go on before a person looks at it. Why somebody is to be told, unless they were of just that.
    pub(super) fn blocked(&mut self, now: Timestamp) -> Option<Cause> {
        self.note(now, true);
        self.failed_at = Some(now);
        if matches!(self.told, Some((_, Cause::Blocked))) {
            return None;
        }
        self.tell(now, Cause::Blocked)
    }

    /// When somebody was told of what lasts still, or was over just now.
    pub(super) fn told_at(&self, now: Timestamp, works: bool) -> Option<Timestamp> {
        let is_over = works && self.is_calm(now);
        self.told.filter(|_| !is_over).map(|(at, _)| at)
    }

    fn tell(&mut self, now: Timestamp, cause: Cause) -> Option<Cause> {
        self.told = Some((now, cause));
        Some(cause)
    }

    fn note(&mut self, now: Timestamp, failed: bool) {
        if self.tries.len() >= TRIES_KEPT {
            self.tries.pop_front();
        }
        self.tries.push_back((now, failed));
    }

    fn is_calm(&self, now: Timestamp) -> bool {
        self.failed_at.is_none_or(|failed| now.since_ms(failed) >= CALM_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(s: i64) -> Timestamp {
        Timestamp::from_ms(1_800_000_000_000 + s * 1_000)
    }

    #[test]
    fn what_only_a_person_can_mend_is_told_at_once_and_once_while_it_lasts() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.failed(at(0), 1), None);
        assert_eq!(alarm.blocked(at(1)), Some(Cause::Blocked));
        assert!((1..100).all(|n| alarm.blocked(at(n * 300)).is_none()));
        assert_eq!(alarm.told_at(at(40_000), false), Some(at(1)), "however long it lasts");
        alarm.worked(at(29_700 + 1_800));
        assert_eq!(alarm.blocked(at(40_000)), Some(Cause::Blocked), "another time");
    }

    #[test]
    fn what_fails_in_a_row_is_told_at_the_fifth_time_and_again_when_it_becomes_worse() {
        let mut alarm = Alarm::default();
        let told: Vec<_> = (1..=7).map(|n| alarm.failed(at(i64::from(n) * 7_200), n)).collect();
        assert_eq!(told.iter().position(Option::is_some), Some(4), "hours may lie between");
        assert_eq!(told[4], Some(Cause::Failing));
        assert_eq!(alarm.blocked(at(60_000)), Some(Cause::Blocked));
    }

    #[test]
    fn what_fails_and_works_by_turns_is_told_though_it_never_fails_twice_in_a_row() {
        let mut alarm = Alarm::default();
        let mut told = Vec::new();
        for turn in 0..20 {
            told.extend(alarm.failed(at(turn * 60), 1));
            alarm.worked(at(turn * 60 + 30));
        }
        assert_eq!(told, [Cause::Flapping]);
        assert!(alarm.told_at(at(20 * 60), true).is_some());
        assert_eq!(alarm.told_at(at(19 * 60 + 1_800), true), None, "it has worked for half an hour");
    }

    #[test]
    fn a_few_failures_among_many_successes_or_over_hours_are_nobodys_matter() {
        let mut busy = Alarm::default();
        for turn in 0..100 {
            assert_eq!(busy.failed(at(turn), 1), None);
            (0..9).for_each(|_| busy.worked(at(turn)));
        }
        let mut slow = Alarm::default();
        for turn in 0..100 {
            assert_eq!(slow.failed(at(turn * 600), 1), None);
            slow.worked(at(turn * 600 + 1));
        }
    }
}
