//! What can go wrong with a provider, and whether asking again can help.

use std::borrow::Cow;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::quirks::{self, Feature};
use crate::domain::Timestamp;

/// The longest wait before asking again that we choose ourselves.
const BACKOFF_MAX: Duration = Duration::from_secs(8);

/// A longer wait than this that a server asks for is not waited: nobody in a chat would.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(120);

/// Codes by which providers say that money, not speed, is the matter.
const BILLING_CODES: &[&str] = &[
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_limit_reached",
    "billing_not_active",
    "insufficient_credits",
    "credit_limit_reached",
    "spend_limit_reached",
];

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::assistant) enum Kind {
    /// Nobody there, or the connection broke.
    Cut,
    /// Too slow.
    Stalled,
    /// The server said no.
    Refused,
    /// The account with the provider is spent.
    Billing,
    /// What came is no answer.
    Garbage,
}

/// A failed attempt. Its text is for the log and holds nothing that a customer or a provider wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::assistant) struct Fault {
    /// What kind of failure.
    pub kind: Kind,
    /// For the log.
    pub why: Cow<'static, str>,
    /// Whether asking again can help.
    pub retry: bool,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
    /// What the server did not understand, if it said so: without it, it can be asked again at once.
    pub(super) lacks: Option<Feature>,
}

impl Fault {
    /// What came is no answer; another try would bring the same.
    pub(in crate::assistant) const fn garbage(why: &'static str) -> Self {
        Self { kind: Kind::Garbage, why: Cow::Borrowed(why), retry: false, retry_after: None, lacks: None }
    }

    /// The connection could not be made, or broke.
    pub(in crate::assistant) const fn cut(why: &'static str) -> Self {
        Self { kind: Kind::Cut, why: Cow::Borrowed(why), retry: true, retry_after: None, lacks: None }
    }

    /// It took too long; the time for another try is gone too.
    pub(in crate::assistant) const fn stalled(why: &'static str) -> Self {
        Self { kind: Kind::Stalled, why: Cow::Borrowed(why), retry: false, retry_after: None, lacks: None }
    }

    /// An error object within a stream that had begun.
    pub(in crate::assistant) fn in_stream(error: &Value) -> Self {
        if is_billing(error) {
            return Self { kind: Kind::Billing, ..Self::garbage("the provider's account is spent") };
        }
        Self::garbage("the server sent an error in the stream")
    }

    /// A status that is no success.
    pub(in crate::assistant) fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        if status == StatusCode::PAYMENT_REQUIRED || is_billing(body.get("error").unwrap_or(&body)) {
            return Self { kind: Kind::Billing, ..Self::garbage("the provider's account is spent") };
        }
        let retry_after = asked_wait(headers, now);
        let says = headers.get("x-should-retry").and_then(|value| value.to_str().ok());
        let retry = match says {
            Some("true") => true,
            Some("false") => false,
            Some(_) | None => matches!(status.as_u16(), 408 | 409 | 429 | 500..),
        };
        let too_long = retry_after.is_some_and(|wait| wait > RETRY_AFTER_MAX);
        Self {
            kind: Kind::Refused,
            why: format!("status {}", status.as_u16()).into(),
            retry: retry && !too_long,
            retry_after,
            lacks: quirks::refused(status, &body),
        }
    }

    /// How long to wait before the next attempt. `jitter` is in 0..1.
    pub(in crate::assistant) fn wait(&self, attempt: u32, base: Duration, jitter: f64) -> Duration {
        self.retry_after.unwrap_or_else(|| {
            let full = base.saturating_mul(2_u32.saturating_pow(attempt)).min(BACKOFF_MAX);
            full.mul_f64(1.0 - 0.25 * jitter.clamp(0.0, 1.0))
        })
    }
}

fn is_billing(error: &Value) -> bool {
    ["code", "type"].iter().filter_map(|field| error.get(field)?.as_str()).any(|code| BILLING_CODES.contains(&code))
}

/// `retry-after-ms`, then `Retry-After` in seconds or as a date.
fn asked_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    if let Some(ms) = text("retry-after-ms").and_then(|ms| ms.trim().parse::<f64>().ok()) {
        return seconds(ms / 1000.0);
    }
    let after = text("retry-after")?.trim();
    if let Ok(s) = after.parse::<f64>() {
        return seconds(s);
    }
    let at = jiff::fmt::rfc2822::parse(after).ok()?.timestamp();
    seconds((at.as_millisecond() - now.as_ms()) as f64 / 1000.0)
}

fn seconds(s: f64) -> Option<Duration> {
    if s > 0.0 { Some(Duration::try_from_secs_f64(s).unwrap_or(Duration::MAX)) } else { None }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn refused(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Fault {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let now = Timestamp::parse("2026-11-22T10:00:00Z").unwrap();
        Fault::refused(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes(), now)
    }

    #[test]
    fn speed_is_retried_and_money_is_not() {
        assert!(refused(429, &[], r#"{"error":{"code":"rate_limit_exceeded"}}"#).retry);
        let spent = refused(429, &[], r#"{"error":{"code":"insufficient_quota","type":"insufficient_quota"}}"#);
        assert!(spent.kind == Kind::Billing && !spent.retry);
        for (status, retry) in [(500, true), (503, true), (408, true), (400, false), (401, false), (404, false)] {
            assert_eq!(refused(status, &[], "<html>").retry, retry, "{status}");
        }
        assert!(!refused(500, &[("x-should-retry", "false")], "").retry);
        assert!(refused(400, &[("x-should-retry", "true")], "").retry);
    }

    #[test]
    fn the_servers_wait_is_honoured_unless_nobody_would_wait_so_long() {
        let wait = |headers: &[(&'static str, &'static str)]| {
            refused(429, headers, "").wait(0, Duration::from_millis(500), 0.0)
        };
        assert_eq!(wait(&[("retry-after-ms", "40"), ("retry-after", "9")]), Duration::from_millis(40));
        assert_eq!(wait(&[("retry-after", "1.5")]), Duration::from_millis(1500));
        assert_eq!(wait(&[("retry-after", "Sun, 22 Nov 2026 10:00:07 GMT")]), Duration::from_secs(7));
        assert_eq!(wait(&[("retry-after", "0")]), Duration::from_millis(500));
        assert_eq!(wait(&[("retry-after", "soon")]), Duration::from_millis(500));
        assert!(!refused(429, &[("retry-after", "121")], "").retry);
        assert!(!refused(429, &[("retry-after", "1e300")], "").retry);
    }

    #[test]
    fn waits_double_up_to_a_limit_and_jitter_shortens_them() {
        let fault = Fault::cut("gone");
        let base = Duration::from_millis(500);
        assert_eq!(fault.wait(1, base, 0.0), Duration::from_secs(1));
        assert_eq!(fault.wait(60, base, 0.0), BACKOFF_MAX);
        assert_eq!(fault.wait(0, base, 1.0), Duration::from_millis(375));
    }
}
