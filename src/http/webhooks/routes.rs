//! The routes, each with its description. Those under which it is refused are completed in the dialect's envelope.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::decode::{self, Page};
use super::render;
use super::wire::{
    ChangeWebhook, DeliveriesQuery, DeliveryPage, DeliveryPath, NewWebhook, Pinged, Replay, RotateSecret, Webhook,
    WebhookPath, WebhookWithSecret, Webhooks,
};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::{self, Sent};
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Administrator, Fault};
use crate::http::idempotency;
use crate::http::query::{Query, Segment, Segments};

/// All routes, for a dialect to put where it has them.
pub fn routes() -> OpenApiRouter<SharedDoors> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, change, delete))
        .routes(routes!(rotate))
        .routes(routes!(deliveries))
        .routes(routes!(replay_all))
        .routes(routes!(replay))
        .routes(routes!(ping))
}

/// Webhooks, oldest first.
#[utoipa::path(
    get, path = "/webhooks", operation_id = "listWebhooks",
    summary = "List Webhooks", tag = "Webhooks",
    responses((status = 200, body = Webhooks, description = "All of them"))
)]
pub(super) async fn list(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    let found = doors.engine.webhooks.all(&admin.caller).await?;
    json(StatusCode::OK, &Webhooks { items: found.iter().map(render::webhook).collect() })
}

/// Makes one. Its secret is shown this once.
#[utoipa::path(
    post, path = "/webhooks", operation_id = "createWebhook",
    summary = "Create a Webhook", tag = "Webhooks", params(IdempotencyKey),
    request_body = NewWebhook,
    responses(
        (status = 201, body = WebhookWithSecret, description = "The new one"),
        (status = 409, description = "There are as many as there may be, or the key came with another request"),
    )
)]
pub(super) async fn create(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, sent) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, sent, doors.config.server.body_max_bytes).await?;
    let (draft, secret) = decode::new(body::parse(&bytes)?)?;
    let name = idempotency::name(&doors, &admin.caller, &parts, &bytes).await?;
    let made = doors.engine.webhooks.create(admin.acting(), name.unwrap_or_else(Uuid::now_v7), draft, secret).await?;
    json(StatusCode::CREATED, &render::with_secret(&made))
}

/// One of them.
#[utoipa::path(
    get, path = "/webhooks/{webhook_id}", operation_id = "getWebhook",
    summary = "Get a Webhook", tag = "Webhooks",
    params(WebhookPath),
    responses((status = 200, body = Webhook, description = "It"))
)]
pub(super) async fn read(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let found = doors.engine.webhooks.one(&admin.caller, decode::id(&id)?)?;
    json(StatusCode::OK, &render::webhook(&found))
}

/// Changes one.
#[utoipa::path(
    put, path = "/webhooks/{webhook_id}", operation_id = "changeWebhook",
    summary = "Change a Webhook", tag = "Webhooks",
    params(WebhookPath),
    request_body = ChangeWebhook,
    responses(
        (status = 200, body = Webhook, description = "As it is now"),
        (status = 409, description = "Somebody else changed it meanwhile"),
    )
)]
pub(super) async fn change(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<ChangeWebhook>,
) -> Result<Response, Fault> {
    let (id, draft) = (decode::id(&id)?, decode::change(wanted)?);
    let changed = doors.engine.webhooks.change(admin.acting(), id, draft).await?;
    json(StatusCode::OK, &render::webhook(&changed))
}

/// Takes one away, with its deliveries.
#[utoipa::path(
    delete, path = "/webhooks/{webhook_id}", operation_id = "deleteWebhook",
    summary = "Delete a Webhook", tag = "Webhooks",
    params(WebhookPath),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "Somebody else changed it meanwhile"),
    )
)]
pub(super) async fn delete(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.webhooks.delete(admin.acting(), decode::id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Gives one another secret; for a day deliveries are signed with both.
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/secret", operation_id = "rotateWebhookSecret",
    summary = "Rotate the Secret", tag = "Webhooks",
    params(WebhookPath, IdempotencyKey),
    request_body = Option<RotateSecret>,
    responses(
        (status = 200, body = WebhookWithSecret, description = "With the new secret, which is shown this once"),
        (status = 409, description = "Somebody else changed it meanwhile, the key came with another request, or what it made was replaced since"),
    )
)]
pub(super) async fn rotate(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, sent) = request.into_parts();
    let (wanted, bytes) = body::optional_json(&parts.headers, sent, doors.config.server.body_max_bytes).await?;
    let (id, secret) = (decode::id(&id)?, decode::rotation(wanted)?);
    let key = idempotency::callers_key(&admin.caller, &parts, &bytes)?;
    let rotated = doors.engine.webhooks.rotate(admin.acting(), id, secret, key.as_ref()).await?;
    json(StatusCode::OK, &render::with_secret(&rotated))
}

/// Its deliveries. Of those that were taken, the newest hundred are kept.
#[utoipa::path(
    get, path = "/webhooks/{webhook_id}/deliveries", operation_id = "listDeliveries",
    summary = "List Deliveries", tag = "Webhooks",
    params(WebhookPath, DeliveriesQuery),
    responses((status = 200, body = DeliveryPage, description = "A page"))
)]
pub(super) async fn deliveries(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let (id, Page { stage, after, limit }) = (decode::id(&id)?, Page::of(&Query::of(request.uri()))?);
    let found = doors.engine.webhooks.deliveries(&admin.caller, id, stage, after, limit)?;
    json(StatusCode::OK, &DeliveryPage::of(&found))
}

/// Sends all deliveries once more that were set aside.
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/replay", operation_id = "replayDeliveries",
    summary = "Replay All Parked Deliveries", tag = "Webhooks",
    params(WebhookPath),
    responses((status = 200, body = Replay, description = "How many"))
)]
pub(super) async fn replay_all(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let replayed = doors.engine.webhooks.replay_all(admin.acting(), decode::id(&id)?).await?;
    json(StatusCode::OK, &Replay { replayed: replayed.count })
}

/// Sends one delivery once more that was set aside, under the id that it had.
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/deliveries/{number}/replay", operation_id = "replayDelivery",
    summary = "Replay a Parked Delivery", tag = "Webhooks",
    params(DeliveryPath),
    responses(
        (status = 200, body = Replay, description = "It waits again"),
        (status = 409, description = "Somebody else replayed it meanwhile"),
    )
)]
pub(super) async fn replay(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segments(id, number): Segments,
) -> Result<Response, Fault> {
    let (id, number) = (decode::id(&id)?, decode::number(&number)?);
    let replayed = doors.engine.webhooks.replay(admin.acting(), id, number).await?;
    json(StatusCode::OK, &Replay { replayed: replayed.count })
}

/// Sends it a `ping` at once, and says what it answered.
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/ping", operation_id = "pingWebhook",
    summary = "Send a Test Delivery", tag = "Webhooks",
    params(WebhookPath),
    responses((status = 200, body = Pinged, description = "What came of it"))
)]
pub(super) async fn ping(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let attempt = doors.engine.webhooks.ping(admin.acting(), decode::id(&id)?).await?;
    json(StatusCode::OK, &render::pinged(&attempt))
}
