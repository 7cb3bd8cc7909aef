//! Webhooks as administrators set them up: our own contract (`docs/webhooks.md`), the same in every dialect that has it. A
//! dialect brings the paths and its envelope; shapes, checks and answers are here.

mod decode;
mod render;
mod wire;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

pub use decode::{Page, number};
pub use wire::{
    AttemptRow, ChangeWebhook, DeliveriesQuery, DeliveryPage, DeliveryPath, DeliveryRow, DeliveryState, EventName,
    GivenUpRow, NewWebhook, Pinged, Replay, RotateSecret, Webhook, WebhookPath, WebhookWithSecret, Webhooks,
};

use super::SharedDoors;
use super::answer::json;
use super::body;
use super::guard::{Administrator, Fault};
use super::idempotency;
use super::query::Query;

/// All of them.
///
/// # Errors
/// As the engine's.
pub async fn list(doors: &SharedDoors, admin: &Administrator) -> Result<Response, Fault> {
    let found = doors.engine.webhooks.all(&admin.caller).await?;
    json(StatusCode::OK, &Webhooks { items: found.iter().map(render::webhook).collect() })
}

/// One.
///
/// # Errors
/// As the engine's.
pub fn read(doors: &SharedDoors, admin: &Administrator, id: &str) -> Result<Response, Fault> {
    let found = doors.engine.webhooks.one(&admin.caller, decode::id(id)?)?;
    json(StatusCode::OK, &render::webhook(&found))
}

/// Makes one; a request that is repeated under its key makes no other.
///
/// # Errors
/// As the engine's; `Invalid` by field.
pub async fn create(doors: &SharedDoors, admin: &Administrator, request: Request) -> Result<Response, Fault> {
    let (parts, sent) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, sent, doors.config.server.body_max_bytes).await?;
    let (draft, secret) = decode::new(body::parse(&bytes)?)?;
    let name = idempotency::name(doors, &admin.caller, &parts, &bytes).await?;
    let made = doors.engine.webhooks.create(admin.acting(), name.unwrap_or_else(Uuid::now_v7), draft, secret).await?;
    json(StatusCode::CREATED, &render::with_secret(&made))
}

/// Changes one; what is not sent stays.
///
/// # Errors
/// As the engine's; `Invalid` by field.
pub async fn change(
    doors: &SharedDoors,
    admin: &Administrator,
    id: &str,
    wanted: ChangeWebhook,
) -> Result<Response, Fault> {
    let (id, draft) = (decode::id(id)?, decode::change(wanted)?);
    let changed = doors.engine.webhooks.change(admin.acting(), id, draft).await?;
    json(StatusCode::OK, &render::webhook(&changed))
}

/// Takes one away.
///
/// # Errors
/// As the engine's.
pub async fn delete(doors: &SharedDoors, admin: &Administrator, id: &str) -> Result<Response, Fault> {
    doors.engine.webhooks.delete(admin.acting(), decode::id(id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Gives one another secret; the body may be absent. A request that is repeated under its key makes no other.
///
/// # Errors
/// As the engine's; `Invalid` on `secret`.
pub async fn rotate(doors: &SharedDoors, admin: &Administrator, id: &str, request: Request) -> Result<Response, Fault> {
    let (parts, sent) = request.into_parts();
    let (wanted, bytes) = body::optional_json(&parts.headers, sent, doors.config.server.body_max_bytes).await?;
    let (id, secret) = (decode::id(id)?, decode::rotation(wanted)?);
    let key = idempotency::callers_key(&admin.caller, &parts, &bytes)?;
    let rotated = doors.engine.webhooks.rotate(admin.acting(), id, secret, key.as_ref()).await?;
    json(StatusCode::OK, &render::with_secret(&rotated))
}

/// Its deliveries, a page of those of one state.
///
/// # Errors
/// As the engine's; `Invalid` on a parameter.
pub fn deliveries(doors: &SharedDoors, admin: &Administrator, id: &str, query: &Query) -> Result<Response, Fault> {
    let (id, Page { stage, after, limit }) = (decode::id(id)?, Page::of(query)?);
    let found = doors.engine.webhooks.deliveries(&admin.caller, id, stage, after, limit)?;
    json(StatusCode::OK, &DeliveryPage::of(&found))
}

/// Sends all once more that were set aside.
///
/// # Errors
/// As the engine's.
pub async fn replay_all(doors: &SharedDoors, admin: &Administrator, id: &str) -> Result<Response, Fault> {
    let replayed = doors.engine.webhooks.replay_all(admin.acting(), decode::id(id)?).await?;
    json(StatusCode::OK, &Replay { replayed: replayed.count })
}

/// Sends one once more that was set aside.
///
/// # Errors
/// As the engine's.
pub async fn replay(doors: &SharedDoors, admin: &Administrator, id: &str, number: &str) -> Result<Response, Fault> {
    let (id, number) = (decode::id(id)?, decode::number(number)?);
    let replayed = doors.engine.webhooks.replay(admin.acting(), id, number).await?;
    json(StatusCode::OK, &Replay { replayed: replayed.count })
}

/// Sends a `ping` and says what came of it.
///
/// # Errors
/// As the engine's.
pub async fn ping(doors: &SharedDoors, admin: &Administrator, id: &str) -> Result<Response, Fault> {
    let attempt = doors.engine.webhooks.ping(admin.acting(), decode::id(id)?).await?;
    json(StatusCode::OK, &render::pinged(&attempt))
}
