//! `GET /ws`: the handshake. Who may enter is settled here; what is said afterwards is the socket's.
//!
//! A known customer brings a token of theirs; a person of the staff their own and the customer's session; anybody else is
//! anonymous, gets a session of their own, and with it a secret that alone lets them in again.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use secrecy::ExposeSecret;

use super::CONVERSATIONS;
use crate::auth::{Access, Caller, ResumeSecret};
use crate::bus::Subscription;
use crate::domain::{Channel, CustomerId, Opening, OrganizationId, Refusal, SessionKey, Visitor};
use crate::engine::sessions::Entered;
use crate::http::SharedDoors;
use crate::http::guard::Fault;
use crate::http::live::connection::Connection;
use crate::http::live::follow::{Resync, frame};
use crate::http::live::{After, LiveLimits, Visit, entrance, upgrade};
use crate::http::platform::decode;
use crate::http::platform::render::Audience;
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

/// Enters the session, then becomes a socket.
pub(crate) async fn connect(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let caller = entrance::caller(&doors, entrance::token(&doors, &request, &query)?).await?;
    let arrival = arrive(&doors, &query, caller.as_ref())?;
    let sessions = &doors.engine.sessions;
    let entered =
        sessions.listen(&arrival.key, arrival.visitor.clone(), arrival.opening.clone(), doors.outbox_limits()).await?;
    let limits = LiveLimits::of(&doors.config);
    let stopping = doors.stopping.clone();
    upgrade::accept(request, limits, move |socket| {
        let (hello, protocol, subscription) = begin(&doors, arrival, entered);
        Connection::new(socket, subscription, protocol, limits, stopping, hello).run()
    })
}

fn arrive(doors: &SharedDoors, query: &Query, caller: Option<&Caller>) -> Result<Arrival, Refusal> {
    let user_id = query.get("userId").ok_or_else(|| Refusal::invalid("userId", "is required"))?;
    let customer = CustomerId::parse(user_id)?;
    let organization = caller.map_or_else(OrganizationId::default_organization, |caller| caller.organization.clone());
    let resume = query.get("resume");
    // Whoever has neither a token nor a secret can only begin a session.
    let may_name = doors.config.live.anonymous_names_sessions || caller.is_some() || resume.is_some();
    let named = query.get("sessionId").filter(|_| may_name);
    let key = decode::session_key(&organization, named)?;
    let opening = Opening { channel: Channel::Web, resume: None, language: None, name: None };
    let after = query.get("after").map(After::parse).transpose()?;
    let arrival =
        |visitor, opening, secret| Arrival { key, visitor, opening, secret, user_id: user_id.to_owned(), after };
    let Some(caller) = caller else {
        let presented = resume.map(ResumeSecret::hash_of);
        if presented.is_some() {
            return Ok(arrival(Visitor::Anonymous { claimed: customer, secret: presented }, None, None));
        }
        let secret = ResumeSecret::generate();
        let resume = Some(secret.hash.clone());
        let visitor = Visitor::Anonymous { claimed: customer, secret: resume.clone() };
        return Ok(arrival(visitor, Some(Opening { resume, ..opening }), Some(secret)));
    };
    if let Some(staff) = decode::staff(caller) {
        return Ok(arrival(staff, None, None));
    }
    caller.require_scope(CONVERSATIONS, Access::Write)?;
    Ok(arrival(decode::writer(caller, customer)?, Some(opening), None))
}

/// The first frames, and the socket's own state.
fn begin(doors: &SharedDoors, arrival: Arrival, entered: Entered) -> (Vec<bytes::Bytes>, PlatformSocket, Subscription) {
    let position = entered.position;
    let staff = arrival.visitor.user().is_some();
    let audience = match (staff, arrival.after) {
        (true, _) => Audience::Staff,
        (false, Some(_)) => Audience::Follower,
        (false, None) => Audience::Customer,
    };
    let fits = arrival.after.is_none_or(|after| after.fitting(position).is_some());
    // Only a client that says that it resumes is shown what the document does not know.
    let secret = arrival.secret.as_ref().filter(|_| arrival.after.is_some());
    let secret = secret.map(|secret| secret.text.expose_secret());
    let connection_id = format!("conn-{}", uuid::Uuid::now_v7());
    let hello = frame(&ServerFrame::ConnectionEstablished {
        connection_id: &connection_id,
        user_id: &arrival.user_id,
        session_id: arrival.key.session.as_str(),
        message: "Connected to AI Customer Support",
        timestamp: doors.clock.now().to_string(),
        position: arrival.after.map(|_| position.into()),
        resume_secret: secret,
    });
    let resync = if fits { None } else { Resync::frame(position) };
    let visit = Visit::new(&doors.engine.sessions, arrival.key, arrival.visitor, &entered, arrival.after);
    let (audio, clock) = (doors.engine.audio.clone(), Arc::clone(&doors.clock));
    let protocol = PlatformSocket { visit, audio, clock, audience };
    (hello.into_iter().chain(resync).collect(), protocol, entered.subscription)
}
