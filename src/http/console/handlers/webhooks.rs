//! Webhooks: which services hear of what happens, for administrators.

use axum::extract::{Request, State};
use axum::response::Response;

use crate::http::SharedDoors;
use crate::http::body::Sent;
use crate::http::console::wire::ErrorEnvelope;
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Administrator, Fault};
use crate::http::query::{Query, Segment, Segments};
use crate::http::webhooks::{
    self, ChangeWebhook, DeliveriesQuery, DeliveryPage, DeliveryPath, NewWebhook, Pinged, Replay, RotateSecret,
    Webhook, WebhookPath, WebhookWithSecret, Webhooks,
};

/// Webhooks, oldest first.
#[utoipa::path(
    get, path = "/api/console/webhooks", operation_id = "listWebhooks",
    summary = "List Webhooks", tag = "Webhooks",
    responses((status = 200, body = Webhooks, description = "All of them"))
)]
pub(crate) async fn list(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    webhooks::list(&doors, &admin).await
}

/// Makes one. Its secret is shown this once.
#[utoipa::path(
    post, path = "/api/console/webhooks", operation_id = "createWebhook",
    summary = "Create a Webhook", tag = "Webhooks", params(IdempotencyKey),
    request_body = NewWebhook,
    responses(
        (status = 201, body = WebhookWithSecret, description = "The new one"),
        (status = 409, body = ErrorEnvelope, description = "There are as many as there may be, or the key came with another request"),
    )
)]
pub(crate) async fn create(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    webhooks::create(&doors, &admin, request).await
}

/// One of them.
#[utoipa::path(
    get, path = "/api/console/webhooks/{webhook_id}", operation_id = "getWebhook",
    summary = "Get a Webhook", tag = "Webhooks",
    params(WebhookPath),
    responses((status = 200, body = Webhook, description = "It"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    webhooks::read(&doors, &admin, &id)
}

/// Changes one.
#[utoipa::path(
    put, path = "/api/console/webhooks/{webhook_id}", operation_id = "changeWebhook",
    summary = "Change a Webhook", tag = "Webhooks",
    params(WebhookPath),
    request_body = ChangeWebhook,
    responses(
        (status = 200, body = Webhook, description = "As it is now"),
        (status = 409, body = ErrorEnvelope, description = "Somebody else changed it meanwhile"),
    )
)]
pub(crate) async fn change(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<ChangeWebhook>,
) -> Result<Response, Fault> {
    webhooks::change(&doors, &admin, &id, wanted).await
}

/// Takes one away, with its deliveries.
#[utoipa::path(
    delete, path = "/api/console/webhooks/{webhook_id}", operation_id = "deleteWebhook",
    summary = "Delete a Webhook", tag = "Webhooks",
    params(WebhookPath),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, body = ErrorEnvelope, description = "Somebody else changed it meanwhile"),
    )
)]
pub(crate) async fn delete(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    webhooks::delete(&doors, &admin, &id).await
}

/// Gives one another secret; for a day deliveries are signed with both.
#[utoipa::path(
    post, path = "/api/console/webhooks/{webhook_id}/secret", operation_id = "rotateWebhookSecret",
    summary = "Rotate the Secret", tag = "Webhooks",
    params(WebhookPath, IdempotencyKey),
    request_body = Option<RotateSecret>,
    responses(
        (status = 200, body = WebhookWithSecret, description = "With the new secret, which is shown this once"),
        (status = 409, body = ErrorEnvelope, description = "Somebody else changed it meanwhile, the key came with another request, or what it made was replaced since"),
    )
)]
pub(crate) async fn rotate(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    webhooks::rotate(&doors, &admin, &id, request).await
}

/// Its deliveries. Of those that were taken, the newest hundred are kept.
#[utoipa::path(
    get, path = "/api/console/webhooks/{webhook_id}/deliveries", operation_id = "listDeliveries",
    summary = "List Deliveries", tag = "Webhooks",
    params(WebhookPath, DeliveriesQuery),
    responses((status = 200, body = DeliveryPage, description = "A page"))
)]
pub(crate) async fn deliveries(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    webhooks::deliveries(&doors, &admin, &id, &Query::of(request.uri()))
}

/// Sends all deliveries once more that were set aside.
#[utoipa::path(
    post, path = "/api/console/webhooks/{webhook_id}/replay", operation_id = "replayDeliveries",
    summary = "Replay All Parked Deliveries", tag = "Webhooks",
    params(WebhookPath),
    responses((status = 200, body = Replay, description = "How many"))
)]
pub(crate) async fn replay_all(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    webhooks::replay_all(&doors, &admin, &id).await
}

/// Sends one delivery once more that was set aside, under the id that it had.
#[utoipa::path(
    post, path = "/api/console/webhooks/{webhook_id}/deliveries/{number}/replay", operation_id = "replayDelivery",
    summary = "Replay a Parked Delivery", tag = "Webhooks",
    params(DeliveryPath),
    responses(
        (status = 200, body = Replay, description = "It waits again"),
        (status = 409, body = ErrorEnvelope, description = "Somebody else replayed it meanwhile"),
    )
)]
pub(crate) async fn replay(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segments(id, number): Segments,
) -> Result<Response, Fault> {
    webhooks::replay(&doors, &admin, &id, &number).await
}

/// Sends it a `ping` at once, and says what it answered.
#[utoipa::path(
    post, path = "/api/console/webhooks/{webhook_id}/ping", operation_id = "pingWebhook",
    summary = "Send a Test Delivery", tag = "Webhooks",
    params(WebhookPath),
    responses((status = 200, body = Pinged, description = "What came of it"))
)]
pub(crate) async fn ping(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    webhooks::ping(&doors, &admin, &id).await
}
