//! Access tokens: HS256 JSON Web Tokens that carry who the caller is, so that a request needs no look-up.
//!
//! Every token names the key that signed it; several keys may verify and the newest signs, so keys are changed without
//! logging anybody out. Algorithm, issuer and audience are fixed here and never taken from a token: a token's header must
//! be, byte for byte, the one that we write for one of our keys, and is never read beyond that.

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::caller::{Caller, Who};
use crate::domain::Role;
use crate::domain::{CustomerId, OrganizationId, PersonName, Refusal, Timestamp, UserId};

/// The shortest secret of a signing key, in bytes: as long as what HS256 makes of it.
pub const SIGNING_SECRET_MIN_BYTES: usize = 32;

/// The one algorithm.
const ALGORITHM: Algorithm = Algorithm::HS256;

/// Whom tokens are for: the engine itself, whatever the door.
const AUDIENCE: &str = "switchboard";

/// The longest token that is looked at, in bytes. Ours have some 500.
const TOKEN_MAX_BYTES: usize = 4096;

/// How far in the future a token may have been issued, in seconds: another machine's clock, or ours before it was set.
/// The end of a token is taken to the letter.
const CLOCK_LEEWAY_S: i64 = 60;

/// A key that signs and verifies tokens.
#[derive(Debug, Clone)]
pub struct SigningKey {
    id: String,
    secret: SecretString,
}

/// Whom a token is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A person with an account.
    User {
        /// Their account.
        id: UserId,
        /// What they may do.
        role: Role,
        /// What others see.
        name: PersonName,
    },
    /// A customer without an account.
    Customer {
        /// The customer.
        id: CustomerId,
    },
}

/// What a new token is to say.
#[derive(Debug, Clone)]
pub struct NewClaims {
    /// The organization that the subject acts in.
    pub organization: OrganizationId,
    /// Whom it is about.
    pub subject: Subject,
}

/// What a token said, once it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The token's own id.
    pub id: Uuid,
    /// The organization that the subject acts in.
    pub organization: OrganizationId,
    /// Whom it is about.
    pub subject: Subject,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends. A socket that was opened with it may outlive it.
    pub expires_at: Timestamp,
}

/// A new token.
#[derive(Clone)]
pub struct Issued {
    /// The token's own id.
    pub id: Uuid,
    /// The token.
    pub token: String,
    /// How long it holds, in seconds.
    pub expires_in_s: u64,
}

/// Issues and verifies access tokens.
pub struct Tokens {
    signer: Option<(String, EncodingKey)>,
    /// By the encoded header of the tokens that the key signed.
    verifiers: HashMap<String, DecodingKey>,
    issuer: String,
    ttl_s: u64,
}

/// A token's claims as they are written.
#[derive(Serialize, Deserialize)]
struct Payload {
    iss: String,
    aud: String,
    sub: String,
    kind: Kind,
    org: OrganizationId,
    role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<PersonName>,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
    jti: Uuid,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    User,
    Customer,
}

impl SigningKey {
    /// Takes a key.
    ///
    /// # Errors
    /// `Invalid` on the field `signing_key` when it has no id or its secret is too short.
    pub fn new(id: String, secret: SecretString) -> Result<Self, Refusal> {
        if id.is_empty() {
            return Err(Refusal::invalid("signing_key", "must have an id"));
        }
        if secret.expose_secret().len() < SIGNING_SECRET_MIN_BYTES {
            return Err(Refusal::invalid("signing_key", "must have a secret of at least 32 bytes"));
        }
        Ok(Self { id, secret })
    }

    /// Makes a key with 256 random bits.
    pub fn generate() -> Self {
        let id = Uuid::new_v4().simple().to_string();
        let secret = super::key::random_text::<SIGNING_SECRET_MIN_BYTES>();
        Self { id, secret: secret.into() }
    }

    /// The key's id, as tokens name it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key's secret, for its record.
    pub const fn secret(&self) -> &SecretString {
        &self.secret
    }
}

