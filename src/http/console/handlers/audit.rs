//! What administrators did. For administrators.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::console::wire::{AuditRow, Listing, PageQuery};
use crate::http::console::{decode, render};
use crate::http::guard::{Administrator, Fault};
use crate::http::query::Query;

/// What administrators did, newest first.
#[utoipa::path(
    get, path = "/api/console/audit", operation_id = "listAudit",
    summary = "List the Audit Log", tag = "System",
    params(PageQuery),
    responses((status = 200, body = Listing<AuditRow>, description = "A page, newest first"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (cursor, limit) = (decode::cursor(&query)?, decode::limit(&query)?);
    let (entries, next) = doors.engine.audit.after(&admin.caller.organization, cursor.as_ref(), limit)?;
    let items = entries.iter().map(render::audit).collect();
    json(StatusCode::OK, &Listing { items, next: next.map(|next| next.to_text()) })
}
