//! `GET /ws`: the handshake. Who may enter is settled here; what is said afterwards is the socket's.
//!
//! A known customer brings a token of theirs; a person of the staff their own and the customer's session; anybody else is
//! anonymous, gets a session of their own, and with it a secret that alone lets them in again.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use secrecy::ExposeSecret;

use super::{CONVERSATIONS, widget};
use crate::auth::{Access, Caller, ResumeSecret};
use crate::bus::{Item, Signal, Subscription};
use crate::domain::desk::news::Place;
use crate::domain::session::Owner;
use crate::domain::{Channel, CustomerId, Opening, OrganizationId, Refusal, SessionKey, Visitor};
use crate::engine::sessions::Entered;
use crate::http::SharedDoors;
use crate::http::description::LIVE;
use crate::http::guard::Fault;
use crate::http::live::connection::Connection;
use crate::http::live::follow::{Resync, frame};
use crate::http::live::{After, DraftView, LiveLimits, Visit, entrance, upgrade};
use crate::http::platform::decode;
use crate::http::platform::reading_pace::ReadingPace;
use crate::http::platform::render::live::{Audience, ownership};
use crate::http::platform::socket::PlatformSocket;
use crate::http::platform::wire::live::ServerFrame;
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
#[utoipa::path(
    get, path = "/ws", operation_id = "connect",
    summary = "Connect", tag = LIVE, security((), ("bearer" = [])),
    params(
        ("userId" = String, Query, description = "Who connects"),
        ("sessionId" = Option<String>, Query, description = "Which session; a new one without it"),
        ("token" = Option<String>, Query, description = "An access token of theirs"),
        ("after" = Option<String>, Query, description = "The last position that is known: `<seq>` or `<epoch>:<seq>`"),
        ("resume" = Option<String>, Query, description = "The secret of an anonymous customer's session"),
        ("organization" = Option<String>, Query, description = "An anonymous customer's organization"),
    ),
    responses((status = 101, description = "The socket is open"))
)]
pub(crate) async fn connect(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let caller = entrance::caller(&doors, entrance::offered_token(&request, &query)?).await?;
    let organization = match &caller {
        Some(caller) => caller.organization.clone(),
        None => widget::organization(&doors, query.get("organization"))?,
    };
    widget::admitted(&doors, &organization, request.headers())?;
    let arrival = arrive(&doors, &query, caller.as_ref(), &organization)?;
    let sessions = &doors.engine.sessions;
    let entered =
        sessions.listen(&arrival.key, arrival.visitor.clone(), arrival.opening.clone(), doors.outbox_limits()).await?;
    tell_place(&doors, &arrival, &entered);
    let limits = LiveLimits::of(&doors.config);
    let outlived = caller.as_ref().and_then(|caller| doors.engine.accounts.outlived(caller));
    let stopping = doors.stopping.clone();
    upgrade::accept(request, limits, move |socket| {
        let (hello, protocol, subscription) = begin(&doors, arrival, entered);
        Connection::new(socket, subscription, protocol, limits, stopping, hello).until(outlived).run()
    })
}

fn arrive(
    doors: &SharedDoors,
    query: &Query,
    caller: Option<&Caller>,
    organization: &OrganizationId,
) -> Result<Arrival, Refusal> {
    let user_id = query.get("userId").ok_or_else(|| Refusal::invalid("userId", "is required"))?;
    let customer = CustomerId::parse(user_id)?;
    let resume = query.get("resume");
    // Whoever has neither a token nor a secret can only begin a session.
    let may_name = doors.config.live.anonymous_names_sessions || caller.is_some() || resume.is_some();
    let named = query.get("sessionId").filter(|_| may_name);
    let key = decode::session_key(organization, named)?;
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

/// Where a waiting follower stands comes like any later news of it; the handshake does not wait for the desk.
fn tell_place(doors: &SharedDoors, arrival: &Arrival, entered: &Entered) {
    let follows = arrival.after.is_some() && arrival.visitor.user().is_none();
    if !follows || entered.owner != Owner::Queue {
        return;
    }
    let (desk, key) = (doors.engine.desk.clone(), arrival.key.clone());
    let outbox = Arc::clone(entered.subscription.outbox());
    tokio::spawn(async move {
        if let Ok(Some(Place { place, estimated_wait_s, open })) = desk.place(&key).await {
            outbox.push(Item::Signal(key, Arc::new(Signal::Place { place, estimated_wait_s, open })));
        }
    });
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
        ownership: (audience == Audience::Follower).then(|| ownership(&entered.owner)),
    });
    let resync = if fits { None } else { Resync::frame(position) };
    let visit = Visit::new(&doors.engine.sessions, arrival.key, arrival.visitor, &entered, arrival.after);
    let (audio, files, clock) = (doors.engine.audio.clone(), doors.engine.files.clone(), Arc::clone(&doors.clock));
    let (drafts, reading, onward) = (DraftView::default(), ReadingPace::default(), doors.engine.onward.clone());
    let protocol =
        PlatformSocket { visit, audio, files, clock, audience, drafts, is_up_to_date: false, reading, onward };
    (hello.into_iter().chain(resync).collect(), protocol, entered.subscription)
}
