//! What becomes of what is kept of customers. For administrators.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::domain::Refusal;
use crate::domain::privacy::{Held, Hold};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::wire::{
    Erase, ErasureRow, ErrorEnvelope, HoldRow, IdPath, Listing, PageQuery, PlaceHold, RetentionSettings,
};
use crate::http::console::{decode, render};
use crate::http::guard::{Administrator, Fault};
use crate::http::query::{Query, Segment};

/// Everything that is kept of a customer, under all of their ids.
#[utoipa::path(
    get, path = "/api/console/customers/{id}/export", operation_id = "exportCustomer",
    summary = "Export a Customer", tag = "Privacy",
    params(IdPath),
    responses((status = 200, body = Object, description = "One document; it is whole if it ends in `\"complete\": true`"))
)]
pub(crate) async fn export(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let pieces = doors.engine.privacy.export(admin.acting(), &decode::customer(&id)?).await?;
    let pieces = stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"customer.json\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::OK, headers, Body::from_stream(pieces)).into_response())
}

/// Erases everything that is kept of a customer, under all of their ids.
#[utoipa::path(
    post, path = "/api/console/customers/{id}/erase", operation_id = "eraseCustomer",
    summary = "Erase a Customer", tag = "Privacy",
    params(IdPath),
    request_body = Erase,
    responses(
        (status = 202, body = ErasureRow, description = "It is under way; its receipt is at `/api/console/erasures/{id}`"),
        (status = 409, body = ErrorEnvelope, description = "A legal hold stands on the customer or on a session of theirs"),
    )
)]
pub(crate) async fn erase(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<Erase>,
) -> Result<Response, Fault> {
    if wanted.confirm != id {
        return Err(Refusal::invalid("confirm", "must be the customer's id").into());
    }
    let erasure = doors.engine.privacy.erase(admin.acting(), &decode::customer(&id)?).await?;
    json(StatusCode::ACCEPTED, &render::erasure(&erasure))
}

/// Erasures and receipts, newest first.
#[utoipa::path(
    get, path = "/api/console/erasures", operation_id = "listErasures",
    summary = "List Erasures", tag = "Privacy",
    params(PageQuery),
    responses((status = 200, body = Listing<ErasureRow>, description = "A page, newest first"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (cursor, limit) = (decode::cursor(&query)?, decode::limit(&query)?);
    let page = doors.engine.privacy.erasures(&admin.caller.organization, cursor.as_ref(), limit)?;
    let items = page.items.iter().map(|found| render::erasure(&found.record)).collect();
    json(StatusCode::OK, &Listing { items, next: page.next.map(|next| next.to_text()) })
}

/// An erasure, or its receipt.
#[utoipa::path(
    get, path = "/api/console/erasures/{id}", operation_id = "getErasure",
    summary = "Get an Erasure", tag = "Privacy",
    params(IdPath),
    responses((status = 200, body = ErasureRow, description = "How far it has come"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let id = id.parse().map_err(|_| Refusal::NotFound { what: "erasure" })?;
    json(StatusCode::OK, &render::erasure(&doors.engine.privacy.erasure(&admin.caller.organization, id)?))
}

/// Legal holds.
#[utoipa::path(
    get, path = "/api/console/holds", operation_id = "listHolds",
    summary = "List Legal Holds", tag = "Privacy",
    params(PageQuery),
    responses((status = 200, body = Listing<HoldRow>, description = "A page"))
)]
pub(crate) async fn holds(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (cursor, limit) = (decode::cursor(&query)?, decode::limit(&query)?);
    let page = doors.engine.privacy.holds(&admin.caller.organization, cursor.as_ref(), limit)?;
    let items = page.items.iter().map(|found| render::hold(&found.record)).collect();
    json(StatusCode::OK, &Listing { items, next: page.next.map(|next| next.to_text()) })
}

