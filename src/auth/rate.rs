//! How often: fixed windows per bucket and caller, with the figures that the documented headers show.
//!
//! A window opens with the first request and lets exactly `limit` requests through until it closes. Reasons for this and
//! not for a leaky bucket: `docs/adr/0003-own-rate-windows.md`.

use std::net::IpAddr;

use super::table::{Fleeting, Table};
use crate::domain::{Refusal, Timestamp};

/// How many windows are kept at a time; about 12 MiB when full.
const WINDOWS_MAX: usize = 200_000;

/// How many leading bits of an IPv6 address belong to one customer of a provider.
const IPV6_NETWORK_BITS: u32 = 64;

/// How many requests in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests in one window.
    pub limit: u32,
    /// Length of the window, in seconds.
    pub window_s: u32,
}

/// What one request was told: `X-RateLimit-Limit`, `-Remaining` and `-Reset`, whether it was let through or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests in one window.
    pub limit: u32,
    /// Requests left in this window.
    pub remaining: u32,
    /// When the window closes, in Unix seconds, rounded up.
    pub reset_at_s: i64,
    /// The same in whole seconds from now, at least one.
    pub retry_after_s: u64,
    /// This request is within the quota.
    pub allowed: bool,
}

/// Counts requests.
#[derive(Debug)]
pub struct RateLimiter {
    /// None when limits are off.
    windows: Option<Table<Window>>,
}

/// Where a caller stands. Times in milliseconds since the Unix epoch.
#[derive(Debug, Default)]
struct Window {
    opened_at_ms: i64,
    closes_at_ms: i64,
    used: u32,
}

impl RateLimiter {
    /// Counts every request.
    pub fn new() -> Self {
        Self { windows: Some(Table::new(WINDOWS_MAX)) }
    }

    /// Lets every request through and counts none; the headers show a full quota. For load tests.
    pub const fn off() -> Self {
        Self { windows: None }
    }

    /// Counts one request of `key` (a caller's rate key, or [`address_key`]) in `bucket` (a dialect's category).
    pub fn check(&self, bucket: &str, key: &str, quota: Quota, now: Timestamp) -> Allowance {
        match &self.windows {
            Some(windows) => windows.with((bucket, key), now, |window| window.take(quota, now)),
            None => Window::opened(quota, now).allowance(quota, now, true),
        }
    }
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::new()
    }
}

impl Allowance {
    /// What to answer when it is not allowed.
    pub const fn refusal(&self) -> Refusal {
        Refusal::TooMany { retry_after_s: self.retry_after_s }
    }

    /// Goes on only if it is allowed.
    ///
    /// # Errors
    /// `TooMany`.
    pub fn require(&self) -> Result<(), Refusal> {
        if self.allowed { Ok(()) } else { Err(self.refusal()) }
    }
}

/// The rate key of a network address. One customer of a provider has a whole /64 of IPv6 addresses, so these count as
/// one; an IPv4 address written as IPv6 counts as itself.
pub fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address/{address}"),
        IpAddr::V6(address) => {
            let network = address.to_bits() >> (u128::BITS - IPV6_NETWORK_BITS);
            format!("network/{network:x}")
        }
    }
}

impl Window {
    fn opened(quota: Quota, now: Timestamp) -> Self {
        let closes_at_ms = now.as_ms().saturating_add(i64::from(quota.window_s) * 1000);
        Self { opened_at_ms: now.as_ms(), closes_at_ms, used: 0 }
    }

    fn take(&mut self, quota: Quota, now: Timestamp) -> Allowance {
        self.follow_clock_back(now);
        if self.is_over(now) {
            *self = Self::opened(quota, now);
        }
        let allowed = self.used < quota.limit;
        if allowed {
            self.used += 1;
        }
        self.allowance(quota, now, allowed)
    }

    /// A clock that jumped back takes the window with it: nobody waits longer than one window, and nothing is forgotten.
    fn follow_clock_back(&mut self, now: Timestamp) {
        let back_ms = self.opened_at_ms.saturating_sub(now.as_ms()).max(0);
        self.opened_at_ms = self.opened_at_ms.saturating_sub(back_ms);
        self.closes_at_ms = self.closes_at_ms.saturating_sub(back_ms);
    }

    fn allowance(&self, quota: Quota, now: Timestamp, allowed: bool) -> Allowance {
        let left_ms = self.closes_at_ms.saturating_sub(now.as_ms()).max(0).unsigned_abs();
        Allowance {
            limit: quota.limit,
            remaining: quota.limit.saturating_sub(self.used),
            reset_at_s: self.closes_at_ms.saturating_add(999).div_euclid(1000),
            retry_after_s: left_ms.div_ceil(1000).max(1),
            allowed,
        }
    }
}

