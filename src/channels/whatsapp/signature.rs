//! Whether it is Meta who calls: the signature of each notification, and the handshake when a callback is configured.

use subtle::ConstantTimeEq;

use crate::channels::mac;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Hub-Signature-256";

/// The longest challenge that is repeated, in bytes. Meta sends about ten digits.
const CHALLENGE_MAX_BYTES: usize = 256;

/// Whether the header (`sha256=<hex>`) is the HMAC-SHA-256 of the body under the Meta app's secret.
///
/// `body` is what came over the wire, before any parsing: Meta signs its own escapes (`\u00e9`), which no parser keeps. The
/// key is neither the access token nor the verify token. An empty secret signs nothing.
pub fn is_authentic(app_secret: &[u8], body: &[u8], header: Option<&str>) -> bool {
    header
        .and_then(|header| header.trim().strip_prefix("sha256="))
        .is_some_and(|given| mac::sha256_hex_fits(app_secret, body, given))
}

/// What the query of Meta's `GET` says: `hub.mode`, `hub.verify_token`, `hub.challenge`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Handshake<'a> {
    /// `subscribe`.
    pub mode: Option<&'a str>,
    /// What the operator typed at Meta.
    pub token: Option<&'a str>,
    /// What is to be repeated.
    pub challenge: Option<&'a str>,
}

impl<'a> Handshake<'a> {
    /// The challenge, to be answered with 200 as plain text and nothing around it; `None` is 403. The names have dots, so
    /// they are looked up in the decoded pairs of the query.
    pub fn of(query: &'a [(String, String)]) -> Self {
        let named = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        Self { mode: named("hub.mode"), token: named("hub.verify_token"), challenge: named("hub.challenge") }
    }

    /// The challenge, if the token is the configured one. An empty configured token fits nothing.
    ///
    /// Only letters, digits, `_`, `-` and `.` are repeated, so that nobody has a page of theirs served by us.
    pub fn answer(&self, verify_token: &str) -> Option<&'a str> {
        let token = self.token.filter(|token| !token.is_empty())?;
        let fits = bool::from(token.as_bytes().ct_eq(verify_token.as_bytes()));
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.');
        let challenge = self.challenge.filter(|text| text.len() <= CHALLENGE_MAX_BYTES && text.bytes().all(plain))?;
        (self.mode == Some("subscribe") && fits).then_some(challenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"app-secret-1";
    const BODY: &[u8] = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    const HEADER: &str = "sha256=0ca28c0f1996234eb6829e59ad3c11a18161f6eb043943d601e420c312432cdf";

    #[test]
    fn a_notification_is_metas_when_its_signature_is_of_these_very_bytes() {
        assert!(is_authentic(SECRET, BODY, Some(HEADER)));
        assert!(!is_authentic(b"app-secret-2", BODY, Some(HEADER)));
        assert!(!is_authentic(SECRET, br#"{"object":"whatsapp_business_account","entry":[] }"#, Some(HEADER)));
        for bad in [None, Some(""), Some("sha256="), Some(&HEADER[7..]), Some("sha1=0ca28c0f"), Some(&HEADER[..70])] {
            assert!(!is_authentic(SECRET, BODY, bad), "{bad:?}");
        }
        assert!(!is_authentic(b"", BODY, Some(HEADER)), "no secret, no entrance");
    }

    #[test]
    fn the_challenge_is_repeated_to_who_knows_the_token() {
        let query = |token: &str, challenge: &str| {
            [("hub.mode", "subscribe"), ("hub.verify_token", token), ("hub.challenge", challenge)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let good = query("tok", "1158201444");
        assert_eq!(Handshake::of(&good).answer("tok"), Some("1158201444"));
        assert_eq!(Handshake::of(&good).answer("other"), None);
        assert_eq!(Handshake::of(&query("", "1")).answer(""), None);
        assert_eq!(Handshake::of(&query("tok", "<script>")).answer("tok"), None);
        assert_eq!(Handshake { mode: Some("unsubscribe"), ..Handshake::of(&good) }.answer("tok"), None);
        assert_eq!(Handshake::default().answer("tok"), None);
    }
}
