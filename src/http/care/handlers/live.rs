//! `GET /ws/conversations/{conversation_id}`: the handshake. Who may enter is settled here; what is said afterwards is the
//! socket's.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;

use super::visitor;
use crate::auth::{self, Caller};
use crate::domain::{Refusal, SessionKey, Visitor};
use crate::engine::sessions::Entered;
use crate::http::SharedDoors;
use crate::http::care::decode;
use crate::http::care::render::Audience;
use crate::http::care::socket::CareSocket;
use crate::http::care::wire::{ConversationPath, ServerFrame};
use crate::http::description::LIVE;
use crate::http::guard::{Asking, Credential, Fault};
use crate::http::live::connection::Connection;
use crate::http::live::follow::{Resync, frame};
use crate::http::live::{After, DraftView, LiveLimits, Visit, entrance, upgrade};
use crate::http::query::{Query, Segment};

/// Enters the conversation, then becomes a socket.
#[utoipa::path(
    get, path = "/ws/conversations/{conversation_id}", operation_id = "connect",
    summary = "Connect", tag = LIVE, security(("bearer" = []), ()),
    params(
        ConversationPath,
        ("token" = Option<String>, Query, description = "An access token, where no header can carry it"),
        ("after" = Option<String>, Query, description = "The last position that is known: `<seq>` or `<epoch>:<seq>`"),
    ),
    responses((status = 101, description = "The socket is open"))
)]
pub(crate) async fn connect(
    State(doors): State<SharedDoors>,
    Extension(asking): Extension<Asking>,
    Segment(conversation): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let caller = match entrance::caller(&doors, entrance::token(&doors, &request, &query)?).await? {
        Some(caller) => caller,
        None => in_header(asking.credential)?,
    };
    let key = decode::conversation(&caller, &conversation)?;
    let after = query.get("after").map(After::parse).transpose()?;
    let sessions = &doors.engine.sessions;
    let visitor = visitor(sessions, &caller, &key)?;
    let entered = sessions.listen(&key, visitor.clone(), None, doors.outbox_limits()).await?;
    let place = doors.care_connections.open(&caller.rate_key())?;
    let limits = LiveLimits::of(&doors.config);
    let outlived = doors.engine.accounts.outlived(&caller);
    let stopping = doors.stopping.clone();
    upgrade::accept(request, limits, move |socket| {
        let (hello, protocol) = begin(&doors, key, visitor, &entered, after, place);
        Connection::new(socket, entered.subscription, protocol, limits, stopping, hello).until(outlived).run()
    })
}

/// Programs may show their token as they do everywhere else.
fn in_header(credential: Credential) -> Result<Caller, Refusal> {
    match credential {
        Credential::Known(caller) => Ok(caller),
        Credential::Refused(refusal) => Err(refusal),
        Credential::Absent => Err(Refusal::Unauthenticated),
    }
}

/// The first frames, which only a client gets that named a position, and the socket's own state.
fn begin(
    doors: &SharedDoors,
    key: SessionKey,
    visitor: Visitor,
    entered: &Entered,
    after: Option<After>,
    place: auth::Connection,
) -> (Vec<Bytes>, CareSocket) {
    let position = entered.position;
    let hello = after.and_then(|_| frame(&ServerFrame::Connected { position: position.into() }));
    let fits = after.is_none_or(|after| after.fitting(position).is_some());
    let resync = if fits { None } else { Resync::frame(position) };
    let full = after.is_some() || visitor.user().is_some();
    let protocol = CareSocket {
        visit: Visit::new(&doors.engine.sessions, key, visitor, entered, after),
        clock: Arc::clone(&doors.clock),
        audience: if full { Audience::Full } else { Audience::Plain },
        follows: after.is_some(),
        drafts: DraftView::default(),
        is_up_to_date: false,
        place,
    };
    (hello.into_iter().chain(resync).collect(), protocol)
}
