//! How much one connection may send: frames and bytes within fixed windows of a minute.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Refusal;

const WINDOW: Duration = Duration::from_secs(60);

/// What one connection may send a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceLimits {
    /// Frames.
    pub frames_per_minute: u32,
    /// Bytes of text.
    pub bytes_per_minute: u64,
}

impl PaceLimits {
    /// No limit, for load tests.
    pub const NONE: Self = Self { frames_per_minute: u32::MAX, bytes_per_minute: u64::MAX };
}

/// What it has sent in this window.
#[derive(Debug, Default)]
pub struct Pace {
    since: Option<Instant>,
    frames: u32,
    bytes: u64,
}

impl Pace {
    /// Counts a frame.
    ///
    /// # Errors
    /// `TooMany` when the window is spent.
    pub fn take(&mut self, bytes: usize, limits: PaceLimits, now: Instant) -> Result<(), Refusal> {
        if limits == PaceLimits::NONE {
            return Ok(());
        }
        let since = match self.since {
            Some(since) if now.duration_since(since) < WINDOW => since,
            Some(_) | None => {
                *self = Self { since: Some(now), ..Self::default() };
                now
            }
        };
        self.frames = self.frames.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.frames <= limits.frames_per_minute && self.bytes <= limits.bytes_per_minute {
            return Ok(());
        }
        let left = WINDOW.saturating_sub(now.duration_since(since));
        Err(Refusal::TooMany { retry_after_s: left.as_secs() + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_is_spent_refuses_until_the_next_one() {
        let limits = PaceLimits { frames_per_minute: 2, bytes_per_minute: 100 };
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert_eq!(pace.take(10, limits, start), Ok(()));
        assert_eq!(pace.take(10, limits, start), Ok(()));
        assert!(matches!(pace.take(10, limits, start), Err(Refusal::TooMany { retry_after_s: 1..=61 })));
        assert!(pace.take(101, limits, start + WINDOW).is_err());
        assert_eq!(pace.take(100, limits, start + 2 * WINDOW), Ok(()));
    }
}
