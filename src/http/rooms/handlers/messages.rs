//! `/api/chat/rooms/{room_id}/messages`: what was said, and saying something.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::Access;
use crate::domain::{Author, Event, Message, Refusal, SessionKey};
use crate::engine::Sessions;
use crate::engine::accounts::request_key::OTHER_REQUEST;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::query::{Query, Segment};
use crate::http::rooms::wire::{self, RoomPath, SendMessage, SentMessage};
use crate::http::rooms::{CONVERSATIONS, decode, render};

/// A room's messages, oldest first.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room_id}/messages", operation_id = "listMessages",
    summary = "List Messages", tag = "Chat",
    params(
        RoomPath,
        ("limit" = Option<u64>, Query, minimum = 1, description = "Messages at most: 50 unless given, cut to 200"),
        ("skip" = Option<u64>, Query, minimum = 0, description = "Messages before them"),
    ),
    responses((status = 200, body = [wire::Message<'static>], description = "A page, oldest first"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(room): Segment,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Read)?;
    let key = decode::room(&caller, &room)?;
    let slice = decode::messages_slice(&Query::of(request.uri()))?;
    let sessions = &doors.engine.sessions;
    let room = sessions.read(&key, &decode::reader(&caller))?;
    let limit = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    let transcript = sessions.messages(&key, slice.skip, limit).await?;
    let reader = render::caller_type(&caller);
    let row = |(seq, message)| render::message(&room, message, transcript.understanding(seq), reader);
    let rows: Vec<_> = transcript.messages.iter().map(|(seq, message)| row((*seq, message))).collect();
    json(StatusCode::OK, &rows)
}

/// Posts a message. A customer's waits for the end of its turn, up to the turn's deadline, and tells how it was understood.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room_id}/messages", operation_id = "sendMessage",
    summary = "Send a Message", tag = "Chat",
    params(RoomPath, IdempotencyKey),
    request_body = SendMessage,
    responses((status = 201, body = SentMessage<'static>, description = "The message, and what the assistant made of it"))
)]
pub(crate) async fn send(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(room): Segment,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_scope(CONVERSATIONS, Access::Write)?;
    let key = decode::room(&caller, &room)?;
    let sessions = &doors.engine.sessions;
    let room = sessions.read(&key, &decode::reader(&caller))?;
    let (parts, body) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let wanted: SendMessage = body::parse(&bytes)?;
    let visitor = decode::writer(&caller, wanted.user_type, &room)?;
    let mut draft = decode::draft(&wanted)?;
    if let Some(name) = idempotency::name(&doors, &caller, &parts, &bytes).await? {
        idempotency::rename(name, &mut draft, None);
    }
    let text = draft.body.clone();
    let seq = sessions.converse(&key, visitor, None, draft).await?.receipt.seq;
    let message = stored(sessions, &key, seq)?;
    if message.body != text {
        // The id was another message's before, by whatever door.
        return Err(Refusal::conflict(OTHER_REQUEST).into());
    }
    let understanding = match message.author {
        Author::Customer => sessions.understood(&key, seq).await?,
        Author::Assistant | Author::Agent { .. } | Author::Notice(_) => None,
    };
    let sent = render::sent(&key, &message, understanding.as_ref(), render::caller_type(&caller));
    json(StatusCode::CREATED, &sent)
}

/// The message as the log has it: of one that was sent before, the first one's text and time.
fn stored(sessions: &Sessions, key: &SessionKey, seq: u64) -> Result<Message, Fault> {
    match sessions.events_after(key, seq.saturating_sub(1), 1)?.pop().map(|committed| committed.event) {
        Some(Event::Posted(message)) => Ok(message),
        Some(_) | None => {
            tracing::error!(session = ?key, seq, "a receipt leads to no message");
            Err(Fault::Broken)
        }
    }
}
