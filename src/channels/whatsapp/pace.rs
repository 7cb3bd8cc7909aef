//! How fast `WhatsApp` lets us send: to one person, and from one number. Pure state; time is passed in.

use crate::domain::Timestamp;

/// A limit of speed with some room for bursts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The lasting distance between two messages, in microseconds.
    pub interval_us: i64,
    /// How many may go at once after a rest.
    pub burst: u32,
}

/// One of our numbers to one person: a message in six seconds; a burst of up to 45 is borrowed from what comes after it.
pub const PAIR: Limit = Limit { interval_us: 6_000_000, burst: 45 };

/// One of our numbers: 80 messages a second, in both directions together.
pub const NUMBER: Limit = Limit { interval_us: 12_500, burst: 80 };

/// A number that is also used in the `WhatsApp` Business app: 20 a second.
pub const NUMBER_WITH_APP: Limit = Limit { interval_us: 50_000, burst: 20 };

/// How far a limit is used up (generic cell rate algorithm: one moment says it all).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    limit: Limit,
    /// When everything borrowed is paid back, in microseconds since the Unix epoch.
    settled_us: i64,
}

impl Pace {
    /// An unused limit.
    pub const fn new(limit: Limit) -> Self {
        Self { limit, settled_us: i64::MIN }
    }

    /// The same by another limit from now on: what was borrowed is paid back as it was.
    #[must_use]
    pub const fn by(self, limit: Limit) -> Self {
        Self { limit, ..self }
    }

    /// When the next message may go: `now` or later.
    pub fn ready_at(&self, now: Timestamp) -> Timestamp {
        let borrowed_us = self.limit.interval_us.saturating_mul(i64::from(self.limit.burst.max(1)) - 1);
        let ready_us = self.settled_us.saturating_sub(borrowed_us);
        let ready_ms = ready_us.div_euclid(1_000).saturating_add(i64::from(ready_us.rem_euclid(1_000) > 0));
        now.max(Timestamp::from_ms(ready_ms))
    }

    /// Counts a message that goes out at `now`.
    ///
    /// # Errors
    /// When it may go, if that is not yet; then nothing is counted.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        let ready = self.ready_at(now);
        if ready > now {
            return Err(ready);
        }
        self.count(now);
        Ok(())
    }

    /// Counts a message that went or came anyway: of the number's limit, received messages are a part.
    pub fn count(&mut self, now: Timestamp) {
        let now_us = now.as_ms().saturating_mul(1_000);
        self.settled_us = self.settled_us.max(now_us).saturating_add(self.limit.interval_us);
    }

    /// Whether it says nothing any more, so that it need not be kept.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.settled_us <= now.as_ms().saturating_mul(1_000)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    #[test]
    fn a_burst_to_one_person_is_borrowed_from_what_comes_after() {
        let mut pair = Pace::new(PAIR);
        let sent = (0..100).take_while(|_| pair.take(START).is_ok()).count();
        assert_eq!(sent, 45);
        assert_eq!(pair.take(START), Err(START.plus_ms(6_000)));
        assert_eq!(pair.take(START.plus_ms(6_000)), Ok(()));
        assert!(!pair.is_idle(START.plus_ms(45 * 6_000)));
        assert!(pair.is_idle(START.plus_ms(46 * 6_000)), "all is paid back");
    }

    #[test]
    fn a_number_that_turns_out_to_be_used_in_the_app_goes_on_more_slowly() {
        let mut number = Pace::new(NUMBER);
        assert_eq!((0..100).take_while(|_| number.take(START).is_ok()).count(), 80);
        let mut number = number.by(NUMBER_WITH_APP);
        let second = START.plus_ms(1_000);
        assert_eq!((0..100).take_while(|_| number.take(second).is_ok()).count(), 20, "a second later");
        assert_eq!(number.take(second), Err(second.plus_ms(50)));
    }

    proptest! {
        #[test]
        fn never_more_goes_than_the_limit_allows(
            gaps_ms in proptest::collection::vec(0_i64..9_000, 1..300),
            limit in proptest::sample::select(&[PAIR, NUMBER, NUMBER_WITH_APP][..]),
        ) {
            let (mut pace, mut now, mut sent) = (Pace::new(limit), START, 0_i64);
            for gap in gaps_ms {
                now = now.plus_ms(gap);
                match pace.take(now) {
                    Ok(()) => sent += 1,
                    Err(ready) => prop_assert!(ready > now && pace.ready_at(ready) == ready),
                }
                let elapsed_us = (now.as_ms() - START.as_ms()) * 1_000;
                prop_assert!(sent <= i64::from(limit.burst) + elapsed_us / limit.interval_us);
            }
        }
    }
}
