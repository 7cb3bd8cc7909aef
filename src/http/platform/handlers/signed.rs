//! `/api/channels/webhook/*`: organizations' own systems bring their customers' messages.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::domain::{Body, ClientMessageId, CustomerId, Refusal, Timestamp};
use crate::engine::channels::signed::{Envelope, SignedMessage};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::Fault;
use crate::http::platform::decode::contact;
use crate::http::platform::wire::channels::{Brought, BroughtMessage};
use crate::http::query::Segments;

/// The longest id of a request, in bytes.
const REQUEST_ID_MAX_BYTES: usize = 128;

/// A customer's message, by a system that signs as Standard Webhooks 1.0 has it. It is durable before this answers, and counts once
/// by its id.
#[utoipa::path(
    post, path = "/api/channels/webhook/{organization_id}/{channel_id}/messages", operation_id = "receiveSignedMessage",
    summary = "Message by an organization's own channel", tag = "Channel Integrations", security(()),
    params(
        ("organization_id" = String, Path, description = "Whose channel it is"),
        ("channel_id" = String, Path, description = "The channel"),
        ("webhook-id" = String, Header, description = "The request's id: the same for each try"),
        ("webhook-timestamp" = String, Header, description = "When this try began, in Unix seconds; at most 5 minutes from now"),
        ("webhook-signature" = String, Header, description = "`v1,` and the base64 of the HMAC-SHA-256 of `id.timestamp.body` by the channel's secret"),
    ),
    request_body = BroughtMessage,
    responses(
        (status = 200, body = Brought, description = "It is durable"),
        (status = 401, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "There is no such channel, it is off, or the signature does not hold"),
    )
)]
pub(crate) async fn receive(
    State(doors): State<SharedDoors>,
    Segments(organization, id): Segments,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, sent) = request.into_parts();
    let envelope = envelope(&parts.headers)?;
    let bytes = body::bytes(sent, doors.config.server.body_max_bytes).await?;
    let channels = &doors.engine.signed_channels;
    let channel = channels.authentic(&organization, &id, envelope, &bytes)?;
    let message = message(body::parse(&bytes)?)?;
    let taken = channels.take(&channel, envelope.id, message).await?;
    let conversation_id = taken.session.session.to_string();
    let brought = Brought { conversation_id, message_id: taken.message.to_string(), duplicate: taken.duplicate };
    json(StatusCode::OK, &brought)
}

fn envelope(headers: &HeaderMap) -> Result<Envelope<'_>, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refusal::Unauthenticated);
    let id = text("webhook-id")?;
    if id.is_empty() || id.len() > REQUEST_ID_MAX_BYTES {
        return Err(Refusal::Unauthenticated);
    }
    Ok(Envelope { id, timestamp: text("webhook-timestamp")?, signature: text("webhook-signature")? })
}

fn message(sent: BroughtMessage) -> Result<SignedMessage, Refusal> {
    let said =
        serde_json::json!({ "name": sent.name, "email": sent.email, "phone": sent.phone, "language": sent.language });
    let at = |text: &str| Timestamp::parse(text).ok_or_else(|| Refusal::invalid("sent_at", "must be an RFC 3339 time"));
    Ok(SignedMessage {
        customer: CustomerId::parse(&sent.customer)?,
        contact: contact(Some(&said)),
        text: Body::parse("text", &sent.text)?,
        id: sent.message_id.as_deref().map(ClientMessageId::parse).transpose()?,
        metadata: sent.metadata,
        sent_at: sent.sent_at.as_deref().map(at).transpose()?,
    })
}
