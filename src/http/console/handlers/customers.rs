//! Customers across all of their sessions.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Colleague;
use crate::domain::Refusal;
use crate::engine::customers::Before;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::wire::{
    ChangeCustomer, CustomerCard, ErrorEnvelope, IdPath, Listing, Merge, PageQuery, Summary,
};
use crate::http::console::{decode, render};
use crate::http::guard::{Administrator, Fault};
use crate::http::query::{Query, Segment};

/// Customers, last changed first.
#[utoipa::path(
    get, path = "/api/console/customers", operation_id = "listCustomers",
    summary = "List Customers", tag = "Customers",
    params(("q" = Option<String>, Query, max_length = 200, description = "Words of name, e-mail, phone or id"), PageQuery),
    responses((status = 200, body = Listing<CustomerCard>, description = "A page"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (text, cursor, limit) = (decode::search(&query)?, decode::cursor(&query)?, decode::limit(&query)?);
    let found = doors.engine.customers.search(&caller.organization, text, cursor.as_ref(), limit)?;
    let items = found.items.iter().map(render::customer).collect();
    json(StatusCode::OK, &Listing { items, next: found.next.map(|next| next.to_text()) })
}

/// A customer.
#[utoipa::path(
    get, path = "/api/console/customers/{id}", operation_id = "getCustomer",
    summary = "Get a Customer", tag = "Customers",
    params(IdPath),
    responses((status = 200, body = CustomerCard, description = "The customer"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let customer = doors.engine.customers.get(&caller.organization, &decode::customer(&id)?)?;
    json(StatusCode::OK, &render::customer(&customer))
}

/// Changes what is sent.
#[utoipa::path(
    patch, path = "/api/console/customers/{id}", operation_id = "changeCustomer",
    summary = "Change a Customer", tag = "Customers",
    params(IdPath),
    request_body = ChangeCustomer,
    responses((status = 200, body = CustomerCard, description = "As they are now"))
)]
pub(crate) async fn change(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segment(id): Segment,
    Sent(wanted): Sent<ChangeCustomer>,
) -> Result<Response, Fault> {
    let id = decode::customer(&id)?;
    let change = decode::customer_change(wanted)?;
    let customer = doors.engine.customers.change(&caller.organization, &id, change).await?;
    json(StatusCode::OK, &render::customer(&customer))
}

/// Their sessions across channels, the last begun first.
#[utoipa::path(
    get, path = "/api/console/customers/{id}/sessions", operation_id = "listCustomersSessions",
    summary = "List a Customer's Sessions", tag = "Customers",
    params(IdPath, PageQuery),
    responses((status = 200, body = Listing<Summary>, description = "A page, newest first"))
)]
pub(crate) async fn sessions(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let id = decode::customer(&id)?;
    let query = Query::of(request.uri());
    let bad_cursor = || Refusal::invalid("cursor", "must be the `next` of the page before");
    let before = query.get("cursor").map(|text| Before::parse(text).ok_or_else(bad_cursor)).transpose()?;
    let limit = decode::limit(&query)?;
    let history = doors.engine.customers.sessions_of(&caller.organization, &id, before.as_ref(), limit)?;
    let mut states = Vec::with_capacity(history.items.len());
    for state in history.items {
        let last = doors.engine.sessions.last_message(&state.key)?;
        states.push((state, last));
    }
    let listed = doors.engine.desk.lists(&caller, states).await?;
    let items = listed.iter().map(render::summary).collect();
    json(StatusCode::OK, &Listing { items, next: history.next.map(|next| next.to_text()) })
}

/// Two turned out to be one.
#[utoipa::path(
    post, path = "/api/console/customers/{id}/merge", operation_id = "mergeCustomers",
    summary = "Merge Customers", tag = "Customers",
    params(IdPath),
    request_body = Merge,
    responses(
        (status = 200, body = CustomerCard, description = "The one that remains"),
        (status = 409, body = ErrorEnvelope, description = "They are one already"),
    )
)]
pub(crate) async fn merge(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<Merge>,
) -> Result<Response, Fault> {
    let from = decode::customer(&id)?;
    let into = decode::customer(&wanted.into)?;
    json(StatusCode::OK, &render::customer(&doors.engine.customers.merge(admin.acting(), &from, &into).await?))
}
