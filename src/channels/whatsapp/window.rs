//! When `WhatsApp` allows free text: for 24 hours after the customer's last message. Pure state; time is passed in.
//!
//! One of these per business number and customer. Outside of it only templates may be sent.

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

/// How long the customer service window stays open, in milliseconds.
pub const WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;

/// How long before its end the window counts as closed, in milliseconds: what is sent at the last moment arrives after it.
const MARGIN_MS: i64 = 60 * 1_000;

/// When the customer was heard last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heard_at: Option<Timestamp>,
}

impl Window {
    /// The customer wrote at `at` (the provider's time). Late messages do not move it back, and a provider's clock that runs ahead
    /// of ours does not hold it open longer. Only what opens the window may be told here:
    /// [`Content::opens_window`](super::incoming::Content::opens_window).
    pub fn heard(&mut self, at: Timestamp, now: Timestamp) {
        self.heard_at = self.heard_at.max(Some(at.min(now)));
    }

    /// When the window closes, or did; `None` if it never was open.
    pub fn closes_at(&self) -> Option<Timestamp> {
        self.heard_at.map(|heard| heard.plus_ms(WINDOW_MS))
    }

    /// Whether free text may be sent.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.closes_at().is_some_and(|closes| now < closes.plus_ms(-MARGIN_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 60 * 60 * 1_000;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::from_ms(1_700_000_000_000 + hours * HOUR_MS)
    }

    #[test]
    fn text_may_be_sent_for_a_day_after_the_customer_wrote() {
        let mut window = Window::default();
        assert!(!window.is_open(hour(0)));
        window.heard(hour(0), hour(0));
        assert!(window.is_open(hour(23)));
        assert!(!window.is_open(hour(24).plus_ms(-30_000)), "it would arrive too late");
        window.heard(hour(20), hour(21));
        window.heard(hour(5), hour(22));
        assert_eq!(window.closes_at(), Some(hour(44)), "a late message moves nothing back");
    }

    #[test]
    fn a_clock_that_runs_ahead_opens_nothing_longer() {
        let mut window = Window::default();
        window.heard(hour(500), hour(0));
        assert_eq!(window.closes_at(), Some(hour(24)));
    }
}
