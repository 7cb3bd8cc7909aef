//! `GET /api/admin/analytics/dashboard`: the figures of a range of days.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::guard::{Administrator, Fault};
use crate::http::platform::decode::admin as decode;
use crate::http::platform::render::admin as render;
use crate::http::platform::wire::admin::Dashboard;
use crate::http::query::Query;

/// A conversation is a session in which anything was said, and counts on the day it began.
#[utoipa::path(
    get, path = "/api/admin/analytics/dashboard", operation_id = "getDashboardAnalytics",
    summary = "Get Dashboard Analytics", tag = "Admin",
    params(
        ("startDate" = Option<String>, Query, format = Date, description = "The first day; 30 days in all without it"),
        ("endDate" = Option<String>, Query, format = Date, description = "The last day; today without it"),
    ),
    responses((status = 200, body = Dashboard, description = "The figures of these days"))
)]
pub(crate) async fn dashboard(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let (analytics, organization) = (&doors.engine.analytics, &admin.caller.organization);
    let today = analytics.today(organization, doors.clock.now())?;
    let (first, last) = decode::days(&Query::of(request.uri()), today)?;
    json(StatusCode::OK, &render::dashboard(&analytics.overview_between(organization, first, last).await?))
}
