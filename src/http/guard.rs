//! What stands before every handler of a dialect: a request id, who is asking, the rate limit, a deadline, a net under
//! panics; and behind it: every refusal in the dialect's own envelope, fallbacks included.

use std::future::Future;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

use super::SharedDoors;
use super::server::{Peer, TurnedAway};
use crate::auth::{Allowance, Caller, Quota, address_key};
use crate::domain::Refusal;
use crate::engine::audit::Acting;

/// How long a caller should wait for a queue that is full, in seconds.
const BUSY_S: u64 = 1;

/// The window in which openings of sockets are counted.
const UPGRADES_WINDOW_S: u32 = 60;

/// What a handler or a fallback could not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The engine or a check said no.
    Refused(Refusal),
    /// The route exists, but not with this method.
    MethodNotAllowed,
    /// The body is not of a type that is read.
    UnsupportedMedia,
    /// The route is a WebSocket's, and the request is none.
    UpgradeRequired,
    /// The request took longer than it may.
    TimedOut,
    /// A promise of ours broke; the log says which.
    Broken,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl IntoResponse for Fault {
    /// Carries the fault to the guard, which renders it in the dialect's envelope.
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

/// The name of a request, in its answer and in every line that is logged for it.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// The bucket that a request counts in, its key there, and how much is allowed.
pub type Share = (&'static str, String, Quota);

/// What a dialect brings to the guard.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// Its name, for logs and metrics.
    pub name: &'static str,
    /// Renders a fault in the documented envelope.
    pub render: fn(&Fault, &RequestId) -> Response,
    /// Where a request counts: it must be within each of them.
    pub quota: fn(&SharedDoors, &Request, &Asking) -> Vec<Share>,
}

impl std::fmt::Debug for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Who asks, as far as the credentials say.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Nobody said, somebody is known, or what they said does not hold.
    pub credential: Credential,
    /// Where from.
    pub address: IpAddr,
}

/// What the opening of a socket counts against: a dialect's own bucket for it, by caller or address.
pub fn upgrades(bucket: &'static str, doors: &SharedDoors, asking: &Asking) -> (&'static str, String, Quota) {
    let quota = Quota { limit: doors.config.limits.live_upgrades, window_s: UPGRADES_WINDOW_S };
    (bucket, asking.rate_key(), quota)
}

/// What came of a request's credentials.
#[derive(Debug, Clone)]
pub enum Credential {
    /// None given.
    Absent,
    /// They hold.
    Known(Caller),
    /// They do not.
    Refused(Refusal),
}

impl Asking {
    /// The caller's key for limits: the credential's, else the address.
    pub fn rate_key(&self) -> String {
        match &self.credential {
            Credential::Known(caller) => caller.rate_key(),
            Credential::Absent | Credential::Refused(_) => address_key(self.address),
        }
    }
}

/// The caller of a route that wants credentials.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Caller);

impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        match parts.extensions.get::<Asking>().map(|asking| &asking.credential) {
            Some(Credential::Known(caller)) => Ok(Self(caller.clone())),
            Some(Credential::Refused(refusal)) => Err(refusal.clone().into()),
            Some(Credential::Absent) | None => Err(Refusal::Unauthenticated.into()),
        }
    }
}

/// The administrator whom a route wants, and the address that they ask from: who [acts](Self::acting) in the audit log.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// Who they are.
    pub caller: Caller,
    /// Where they ask from.
    pub address: IpAddr,
}

impl Administrator {
    /// As whom the engine is asked to act.
    pub const fn acting(&self) -> Acting<'_> {
        Acting::from(&self.caller, self.address)
    }
}

impl<S: Sync> FromRequestParts<S> for Administrator {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, state).await?;
        caller.require_admin()?;
        let address = parts.extensions.get::<Asking>().map(|asking| asking.address).ok_or(Refusal::Unauthenticated)?;
        Ok(Self { caller, address })
    }
}

