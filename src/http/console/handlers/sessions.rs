//! Sessions: lists, one of them, and what happened in it.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::value::RawValue;

use super::Colleague;
use crate::domain::{Event, Refusal, UserId};
use crate::engine::sessions::trail::Logged;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::console::decode::Span;
use crate::http::console::render::event::{Place, event};
use crate::http::console::wire::{EventPage, IdPath, Listing, PageQuery, SessionDetail, Summary};
use crate::http::console::{decode, render};
use crate::http::guard::{Authenticated, Fault};
use crate::http::query::{Query, Segment};

/// Sessions, newest activity first.
#[utoipa::path(
    get, path = "/api/console/sessions", operation_id = "listSessions",
    summary = "List Sessions", tag = "Sessions",
    params(
        ("owner" = Option<String>, Query, description = "`open`, `queue`, `mine`, `human`, `assistant` or `closed`"),
        ("channel" = Option<String>, Query, description = "`web`, `whatsapp`, `email`, `sms` or `webhook`"),
        ("q" = Option<String>, Query, max_length = 200, description = "Words of the customer's name, an id or the last message"),
        ("customer" = Option<String>, Query, description = "A customer's id"),
        PageQuery,
    ),
    responses((status = 200, body = Listing<Summary>, description = "A page, newest activity first"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Colleague { caller, user }: Colleague,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (wanted, mark, limit) = (decode::wanted(&query, user)?, decode::mark(&query)?, decode::limit(&query)?);
    let found = doors.engine.sessions.search(&caller.organization, &wanted, mark.as_ref(), limit).await?;
    let next = found.next.map(|mark| format!("{}:{}", mark.at.as_ms(), mark.id));
    let listed = doors.engine.desk.lists(&caller, found.sessions).await?;
    json(StatusCode::OK, &Listing { items: listed.iter().map(render::summary).collect(), next })
}

/// A session, its customer, and who has it open.
#[utoipa::path(
    get, path = "/api/console/sessions/{id}", operation_id = "getSession",
    summary = "Get a Session", tag = "Sessions",
    params(IdPath),
    responses((status = 200, body = SessionDetail, description = "The session"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let key = decode::session(&caller, &id)?;
    let listed = doors.engine.desk.listed(&caller, &key.session).await?;
    let customer = match doors.engine.customers.get(&caller.organization, &listed.case.customer) {
        Ok(customer) => render::customer(&customer),
        Err(Refusal::NotFound { .. }) => render::customer_of(&listed.case),
        Err(other) => return Err(other.into()),
    };
    json(
        StatusCode::OK,
        &SessionDetail { session: render::summary(&listed), customer, viewers: doors.viewers.of(&key) },
    )
}

/// What happened in a session.
#[utoipa::path(
    get, path = "/api/console/sessions/{id}/events", operation_id = "listEvents",
    summary = "List Events", tag = "Sessions",
    params(
        IdPath,
        ("after" = Option<u64>, Query, minimum = 0, description = "Those after this `seq`"),
        ("before" = Option<u64>, Query, minimum = 1, description = "The page that ends before this `seq`"),
        ("limit" = Option<u64>, Query, minimum = 1, description = "Events at most: 100 unless given, cut to 500"),
    ),
    responses((status = 200, body = EventPage, description = "A page, oldest first"))
)]
pub(crate) async fn events(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let visitor = decode::visitor(&caller)?;
    let key = decode::session(&caller, &id)?;
    let span = decode::span(&Query::of(request.uri()))?;
    let sessions = &doors.engine.sessions;
    sessions.read(&key, &visitor)?;
    let (start, limit) = window(span);
    let mut logged = sessions.log(&key, start, limit.saturating_add(1))?;
    if let Some(before) = span.before {
        logged.retain(|one| one.seq < before);
    }
    let more_after = logged.len() > limit;
    logged.truncate(limit);
    let more = if span.before.is_some() { start > span.after } else { more_after };
    let names = |user: UserId| name_of(&doors, &caller.organization, user);
    let item = |one: &Logged<Event>| {
        let place = Place { session: &key.session, seq: one.seq, at: one.at, position: None };
        let text = String::from_utf8(event(&one.event, place, &names)?).ok()?;
        RawValue::from_string(text).ok()
    };
    json(StatusCode::OK, &EventPage { items: logged.iter().filter_map(item).collect(), more })
}

/// After which `seq` is read, and how much: the log has no gaps, so a page that ends somewhere begins so much before it.
fn window(span: Span) -> (u64, usize) {
    let Some(before) = span.before else { return (span.after, span.limit) };
    let newest = before.saturating_sub(1);
    let start = newest.saturating_sub(span.limit as u64).max(span.after);
    (start, usize::try_from(newest.saturating_sub(start)).unwrap_or(usize::MAX))
}

/// A person's name, where the log has only their id.
pub(crate) fn name_of(
    doors: &SharedDoors,
    organization: &crate::domain::OrganizationId,
    user: UserId,
) -> Option<String> {
    let user = doors.engine.accounts.user(organization, user).ok()?;
    Some(user.name.full().as_str().to_owned())
}
