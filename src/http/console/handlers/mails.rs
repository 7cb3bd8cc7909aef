//! Mails that can not be taken in, and their being read again. For administrators.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::engine::channels::email::MailAside;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::console::decode;
use crate::http::console::wire::mail::MailRow;
use crate::http::console::wire::{ErrorEnvelope, IdPath, Listing, PageQuery};
use crate::http::guard::{Administrator, Fault};
use crate::http::query::{Query, Segment};

/// Mails that were set aside, newest first.
#[utoipa::path(
    get, path = "/api/console/mails/aside", operation_id = "listMailsAside",
    summary = "List Mails set Aside", tag = "System",
    params(PageQuery),
    responses((status = 200, body = Listing<MailRow>, description = "A page, newest first"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (cursor, limit) = (decode::cursor(&query)?, decode::limit(&query)?);
    let (found, next) = doors.engine.mail.set_aside(&admin.caller.organization, cursor.as_ref(), limit)?;
    json(StatusCode::OK, &Listing { items: found.iter().map(row).collect(), next: next.map(|next| next.to_text()) })
}

/// Reads a mail again that was set aside: the copy that is kept, or else what the mailbox has.
#[utoipa::path(
    post, path = "/api/console/mails/aside/{id}/read", operation_id = "readMailAgain",
    summary = "Read a Mail Again", tag = "System",
    params(IdPath),
    responses(
        (status = 204, description = "It is taken in and no longer set aside"),
        (status = 409, body = ErrorEnvelope, description = "It can still not be taken, and why"),
    )
)]
pub(crate) async fn read_again(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.mail.read_again(admin.acting(), &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn row(mail: &MailAside) -> MailRow {
    MailRow {
        id: mail.id.clone(),
        account: mail.account.clone(),
        uid: mail.uid,
        bytes: mail.bytes,
        why: mail.why.clone(),
        at: mail.at.to_string(),
    }
}
