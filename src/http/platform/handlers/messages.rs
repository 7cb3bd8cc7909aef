//! `POST /api/core/messages`: a customer's message, and the answer that its turn ends with.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{introduce, written};
use crate::domain::{Attachment, SessionKey, Visitor};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::description::IdempotencyKey;
use crate::http::files;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::platform::decode::{self, Arrival};
use crate::http::platform::render;
use crate::http::platform::wire::{IncomingMessage, ProcessMessage, ProcessedMessage};

/// Posts the message and waits for the turn's end, up to the turn's deadline.
#[utoipa::path(
    post, path = "/api/core/messages", operation_id = "processMessage",
    summary = "Process Message", tag = "Chatbot Core", params(IdempotencyKey),
    request_body = ProcessMessage, responses((status = 200, body = ProcessedMessage, description = "What was answered"))
)]
pub(crate) async fn process(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, bytes) = written(&caller, request, doors.config.server.body_max_bytes).await?;
    let wanted: ProcessMessage = body::parse(&bytes)?;
    let ProcessMessage { message, user_id, session_id, channel, metadata } = wanted;
    let arrived = decode::arrival(&caller, &user_id, session_id.as_deref(), channel.as_deref(), metadata.as_ref())?;
    let Arrival { visitor, opening, mut key } = arrived;
    let contact = decode::contact(metadata.as_ref());
    let attachments = attached(&doors, &key, &visitor, &message.0).await?;
    let mut draft = decode::draft(&message.0, metadata, attachments)?;
    if let Some(name) = idempotency::name(&doors, &caller, &parts, &bytes).await? {
        idempotency::rename(name, &mut draft, session_id.is_none().then_some(&mut key));
    }
    let sessions = &doors.engine.sessions;
    let conversed = sessions.converse(&key, visitor.clone(), Some(opening), draft);
    let (answered, ()) = tokio::join!(conversed, introduce(&doors, &key, &visitor, &contact));
    let answered = answered?;
    let otherwise = sessions.standing_text(&key, &visitor, &answered)?;
    json(StatusCode::OK, &render::processed(key.session.as_str(), &answered, &otherwise))
}

/// The files that a message names, which its session then keeps.
async fn attached(
    doors: &SharedDoors,
    key: &SessionKey,
    visitor: &Visitor,
    message: &IncomingMessage,
) -> Result<Vec<Attachment>, Fault> {
    if message.attachments.is_empty() {
        return Ok(Vec::new());
    }
    let ids = files::ids("message.attachments", message.attachments.iter().map(String::as_str))?;
    doors.engine.sessions.read(key, visitor)?;
    Ok(doors.engine.files.claim(key, files::uploader(visitor), &ids).await?)
}
