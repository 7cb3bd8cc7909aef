//! `/api/channels/email/*`: mails by a program's word, and whether the mailbox is read.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::Refusal;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::{Administrator, Authenticated, Fault};
use crate::http::platform::decode::email as decode;
use crate::http::platform::wire::ErrorEnvelope;
use crate::http::platform::wire::email::{EmailDone, ListenerDone, ProcessEmail, SendEmail};

/// Has a mail sent. It stands in the session of `threadId`, or of the address, and is durable when this answers.
#[utoipa::path(
    post, path = "/api/channels/email/send", operation_id = "sendEmail",
    summary = "Send Email", tag = "Channel Integrations", request_body = SendEmail,
    responses(
        (status = 200, body = EmailDone, description = "It is on its way"),
        (status = 404, body = ErrorEnvelope<'static>, description = "The session is somebody else's"),
        (status = 503, body = ErrorEnvelope<'static>, description = "No server for outgoing mail is set up"),
    )
)]
pub(crate) async fn send(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let by = decode::sender(&caller)?;
    let wanted: SendEmail = read(&doors, request).await?;
    let mail = decode::send(&wanted)?;
    let id = doors.engine.mail.send(&caller.organization, by, mail).await?;
    let timestamp = Some(doors.clock.now().to_string());
    json(StatusCode::OK, &EmailDone { status: "sent", message_id: id.to_string(), timestamp })
}

/// Takes in a mail that came elsewhere. The session of `threadId` goes on, or the one that it answers.
#[utoipa::path(
    post, path = "/api/channels/email/process", operation_id = "processEmail",
    summary = "Process Email", tag = "Channel Integrations", request_body = ProcessEmail,
    responses((status = 200, body = EmailDone, description = "It is durable in its session"))
)]
pub(crate) async fn process(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_staff()?;
    let wanted: ProcessEmail = read(&doors, request).await?;
    let id = doors.engine.mail.process(&caller.organization, decode::process(&wanted)?).await?;
    json(StatusCode::OK, &EmailDone { status: "processed", message_id: id.to_string(), timestamp: None })
}

/// Reads the mailbox from now on. Where it is read already, nothing changes but that a pause after a failure is over.
#[utoipa::path(
    post, path = "/api/channels/email/listener/start", operation_id = "startEmailListener",
    summary = "Start Email Listener", tag = "Channel Integrations",
    responses(
        (status = 200, body = ListenerDone, description = "It is started"),
        (status = 503, body = ErrorEnvelope<'static>, description = "No mailbox is set up"),
    )
)]
pub(crate) async fn start_listener(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    let listeners = doors.engine.mail.listeners_of(&admin.caller.organization);
    let listeners = listeners.ok_or(Refusal::Unavailable { part: "email" })?;
    listeners.start();
    json(StatusCode::OK, &ListenerDone { status: "started", message: "Email listener has been started" })
}

/// Reads the mailbox no more, until it is started or the server is.
#[utoipa::path(
    post, path = "/api/channels/email/listener/stop", operation_id = "stopEmailListener",
    summary = "Stop Email Listener", tag = "Channel Integrations",
    responses(
        (status = 200, body = ListenerDone, description = "It is stopped"),
        (status = 503, body = ErrorEnvelope<'static>, description = "No mailbox is set up"),
    )
)]
pub(crate) async fn stop_listener(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    let listeners = doors.engine.mail.listeners_of(&admin.caller.organization);
    let listeners = listeners.ok_or(Refusal::Unavailable { part: "email" })?;
    listeners.stop().await;
    json(StatusCode::OK, &ListenerDone { status: "stopped", message: "Email listener has been stopped" })
}

async fn read<T: serde::de::DeserializeOwned>(doors: &SharedDoors, request: Request) -> Result<T, Fault> {
    let (parts, sent) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, sent, doors.config.server.body_max_bytes).await?;
    Ok(body::parse(&bytes)?)
}
