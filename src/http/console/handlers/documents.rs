//! Documents: everybody of the staff reads them, administrators write them.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::domain::Refusal;
use crate::domain::knowledge::Document;
use crate::engine::knowledge::DocumentDraft;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::console::decode::knowledge::Replacement;
use crate::http::console::decode::{self, knowledge as read_in};
use crate::http::console::render::knowledge as render;
use crate::http::console::wire::{
    ChunkRow, DocumentRow, ErrorEnvelope, FileQuery, IdPath, Listing, NewDocument, PageQuery, TextOfDocument,
};
use crate::http::guard::{Administrator, Authenticated, Fault};
use crate::http::query::{Query, Segment};

/// The newest first.
#[utoipa::path(
    get, path = "/api/console/knowledge/documents", operation_id = "listDocuments",
    summary = "List Documents", tag = "Knowledge",
    params(
        ("q" = Option<String>, Query, max_length = 200, description = "Words of title or address"),
        ("state" = Option<String>, Query, pattern = "^(waiting|reading|indexing|ready|error)$", description = "Those in this state"),
        PageQuery,
    ),
    responses((status = 200, body = Listing<DocumentRow>, description = "A page"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (wanted, after, limit) = (read_in::documents_wanted(&query)?, decode::cursor(&query)?, decode::limit(&query)?);
    let (found, next) = doors.engine.knowledge.documents(&caller, &wanted, after, limit)?;
    let items = found.iter().map(render::document).collect();
    json(StatusCode::OK, &Listing { items, next: next.map(|next| next.to_text()) })
}

/// Adds a text, a file in base64, or a page. It is read and indexed afterwards.
#[utoipa::path(
    post, path = "/api/console/knowledge/documents", operation_id = "addDocument",
    summary = "Add a Document", tag = "Knowledge",
    request_body = NewDocument,
    responses(
        (status = 201, body = DocumentRow, description = "It waits to be read"),
        (status = 409, body = ErrorEnvelope, description = "The organization has as much as it may"),
    )
)]
pub(crate) async fn create(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let draft = read_in::document(body_of(&doors, request).await?, doors.engine.knowledge.limits())?;
    added(&doors.engine.knowledge.add_document(admin.acting(), draft).await?)
}

/// Adds a file: the body is the file.
#[utoipa::path(
    post, path = "/api/console/knowledge/files", operation_id = "addFile",
    summary = "Add a File", tag = "Knowledge",
    params(FileQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, with its own content type"),
    responses(
        (status = 201, body = DocumentRow, description = "It waits to be read"),
        (status = 409, body = ErrorEnvelope, description = "The organization has as much as it may"),
    )
)]
pub(crate) async fn create_file(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let draft = file(&doors, request).await?;
    added(&doors.engine.knowledge.add_document(admin.acting(), draft).await?)
}

/// One, with how far it has come.
#[utoipa::path(
    get, path = "/api/console/knowledge/documents/{id}", operation_id = "getDocument",
    summary = "Get a Document", tag = "Knowledge",
    params(IdPath),
    responses((status = 200, body = DocumentRow, description = "As it is now"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let document = doors.engine.knowledge.document(&caller, read_in::document_id(&id)?)?;
    json(StatusCode::OK, &render::document(&document))
}

/// Gives it another text; the one before is found until the new one is. Without a text it keeps its own, and is called or cut
/// otherwise.
#[utoipa::path(
    put, path = "/api/console/knowledge/documents/{id}", operation_id = "replaceDocument",
    summary = "Replace a Document", tag = "Knowledge",
    params(IdPath),
    request_body = NewDocument,
    responses(
        (status = 200, body = DocumentRow, description = "It waits to be read"),
        (status = 409, body = ErrorEnvelope, description = "It is being read, or the organization has as much as it may"),
    )
)]
pub(crate) async fn replace(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let id = read_in::document_id(&id)?;
    let knowledge = &doors.engine.knowledge;
    let document = match read_in::replacement(body_of(&doors, request).await?, knowledge.limits())? {
        Replacement::Draft(draft) => knowledge.replace_document(admin.acting(), id, draft).await?,
        Replacement::Changes(changes) => knowledge.change_document(admin.acting(), id, changes).await?,
    };
    json(StatusCode::OK, &render::document(&document))
}

