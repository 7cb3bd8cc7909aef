//! The address to which answers come: `support+<token>@...`, where the token names the session and cannot be made by others.
//!
//! It finds the conversation where a program drops `References` or a server rewrites Message-IDs. It proves that the sender has
//! seen a mail of the conversation, not who they are: the sender is checked as with any other way (see [`super::thread`]).
//!
//! Token: base32 (RFC 4648, lower case, without padding; case does not count, since servers change it) of a kind byte, the
//! session's id and the first 10 bytes of an HMAC-SHA256 (RFC 2104) over organization, kind and id. A session's own UUID takes 16 bytes;
//! other ids are taken as text as far as they fit into a local part of 64 octets (RFC 5321, 4.5.3.1.1).

use std::fmt;

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret as _, SecretSlice};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::domain::{Email, OrganizationId, SessionId};

/// The longest local part, in octets.
const LOCAL_MAX_BYTES: usize = 64;

/// How much of the HMAC is in the token, in bytes: one guess in 2^80.
const MAC_BYTES: usize = 10;

/// The length of a token for a UUID, in characters: 27 bytes.
pub const TOKEN_MAX_CHARS: usize = 44;

/// The shortest key, in bytes.
pub const KEY_MIN_BYTES: usize = 32;

/// The first byte of a token: the id is a UUID.
const KIND_UUID: u8 = 0;

/// The first byte of a token: the id is text.
const KIND_TEXT: u8 = 1;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Makes and reads signed addresses of one organization's mailbox.
pub struct SignedAddress {
    mailbox: Email,
    organization: OrganizationId,
    key: SecretSlice<u8>,
}

impl fmt::Debug for SignedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedAddress({:?})", self.organization)
    }
}

impl SignedAddress {
    /// For the mailbox that answers come to (without a `+detail`) and a secret of at least [`KEY_MIN_BYTES`] random bytes; `None`
    /// with a shorter one, so that a secret that nobody configured signs nothing. Who changes it only loses what no other way
    /// finds.
    pub fn new(mailbox: Email, organization: OrganizationId, key: SecretSlice<u8>) -> Option<Self> {
        (key.expose_secret().len() >= KEY_MIN_BYTES).then_some(Self { mailbox, organization, key })
    }

    /// The address for a session; `None` when its id is too long to fit, or the mailbox has a `+detail` already.
    pub fn of(&self, session: &SessionId) -> Option<Email> {
        let (local, domain) = self.mailbox.as_str().rsplit_once('@')?;
        let token = self.token(session);
        let fits = local.len() + 1 + token.len() <= LOCAL_MAX_BYTES && !local.contains('+');
        if fits { Email::parse(&format!("{local}+{token}@{domain}")).ok() } else { None }
    }

    /// The session that an address names, if it is this mailbox's and the signature holds.
    pub fn session(&self, address: &Email) -> Option<SessionId> {
        let (local, domain) = address.as_str().rsplit_once('@')?;
        let (base, token) = local.split_once('+')?;
        let (own, own_domain) = self.mailbox.as_str().rsplit_once('@')?;
        if base != own || domain != own_domain || token.len() > LOCAL_MAX_BYTES {
            return None;
        }
        let bytes = unbase32(token)?;
        let (signed, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        let holds: bool = self.mac(signed).ct_eq(mac).into();
        let (kind, id) = signed.split_first().filter(|_| holds)?;
        match *kind {
            KIND_UUID => Some(SessionId::from_uuid(Uuid::from_slice(id).ok()?)),
            KIND_TEXT => SessionId::parse(std::str::from_utf8(id).ok()?).ok(),
            _ => None,
        }
    }

    fn token(&self, session: &SessionId) -> String {
        let text = session.as_str();
        // Only the usual form comes back the same.
        let uuid = Uuid::parse_str(text).ok().filter(|uuid| uuid.to_string() == text);
        let mut bytes = match uuid {
            Some(uuid) => [&[KIND_UUID], uuid.as_bytes().as_slice()].concat(),
            None => [&[KIND_TEXT], text.as_bytes()].concat(),
        };
        bytes.extend(self.mac(&bytes));
        base32(&bytes)
    }

    fn mac(&self, signed: &[u8]) -> [u8; MAC_BYTES] {
        let message = [self.organization.as_str().as_bytes(), b"\0", signed].concat();
        let full = hmac_sha256(self.key.expose_secret(), &message);
        let mut short = [0; MAC_BYTES];
        short.copy_from_slice(&full.as_ref()[..MAC_BYTES]);
        short
    }
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message)
}

fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut group = [0_u8; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(group);
        for digit in 0..(chunk.len() * 8).div_ceil(5) {
            let value = (bits >> (35 - 5 * digit)) & 31;
            out.push(char::from(ALPHABET[usize::try_from(value).unwrap_or(0)]));
        }
    }
    out
}

/// Case does not count; bits that are left over must be zero, so that one token has one form.
fn unbase32(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::with_capacity(text.len()), 0_u32, 0_u8);
    for byte in text.bytes() {
        let value = match byte.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => letter - b'a',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5) | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    (bits == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn signer(organization: &str, key: u8) -> SignedAddress {
        let mailbox = Email::parse("support@shop.example.test").unwrap();
        SignedAddress::new(mailbox, OrganizationId::parse(organization).unwrap(), vec![key; KEY_MIN_BYTES].into())
            .unwrap()
    }

    #[test]
    fn the_mac_is_the_known_one() {
        // RFC 4231, test cases 1 and 6.
        let hex = |mac: hmac::Tag| mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(
            hex(hmac_sha256(&[0x0b; 20], b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex(hmac_sha256(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn base32_is_the_known_one() {
        for (plain, coded) in
            [("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb")]
        {
            assert_eq!(base32(plain.as_bytes()), coded);
            assert_eq!(unbase32(&coded.to_uppercase()).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn an_address_leads_back_to_its_session_whatever_a_server_does_to_its_case() {
        let signer = signer("default", 1);
        for id in [UUID, "web:Jo-1", "a"] {
            let session = SessionId::parse(id).unwrap();
            let address = signer.of(&session).unwrap();
            let (local, _) = address.as_str().split_once('@').unwrap();
            assert!(local.len() <= LOCAL_MAX_BYTES, "{local}");
            let shouted = Email::parse(&address.as_str().to_uppercase()).unwrap();
            assert_eq!(signer.session(&shouted), Some(session));
        }
        let token = signer.token(&SessionId::parse(UUID).unwrap());
        assert_eq!(token.len(), TOKEN_MAX_CHARS);
        assert_eq!(signer.of(&SessionId::parse(&"x".repeat(100)).unwrap()), None);
    }

    #[test]
    fn a_secret_that_nobody_configured_signs_nothing() {
        let mailbox = Email::parse("support@shop.example.test").unwrap();
        let short =
            SignedAddress::new(mailbox, OrganizationId::default_organization(), vec![1; KEY_MIN_BYTES - 1].into());
        assert!(short.is_none());
    }

    #[test]
    fn nobody_else_can_make_one() {
        let session = SessionId::parse(UUID).unwrap();
        let signer_of_one = signer("one", 1);
        let address = signer_of_one.of(&session).unwrap();
        assert_eq!(signer("two", 1).session(&address), None, "another organization");
        assert_eq!(signer("one", 2).session(&address), None, "another key");
        let (head, tail) = address.as_str().split_once('+').unwrap();
        for at in 0..TOKEN_MAX_CHARS {
            let mut changed = tail.as_bytes().to_vec();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            let changed = format!("{head}+{}", String::from_utf8(changed).unwrap());
            assert_eq!(signer_of_one.session(&Email::parse(&changed).unwrap()), None, "{at}");
        }
        for other in ["support@shop.example.test", "support+@shop.example.test", "support+aaaa@shop.example.test"] {
            assert_eq!(signer_of_one.session(&Email::parse(other).unwrap()), None);
        }
    }
}
