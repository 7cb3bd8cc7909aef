//! How a target does: how many deliveries it is trusted with at once, and until when it is left alone.

use super::pace::Pace;
use crate::domain::Timestamp;

/// The most deliveries that are under way to one target.
pub const FLYING_MAX: usize = 32;

/// See the module. A target is trusted with one delivery at first and after each failure; with each that it takes, with twice
/// as many.
#[derive(Debug)]
pub(super) struct Health {
    limit: usize,
    paused_until: Option<Timestamp>,
    failures: u32,
    /// Since when it fails; not where it works, or where something of ours is at fault.
    failing_since: Option<Timestamp>,
    /// Counts failures that were noticed. What began before the last one says nothing new.
    round: u64,
    taken: u64,
}

impl Default for Health {
    fn default() -> Self {
        Self { limit: 1, paused_until: None, failures: 0, failing_since: None, round: 0, taken: 0 }
    }
}

impl Health {
    /// Whether one more may go, where so many are under way.
    pub(super) fn permits(&self, flying: usize, now: Timestamp) -> bool {
        flying < self.limit && self.paused_until.is_none_or(|until| until <= now)
    }

    /// Until when nothing goes.
    pub(super) const fn paused_until(&self) -> Option<Timestamp> {
        self.paused_until
    }

    /// The round in which a delivery begins.
    pub(super) const fn round(&self) -> u64 {
        self.round
    }

    /// How many it took so far.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// It answered as one does who works, whatever it thought of the delivery.
    pub(super) fn works(&mut self, round: u64) {
        if round == self.round {
            self.limit = (self.limit * 2).min(FLYING_MAX);
            self.failures = 0;
            self.failing_since = None;
            self.paused_until = None;
        }
    }

    /// It took one.
    pub(super) fn took(&mut self, round: u64) {
        self.taken += 1;
        self.works(round);
    }

    /// For how long it has failed, in milliseconds.
    pub(super) fn failing_ms(&self, now: Timestamp) -> u64 {
        self.failing_since.map_or(0, |since| now.since_ms(since))
    }

    /// It does not work.
    pub(super) fn failed(&mut self, round: u64, after_s: Option<u64>, pace: &Pace, now: Timestamp, chance: f64) {
        self.failing_since = self.failing_since.or(Some(now));
        self.blocked(round, after_s, pace, now, chance);
    }

    /// Nothing can be sent to it, by a fault of ours.
    pub(super) fn blocked(&mut self, round: u64, after_s: Option<u64>, pace: &Pace, now: Timestamp, chance: f64) {
        if round == self.round {
            self.round += 1;
            self.failures = self.failures.saturating_add(1);
            self.limit = 1;
        }
        if round + 1 == self.round || after_s.is_some() {
            let until = now.plus_ms(pace.pause_ms(self.failures, after_s, chance));
            self.paused_until = self.paused_until.max(Some(until));
        }
    }
}