/// Gives it another file: the body is the file.
#[utoipa::path(
    put, path = "/api/console/knowledge/documents/{id}/file", operation_id = "replaceFile",
    summary = "Replace a Document by a File", tag = "Knowledge",
    params(IdPath, FileQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, with its own content type"),
    responses((status = 200, body = DocumentRow, description = "It waits to be read"))
)]
pub(crate) async fn replace_file(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let id = read_in::document_id(&id)?;
    let draft = file(&doors, request).await?;
    let document = doors.engine.knowledge.replace_document(admin.acting(), id, draft).await?;
    json(StatusCode::OK, &render::document(&document))
}

/// Takes it away, with everything that is found of it.
#[utoipa::path(
    delete, path = "/api/console/knowledge/documents/{id}", operation_id = "deleteDocument",
    summary = "Delete a Document", tag = "Knowledge",
    params(IdPath),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn delete(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.knowledge.delete_document(admin.acting(), read_in::document_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Reads it once more: a page as it is now, a file that could not be read.
#[utoipa::path(
    post, path = "/api/console/knowledge/documents/{id}/retry", operation_id = "retryDocument",
    summary = "Read a Document Again", tag = "Knowledge",
    params(IdPath),
    responses(
        (status = 200, body = DocumentRow, description = "It waits to be read"),
        (status = 409, body = ErrorEnvelope, description = "The file was read, and is not kept"),
    )
)]
pub(crate) async fn retry(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let document = doors.engine.knowledge.reread_document(admin.acting(), read_in::document_id(&id)?).await?;
    json(StatusCode::OK, &render::document(&document))
}

/// Its text, or a stretch of it.
#[utoipa::path(
    get, path = "/api/console/knowledge/documents/{id}/text", operation_id = "getDocumentText",
    summary = "Get a Document's Text", tag = "Knowledge",
    params(
        IdPath,
        ("start" = Option<u64>, Query, minimum = 0, description = "The first character; 0 unless given"),
        ("end" = Option<u64>, Query, minimum = 0, description = "The one behind the last; the end of the text unless given"),
    ),
    responses((status = 200, body = TextOfDocument, description = "The text that is found now"))
)]
pub(crate) async fn text(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (start, end) = (query.number("start", 0, 0)?, query.number("end", u64::MAX, 0)?);
    if end < start {
        return Err(Refusal::invalid("end", "must not be before `start`").into());
    }
    let found = doors.engine.knowledge.document_text(&caller, read_in::document_id(&id)?)?;
    json(StatusCode::OK, &render::text(&found, start, end))
}

/// Its chunks, in the order of the text.
#[utoipa::path(
    get, path = "/api/console/knowledge/documents/{id}/chunks", operation_id = "listChunks",
    summary = "List a Document's Chunks", tag = "Knowledge",
    params(IdPath, PageQuery),
    responses((status = 200, body = Listing<ChunkRow>, description = "A page"))
)]
pub(crate) async fn chunks(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let limit = decode::limit(&query)?;
    let refused = || Refusal::invalid("cursor", "must be the `next` of the page before");
    let from = query.get("cursor").map_or(Ok(0), |text| text.parse::<u32>().map_err(|_| refused()))?;
    let (found, next) = doors.engine.knowledge.document_chunks(&caller, read_in::document_id(&id)?, from, limit)?;
    let items = found.iter().map(render::chunk).collect();
    json(StatusCode::OK, &Listing { items, next: next.map(|number| number.to_string()) })
}

/// What JSON brings.
async fn body_of(doors: &SharedDoors, request: Request) -> Result<NewDocument, Fault> {
    let (parts, sent) = request.into_parts();
    body::json(&parts.headers, sent, doors.engine.knowledge.upload_max_bytes()).await
}

/// What a body that is a file brings.
async fn file(doors: &SharedDoors, request: Request) -> Result<DocumentDraft, Fault> {
    let limits = doors.engine.knowledge.limits();
    let (parts, sent) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let bytes = body::bytes(sent, limits.file_max_bytes).await?;
    Ok(read_in::file(&Query::of(&parts.uri), kind, bytes.into(), limits)?)
}

fn added(document: &Document) -> Result<Response, Fault> {
    json(StatusCode::CREATED, &render::document(document))
}