impl Fleeting for Window {
    fn is_over(&self, now: Timestamp) -> bool {
        now.as_ms() >= self.closes_at_ms
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUOTA: Quota = Quota { limit: 100, window_s: 60 };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_700_000_000_000 + ms)
    }

    #[test]
    fn exactly_the_limit_passes_in_a_window_and_the_headers_say_so() {
        let limiter = RateLimiter::new();
        for n in 0..100 {
            let allowance = limiter.check("care", "a", QUOTA, at(i64::from(n)));
            assert!(allowance.allowed);
            assert_eq!((allowance.limit, allowance.remaining, allowance.reset_at_s), (100, 99 - n, 1_700_000_060));
        }
        let refused = limiter.check("care", "a", QUOTA, at(59_001));
        assert_eq!((refused.allowed, refused.remaining), (false, 0));
        assert_eq!(refused.require(), Err(Refusal::TooMany { retry_after_s: 1 }));
        assert_eq!(limiter.check("care", "a", QUOTA, at(60_000)).remaining, 99);
    }

    #[test]
    fn buckets_and_callers_are_counted_apart() {
        let limiter = RateLimiter::new();
        let one = Quota { limit: 1, window_s: 60 };
        for (bucket, key) in [("care", "a"), ("care", "b"), ("platform", "a"), ("carea", ""), ("", "carea")] {
            assert!(limiter.check(bucket, key, one, at(0)).allowed, "{bucket} {key}");
            assert!(!limiter.check(bucket, key, one, at(1)).allowed, "{bucket} {key}");
        }
    }

    #[test]
    fn a_refused_request_does_not_make_the_wait_longer() {
        let limiter = RateLimiter::new();
        let one = Quota { limit: 1, window_s: 10 };
        limiter.check("b", "k", one, at(0));
        assert!((1..10).all(|s| !limiter.check("b", "k", one, at(s * 1000)).allowed));
        assert!(limiter.check("b", "k", one, at(10_000)).allowed);
    }

    #[test]
    fn limits_that_are_off_let_everything_through_with_a_full_quota() {
        let limiter = RateLimiter::off();
        let allowances: Vec<_> = (0..1_000).map(|_| limiter.check("care", "a", QUOTA, at(0))).collect();
        assert!(allowances.iter().all(|a| a.allowed && a.remaining == 100 && a.reset_at_s == 1_700_000_060));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    #[test]
    fn a_limit_of_nothing_refuses_everything() {
        let none = Quota { limit: 0, window_s: 60 };
        assert!(!RateLimiter::new().check("b", "k", none, at(0)).allowed);
    }

    proptest! {
        /// A clock that only goes forward: no window of the given length, from its first request on, lets more through.
        #[test]
        fn no_window_lets_more_through_than_its_limit(steps in prop::collection::vec(0i64..2_000, 1..400), limit in 1u32..20) {
            let limiter = RateLimiter::new();
            let quota = Quota { limit, window_s: 5 };
            let (mut now, mut opened, mut passed) = (0, i64::MIN / 2, 0);
            for step in steps {
                now += step;
                if now >= opened + 5_000 {
                    (opened, passed) = (now, 0);
                }
                let allowance = limiter.check("b", "k", quota, at(now));
                passed += u32::from(allowance.allowed);
                prop_assert!(passed <= limit);
                prop_assert_eq!(allowance.remaining, limit - passed);
                prop_assert_eq!(allowance.allowed || passed == limit, true);
            }
        }

        /// A clock that jumps about, as far as it likes: whoever waits as long as they were told gets through.
        #[test]
        fn whatever_the_clock_does_nobody_waits_longer_than_one_window(jumps in prop::collection::vec(-1_000_000_000i64..1_000_000_000, 1..50)) {
            let limiter = RateLimiter::new();
            let quota = Quota { limit: 2, window_s: 60 };
            let mut now = 0;
            for jump in jumps {
                now += jump;
                let answers: Vec<_> = (0..3).map(|_| limiter.check("b", "k", quota, at(now))).collect();
                let refused = answers[2];
                prop_assert!(!refused.allowed && (1..=60).contains(&refused.retry_after_s));
                now += i64::try_from(refused.retry_after_s * 1000).unwrap();
                prop_assert!(limiter.check("b", "k", quota, at(now)).allowed);
            }
        }
    }
}
