//! When a delivery is tried again.

/// What a delivery that others are not refused waits for, in multiples of the first wait: 2 s, 5 s, 30 s, 2 min, 10 min,
/// 1 h, 5 h, 12 h, 24 h. The third try comes within ten seconds.
const WAITS: [(u64, u64); 9] =
    [(1, 1), (5, 2), (15, 1), (60, 1), (300, 1), (1_800, 1), (9_000, 1), (21_600, 1), (43_200, 1)];

/// How often a delivery is tried that is refused each time.
pub const TRIES_MAX: u32 = WAITS.len() as u32 + 1;

/// How much longer than it must a wait may be: so many parts of a hundred, by chance, so that not all come at once.
const JITTER_PERCENT: f64 = 10.0;

/// What has waited for this long is set aside when its target has failed for as long and fails once more: three days, in
/// milliseconds.
pub const TOO_OLD_AFTER_MS: u64 = 3 * 24 * 60 * 60 * 1_000;

/// A target that has failed for this long, while something waited for it, is given up: five days, in milliseconds.
pub const GIVE_UP_AFTER_MS: u64 = 5 * 24 * 60 * 60 * 1_000;

/// The longest that a target may ask to be left alone: six hours, in seconds, as much as is read of any answer.
const AFTER_MAX_S: u64 = 6 * 60 * 60;

/// How quickly things are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The first pause for a target that fails, in milliseconds; each further one is twice as long.
    pub pause_min_ms: u64,
    /// The longest, in milliseconds.
    pub pause_max_ms: u64,
    /// The first wait of a delivery that is refused, in milliseconds; the others are multiples of it.
    pub retry_first_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pause_min_ms: 1_000, pause_max_ms: 60_000, retry_first_ms: 2_000 }
    }
}

impl Pace {
    /// The pause after so many failures in a row, in milliseconds. `chance` is from 0 to 1.
    pub(super) fn pause_ms(&self, failures: u32, after_s: Option<u64>, chance: f64) -> i64 {
        let doubled = self.pause_min_ms.saturating_mul(1 << failures.saturating_sub(1).min(16));
        let asked = after_s.unwrap_or_default().min(AFTER_MAX_S) * 1_000;
        jittered(doubled.min(self.pause_max_ms).max(asked), chance)
    }

    /// How long a delivery waits after its so many-th refusal, counted from 1, in milliseconds; none: it is not tried again.
    pub(super) fn wait_ms(&self, refusals: u32, chance: f64) -> Option<i64> {
        let place = usize::try_from(refusals.saturating_sub(1)).unwrap_or(usize::MAX);
        let (times, parts) = WAITS.get(place)?;
        Some(jittered(self.retry_first_ms.saturating_mul(*times) / parts, chance))
    }
}

fn jittered(ms: u64, chance: f64) -> i64 {
    let more = ms as f64 * JITTER_PERCENT / 100.0 * chance.clamp(0.0, 1.0);
    i64::try_from(ms).unwrap_or(i64::MAX).saturating_add(more as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_try_comes_within_ten_seconds_and_the_last_after_days() {
        let pace = Pace::default();
        let wait = |refusals| pace.wait_ms(refusals, 1.0).unwrap();
        assert!(wait(1) + wait(2) <= 10_000, "{}", wait(1) + wait(2));
        let plain = |refusals| pace.wait_ms(refusals, 0.0).unwrap();
        assert_eq!([plain(1), plain(2), plain(3), plain(4)], [2_000, 5_000, 30_000, 120_000]);
        assert_eq!(plain(9), 24 * 60 * 60 * 1_000);
        assert_eq!(pace.wait_ms(TRIES_MAX, 0.0), None);
    }

    #[test]
    fn pauses_double_up_to_a_minute_and_respect_what_the_target_asks_for() {
        let pace = Pace::default();
        let pauses: Vec<i64> = (1..=9).map(|failures| pace.pause_ms(failures, None, 0.0)).collect();
        assert_eq!(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
        assert_eq!(pace.pause_ms(1, Some(7), 0.0), 7_000);
        assert_eq!(pace.pause_ms(1, Some(u64::MAX), 0.0), 21_600_000, "at most six hours");
        assert!(pace.pause_ms(u32::MAX, None, 1.0) <= 66_000);
    }
}
