//! What assistants cost, and what they may. For administrators.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json as object;

use super::dashboard;
use super::seen::unchanged;
use crate::domain::Refusal;
use crate::domain::cost::{Budget, MICROS};
use crate::engine::costs::GroupBy;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::render;
use crate::http::console::wire::{BudgetState, ChangeBudget, CostSummary, ErrorEnvelope};
use crate::http::guard::{Administrator, Fault};
use crate::http::query::Query;

/// Sums of a range of days.
#[utoipa::path(
    get, path = "/api/console/costs", operation_id = "getCosts",
    summary = "Get the Costs", tag = "Costs",
    params(
        ("from" = Option<String>, Query, format = Date, description = "The first day; 29 days before the last unless given"),
        ("to" = Option<String>, Query, format = Date, description = "The last day; today unless given"),
        ("group_by" = Option<String>, Query, pattern = "^(service|model|channel|assistant|day|session)?$",
            description = "service unless given; else model, channel, assistant, day or session"),
    ),
    responses((status = 200, body = CostSummary, description = "The days of the organization, both included"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let organization = &admin.caller.organization;
    let range = dashboard::days_of(&doors, organization, &query)?;
    let (by, name) = group_by(&query)?;
    let report = doors.engine.costs.report(organization, range.0, range.1, by).await?;
    json(StatusCode::OK, &render::costs(&report, range, name))
}

/// How the budget of this month stands.
#[utoipa::path(
    get, path = "/api/console/costs/budget", operation_id = "getBudget",
    summary = "Get the Budget", tag = "Costs",
    responses((status = 200, body = BudgetState, description = "This month"))
)]
pub(crate) async fn budget(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    json(StatusCode::OK, &render::budget(&doors.engine.costs.budget(&admin.caller.organization)?))
}

/// Sets what may be spent in a month.
#[utoipa::path(
    put, path = "/api/console/costs/budget", operation_id = "changeBudget",
    summary = "Change the Budget", tag = "Costs",
    request_body = ChangeBudget,
    responses(
        (status = 200, body = BudgetState, description = "As it is now"),
        (status = 409, body = ErrorEnvelope, description = "It is no longer as `was` says"),
    )
)]
pub(crate) async fn change_budget(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(wanted): Sent<ChangeBudget>,
) -> Result<Response, Fault> {
    let monthly = wanted.monthly.map(micros).transpose()?;
    let seen = |budget: &Budget| {
        let now = object!({ "monthly": budget.monthly_micros.map(render::units), "warn_at": budget.warn_at });
        unchanged(&now, wanted.was.as_ref())
    };
    let report = doors.engine.costs.set_budget(admin.acting(), monthly, wanted.warn_at, seen).await?;
    json(StatusCode::OK, &render::budget(&report))
}

fn group_by(query: &Query) -> Result<(GroupBy, &'static str), Refusal> {
    Ok(match query.get("group_by").unwrap_or("service") {
        "service" => (GroupBy::Service, "service"),
        "model" => (GroupBy::Model, "model"),
        "channel" => (GroupBy::Channel, "channel"),
        "assistant" => (GroupBy::Assistant, "assistant"),
        "day" => (GroupBy::Day, "day"),
        "session" => (GroupBy::Session, "session"),
        _ => return Err(Refusal::invalid("group_by", "must be service, model, channel, assistant, day or session")),
    })
}

/// An amount of the currency in micro-units; the domain checks its limits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float becomes the nearest whole number")]
fn micros(amount: f64) -> Result<u64, Refusal> {
    if amount.is_finite() && amount > 0.0 {
        return Ok((amount * MICROS as f64).round() as u64);
    }
    Err(Refusal::invalid("monthly", "must be above 0 and at most 1000000000, or null"))
}
