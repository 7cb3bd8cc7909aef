//! `POST /conversations/{conversation_id}/messages`: a message, and the answer that its turn ends with.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::visitor;
use crate::domain::{Event, Message, Owner, Refusal, SessionKey, Visitor};
use crate::engine::Sessions;
use crate::engine::accounts::request_key::OTHER_REQUEST;
use crate::engine::sessions::Answered;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::care::wire::{self, ConversationPath, SendMessage, SentMessage};
use crate::http::care::{decode, render};
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::query::Segment;

/// Posts the message and waits for the turn's end, up to the turn's deadline.
#[utoipa::path(
    post, path = "/conversations/{conversation_id}/messages", operation_id = "sendMessage",
    summary = "Send a Message", tag = "Conversations",
    params(ConversationPath, IdempotencyKey), request_body = SendMessage,
    responses((status = 201, body = SentMessage, description = "The message, and what was answered"))
)]
pub(crate) async fn send(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(conversation): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let sender = decode::user(&caller)?;
    let key = decode::conversation(&caller, &conversation)?;
    let sessions = &doors.engine.sessions;
    let visitor = visitor(sessions, &caller, &key)?;
    sessions.read(&key, &visitor)?;
    let bytes = body::json_bytes(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let wanted: SendMessage = body::parse(&bytes)?;
    let mut draft = decode::draft(wanted, idempotency::message_id(&parts.headers)?)?;
    if let Some(name) = idempotency::name(&doors, &caller, &parts, &bytes).await? {
        idempotency::rename(name, &mut draft, None);
    }
    let text = draft.body.clone();
    let answered = sessions.converse(&key, visitor.clone(), None, draft).await?;
    let message = stored(sessions, &key, answered.receipt.seq)?;
    if message.body != text {
        // The id was another message's before: over the socket, or longer ago than keys are remembered.
        return Err(Refusal::conflict(OTHER_REQUEST).into());
    }
    let response = response(sessions, &key, &visitor, &answered)?;
    json(StatusCode::CREATED, &render::sent(&key, sender.to_string(), &message, response))
}

/// The message as the log has it: of one that was sent before, the first one's text and time.
fn stored(sessions: &Sessions, key: &SessionKey, seq: u64) -> Result<Message, Fault> {
    let event = sessions.events_after(key, seq.saturating_sub(1), 1)?.pop().map(|committed| committed.event);
    match event {
        Some(Event::Posted(message)) => Ok(message),
        Some(_) | None => {
            tracing::error!(session = ?key, seq, "a receipt leads to no message");
            Err(Fault::Broken)
        }
    }
}

/// What the turn said; where no turn waits for an answer, that the user waits for a person, or nothing: a person reads it.
fn response(
    sessions: &Sessions,
    key: &SessionKey,
    visitor: &Visitor,
    answered: &Answered,
) -> Result<Option<wire::Response>, Refusal> {
    if let Some(ending) = &answered.ending {
        return Ok(render::response(&ending.said));
    }
    let waits = visitor.user().is_none() && sessions.read(key, visitor)?.owner == Owner::Queue;
    Ok(waits.then(|| render::plain_response(&sessions.waiting_text(&key.organization))))
}
