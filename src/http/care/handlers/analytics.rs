//! `GET /analytics/conversations`: for administrators and agents.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::{Refusal, Timestamp};
use crate::engine::analytics::Span;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::care::wire::{ConversationAnalytics, Timeframe};
use crate::http::care::{decode, render};
use crate::http::guard::{Authenticated, Fault};
use crate::http::query::{DayEnd, Query};

/// The conversations that began in a range of time.
#[utoipa::path(
    get, path = "/analytics/conversations", operation_id = "getConversationAnalytics",
    summary = "Get Conversation Analytics", tag = "Analytics",
    params(
        ("start_date" = Option<String>, Query, format = Date, description = "First day, or moment, in ISO 8601"),
        ("end_date" = Option<String>, Query, format = Date, description = "Last day, or moment, in ISO 8601"),
        ("timeframe" = Option<Timeframe>, Query, description = "Pieces of the time series; daily unless given"),
    ),
    responses((status = 200, body = ConversationAnalytics, description = "The conversations that began in the range"))
)]
pub(crate) async fn conversations(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_staff()?;
    let query = Query::of(request.uri());
    let span = span(&query, doors.clock.now())?;
    let bucket = decode::timeframe(query.raw("timeframe"))?;
    let report = doors.engine.analytics.conversations(&caller.organization, span, bucket).await?;
    json(StatusCode::OK, &render::analytics(&report))
}

/// From the first conversation, or the day that is named, up to now, or the end of the day that is named.
fn span(query: &Query, now: Timestamp) -> Result<Span, Refusal> {
    let from = query.moment("start_date", DayEnd::Start)?;
    let last = query.moment("end_date", DayEnd::Start)?;
    if from.zip(last).is_some_and(|(from, last)| from > last) {
        return Err(Refusal::invalid("end_date", "must not be before start_date"));
    }
    let until = query.moment("end_date", DayEnd::Next)?;
    Ok(Span { from, until: until.unwrap_or_else(|| now.plus_ms(1)) })
}
