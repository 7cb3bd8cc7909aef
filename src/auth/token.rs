//! Access tokens: HS256 JSON Web Tokens that carry who the caller is, so that a request needs no look-up.
//!
//! Every token names the key that signed it; several keys may verify and the newest signs, so keys are changed without
//! logging anybody out. Algorithm, issuer and audience are fixed here and never taken from a token.

use std::collections::HashMap;
use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::caller::{Caller, Who};
use super::role::Role;
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
    signer: Option<(Header, EncodingKey)>,
    verifiers: HashMap<String, DecodingKey>,
    validation: Validation,
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
        let bytes = |key: &SigningKey| key.secret.expose_secret().as_bytes().to_vec();
        let signer = keys.first().map(|key| {
            let header = Header { kid: Some(key.id.clone()), ..Header::new(ALGORITHM) };
            (header, EncodingKey::from_secret(&bytes(key)))
        });
        let verifiers = keys.iter().map(|key| (key.id.clone(), DecodingKey::from_secret(&bytes(key)))).collect();
        Self { signer, verifiers, validation: validation(&issuer), issuer, ttl_s }
    }

    /// Issues a token.
    ///
    /// # Errors
    /// `Unavailable` when there is no key to sign with.
    pub fn issue(&self, claims: &NewClaims, now: Timestamp) -> Result<Issued, Refusal> {
        let unavailable = Refusal::Unavailable { part: "tokens" };
        let Some((header, key)) = &self.signer else { return Err(unavailable) };
        let payload = self.payload(claims, now);
        let token = jsonwebtoken::encode(header, &payload, key).map_err(|failure| {
            tracing::error!(%failure, "a token could not be signed");
            unavailable
        })?;
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

    /// The payload of a token that carries our signature.
    fn payload_of(&self, token: &str) -> Option<Payload> {
        if token.len() > TOKEN_MAX_BYTES {
            return None;
        }
        let key = self.verifiers.get(&jsonwebtoken::decode_header(token).ok()?.kid?)?;
        let token = jsonwebtoken::decode::<Payload>(token, key, &self.validation).ok()?;
        Some(token.claims)
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

/// What the library checks. Times are checked here, against the time that is passed in.
fn validation(issuer: &str) -> Validation {
    let mut validation = Validation::new(ALGORITHM);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation
}
