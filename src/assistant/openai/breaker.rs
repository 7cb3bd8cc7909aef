//! A circuit breaker: after several failures in a row nothing is asked for a while, then one request probes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Shared by all turns of one provider.
#[derive(Debug)]
pub(in crate::assistant) struct Breaker {
    failures_max: u32,
    open_for: Duration,
    state: Mutex<State>,
}

/// The right to ask once. Dropped without a verdict it counts as neither success nor failure.
#[derive(Debug)]
pub(in crate::assistant) struct Permit {
    breaker: Arc<Breaker>,
    settled: bool,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    HalfOpen { until: Instant },
}

impl Breaker {
    /// Opens after `failures_max` failures in a row, for `open_for`.
    pub(in crate::assistant) fn new(failures_max: u32, open_for: Duration) -> Self {
        Self { failures_max: failures_max.max(1), open_for, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// A permit to ask; `None` while it is open or another request probes.
    pub(in crate::assistant) fn admit(self: &Arc<Self>, now: Instant) -> Option<Permit> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => {}
            State::Open { until } if now >= until => *state = State::HalfOpen { until },
            State::Open { .. } | State::HalfOpen { .. } => return None,
        }
        Some(Permit { breaker: Arc::clone(self), settled: false })
    }

    /// Whether requests pass as usual.
    pub(in crate::assistant) fn is_closed(&self) -> bool {
        matches!(*self.lock(), State::Closed { .. })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The provider answered.
    pub(in crate::assistant) fn succeeded(mut self) {
        self.settled = true;
        *self.breaker.lock() = State::Closed { failures: 0 };
    }

    /// The provider failed.
    pub(in crate::assistant) fn failed(mut self, now: Instant) {
        self.settled = true;
        let mut state = self.breaker.lock();
        let open = State::Open { until: now + self.breaker.open_for };
        *state = match *state {
            State::Closed { failures } if failures + 1 < self.breaker.failures_max => {
                State::Closed { failures: failures + 1 }
            }
            State::Closed { .. } | State::HalfOpen { .. } => open,
            State::Open { until } => State::Open { until },
        };
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        let mut state = self.breaker.lock();
        if let State::HalfOpen { until } = *state {
            *state = State::Open { until };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Arc<Breaker> {
        let breaker = Arc::new(Breaker::new(2, Duration::from_secs(10)));
        breaker.admit(now).unwrap().failed(now);
        assert!(breaker.is_closed());
        breaker.admit(now).unwrap().failed(now);
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_probe_through() {
        let now = Instant::now();
        let breaker = opened(now);
        assert!(breaker.admit(now + Duration::from_secs(9)).is_none());
        let later = now + Duration::from_secs(10);
        let probe = breaker.admit(later).unwrap();
        assert!(breaker.admit(later).is_none());
        probe.succeeded();
        assert!(breaker.is_closed() && breaker.admit(later).is_some());
    }

    #[test]
    fn a_failed_probe_opens_it_again_and_an_abandoned_one_frees_the_way() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + Duration::from_secs(10);
        drop(breaker.admit(later).unwrap());
        breaker.admit(later).unwrap().failed(later);
        assert!(breaker.admit(later + Duration::from_secs(9)).is_none());
    }

    #[test]
    fn a_success_between_failures_starts_the_count_again() {
        let now = Instant::now();
        let breaker = Arc::new(Breaker::new(2, Duration::from_secs(10)));
        for _ in 0..5 {
            breaker.admit(now).unwrap().failed(now);
            breaker.admit(now).unwrap().succeeded();
        }
        assert!(breaker.is_closed());
    }
}
