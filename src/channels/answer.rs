//! A provider's HTTP answer, as far as its meaning goes.

use jiff::fmt::rfc2822::DateTimeParser;

use super::failure::{FailureClass, Scope};
use crate::domain::Timestamp;

/// The longest wait that a provider's `Retry-After` is followed for, in seconds. A wrong clock or a slip of theirs must not
/// stop a channel for days.
pub const RETRY_AFTER_MAX_S: u64 = 6 * 60 * 60;

/// What came back, and when.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`, as it came.
    pub retry_after: Option<&'a str>,
    /// The body. The caller bounds it.
    pub body: &'a [u8],
    /// When it came, by our clock.
    pub now: Timestamp,
}

impl Answer<'_> {
    /// Whether the provider says that it took the request.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// How long the provider asks us to wait, in seconds, at most [`RETRY_AFTER_MAX_S`]. RFC 9110, section 10.2.3: seconds, or
    /// a date.
    pub fn retry_after_s(&self) -> Option<u64> {
        let text = self.retry_after?.trim();
        let wait = if let Ok(seconds) = text.parse::<u64>() {
            seconds
        } else {
            let at = DateTimeParser::new().parse_timestamp(text.replace("GMT", "+0000")).ok()?;
            Timestamp::from_ms(at.as_millisecond()).since_ms(self.now).div_ceil(1_000)
        };
        Some(wait.min(RETRY_AFTER_MAX_S))
    }

    /// What the status alone says, where the body says nothing that is understood.
    pub const fn class(&self) -> FailureClass {
        match self.status {
            401 | 403 => FailureClass::Credentials,
            402 => FailureClass::Billing,
            429 => FailureClass::SlowDown(Scope::Number),
            400..=407 | 409..=424 | 426..=499 => FailureClass::Permanent,
            200..=299 => FailureClass::Unclear,
            _ => FailureClass::Retry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(header: &str) -> Option<u64> {
        let now = Timestamp::parse("2026-11-22T10:00:00Z").unwrap();
        Answer { status: 429, retry_after: Some(header), body: b"", now }.retry_after_s()
    }

    #[test]
    fn a_wait_is_read_as_seconds_or_as_a_date() {
        assert_eq!(wait("17"), Some(17));
        assert_eq!(wait("Sun, 22 Nov 2026 10:01:30 GMT"), Some(90));
        assert_eq!(wait("Sun, 22 Nov 2026 09:00:00 GMT"), Some(0));
        assert_eq!(wait("999999999"), Some(RETRY_AFTER_MAX_S));
        for bad in ["", "soon", "-5", "1.5"] {
            assert_eq!(wait(bad), None, "{bad:?}");
        }
    }
}
