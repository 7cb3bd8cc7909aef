//! `/api/analytics`: the last days. For administrators.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::guard::{Administrator, Fault};
use crate::http::query::Query;
use crate::http::rooms::wire::{Behaviour, Overview};
use crate::http::rooms::{decode, figures};

/// The days of a report where the client does not say.
const REPORT_DAYS: u64 = 30;

/// How many customers are named as the most active.
const TOP_CUSTOMERS: usize = 10;

/// How many customers are described; the document has no pages of them.
const CUSTOMERS_DESCRIBED: usize = 100;

/// Messages, rooms and intents of the last days, and each day.
#[utoipa::path(
    get, path = "/api/analytics/overview", operation_id = "getOverview",
    summary = "Get an Overview", tag = "Analytics",
    params(
        ("days" = Option<u64>, Query, minimum = 1, maximum = 3660, description = "The last days, today among them: 30 unless given"),
    ),
    responses((status = 200, body = Overview, description = "The last days, and each of them"))
)]
pub(crate) async fn overview(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let days = decode::days(&Query::of(request.uri()), REPORT_DAYS)?;
    let overview = doors.engine.analytics.overview(&admin.caller.organization, days, doors.clock.now()).await?;
    json(StatusCode::OK, &figures::overview(&overview, days))
}

/// How customers behaved in the last days, and how long they waited.
#[utoipa::path(
    get, path = "/api/analytics/customer-behavior", operation_id = "getCustomerBehavior",
    summary = "Get Customer Behavior", tag = "Analytics",
    params(
        ("days" = Option<u64>, Query, minimum = 1, maximum = 3660, description = "The last days, today among them: 30 unless given"),
    ),
    responses((status = 200, body = Behaviour, description = "The last days"))
)]
pub(crate) async fn customer_behavior(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let days = decode::days(&Query::of(request.uri()), REPORT_DAYS)?;
    let analytics = &doors.engine.analytics;
    let behaviour =
        analytics.behaviour(&admin.caller.organization, days, CUSTOMERS_DESCRIBED, doors.clock.now()).await?;
    json(StatusCode::OK, &figures::behaviour(&behaviour, TOP_CUSTOMERS))
}
