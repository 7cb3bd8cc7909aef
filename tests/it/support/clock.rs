//! A clock that a test moves by hand.

use std::sync::atomic::{AtomicI64, Ordering};

use switchboard::clock::Clock;
use switchboard::domain::Timestamp;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    /// Stands at this moment, in milliseconds since the Unix epoch.
    pub(crate) const fn at_ms(ms: i64) -> Self {
        Self(AtomicI64::new(ms))
    }

    /// Stands at this moment, in RFC 3339.
    pub(crate) fn at(text: &str) -> Self {
        Self::at_ms(Timestamp::parse(text).expect("a moment").as_ms())
    }

    /// Moves it to this moment, in RFC 3339.
    pub(crate) fn set(&self, text: &str) {
        self.0.store(Timestamp::parse(text).expect("a moment").as_ms(), Ordering::SeqCst);
    }

    /// Moves it on.
    pub(crate) fn forward_s(&self, s: u64) {
        self.0.fetch_add(i64::try_from(s).expect("small") * 1000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}
