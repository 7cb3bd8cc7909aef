//! An organization's own channels, for administrators: any system of theirs brings messages in and gets the replies.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::domain::signed_channel::SignedChannel;
use crate::domain::{Label, Refusal};
use crate::engine::channels::signed::{ChannelDraft, ChannelWithSecret};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::{self, Sent};
use crate::http::console::wire::ErrorEnvelope;
use crate::http::console::wire::signed_channel::{
    ChangeChannel, NewChannel, SignedChannelRow, SignedChannelSecret, SignedChannels,
};
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Administrator, Fault};
use crate::http::idempotency;
use crate::http::query::Segment;

/// The organization's own channels, oldest first.
#[utoipa::path(
    get, path = "/api/console/channels/webhook", operation_id = "listSignedChannels",
    summary = "List Own Channels", tag = "Channels",
    responses((status = 200, body = SignedChannels, description = "All of them"))
)]
pub(crate) async fn list(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    let found = doors.engine.signed_channels.all(&admin.caller)?;
    json(StatusCode::OK, &SignedChannels { items: found.iter().map(row).collect() })
}

/// Makes one. Its secret is shown this once.
#[utoipa::path(
    post, path = "/api/console/channels/webhook", operation_id = "createSignedChannel",
    summary = "Create an Own Channel", tag = "Channels", params(IdempotencyKey),
    request_body = NewChannel,
    responses(
        (status = 201, body = SignedChannelSecret, description = "The new one"),
        (status = 409, body = ErrorEnvelope, description = "There are as many as there may be, or the key came with another request"),
    )
)]
pub(crate) async fn create(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, sent) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, sent, doors.config.server.body_max_bytes).await?;
    let wanted: NewChannel = body::parse(&bytes)?;
    let draft = ChannelDraft {
        name: Some(Label::parse("name", &wanted.name)?),
        reply_url: Some(wanted.reply_url),
        enabled: wanted.enabled,
    };
    let name = idempotency::name(&doors, &admin.caller, &parts, &bytes).await?;
    let made = doors.engine.signed_channels.create(admin.acting(), name.unwrap_or_else(Uuid::now_v7), draft).await?;
    json(StatusCode::CREATED, &with_secret(&made))
}

/// Changes one; what is not sent stays.
#[utoipa::path(
    put, path = "/api/console/channels/webhook/{channel_id}", operation_id = "changeSignedChannel",
    summary = "Change an Own Channel", tag = "Channels",
    params(("channel_id" = String, Path, description = "The channel")),
    request_body = ChangeChannel,
    responses(
        (status = 200, body = SignedChannelRow, description = "As it is now"),
        (status = 409, body = ErrorEnvelope, description = "Somebody else changed it meanwhile"),
    )
)]
pub(crate) async fn change(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<ChangeChannel>,
) -> Result<Response, Fault> {
    let name = wanted.name.map(|name| Label::parse("name", &name)).transpose()?;
    let draft = ChannelDraft { name, reply_url: wanted.reply_url, enabled: wanted.enabled };
    let changed = doors.engine.signed_channels.change(admin.acting(), parsed(&id)?, draft).await?;
    json(StatusCode::OK, &row(&changed))
}

/// Takes one away. Its conversations stay.
#[utoipa::path(
    delete, path = "/api/console/channels/webhook/{channel_id}", operation_id = "deleteSignedChannel",
    summary = "Delete an Own Channel", tag = "Channels",
    params(("channel_id" = String, Path, description = "The channel")),
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
    doors.engine.signed_channels.delete(admin.acting(), parsed(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Gives one another secret; the one before holds for a day more.
#[utoipa::path(
    post, path = "/api/console/channels/webhook/{channel_id}/secret", operation_id = "rotateSignedChannelSecret",
    summary = "Rotate the Secret of an Own Channel", tag = "Channels",
    params(("channel_id" = String, Path, description = "The channel"), IdempotencyKey),
    responses(
        (status = 200, body = SignedChannelSecret, description = "With the new secret, which is shown this once"),
        (status = 409, body = ErrorEnvelope, description = "Somebody else changed it meanwhile, the key came with another request, or what it made was replaced since"),
    )
)]
pub(crate) async fn rotate(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    parts: Parts,
) -> Result<Response, Fault> {
    let key = idempotency::callers_key(&admin.caller, &parts, &[])?;
    let rotated = doors.engine.signed_channels.rotate(admin.acting(), parsed(&id)?, key.as_ref()).await?;
    json(StatusCode::OK, &with_secret(&rotated))
}

/// What is no id is nobody's channel.
fn parsed(id: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(id).map_err(|_| Refusal::NotFound { what: "channel" })
}

fn row(channel: &SignedChannel) -> SignedChannelRow {
    SignedChannelRow {
        id: channel.id.to_string(),
        name: channel.name.as_str().to_owned(),
        inbound_path: format!("/api/channels/webhook/{}/{}/messages", channel.organization, channel.id),
        reply_url: channel.reply_url.clone(),
        enabled: channel.enabled,
        previous_secret_until: channel.previous.as_ref().map(|previous| previous.until.to_string()),
        created_at: channel.created_at.to_string(),
        updated_at: channel.updated_at.to_string(),
    }
}

fn with_secret(made: &ChannelWithSecret) -> SignedChannelSecret {
    SignedChannelSecret { channel: row(&made.channel), secret: made.secret.expose_secret().to_owned() }
}
