//! `GET /api/admin/parked`: commands that broke their session, and mails that can not be taken in, as they were set aside. An extension of the document.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::guard::{Administrator, Fault};
use crate::http::query::Query;

/// The most rows of one page.
const PAGE_MAX: u64 = 100;

#[derive(Debug, Serialize, ToSchema)]
struct Rows {
    parked: Vec<Row>,
    /// Mails that can not be taken in; absent where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mails: Vec<Mail>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Mail {
    id: String,
    /// Which of our addresses it came to.
    account: String,
    /// Its UID in the mailbox.
    uid: u32,
    bytes: u64,
    /// Why.
    why: String,
    at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    session_id: String,
    command: String,
    attempts: u32,
    at: String,
    body: Value,
}

/// The newest rows first.
#[utoipa::path(
    get, path = "/api/admin/parked", operation_id = "listParkedCommands",
    summary = "List Parked Commands", tag = "Admin",
    params(("limit" = Option<u64>, Query, minimum = 1, description = "Rows at most; cut to 100")),
    responses((status = 200, body = Rows, description = "The newest rows"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let limit = Query::of(request.uri()).number("limit", PAGE_MAX, 1)?.min(PAGE_MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let rows = doors.engine.sessions.parked(&admin.caller.organization, limit)?;
    let parked = rows.into_iter().map(|row| Row {
        id: row.id.to_string(),
        session_id: row.key.session.to_string(),
        command: row.command,
        attempts: row.attempts,
        at: row.at.to_string(),
        body: row.body,
    });
    let (aside, _) = doors.engine.mail.set_aside(&admin.caller.organization, None, limit)?;
    let mails = aside.into_iter().map(|mail| Mail {
        id: mail.id,
        account: mail.account,
        uid: mail.uid,
        bytes: mail.bytes,
        why: mail.why,
        at: mail.at.to_string(),
    });
    json(StatusCode::OK, &Rows { parked: parked.collect(), mails: mails.collect() })
}
