//! `/api/core/sessions/:sessionId/files`: what customers bring, and what they are given. An extension.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{CONVERSATIONS, widget};
use crate::auth::{Access, ResumeSecret};
use crate::domain::{CustomerId, FileId, Refusal, SessionKey, Visitor};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::files;
use crate::http::guard::{Asking, Credential, Fault};
use crate::http::platform::decode;
use crate::http::platform::wire::{AnonymousIn, AnonymousProof, ErrorEnvelope, File, SessionPath};
use crate::http::query::{Query, Segment, Segments};

/// In which an anonymous customer shows their session's secret.
const SECRET: &str = "x-session-secret";

/// Keeps a file, which a message may then name.
#[utoipa::path(
    post, path = "/api/core/sessions/{sessionId}/files", operation_id = "uploadFile",
    summary = "Upload File", tag = "Files", security(("bearer" = []), ()),
    params(
        SessionPath,
        ("name" = Option<String>, Query, description = "What the file is called"),
        AnonymousIn,
        AnonymousProof,
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, with its own content type"),
    responses(
        (status = 201, body = File<'static>, description = "It is kept for a day, or as long as the session once a message names it"),
        (status = 404, body = ErrorEnvelope<'static>, description = "The session is somebody else's, or there is none"),
        (status = 413, body = ErrorEnvelope<'static>, description = "It is too large, or the session has as much as it may"),
    )
)]
pub(crate) async fn upload(
    State(doors): State<SharedDoors>,
    Segment(session): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let (key, visitor) = enter(&doors, &session, &request, Access::Write)?;
    let file = files::receive(&doors, &key, &visitor, request).await?;
    json(StatusCode::CREATED, &File::of(&file))
}

/// Hands a file out.
#[utoipa::path(
    get, path = "/api/core/sessions/{sessionId}/files/{fileId}", operation_id = "downloadFile",
    summary = "Download File", tag = "Files", security(("bearer" = []), ()),
    params(
        SessionPath,
        ("fileId" = String, Path, description = "The file's id"),
        ("inline" = Option<String>, Query, description = "`1`: a picture, sound or a film may be shown within a page"),
        AnonymousIn,
        AnonymousProof,
    ),
    responses(
        (status = 200, content_type = "*/*", description = "Its bytes, or the part that was asked for (206)"),
        (status = 404, body = ErrorEnvelope<'static>, description = "It is of another session, or there is none"),
    )
)]
pub(crate) async fn download(
    State(doors): State<SharedDoors>,
    Segments(session, file): Segments,
    request: Request,
) -> Result<Response, Fault> {
    let (key, _) = enter(&doors, &session, &request, Access::Read)?;
    let id = FileId::parse(&file).ok_or(Refusal::NotFound { what: "file" })?;
    let open = doors.engine.files.open(&key, id)?;
    files::serve(&open, request.headers(), &Query::of(request.uri())).await
}

/// Who asks, and that they may: with a credential, or with the session's own secret.
///
/// # Errors
/// `Unauthenticated`, `Forbidden`, `NotFound`, `Unavailable`.
pub(super) fn enter(
    doors: &SharedDoors,
    session: &str,
    request: &Request,
    access: Access,
) -> Result<(SessionKey, Visitor), Refusal> {
    let credential = request.extensions().get::<Asking>().map(|asking| &asking.credential);
    let (organization, visitor) = match credential {
        Some(Credential::Known(caller)) => {
            caller.require_scope(CONVERSATIONS, access)?;
            let visitor = decode::staff(caller).unwrap_or_else(|| decode::reader(caller));
            (caller.organization.clone(), visitor)
        }
        Some(Credential::Refused(refusal)) => return Err(refusal.clone()),
        Some(Credential::Absent) | None => {
            let query = Query::of(request.uri());
            let organization = widget::organization(doors, query.get("organization"))?;
            widget::admitted(doors, &organization, request.headers())?;
            let secret = request.headers().get(SECRET).and_then(|secret| secret.to_str().ok());
            let secret = Some(ResumeSecret::hash_of(secret.ok_or(Refusal::Unauthenticated)?));
            let claimed = CustomerId::of_visitor(&decode::session_key(&organization, Some(session))?.session);
            (organization, Visitor::Anonymous { claimed, secret })
        }
    };
    let key = decode::session_key(&organization, Some(session))?;
    doors.engine.sessions.read(&key, &visitor)?;
    Ok((key, visitor))
}
