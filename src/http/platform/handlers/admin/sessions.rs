//! `/api/admin/sessions`: the sessions that are open, and one of them with its messages.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::{Customer, Refusal, State as SessionState, Visitor};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::guard::{Administrator, Fault};
use crate::http::platform::decode::{self, admin};
use crate::http::platform::render::admin as render;
use crate::http::platform::wire::admin::{ActiveSessions, PageQuery, SessionDetails};
use crate::http::platform::wire::{ChannelName, SessionPath};
use crate::http::query::{Query, Segment};

/// The most messages of one answer; without `skip` they are the newest.
const MESSAGES_MAX: u64 = 1_000;

/// The sessions that are not closed, the last begun first.
#[utoipa::path(
    get, path = "/api/admin/sessions/active", operation_id = "listActiveSessions",
    summary = "List Active Sessions", tag = "Admin",
    params(PageQuery, ("channel" = Option<ChannelName>, Query, description = "Only those by it")),
    responses((status = 200, body = ActiveSessions, description = "A page, the last begun first"))
)]
pub(crate) async fn active(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (slice, channel) = (admin::page(&query)?, admin::channel(&query)?);
    let (page, limit) = slice.parts();
    let (states, total) = doors.engine.sessions.active(&admin.caller.organization, channel, page, limit)?;
    let row = |state: &SessionState| Ok(render::active_session(state, noted(&doors, state)?.as_ref()));
    let sessions = states.iter().map(row).collect::<Result<_, Refusal>>()?;
    json(StatusCode::OK, &ActiveSessions { sessions, pagination: render::pagination(slice, total) })
}

/// A session, open or closed, with its messages: all of them, or the newest thousand of more.
#[utoipa::path(
    get, path = "/api/admin/sessions/{sessionId}", operation_id = "getSessionDetails",
    summary = "Get Session Details", tag = "Admin",
    params(
        SessionPath,
        ("skip" = Option<u64>, Query, minimum = 0, description = "Messages before them, from the first one on. Ours"),
        ("limit" = Option<u64>, Query, minimum = 1, description = "Messages at most; cut to 1,000. Ours"),
    ),
    responses((status = 200, body = SessionDetails, description = "The session, and its messages, oldest first"))
)]
pub(crate) async fn details(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(session): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let key = decode::session_key(&admin.caller.organization, Some(&session))?;
    let limit = query.number("limit", MESSAGES_MAX, 1)?.min(MESSAGES_MAX);
    let skip = query.number("skip", 0, 0)?;
    let state = doors.engine.sessions.read(&key, &Visitor::Service)?;
    let newest = state.counters.messages.saturating_sub(limit);
    let skip = if query.raw("skip").is_some() { skip } else { newest };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let transcript = doors.engine.sessions.messages(&key, skip, limit).await?;
    json(StatusCode::OK, &render::session_details(&state, noted(&doors, &state)?.as_ref(), &transcript.messages))
}

/// What is noted of a session's customer. Of one who only claimed a name it is not what is noted of whoever has it.
fn noted(doors: &SharedDoors, state: &SessionState) -> Result<Option<Customer>, Refusal> {
    doors.engine.customers.noted(&state.key.organization, &state.person())
}
