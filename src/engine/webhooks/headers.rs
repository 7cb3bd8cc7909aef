//! The headers of a delivery, and what its answer's headers say.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use crate::auth::SigningSecret;
use crate::domain::Timestamp;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const PLAIN_SIGNATURE: HeaderName = HeaderName::from_static("x-webhook-signature");

/// The headers of a try that begins now. `secrets` are those that are signed with, the newest first; the plain signature has
/// room for one.
pub(in crate::engine) fn signed(id: &str, now: Timestamp, body: &[u8], secrets: &[SigningSecret]) -> HeaderMap {
    let at_s = now.as_s();
    let standard: Vec<String> = secrets.iter().map(|secret| secret.standard(id, at_s, body)).collect();
    let plain = secrets.first().map(|secret| secret.plain(body)).unwrap_or_default();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let texts =
        [(ID, id.to_owned()), (TIMESTAMP, at_s.to_string()), (SIGNATURE, standard.join(" ")), (PLAIN_SIGNATURE, plain)];
    for (name, text) in texts {
        // All of it is base64, hexadecimal or digits.
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    headers
}

/// After how many seconds the receiver wants to be asked again: a number, or a date (RFC 9110, 10.2.3).
pub(in crate::engine) fn retry_after_s(headers: &HeaderMap, now: Timestamp) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_ms(date.timestamp().as_millisecond()).since_ms(now).div_ceil(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_may_say_when_it_wants_to_be_asked_again() {
        let now = Timestamp::parse("2015-10-21T07:28:00Z").unwrap();
        let after = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after_s(&headers, now)
        };
        assert_eq!(after("120"), Some(120));
        assert_eq!(after("Wed, 21 Oct 2015 07:29:30 GMT"), Some(90));
        assert_eq!(after("Wed, 21 Oct 2015 07:00:00 GMT"), Some(0), "it is over");
        assert_eq!(after("soon"), None);
    }

    #[test]
    fn while_a_secret_is_replaced_both_sign() {
        let secrets = [SigningSecret::generate(), SigningSecret::generate()];
        let headers = signed("id", Timestamp::from_ms(1_700_000_000_999), b"{}", &secrets);
        let expected = secrets.clone().map(|secret| secret.standard("id", 1_700_000_000, b"{}")).join(" ");
        assert_eq!(headers["webhook-signature"], expected);
        assert_eq!(headers["webhook-timestamp"], "1700000000");
        assert_eq!(headers["x-webhook-signature"], secrets[0].plain(b"{}"));
    }
}
