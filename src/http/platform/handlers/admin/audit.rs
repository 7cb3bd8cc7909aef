//! `GET /api/admin/audit`: what administrators did, in the caller's own organization. An extension of the document.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::guard::{Administrator, Fault};
use crate::http::platform::decode::admin as decode;
use crate::http::platform::render::admin as render;
use crate::http::platform::wire::admin::{AuditLog, PageQuery};
use crate::http::query::Query;

/// The newest acts first.
#[utoipa::path(
    get, path = "/api/admin/audit", operation_id = "listAuditEntries",
    summary = "List Administrative Acts", tag = "Admin", params(PageQuery),
    responses((status = 200, body = AuditLog, description = "A page, newest first"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let slice = decode::page(&Query::of(request.uri()))?;
    let (page, limit) = slice.parts();
    let (entries, total) = doors.engine.audit.list(&admin.caller.organization, page, limit)?;
    let entries = entries.into_iter().map(render::audit_entry).collect();
    json(StatusCode::OK, &AuditLog { entries, pagination: render::pagination(slice, total) })
}
