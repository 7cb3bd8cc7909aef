//! `GET /ws`: the handshake. Who may enter is settled here; what is said afterwards is the socket's.
//!
//! A known customer brings a token of theirs; a person of the staff their own and the customer's session; anybody else is
//! anonymous, gets a session of their own, and with it a secret that alone lets them in again.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use secrecy::ExposeSecret;

use super::CONVERSATIONS;
use crate::auth::{Access, Caller, ResumeHash, ResumeSecret};
use crate::bus::Subscription;
use crate::domain::session::SecretHash;
use crate::domain::{Channel, CustomerId, Opening, OrganizationId, Position, Refusal, SessionKey, Visitor};
use crate::engine::sessions::Entered;
use crate::http::SharedDoors;
use crate::http::guard::Fault;
use crate::http::live::connection::Connection;
use crate::http::live::{LiveLimits, origin_is_allowed, upgrade};
use crate::http::platform::decode;
use crate::http::platform::render::{self, Audience};
use crate::http::platform::socket::PlatformSocket;
use crate::http::platform::wire::ServerFrame;
use crate::http::query::Query;

/// A visitor at the door, before the session has been asked.
struct Arrival {
    key: SessionKey,
    visitor: Visitor,
    opening: Option<Opening>,
    secret: Option<ResumeSecret>,
    user_id: String,
    after: Option<After>,
}

/// What a returning client says it has: a `seq`, and which log that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct After {
    stream: Option<u64>,
    seq: u64,
}

/// Enters the session, then becomes a socket.
pub(crate) async fn connect(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    if !upgrade::wants_upgrade(&request) {
        return Err(Fault::UpgradeRequired);
    }
    if !origin_is_allowed(request.headers(), &doors.config.server.allowed_origins) {
        return Err(Refusal::Forbidden.into());
    }
    let query = Query::of(request.uri());
    let token = query.get("token").map(str::to_owned).or_else(|| upgrade::offered_token(&request));
    let caller = match token {
        Some(token) => Some(doors.engine.accounts.authenticate(&token).await?),
        None => None,
    };
    let arrival = arrive(&query, caller.as_ref())?;
    let sessions = &doors.engine.sessions;
    let entered =
        sessions.listen(&arrival.key, arrival.visitor.clone(), arrival.opening.clone(), doors.outbox_limits()).await?;
    let limits = LiveLimits::of(&doors.config.live, doors.config.server.drain_s);
    let stopping = doors.stopping.clone();
    upgrade::accept(request, limits, move |socket| {
        let (hello, protocol, subscription) = begin(&doors, arrival, entered);
        Connection::new(socket, subscription, protocol, limits, stopping, hello).run()
    })
}

fn arrive(query: &Query, caller: Option<&Caller>) -> Result<Arrival, Refusal> {
    let user_id = query.get("userId").ok_or_else(|| Refusal::invalid("userId", "is required"))?;
    let customer = CustomerId::parse(user_id)?;
    let organization = caller.map_or_else(OrganizationId::default_organization, |caller| caller.organization.clone());
    let key = decode::session_key(&organization, query.get("sessionId"))?;
    let opening = Opening { channel: Channel::Web, resume: None, language: None };
    let after = query.get("after").map(after).transpose()?;
    let arrival =
        |visitor, opening, secret| Arrival { key, visitor, opening, secret, user_id: user_id.to_owned(), after };
    let Some(caller) = caller else {
        let presented = query.get("resume").map(|text| SecretHash(ResumeHash::of(text).to_string()));
        if presented.is_some() {
            return Ok(arrival(Visitor::Anonymous { claimed: customer, secret: presented }, None, None));
        }
        let secret = ResumeSecret::generate();
        let resume = Some(SecretHash(secret.hash.to_string()));
        let visitor = Visitor::Anonymous { claimed: customer, secret: resume.clone() };
        return Ok(arrival(visitor, Some(Opening { resume, ..opening }), Some(secret)));
    };
    if let Some(staff) = decode::staff(caller) {
        return Ok(arrival(staff, None, None));
    }
    caller.require_scope(CONVERSATIONS, Access::Write)?;
    Ok(arrival(decode::writer(caller, customer)?, Some(opening), None))
}

/// `after=<seq>` or `after=<epoch>:<seq>`.
fn after(text: &str) -> Result<After, Refusal> {
    let refused = |_| Refusal::invalid("after", "must be a position, <seq> or <epoch>:<seq>");
    match text.split_once(':') {
        Some((stream, seq)) => {
            Ok(After { stream: Some(stream.parse().map_err(refused)?), seq: seq.parse().map_err(refused)? })
        }
        None => Ok(After { stream: None, seq: text.parse().map_err(refused)? }),
    }
}

/// The first frames, and the socket's own state.
fn begin(doors: &SharedDoors, arrival: Arrival, entered: Entered) -> (Vec<bytes::Bytes>, PlatformSocket, Subscription) {
    let Entered { subscription, position, .. } = entered;
    let staff = arrival.visitor.user().is_some();
    let audience = match (staff, arrival.after) {
        (true, _) => Audience::Staff,
        (false, Some(_)) => Audience::Follower,
        (false, None) => Audience::Customer,
    };
    let fits = arrival.after.is_none_or(|after| fits(after, position));
    // Only a client that says that it resumes is shown what the document does not know.
    let secret = arrival.secret.as_ref().filter(|_| arrival.after.is_some());
    let secret = secret.map(|secret| secret.text.expose_secret());
    let connection_id = format!("conn-{}", uuid::Uuid::now_v7());
    let hello = render::frame(&ServerFrame::ConnectionEstablished {
        connection_id: &connection_id,
        user_id: &arrival.user_id,
        session_id: arrival.key.session.as_str(),
        message: "Connected to AI Customer Support",
        timestamp: doors.clock.now().to_string(),
        position: arrival.after.map(|_| render::position(position)),
        resume_secret: secret,
    });
    let resync =
        (!fits).then(|| render::frame(&ServerFrame::Resync { position: render::position(position) })).flatten();
    let seen = match arrival.after {
        Some(after) if fits => after.seq,
        Some(_) => 0,
        None => position.seq,
    };
    let protocol = PlatformSocket {
        sessions: doors.engine.sessions.clone(),
        audio: doors.engine.audio.clone(),
        clock: Arc::clone(&doors.clock),
        key: arrival.key,
        visitor: arrival.visitor,
        audience,
        outbox: Arc::clone(subscription.outbox()),
        seen,
        position,
        pending: Vec::new(),
        last_tag: 0,
    };
    (hello.into_iter().chain(resync).collect(), protocol, subscription)
}

/// Whether a position can be continued from: the same log, and not beyond its end.
fn fits(after: After, position: Position) -> bool {
    after.stream.is_none_or(|stream| stream == position.stream) && after.seq <= position.seq
}