/// The guard's middleware; wrap a dialect's router in it with `from_fn_with_state`.
pub async fn guard(
    State((doors, dialect)): State<(SharedDoors, Dialect)>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId(format!("req-{}", uuid::Uuid::now_v7()).into());
    let span = tracing::info_span!("request", id = %id.0, dialect = dialect.name);
    let started = Instant::now();
    let turned_away = request.extensions().get::<TurnedAway>().cloned();
    let handled = async {
        if let Some(TurnedAway(refusal)) = turned_away {
            // Nothing is looked up for it: there are too many already.
            return (Fault::from(refusal).into_response(), None);
        }
        let address = request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
        let asking = Asking { credential: check(&doors, credential_of(request.headers())).await, address };
        let allowance = count(&doors, (dialect.quota)(&doors, &request, &asking));
        let refused = allowance.as_ref().and_then(|allowance| allowance.require().err());
        request.extensions_mut().insert(asking);
        request.extensions_mut().insert(id.clone());
        let answer = match refused {
            Some(refusal) => Fault::from(refusal).into_response(),
            None => bounded(Duration::from_secs(doors.config.server.request_timeout_s), next.run(request)).await,
        };
        (answer, allowance)
    };
    let (answer, allowance) = handled.instrument(span.clone()).await;
    let mut response = match answer.extensions().get::<Fault>() {
        Some(fault) => span.in_scope(|| refused(fault, &answer, dialect, &id)),
        None => answer,
    };
    add_headers(response.headers_mut(), &id, allowance.as_ref());
    doors.meters.request(dialect.name).record(started.elapsed());
    response
}

/// Counts a request in its buckets, up to the one that refuses it. The headers show the one with the least left.
fn count(doors: &SharedDoors, shares: Vec<Share>) -> Option<Allowance> {
    let now = doors.clock.now();
    let mut tightest: Option<Allowance> = None;
    for (bucket, key, quota) in shares {
        let allowance = doors.limiter.check(bucket, &key, quota, now);
        if !allowance.allowed {
            return Some(allowance);
        }
        if tightest.is_none_or(|other| allowance.remaining < other.remaining) {
            tightest = Some(allowance);
        }
    }
    tightest
}

/// The dialect's envelope, with the methods that the router says the resource has.
fn refused(fault: &Fault, answer: &Response, dialect: Dialect, id: &RequestId) -> Response {
    let mut response = (dialect.render)(fault, id);
    if let Some(methods) = answer.headers().get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, methods.clone());
    }
    if let Some(wait_s) = retry_after_s(fault) {
        response.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
    }
    response
}

/// When to try again, where waiting helps.
fn retry_after_s(fault: &Fault) -> Option<u64> {
    match fault {
        Fault::Refused(Refusal::TooMany { retry_after_s }) => Some(*retry_after_s),
        Fault::Refused(Refusal::Busy) => Some(BUSY_S),
        Fault::Refused(_)
        | Fault::MethodNotAllowed
        | Fault::UnsupportedMedia
        | Fault::UpgradeRequired
        | Fault::TimedOut
        | Fault::Broken => None,
    }
}

/// A handler's answer within the deadline; a panic is an answer too.
async fn bounded(deadline: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(deadline, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            tracing::error!("a handler panicked");
            Fault::Broken.into_response()
        }
        Err(_elapsed) => Fault::TimedOut.into_response(),
    }
}

async fn check(doors: &SharedDoors, presented: Option<Result<String, Refusal>>) -> Credential {
    match presented {
        None => Credential::Absent,
        Some(Err(refusal)) => Credential::Refused(refusal),
        Some(Ok(text)) => match doors.engine.accounts.authenticate(&text).await {
            Ok(caller) => Credential::Known(caller),
            Err(refusal) => Credential::Refused(refusal),
        },
    }
}

/// The bearer token or API key of a request.
fn credential_of(headers: &HeaderMap) -> Option<Result<String, Refusal>> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().ok().and_then(|text| text.split_once(' '));
        return Some(match text {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim().to_owned()),
            Some(_) | None => Err(Refusal::Unauthenticated),
        });
    }
    let key = headers.get(HeaderName::from_static("x-api-key"))?;
    Some(key.to_str().map(str::to_owned).map_err(|_| Refusal::Unauthenticated))
}

fn add_headers(headers: &mut HeaderMap, id: &RequestId, allowance: Option<&Allowance>) {
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert("x-request-id", value);
    }
    if let Some(allowance) = allowance {
        headers.insert("x-ratelimit-limit", allowance.limit.into());
        headers.insert("x-ratelimit-remaining", allowance.remaining.into());
        headers.insert("x-ratelimit-reset", allowance.reset_at_s.into());
    }
}
