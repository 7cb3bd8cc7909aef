//! How long to wait before the next try to connect: longer each time, and never all clients at the same moment.

use std::time::Duration;

use rand::RngExt;

/// The longest first pause.
const FIRST: Duration = Duration::from_millis(200);

/// The longest pause of all.
const LONGEST: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The next pause: between a half and the whole of a span that doubles.
    pub(super) fn pause(&mut self) -> Duration {
        let span = FIRST.saturating_mul(2_u32.saturating_pow(self.tries)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        span.mul_f64(rand::rng().random_range(0.5..1.0))
    }

    /// A try went well.
    pub(super) const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_begin_again_after_success() {
        let mut backoff = Backoff::default();
        assert!(backoff.pause() < FIRST);
        let later: Vec<Duration> = (0..40).map(|_| backoff.pause()).collect();
        assert!(later[1] >= FIRST && later.iter().all(|pause| *pause <= LONGEST));
        assert!(later[39] >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.pause() < FIRST);
    }
}
