//! How long news of a part is waited for that may have gone. Time in which nobody was there to hear it does not count.

use crate::domain::Timestamp;

/// How long news of a part is waited for that may have gone, in seconds. A provider tells within moments that it has one; after
/// this it is sent again, under the same name of ours.
pub const UNCLEAR_WAIT_S: u64 = 60;

/// How long it is waited for after a start where the part may have gone before, in seconds: ten minutes. News that nobody took is
/// repeated at growing pauses, so it comes some time after we are back, and the later the longer we were off.
pub const UNCLEAR_START_WAIT_S: u64 = 10 * 60;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// How long news is waited for, in seconds.
    pub unclear_wait_s: u64,
    /// How long it is after a start where the part may have gone before, in seconds.
    pub start_wait_s: u64,
    /// Since when it is heard.
    started: Timestamp,
}

impl Patience {
    /// As long as is usual; news is heard from `started` on.
    pub(super) const fn since(started: Timestamp) -> Self {
        Self { unclear_wait_s: UNCLEAR_WAIT_S, start_wait_s: UNCLEAR_START_WAIT_S, started }
    }

    /// How long it is still waited for of a part that is under way since then, in seconds; 0 where it is to be sent again. Who `can_ask`
    /// does not depend on what was missed meanwhile.
    pub(super) fn left_s(&self, since: Timestamp, now: Timestamp, can_ask: bool) -> u64 {
        let behind = |at: Timestamp, s: u64| at.plus_ms(i64::try_from(s.saturating_mul(1_000)).unwrap_or(i64::MAX));
        let mut until = behind(since, self.unclear_wait_s);
        if since < self.started {
            let wait_s = if can_ask { self.unclear_wait_s } else { self.start_wait_s };
            until = until.max(behind(self.started, wait_s));
        }
        until.since_ms(now).div_ceil(1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(s: i64) -> Timestamp {
        Timestamp::from_ms(1_800_000_000_000 + s * 1_000)
    }

    #[test]
    fn news_is_waited_for_a_minute_and_ten_after_a_start_however_long_nobody_was_there() {
        let patience = Patience::since(at(0));
        let left = |since: i64, now: i64| patience.left_s(at(since), at(now), false);
        assert_eq!([left(5, 5), left(5, 64), left(5, 65), left(5, 1_000)], [60, 1, 0, 0]);
        for off in [1, 120, 30 * 24 * 60 * 60] {
            assert_eq!([left(-off, 0), left(-off, 120), left(-off, 599), left(-off, 600)], [600, 480, 1, 0], "{off}");
        }
    }

    #[test]
    fn where_the_provider_can_be_asked_it_is_for_a_minute_after_the_start() {
        let patience = Patience::since(at(0));
        let left = |now: i64| patience.left_s(at(-120), at(now), true);
        assert_eq!([left(0), left(59), left(60)], [60, 1, 0]);
    }

    #[test]
    fn where_no_news_can_come_a_start_makes_no_wait_longer() {
        let patience = Patience { start_wait_s: 0, ..Patience::since(at(0)) };
        let left = |since: i64| patience.left_s(at(since), at(0), false);
        assert_eq!([left(-120), left(-50)], [0, 10]);
    }

    #[test]
    fn neither_a_clock_that_was_set_back_nor_a_huge_wait_ends_in_a_wrong_number() {
        let patience = Patience { unclear_wait_s: u64::MAX, ..Patience::since(at(0)) };
        assert!(patience.left_s(at(0), at(-3_600), false) > 3_600);
    }
}
