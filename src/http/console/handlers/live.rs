//! `GET /ws/agent`: the handshake of the agent protocol. Who may enter is settled here; what is said afterwards is the
//! socket's.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;

use crate::auth::{Caller, Who};
use crate::domain::Refusal;
use crate::http::SharedDoors;
use crate::http::console::socket::{AgentSocket, FRAME_MAX_BYTES, Person};
use crate::http::description::LIVE;
use crate::http::guard::{Asking, Credential, Fault};
use crate::http::live::connection::Connection;
use crate::http::live::{LiveLimits, entrance, upgrade};
use crate::http::query::Query;

/// Frames up to this size are read so that they can be refused with a word; beyond it the socket is closed.
const READ_MAX_BYTES: usize = 4 * FRAME_MAX_BYTES;

/// A person of the staff comes to work.
#[utoipa::path(
    get, path = "/ws/agent", operation_id = "connect",
    summary = "Connect", tag = LIVE,
    params(("token" = Option<String>, Query, description = "An access token, where no subprotocol carries it")),
    responses((status = 101, description = "The socket is open"))
)]
pub(crate) async fn connect(
    State(doors): State<SharedDoors>,
    Extension(asking): Extension<Asking>,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let token = match entrance::token(&doors, &request, &query)? {
        Some(token) => token,
        None => bearer(&asking, &request)?,
    };
    let caller = doors.engine.accounts.authenticate(&token).await?;
    let outlived = doors.engine.accounts.outlived(&caller);
    let person = person(&doors, caller, &token)?;
    let limits = LiveLimits { message_max_bytes: READ_MAX_BYTES, ..LiveLimits::of(&doors.config) };
    let stopping = doors.stopping.clone();
    upgrade::accept(request, limits, move |socket| {
        let protocol = AgentSocket::new(&doors, person);
        let outbox = protocol.outbox().clone();
        Connection::over(socket, outbox, protocol, limits, stopping).until(outlived).run()
    })
}

/// The token of the header, which the guard has looked at.
fn bearer(asking: &Asking, request: &Request) -> Result<String, Refusal> {
    match &asking.credential {
        Credential::Known(_) => {}
        Credential::Refused(refusal) => return Err(refusal.clone()),
        Credential::Absent => return Err(Refusal::Unauthenticated),
    }
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    // A known caller without such a header has shown a key.
    let token = value.and_then(|value| value.split_once(' ')).map(|(_, token)| token.trim().to_owned());
    token.ok_or(Refusal::Forbidden)
}

fn person(doors: &SharedDoors, caller: Caller, token: &str) -> Result<Person, Refusal> {
    let Who::User { id: user, role, name } = caller.who.clone() else { return Err(Refusal::Forbidden) };
    if !role.is_staff() {
        return Err(Refusal::Forbidden);
    }
    let expires_at = doors.engine.accounts.token_expiry(token)?;
    Ok(Person { caller, user, name, role, expires_at })
}