/// The hold that stands on the customer.
#[utoipa::path(
    get, path = "/api/console/customers/{id}/hold", operation_id = "getCustomersHold",
    summary = "Get the Hold on a Customer", tag = "Privacy",
    params(IdPath),
    responses((status = 200, body = HoldRow, description = "The hold; 404 where none stands"))
)]
pub(crate) async fn held_customer(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let on = Held::Customer(decode::customer(&id)?);
    let hold = doors.engine.privacy.stands(&admin.caller.organization, &on)?;
    json(StatusCode::OK, &render::hold(&hold.ok_or(Refusal::NotFound { what: "hold" })?))
}

/// Nothing of the customer is erased until the hold is lifted.
#[utoipa::path(
    put, path = "/api/console/customers/{id}/hold", operation_id = "holdCustomer",
    summary = "Hold a Customer", tag = "Privacy",
    params(IdPath),
    request_body = PlaceHold,
    responses(
        (status = 200, body = HoldRow, description = "The hold that stands"),
        (status = 409, body = ErrorEnvelope, description = "The customer is being erased"),
    )
)]
pub(crate) async fn hold_customer(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<PlaceHold>,
) -> Result<Response, Fault> {
    place(&doors, &admin, Held::Customer(decode::customer(&id)?), &wanted).await
}

/// The customer may be erased again.
#[utoipa::path(
    delete, path = "/api/console/customers/{id}/hold", operation_id = "releaseCustomer",
    summary = "Lift the Hold on a Customer", tag = "Privacy",
    params(IdPath),
    responses((status = 204, description = "It stands no more"))
)]
pub(crate) async fn release_customer(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.privacy.lift(admin.acting(), &Held::Customer(decode::customer(&id)?)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Nothing of the session is erased until the hold is lifted, and nothing of its customer.
#[utoipa::path(
    put, path = "/api/console/sessions/{id}/hold", operation_id = "holdSession",
    summary = "Hold a Session", tag = "Privacy",
    params(IdPath),
    request_body = PlaceHold,
    responses(
        (status = 200, body = HoldRow, description = "The hold that stands"),
        (status = 409, body = ErrorEnvelope, description = "The customer is being erased"),
    )
)]
pub(crate) async fn hold_session(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<PlaceHold>,
) -> Result<Response, Fault> {
    place(&doors, &admin, Held::Session(decode::session(&admin.caller, &id)?.session), &wanted).await
}

/// The session may be erased again.
#[utoipa::path(
    delete, path = "/api/console/sessions/{id}/hold", operation_id = "releaseSession",
    summary = "Lift the Hold on a Session", tag = "Privacy",
    params(IdPath),
    responses((status = 204, description = "It stands no more"))
)]
pub(crate) async fn release_session(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let session = decode::session(&admin.caller, &id)?.session;
    doors.engine.privacy.lift(admin.acting(), &Held::Session(session)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// How long conversations are kept.
#[utoipa::path(
    get, path = "/api/console/settings/retention", operation_id = "getRetention",
    summary = "Get the Retention", tag = "Privacy",
    responses((status = 200, body = RetentionSettings, description = "In days; what is not set is kept for ever"))
)]
pub(crate) async fn retention(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    json(StatusCode::OK, &render::retention(&doors.engine.privacy.retention(&admin.caller.organization)?))
}

/// Sets how long conversations are kept, all of it.
#[utoipa::path(
    put, path = "/api/console/settings/retention", operation_id = "changeRetention",
    summary = "Change the Retention", tag = "Privacy",
    request_body = RetentionSettings,
    responses((status = 200, body = RetentionSettings, description = "As it is now"))
)]
pub(crate) async fn change_retention(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(wanted): Sent<RetentionSettings>,
) -> Result<Response, Fault> {
    let wanted = decode::retention(&admin.caller, &wanted)?;
    json(StatusCode::OK, &render::retention(&doors.engine.privacy.set_retention(admin.acting(), wanted).await?))
}

async fn place(doors: &SharedDoors, admin: &Administrator, on: Held, wanted: &PlaceHold) -> Result<Response, Fault> {
    let reason = Hold::parse_reason(wanted.reason.as_deref())?;
    json(StatusCode::OK, &render::hold(&doors.engine.privacy.hold(admin.acting(), on, reason).await?))
}
