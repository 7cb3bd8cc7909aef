//! When `WhatsApp` allows free text: for 24 hours after the customer's last message. Pure state; time is passed in.
//!
//! One of these per business number and customer. Outside of it only templates may be sent. What is paid for is another
//! question: an advert that a customer came by makes everything free for 72 hours, but it does not keep the window open.

use serde::{Deserialize, Serialize};

use super::pace::Pace;
use crate::domain::Timestamp;

/// How long the customer service window stays open, in milliseconds.
pub const WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;

/// How long messages are free after the answer to a customer who came by an advert, in milliseconds.
pub const FREE_MS: i64 = 72 * 60 * 60 * 1_000;

/// How long before its end the window counts as closed, in milliseconds: what is sent at the last moment arrives after it.
const MARGIN_MS: i64 = 60 * 1_000;

/// When the customer was heard last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heard_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advert_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    free_until: Option<Timestamp>,
}

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, files, buttons, reactions: only while the window is open.
    Free,
    /// An approved template: at any time.
    Template,
}

/// Whether it may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Now.
    Now,
    /// Not before then.
    At(Timestamp),
    /// Never as it is: the window is closed, or will be when the limits of speed allow it. A template may be sent.
    NeedsTemplate,
}

impl Window {
    /// The customer wrote at `at` (the provider's time). Late messages do not move it back, and a provider's clock that runs ahead
    /// of ours does not hold it open longer. Only what opens the window may be told here:
    /// [`Content::opens_window`](super::incoming::Content::opens_window).
    pub fn heard(&mut self, at: Timestamp, now: Timestamp) {
        self.heard_at = self.heard_at.max(Some(at.min(now)));
    }

    /// The customer wrote at `at` by way of an advert or a page's button. Also tells what [`Self::heard`] does.
    pub fn heard_by_advert(&mut self, at: Timestamp, now: Timestamp) {
        self.heard(at, now);
        self.advert_at = self.advert_at.max(Some(at.min(now)));
    }

    /// We answered at `at`: within a day of coming by an advert, that begins the free time.
    pub fn answered(&mut self, at: Timestamp) {
        if let Some(advert) = self.advert_at.take_if(|advert| *advert <= at)
            && at < advert.plus_ms(WINDOW_MS)
        {
            self.free_until = self.free_until.max(Some(at.plus_ms(FREE_MS)));
        }
    }

    /// When the window closes, or did; `None` if it never was open.
    pub fn closes_at(&self) -> Option<Timestamp> {
        self.heard_at.map(|heard| heard.plus_ms(WINDOW_MS))
    }

    /// Whether free text may be sent.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.closes_at().is_some_and(|closes| now < closes.plus_ms(-MARGIN_MS))
    }

    /// Whether the free time after an advert runs, in which nothing is charged.
    pub fn is_free(&self, now: Timestamp) -> bool {
        self.free_until.is_some_and(|until| now < until)
    }

    /// Whether something of this kind may be sent, by the window and the limits of the pair and the number.
    pub fn permit(&self, kind: Kind, pair: &Pace, number: &Pace, now: Timestamp) -> Permit {
        let ready = pair.ready_at(now).max(number.ready_at(now));
        match kind {
            Kind::Free if !self.is_open(ready) => Permit::NeedsTemplate,
            Kind::Free | Kind::Template if ready <= now => Permit::Now,
            Kind::Free | Kind::Template => Permit::At(ready),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pace::{NUMBER, PAIR};
    use super::*;

    const HOUR_MS: i64 = 60 * 60 * 1_000;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::from_ms(1_700_000_000_000 + hours * HOUR_MS)
    }

    #[test]
    fn text_may_be_sent_for_a_day_after_the_customer_wrote_then_only_templates() {
        let (mut window, pair, number) = (Window::default(), Pace::new(PAIR), Pace::new(NUMBER));
        let permit = |window: &Window, kind, now| window.permit(kind, &pair, &number, now);
        assert_eq!(permit(&window, Kind::Free, hour(0)), Permit::NeedsTemplate);
        assert_eq!(permit(&window, Kind::Template, hour(0)), Permit::Now);
        window.heard(hour(0), hour(0));
        assert_eq!(permit(&window, Kind::Free, hour(23)), Permit::Now);
        assert_eq!(
            permit(&window, Kind::Free, hour(24).plus_ms(-30_000)),
            Permit::NeedsTemplate,
            "it would arrive too late"
        );
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

    #[test]
    fn an_advert_makes_three_days_free_but_opens_no_window() {
        let mut window = Window::default();
        window.heard_by_advert(hour(0), hour(0));
        assert!(!window.is_free(hour(1)), "not before the answer");
        window.answered(hour(2));
        window.answered(hour(3));
        assert!(window.is_free(hour(73)) && !window.is_free(hour(74)));
        assert!(!window.is_open(hour(30)));
        let mut late = Window::default();
        late.heard_by_advert(hour(0), hour(0));
        late.answered(hour(25));
        assert!(!late.is_free(hour(25)));
    }

    #[test]
    fn what_would_wait_beyond_the_window_needs_a_template_at_once() {
        let mut window = Window::default();
        window.heard(hour(0), hour(0));
        let (mut pair, number) = (Pace::new(PAIR), Pace::new(NUMBER));
        pair.hold_until(hour(1));
        assert_eq!(window.permit(Kind::Free, &pair, &number, hour(0)), Permit::At(hour(1)));
        pair.hold_until(hour(25));
        assert_eq!(window.permit(Kind::Free, &pair, &number, hour(0)), Permit::NeedsTemplate);
        assert_eq!(window.permit(Kind::Template, &pair, &number, hour(0)), Permit::At(hour(25)));
    }
}
