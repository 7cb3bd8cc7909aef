//! `/api/core/sessions/:sessionId/email`: a customer has replies sent to an address of theirs while they are away. An extension.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::files::enter;
use crate::auth::Access;
use crate::domain::{SessionKey, Visitor};
use crate::engine::channels::email::{Reached, Standing};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::Fault;
use crate::http::platform::wire::{
    AnonymousIn, AnonymousProof, AskForMail, ErrorEnvelope, MailAsked, MailProven, MailStanding, ProveMail, SessionPath,
};
use crate::http::query::Segment;

/// The most bytes of such a request.
const BODY_MAX_BYTES: usize = 4 * 1024;

/// Tells where replies go.
#[utoipa::path(
    get, path = "/api/core/sessions/{sessionId}/email", operation_id = "getRepliesByMail",
    summary = "Get Replies by E-mail", tag = "Widget", security(("bearer" = []), ()),
    params(SessionPath, AnonymousIn, AnonymousProof),
    responses(
        (status = 200, body = MailStanding, description = "How it stands"),
        (status = 404, body = ErrorEnvelope<'static>, description = "The session is somebody else's, or there is none"),
    )
)]
pub(crate) async fn standing(
    State(doors): State<SharedDoors>,
    Segment(session): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let (key, visitor) = enter(&doors, &session, &request, Access::Read)?;
    shown(StatusCode::OK, &doors, &key, &visitor).await
}

/// Has a code sent to an address. The answer is the same for every address.
#[utoipa::path(
    post, path = "/api/core/sessions/{sessionId}/email", operation_id = "askForRepliesByMail",
    summary = "Ask for Replies by E-mail", tag = "Widget", security(("bearer" = []), ()),
    params(SessionPath, AnonymousIn, AnonymousProof),
    request_body = AskForMail,
    responses(
        (status = 202, body = MailStanding, description = "A code is on its way, if the address can get mail"),
        (status = 404, body = ErrorEnvelope<'static>, description = "The session is somebody else's, or there is none"),
        (status = 409, body = ErrorEnvelope<'static>, description = "The conversation has a channel of its own"),
        (status = 429, body = ErrorEnvelope<'static>, description = "The session asked too often within the hour"),
        (status = 503, body = ErrorEnvelope<'static>, description = "The organization sends no mails"),
    )
)]
pub(crate) async fn ask(
    State(doors): State<SharedDoors>,
    Segment(session): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let (key, visitor, asked) = sent::<AskForMail>(&doors, &session, request).await?;
    doors.engine.onward.ask(&key, &visitor, &asked.address).await?;
    shown(StatusCode::ACCEPTED, &doors, &key, &visitor).await
}

/// Takes the code. It counts once, and only in the session that asked for it.
#[utoipa::path(
    post, path = "/api/core/sessions/{sessionId}/email/code", operation_id = "proveAddress",
    summary = "Prove an Address", tag = "Widget", security(("bearer" = []), ()),
    params(SessionPath, AnonymousIn, AnonymousProof),
    request_body = ProveMail,
    responses(
        (status = 200, body = MailStanding, description = "Replies go to the address from now on"),
        (status = 400, body = ErrorEnvelope<'static>, description = "It is wrong, was used, or holds no longer: that is not told apart"),
        (status = 404, body = ErrorEnvelope<'static>, description = "The session is somebody else's, or there is none"),
    )
)]
pub(crate) async fn prove(
    State(doors): State<SharedDoors>,
    Segment(session): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let (key, visitor, said) = sent::<ProveMail>(&doors, &session, request).await?;
    doors.engine.onward.prove(&key, &visitor, &said.code).await?;
    shown(StatusCode::OK, &doors, &key, &visitor).await
}

/// Ends it: no reply goes by e-mail any more.
#[utoipa::path(
    delete, path = "/api/core/sessions/{sessionId}/email", operation_id = "stopRepliesByMail",
    summary = "Stop Replies by E-mail", tag = "Widget", security(("bearer" = []), ()),
    params(SessionPath, AnonymousIn, AnonymousProof),
    responses(
        (status = 204, description = "No reply goes by e-mail"),
        (status = 404, body = ErrorEnvelope<'static>, description = "The session is somebody else's, or there is none"),
    )
)]
pub(crate) async fn stop(
    State(doors): State<SharedDoors>,
    Segment(session): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let (key, visitor) = enter(&doors, &session, &request, Access::Write)?;
    doors.engine.onward.stop(&key, &visitor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Who writes, and what they sent: it is read only of whoever may.
async fn sent<T: DeserializeOwned>(
    doors: &SharedDoors,
    session: &str,
    request: Request,
) -> Result<(SessionKey, Visitor, T), Fault> {
    let (key, visitor) = enter(doors, session, &request, Access::Write)?;
    let (parts, body) = request.into_parts();
    Ok((key, visitor, body::json(&parts.headers, body, BODY_MAX_BYTES).await?))
}

/// How it stands now.
async fn shown(
    status: StatusCode,
    doors: &SharedDoors,
    key: &SessionKey,
    visitor: &Visitor,
) -> Result<Response, Fault> {
    let Standing { offered, asked, proven } = doors.engine.onward.standing(key, visitor).await?;
    let asked =
        asked.map(|(address, until)| MailAsked { address: address.as_str().to_owned(), until: until.to_string() });
    let proven = proven.map(|Reached { address, since }| MailProven {
        address: address.as_str().to_owned(),
        since: since.to_string(),
    });
    json(status, &MailStanding { offered, asked, proven })
}
