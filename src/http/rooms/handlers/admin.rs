//! `/api/admin`: the organization at a glance, its customers, and what they write about. For administrators.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::guard::{Administrator, Fault};
use crate::http::query::Query;
use crate::http::rooms::wire::{CustomerRow, Dashboard, IntentCount};
use crate::http::rooms::{decode, figures};

/// The days of intent statistics where the client does not say.
const INTENT_DAYS: u64 = 7;

/// All-time figures.
#[utoipa::path(
    get, path = "/api/admin/dashboard", operation_id = "getDashboard",
    summary = "Get the Dashboard", tag = "Administration",
    responses((status = 200, body = Dashboard, description = "All-time figures"))
)]
pub(crate) async fn dashboard(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    let totals = doors.engine.analytics.totals(&admin.caller.organization).await?;
    json(StatusCode::OK, &figures::dashboard(&totals))
}

/// The customers, latest activity first.
#[utoipa::path(
    get, path = "/api/admin/customers", operation_id = "listCustomers",
    summary = "List Customers", tag = "Administration",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, description = "Customers at most: 100 unless given, cut to 1,000"),
        ("skip" = Option<u64>, Query, minimum = 0, description = "Customers before them"),
    ),
    responses((status = 200, body = [CustomerRow], description = "A page, latest activity first"))
)]
pub(crate) async fn customers(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let slice = decode::rows_slice(&Query::of(request.uri()))?;
    let page = doors.engine.analytics.customers(&admin.caller.organization, slice.skip, slice.limit).await?;
    json(StatusCode::OK, &page.items.iter().map(figures::customer).collect::<Vec<_>>())
}

/// What the turns of the last days were about.
#[utoipa::path(
    get, path = "/api/admin/intent-statistics", operation_id = "getIntentStatistics",
    summary = "Get Intent Statistics", tag = "Administration",
    params(
        ("days" = Option<u64>, Query, minimum = 1, maximum = 3660, description = "The last days, today among them: 7 unless given"),
    ),
    responses((status = 200, body = [IntentCount], description = "All six intents"))
)]
pub(crate) async fn intent_statistics(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let days = decode::days(&Query::of(request.uri()), INTENT_DAYS)?;
    let overview = doors.engine.analytics.overview(&admin.caller.organization, days, doors.clock.now()).await?;
    json(StatusCode::OK, &figures::intents(&overview.intents))
}
