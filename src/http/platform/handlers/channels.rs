//! `/api/channels/*`: what others' networks bring, and whether it works.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::domain::{Channel, Refusal};
use crate::engine::channels::outward::SeenWay;
use crate::engine::channels::whatsapp::{PAYLOAD_MAX_BYTES, SIGNATURE_HEADER};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::{Asking, Credential, Fault};
use crate::http::platform::wire::channels::{ChannelDependencies, ChannelHealth, ChannelWayHealth, Received};
use crate::http::query::Query;

/// What Meta asks when a webhook is set up there.
#[utoipa::path(
    get, path = "/api/channels/whatsapp/webhook", operation_id = "verifyWhatsappWebhook",
    summary = "WhatsApp Webhook Verification", tag = "Channel Integrations", security(()),
    params(
        ("hub.mode" = String, Query, description = "Verification mode: `subscribe`"),
        ("hub.verify_token" = String, Query, description = "Verification token, as configured"),
        ("hub.challenge" = String, Query, description = "What is answered"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "The challenge"),
        (status = 403, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "The token is not ours"),
    )
)]
pub(crate) async fn verify_whatsapp(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let challenge = doors.engine.whatsapp.shake_hands(query.pairs()).ok_or(Refusal::Forbidden)?;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, plain)], challenge.to_owned()).into_response())
}

/// What Meta brings: messages are taken before this answers, and each counts once however often it is brought.
#[utoipa::path(
    post, path = "/api/channels/whatsapp/webhook", operation_id = "receiveWhatsappWebhook",
    summary = "WhatsApp Webhook", tag = "Channel Integrations", security(()),
    params(("X-Hub-Signature-256" = String, Header, description = "`sha256=` and the HMAC of the body by the app's secret, as hexadecimal digits")),
    request_body(content = serde_json::Value, description = "WhatsApp Cloud API webhook payload"),
    responses(
        (status = 200, body = Received, description = "It is durable"),
        (status = 401, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "The signature is missing or wrong"),
    )
)]
pub(crate) async fn receive_whatsapp(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let (parts, sent) = request.into_parts();
    let signature = parts.headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    // What can not hold is not read.
    if signature.is_none() || !doors.engine.whatsapp.is_set_up() {
        return Err(Refusal::Unauthenticated.into());
    }
    let bytes = body::bytes(sent, PAYLOAD_MAX_BYTES).await?;
    if !doors.engine.whatsapp.is_authentic(&bytes, signature) {
        return Err(Refusal::Unauthenticated.into());
    }
    doors.engine.whatsapp.take(&bytes).await?;
    json(StatusCode::OK, &Received { status: "received" })
}

/// How the channels are.
#[utoipa::path(
    get, path = "/api/channels/health", operation_id = "getChannelsHealth",
    summary = "Health Check", tag = "Channel Integrations", security(()),
    responses(
        (status = 200, body = ChannelHealth, description = "It serves, if degraded"),
        (status = 503, body = ChannelHealth, description = "The store takes no writes"),
    )
)]
pub(crate) async fn health(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let health = doors.engine.health();
    let word = |well: bool| if well { "healthy" } else { "unhealthy" };
    let well = health.store && health.sessions;
    let system = &doors.engine.system;
    let whatsapp = doors.engine.whatsapp.is_set_up().then_some(true);
    let whatsapp = system.is_well(Channel::Whatsapp).or(whatsapp);
    let email = doors.engine.mail.is_well();
    let others = [system.is_well(Channel::Sms), system.is_well(Channel::Webhook)];
    let all_well = well && [whatsapp, email].into_iter().chain(others).all(|well| well != Some(false));
    let caller = request.extensions().get::<Asking>().and_then(|asking| match &asking.credential {
        Credential::Known(caller) => Some(caller),
        Credential::Absent | Credential::Refused(_) => None,
    });
    let body = ChannelHealth {
        status: if all_well { "healthy" } else { "degraded" },
        version: env!("CARGO_PKG_VERSION"),
        dependencies: ChannelDependencies {
            redis: word(health.sessions),
            chatbot_core: word(well),
            whatsapp: whatsapp.map_or("not_configured", word),
            email: email.map_or("not_configured", word),
            websocket: word(health.sessions),
        },
        channels: system.ways(caller).into_iter().map(way).collect(),
    };
    json(if health.store { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}

fn way(seen: SeenWay) -> ChannelWayHealth {
    let SeenWay { channel, account, way, condition, since, failures, error } = seen;
    let (channel, way, state) = (channel.as_str(), way.as_str(), condition.as_str());
    ChannelWayHealth { channel, account, way, state, since: since.to_string(), failures, error }
}