impl Tokens {
    /// Verifies with every key and signs with the first, the newest. Tokens hold for `ttl_s` seconds.
    pub fn new(keys: Vec<SigningKey>, issuer: String, ttl_s: u64) -> Self {
        let signer = keys.first().map(|newest| {
            let secret = newest.secret.expose_secret().as_bytes();
            (header(&newest.id), EncodingKey::from_secret(secret))
        });
        let verifier = |key: SigningKey| {
            let secret = key.secret.expose_secret().as_bytes();
            (header(&key.id), DecodingKey::from_secret(secret))
        };
        let verifiers = keys.into_iter().map(verifier).collect();
        Self { signer, verifiers, issuer, ttl_s }
    }

    /// Issues a token.
    ///
    /// # Errors
    /// `Unavailable` when there is no key to sign with.
    pub fn issue(&self, claims: &NewClaims, now: Timestamp) -> Result<Issued, Refusal> {
        let payload = self.payload(claims, now);
        let token = self.sign(&payload).ok_or(Refusal::Unavailable { part: "tokens" })?;
        Ok(Issued { id: payload.jti, token, expires_in_s: self.ttl_s })
    }

    /// Reads a token, if it is one of ours and holds now.
    ///
    /// # Errors
    /// `Unauthenticated`, whatever is wrong with it.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Refusal> {
        self.payload_of(token)
            .filter(|payload| payload.holds(&self.issuer, now))
            .and_then(Payload::into_claims)
            .ok_or(Refusal::Unauthenticated)
    }

    fn payload(&self, claims: &NewClaims, now: Timestamp) -> Payload {
        let iat = now.as_s();
        let (kind, sub, role, name) = match &claims.subject {
            Subject::User { id, role, name } => (Kind::User, id.to_string(), *role, Some(name.clone())),
            Subject::Customer { id } => (Kind::Customer, id.to_string(), Role::Customer, None),
        };
        Payload {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub,
            kind,
            org: claims.organization.clone(),
            role,
            name,
            iat,
            nbf: None,
            exp: iat.saturating_add_unsigned(self.ttl_s),
            jti: Uuid::new_v4(),
        }
    }

    fn sign(&self, payload: &Payload) -> Option<String> {
        let (header, key) = self.signer.as_ref()?;
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(payload).ok()?);
        let message = format!("{header}.{payload}");
        let signature = crypto::sign(message.as_bytes(), key, ALGORITHM).ok()?;
        Some(format!("{message}.{signature}"))
    }

    /// The payload of a token that carries our signature.
    fn payload_of(&self, token: &str) -> Option<Payload> {
        if token.len() > TOKEN_MAX_BYTES {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let key = self.verifiers.get(header)?;
        if !crypto::verify(signature, message.as_bytes(), key, ALGORITHM).ok()? {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }
}

impl Claims {
    /// The caller that the token stands for.
    pub fn caller(&self) -> Caller {
        let who = match self.subject.clone() {
            Subject::User { id, role, name } => Who::User { id, role, name },
            Subject::Customer { id } => Who::Customer { id },
        };
        Caller { organization: self.organization.clone(), who }
    }
}

impl fmt::Debug for Issued {
    /// Leaves the token out: whoever reads it in a log could use it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Payload {
    fn holds(&self, issuer: &str, now: Timestamp) -> bool {
        let now_s = now.as_s();
        let from_s = self.nbf.unwrap_or(self.iat).max(self.iat);
        let ours = self.iss == issuer && self.aud == AUDIENCE;
        ours && from_s <= now_s.saturating_add(CLOCK_LEEWAY_S) && now_s < self.exp
    }

    fn into_claims(self) -> Option<Claims> {
        let subject = match self.kind {
            Kind::User => Subject::User { id: UserId::parse(&self.sub)?, role: self.role, name: self.name? },
            Kind::Customer => Subject::Customer { id: CustomerId::parse(&self.sub).ok()? },
        };
        let at = |s: i64| Timestamp::from_ms(s.saturating_mul(1000));
        Some(Claims {
            id: self.jti,
            organization: self.org,
            subject,
            issued_at: at(self.iat),
            expires_at: at(self.exp),
        })
    }
}

/// The encoded header of the tokens that a key signs.
fn header(key_id: &str) -> String {
    let header = serde_json::json!({ "alg": ALGORITHM, "kid": key_id, "typ": "JWT" });
    URL_SAFE_NO_PAD.encode(header.to_string())
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Header, Validation};
    use serde_json::{Value, json};

    use super::*;

    const TTL_S: u64 = 3600;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_ms((1_700_000_000 + s) * 1000)
    }

    fn key(id: &str) -> SigningKey {
        SigningKey::new(id.to_owned(), id.repeat(SIGNING_SECRET_MIN_BYTES).into()).unwrap()
    }

    fn tokens(keys: &[&str]) -> Tokens {
        Tokens::new(keys.iter().map(|id| key(id)).collect(), "switchboard".to_owned(), TTL_S)
    }

    fn ada() -> NewClaims {
        let subject = Subject::User {
            id: UserId(Uuid::from_u128(7)),
            role: Role::Agent,
            name: PersonName::parse("name", "Ada").unwrap(),
        };
        NewClaims { organization: OrganizationId::default_organization(), subject }
    }

    fn payload() -> Payload {
        tokens(&["a"]).payload(&ada(), at(0))
    }

    /// A token with that payload, changed, signed by key `a` under any algorithm of its family.
    fn signed(algorithm: Algorithm, change: impl FnOnce(&mut Value)) -> String {
        let mut payload = serde_json::to_value(payload()).unwrap();
        change(&mut payload);
        let header = json!({ "alg": algorithm, "kid": "a", "typ": "JWT" });
        with_header(&header, &payload, algorithm)
    }

    /// A token with that header and payload, signed by key `a`.
    fn with_header(header: &Value, payload: &impl Serialize, algorithm: Algorithm) -> String {
        let encode = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
        let payload = serde_json::to_vec(payload).unwrap();
        let message = format!("{}.{}", encode(header.to_string().into_bytes()), encode(payload));
        let secret = EncodingKey::from_secret("a".repeat(SIGNING_SECRET_MIN_BYTES).as_bytes());
        let signature = crypto::sign(message.as_bytes(), &secret, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    fn is_refused(token: &str) -> bool {
        tokens(&["a"]).verify(token, at(1)) == Err(Refusal::Unauthenticated)
    }

    #[test]
    fn a_token_says_who_its_bearer_is() {
        let tokens = tokens(&["a"]);
        let issued = tokens.issue(&ada(), at(0)).unwrap();
        let claims = tokens.verify(&issued.token, at(1)).unwrap();
        assert_eq!((claims.subject.clone(), claims.id, issued.expires_in_s), (ada().subject, issued.id, TTL_S));
        assert_eq!((claims.issued_at, claims.expires_at), (at(0), at(3600)));
        assert!(claims.caller().is_staff() && !claims.caller().is_admin());
        assert!(!format!("{issued:?}").contains(&issued.token));
    }

    #[test]
    fn another_reader_of_json_web_tokens_reads_ours() {
        let token = tokens(&["a"]).issue(&ada(), at(0)).unwrap().token;
        let secret = DecodingKey::from_secret("a".repeat(SIGNING_SECRET_MIN_BYTES).as_bytes());
        let mut validation = Validation::new(ALGORITHM);
        validation.validate_exp = false;
        validation.set_audience(&[AUDIENCE]);
        let read = jsonwebtoken::decode::<Value>(&token, &secret, &validation).unwrap();
        assert_eq!(read.header, Header { kid: Some("a".to_owned()), ..Header::new(ALGORITHM) });
        assert_eq!((&read.claims["role"], &read.claims["kind"]), (&json!("agent"), &json!("user")));
    }

    #[test]
    fn a_customers_token_says_which_customer_of_which_organization() {
        let tokens = tokens(&["a"]);
        let organization = OrganizationId::parse("acme").unwrap();
        let subject = Subject::Customer { id: CustomerId::parse("jo+1@example.com").unwrap() };
        let issued = tokens.issue(&NewClaims { organization, subject }, at(0)).unwrap();
        let caller = tokens.verify(&issued.token, at(0)).unwrap().caller();
        assert_eq!(caller.rate_key(), "customer/acme/jo+1@example.com");
        assert!(!caller.is_staff());
    }

    #[test]
    fn a_token_holds_from_its_issue_to_its_end_and_not_a_second_longer() {
        let tokens = tokens(&["a"]);
        let token = tokens.issue(&ada(), at(0)).unwrap().token;
        let holds = |s| tokens.verify(&token, at(s)).is_ok();
        assert!(holds(0) && holds(3599) && !holds(3600) && !holds(1_000_000));
        assert!(holds(-CLOCK_LEEWAY_S) && !holds(-CLOCK_LEEWAY_S - 1));
        assert!(is_refused(&signed(ALGORITHM, |payload| payload["nbf"] = json!(1_700_000_600))));
    }

    #[test]
    fn a_key_that_was_replaced_still_verifies_until_it_is_withdrawn() {
        let token = tokens(&["a"]).issue(&ada(), at(0)).unwrap().token;
        let rotated = tokens(&["b", "a"]);
        assert!(rotated.verify(&token, at(1)).is_ok());
        let newer = rotated.issue(&ada(), at(1)).unwrap().token;
        assert!(tokens(&["b"]).verify(&newer, at(2)).is_ok());
        assert_eq!(tokens(&["b"]).verify(&token, at(2)), Err(Refusal::Unauthenticated));
        assert!(tokens(&[]).issue(&ada(), at(0)).is_err());
    }

    #[test]
    fn the_algorithm_is_never_taken_from_the_header() {
        assert!(!is_refused(&signed(Algorithm::HS256, |_| {})));
        assert!(is_refused(&signed(Algorithm::HS384, |_| {})));
        assert!(is_refused(&signed(Algorithm::HS512, |_| {})));
        let good = signed(ALGORITHM, |_| {});
        let parts: Vec<_> = good.split('.').collect();
        for alg in ["none", "None", "RS256", ""] {
            let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "kid": "a" }).to_string());
            assert!(is_refused(&format!("{header}.{}.", parts[1])), "{alg}");
            assert!(is_refused(&format!("{header}.{}.{}", parts[1], parts[2])), "{alg}");
            let rightly_signed = with_header(&json!({ "alg": alg, "kid": "a", "typ": "JWT" }), &payload(), ALGORITHM);
            assert!(is_refused(&rightly_signed), "{alg}");
        }
    }

    #[test]
    fn a_token_of_another_issuer_or_audience_or_without_what_it_needs_is_refused() {
        for field in ["iss", "aud"] {
            assert!(is_refused(&signed(ALGORITHM, |payload| payload[field] = json!("elsewhere"))), "{field}");
            assert!(is_refused(&signed(ALGORITHM, |payload| payload[field] = json!(["switchboard"]))), "{field}");
        }
        for field in ["iss", "aud", "sub", "kind", "org", "role", "name", "iat", "exp", "jti"] {
            let without = |payload: &mut Value| drop(payload.as_object_mut().unwrap().remove(field));
            assert!(is_refused(&signed(ALGORITHM, without)), "{field}");
        }
        for (field, bad) in
            [("sub", json!("ada")), ("role", json!("root")), ("org", json!("a/b")), ("exp", json!("later"))]
        {
            assert!(is_refused(&signed(ALGORITHM, |payload| payload[field] = bad)), "{field}");
        }
    }

    #[test]
    fn a_token_of_an_unknown_key_or_of_none_is_refused() {
        assert!(is_refused(&tokens(&["b"]).issue(&ada(), at(0)).unwrap().token));
        let forged = Tokens::new(
            vec![SigningKey::new("a".to_owned(), "z".repeat(32).into()).unwrap()],
            "switchboard".to_owned(),
            TTL_S,
        );
        assert!(is_refused(&forged.issue(&ada(), at(0)).unwrap().token));
        assert!(is_refused(&with_header(&json!({ "alg": "HS256", "typ": "JWT" }), &payload(), ALGORITHM)));
    }

    #[test]
    fn a_token_with_any_character_changed_is_refused() {
        let good = signed(ALGORITHM, |_| {});
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'Q' } else { b'A' };
            assert!(is_refused(&String::from_utf8(bytes).unwrap()), "character {at}");
        }
        for bad in ["", ".", "..", "a.b.c", &good[..good.len() - 1], &format!("{good}.x"), &"a".repeat(1 << 20)] {
            assert!(is_refused(bad));
        }
    }

    #[test]
    fn a_signing_key_is_long_enough_and_not_shown() {
        assert!(SigningKey::new("a".to_owned(), "short".into()).is_err());
        assert!(SigningKey::new(String::new(), "x".repeat(32).into()).is_err());
        let key = SigningKey::generate();
        assert!(SigningKey::new(key.id().to_owned(), key.secret().clone()).is_ok());
        assert!(!format!("{key:?}").contains(key.secret().expose_secret()));
    }
}
