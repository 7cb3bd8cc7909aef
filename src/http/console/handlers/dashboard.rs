//! How customers were served.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;

use super::Colleague;
use super::sessions::name_of;
use crate::domain::{OrganizationId, Refusal};
use crate::engine::analytics::DAYS_MAX;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::console::render;
use crate::http::console::wire::DashboardReport;
use crate::http::guard::Fault;
use crate::http::query::Query;

/// The days of a report where the client does not say, today among them.
const REPORT_DAYS: i64 = 30;

/// How customers were served in a range of days.
#[utoipa::path(
    get, path = "/api/console/dashboard", operation_id = "getDashboard",
    summary = "Get the Dashboard", tag = "Dashboard",
    params(
        ("from" = Option<String>, Query, format = Date, description = "The first day; 29 days before the last unless given"),
        ("to" = Option<String>, Query, format = Date, description = "The last day; today unless given"),
    ),
    responses((status = 200, body = DashboardReport, description = "The days of the organization, both included"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    request: Request,
) -> Result<Response, Fault> {
    let (from, to) = days_of(&doors, &caller.organization, &Query::of(request.uri()))?;
    let report = doors.engine.analytics.dashboard(&caller.organization, from, to).await?;
    let name = |user| name_of(&doors, &caller.organization, user);
    json(StatusCode::OK, &render::dashboard(&report, (from, to), name))
}

/// The days that a request asks for, as the organization has them.
///
/// # Errors
/// `Invalid` on `from` or `to`; `Unavailable`.
pub(super) fn days_of(
    doors: &SharedDoors,
    organization: &OrganizationId,
    query: &Query,
) -> Result<(Date, Date), Refusal> {
    let zone = doors.engine.accounts.organization(organization)?.time_zone.zone();
    let now = jiff::Timestamp::from_millisecond(doors.clock.now().as_ms()).unwrap_or_default();
    range(query, now.to_zoned(zone).date())
}

fn range(query: &Query, today: Date) -> Result<(Date, Date), Refusal> {
    let date = |name: &'static str| {
        let read = query.raw(name).map(str::parse::<Date>).transpose();
        read.map_err(|_| Refusal::invalid(name, "must be a date, YYYY-MM-DD"))
    };
    let to = date("to")?.unwrap_or(today);
    let first = || to.saturating_sub((REPORT_DAYS - 1).days());
    let from = date("from")?.unwrap_or_else(first);
    if to < from {
        return Err(Refusal::invalid("to", "must not be before from"));
    }
    let days = (to - from).get_days();
    if u64::try_from(days).is_ok_and(|days| days >= DAYS_MAX) {
        return Err(Refusal::invalid("from", format!("must be at most {DAYS_MAX} days before to")));
    }
    Ok((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_last_thirty_days_unless_something_else_is_said() {
        let today: Date = "2026-03-01".parse().unwrap();
        let asked = |query: &str| range(&Query::of(&format!("/x?{query}").parse().unwrap()), today);
        let days = |from: &str, to: &str| (from.parse::<Date>().unwrap(), to.parse::<Date>().unwrap());
        assert_eq!(asked(""), Ok(days("2026-01-31", "2026-03-01")));
        assert_eq!(asked("from=2026-02-01"), Ok(days("2026-02-01", "2026-03-01")));
        assert_eq!(asked("to=2026-01-30"), Ok(days("2026-01-01", "2026-01-30")));
        for (bad, field) in
            [("from=x", "from"), ("to=2026-02-30", "to"), ("from=2026-03-02", "to"), ("from=1900-01-01", "from")]
        {
            assert!(matches!(asked(bad), Err(Refusal::Invalid { field: named, .. }) if named == field), "{bad}");
        }
    }
}
