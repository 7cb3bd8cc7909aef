//! Files of a session: what the staff brings, and what it is given.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::{FileId, Refusal};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::console::decode;
use crate::http::console::wire::{ErrorEnvelope, File, IdPath};
use crate::http::files;
use crate::http::guard::{Authenticated, Fault};
use crate::http::query::{Query, Segment, Segments};

/// Keeps a file, which a `send` may then name.
#[utoipa::path(
    post, path = "/api/console/sessions/{id}/files", operation_id = "uploadFile",
    summary = "Upload a File", tag = "Sessions",
    params(IdPath, ("name" = Option<String>, Query, description = "What the file is called")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, with its own content type"),
    responses(
        (status = 201, body = File<'static>, description = "It is kept for a day, or as long as the session once a message names it"),
        (status = 413, body = ErrorEnvelope, description = "It is too large"),
    )
)]
pub(crate) async fn upload(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(session): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let visitor = decode::visitor(&caller)?;
    let key = decode::session(&caller, &session)?;
    doors.engine.sessions.read(&key, &visitor)?;
    let file = files::receive(&doors, &key, &visitor, request).await?;
    json(StatusCode::CREATED, &File::of(&file))
}

/// Hands a file out.
#[utoipa::path(
    get, path = "/api/console/sessions/{id}/files/{fileId}", operation_id = "downloadFile",
    summary = "Download a File", tag = "Sessions",
    params(
        IdPath,
        ("fileId" = String, Path, description = "The file's id"),
        ("inline" = Option<String>, Query, description = "`1`: a picture, sound or a film may be shown within a page"),
    ),
    responses(
        (status = 200, content_type = "*/*", description = "Its bytes, or the part that was asked for (206)"),
    )
)]
pub(crate) async fn download(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segments(session, file): Segments,
    request: Request,
) -> Result<Response, Fault> {
    let visitor = decode::visitor(&caller)?;
    let key = decode::session(&caller, &session)?;
    doors.engine.sessions.read(&key, &visitor)?;
    let id = FileId::parse(&file).ok_or(Refusal::NotFound { what: "file" })?;
    let open = doors.engine.files.open(&key, id)?;
    files::serve(&open, request.headers(), &Query::of(request.uri())).await
}
