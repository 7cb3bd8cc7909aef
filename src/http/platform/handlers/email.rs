//! `/api/channels/email/*`: mails by a program's word, and whether the mailbox is read.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::future::join_all;
use uuid::Uuid;

use crate::auth::Caller;
use crate::domain::Refusal;
use crate::engine::channels::email::Listener;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Administrator, Authenticated, Fault};
use crate::http::idempotency;
use crate::http::platform::decode::email as decode;
use crate::http::platform::wire::ErrorEnvelope;
use crate::http::platform::wire::email::{EmailDone, ListenerDone, ProcessEmail, SendEmail};

/// Has a mail sent. It stands in the session of `threadId`, or of the address, and is durable when this answers.
#[utoipa::path(
    post, path = "/api/channels/email/send", operation_id = "sendEmail",
    summary = "Send Email", tag = "Channel Integrations", params(IdempotencyKey), request_body = SendEmail,
    responses(
        (status = 200, body = EmailDone, description = "It is on its way"),
        (status = 400, body = ErrorEnvelope<'static>, description = "The session is somebody else's"),
        (status = 503, body = ErrorEnvelope<'static>, description = "No server for outgoing mail is set up"),
    )
)]
pub(crate) async fn send(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let by = decode::sender(&caller)?;
    let (mail, name) = read(&doors, &caller, request, |wanted: &SendEmail| decode::send(wanted)).await?;
    let id = doors.engine.mail.send(&caller.organization, by, mail, name).await?;
    let timestamp = Some(doors.clock.now().to_string());
    json(StatusCode::OK, &EmailDone { status: "sent", message_id: id.to_string(), timestamp })
}

/// Takes in a mail that came elsewhere. The session of `threadId` goes on where it is the sender's, or the one that it
/// answers, or a new one.
#[utoipa::path(
    post, path = "/api/channels/email/process", operation_id = "processEmail",
    summary = "Process Email", tag = "Channel Integrations", params(IdempotencyKey),
    request_body = ProcessEmail,
    responses((status = 200, body = EmailDone, description = "It is durable in its session"))
)]
pub(crate) async fn process(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_staff()?;
    let (mail, name) = read(&doors, &caller, request, |wanted: &ProcessEmail| decode::process(wanted)).await?;
    let id = doors.engine.mail.process(&caller.organization, mail, name).await?;
    json(StatusCode::OK, &EmailDone { status: "processed", message_id: id.to_string(), timestamp: None })
}

/// Reads the organization's mailboxes from now on. Where one is read already, nothing changes but that a pause after a failure is over.
#[utoipa::path(
    post, path = "/api/channels/email/listener/start", operation_id = "startEmailListener",
    summary = "Start Email Listener", tag = "Channel Integrations",
    responses(
        (status = 200, body = ListenerDone, description = "It is started"),
        (status = 503, body = ErrorEnvelope<'static>, description = "No mailbox is set up"),
    )
)]
pub(crate) async fn start_listener(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    for listener in listeners(&doors, &admin)? {
        listener.start();
    }
    json(StatusCode::OK, &ListenerDone { status: "started", message: "Email listener has been started" })
}

/// Reads the organization's mailboxes no more, until they are started or the server is.
#[utoipa::path(
    post, path = "/api/channels/email/listener/stop", operation_id = "stopEmailListener",
    summary = "Stop Email Listener", tag = "Channel Integrations",
    responses(
        (status = 200, body = ListenerDone, description = "It is stopped"),
        (status = 503, body = ErrorEnvelope<'static>, description = "No mailbox is set up"),
    )
)]
pub(crate) async fn stop_listener(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    join_all(listeners(&doors, &admin)?.iter().map(|listener| listener.stop())).await;
    json(StatusCode::OK, &ListenerDone { status: "stopped", message: "Email listener has been stopped" })
}

/// Who reads the mailboxes of the caller's organization.
fn listeners(doors: &SharedDoors, admin: &Administrator) -> Result<Vec<Arc<Listener>>, Refusal> {
    let listeners = doors.engine.mail.listeners_of(&admin.caller.organization);
    if listeners.is_empty() { Err(Refusal::Unavailable { part: "email" }) } else { Ok(listeners) }
}

/// A mail that a program brings, and what it is called where the program may repeat it. What is refused takes up no key.
async fn read<T: serde::de::DeserializeOwned, M>(
    doors: &SharedDoors,
    caller: &Caller,
    request: Request,
    decode: impl FnOnce(&T) -> Result<M, Refusal>,
) -> Result<(M, Option<Uuid>), Fault> {
    let (parts, sent) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, sent, doors.config.server.audio_body_max_bytes).await?;
    let mail = decode(&body::parse(&bytes)?)?;
    Ok((mail, idempotency::name(doors, caller, &parts, &bytes).await?))
}
