//! `/api/channels/sms/*`: what providers of SMS bring. They are answered once it is durable, so that what breaks comes again.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::domain::Refusal;
use crate::engine::channels::sms::{CALL_MAX_BYTES, Call, Method, SIGNATURE_HEADER};
use crate::http::SharedDoors;
use crate::http::body;
use crate::http::guard::Fault;

/// A message of a customer's, by Twilio.
#[utoipa::path(
    post, path = "/api/channels/sms/twilio/inbound", operation_id = "receiveTwilioMessage",
    summary = "SMS by Twilio", tag = "Channel Integrations", security(()),
    params(("X-Twilio-Signature" = String, Header, description = "Twilio's signature over the public address and the fields")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "Twilio's fields: `MessageSid`, `From`, `To`, `Body` and others"),
    responses(
        (status = 200, body = String, content_type = "text/xml", description = "It is durable: TwiML that answers nothing"),
        (status = 401, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "The signature is missing or wrong"),
    )
)]
pub(crate) async fn twilio_inbound(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let call = called(&doors, "twilio", request).await?;
    doors.engine.sms.take(&call).await?;
    Ok(taken(&doors))
}

/// How far a message of ours came, by Twilio.
#[utoipa::path(
    post, path = "/api/channels/sms/twilio/status", operation_id = "receiveTwilioStatus",
    summary = "SMS status by Twilio", tag = "Channel Integrations", security(()),
    params(
        ("X-Twilio-Signature" = String, Header, description = "Twilio's signature over the public address and the fields"),
        ("ref" = Option<String>, Query, description = "Our name for the message"),
    ),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "Twilio's fields: `MessageSid`, `MessageStatus`, `ErrorCode` and others"),
    responses(
        (status = 200, body = String, content_type = "text/xml", description = "It is durable"),
        (status = 401, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "The signature is missing or wrong"),
    )
)]
pub(crate) async fn twilio_status(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let call = called(&doors, "twilio", request).await?;
    doors.engine.sms.hear(&call).await?;
    Ok(taken(&doors))
}

/// A message of a customer's, by Exotel's webhook.
#[utoipa::path(
    post, path = "/api/channels/sms/exotel/inbound", operation_id = "receiveExotelMessage",
    summary = "SMS by Exotel", tag = "Channel Integrations", security(()),
    params(("token" = String, Query, description = "The token that is configured")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "Exotel's fields: `SmsSid`, `From`, `To`, `Body`, `Date`"),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "It is durable: nothing, which Exotel would send to the customer"),
        (status = 401, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "The token is missing or wrong"),
    )
)]
pub(crate) async fn exotel_inbound(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let call = called(&doors, "exotel", request).await?;
    doors.engine.sms.take(&call).await?;
    Ok(taken(&doors))
}

/// The same by Exotel's applet, which asks with `HEAD` first.
#[utoipa::path(
    get, path = "/api/channels/sms/exotel/inbound", operation_id = "receiveExotelMessageByApplet",
    summary = "SMS by Exotel's applet", tag = "Channel Integrations", security(()),
    params(
        ("token" = String, Query, description = "The token that is configured"),
        ("SmsSid" = Option<String>, Query, description = "The message"),
        ("From" = Option<String>, Query, description = "From whom"),
        ("To" = Option<String>, Query, description = "To which number"),
        ("Body" = Option<String>, Query, description = "The words"),
        ("Date" = Option<String>, Query, description = "When, without a zone"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "It is durable: nothing, which Exotel would send to the customer"),
        (status = 401, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "The token is missing or wrong"),
    )
)]
pub(crate) async fn exotel_applet(state: State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    exotel_inbound(state, request).await
}

/// How far a message of ours came, by Exotel.
#[utoipa::path(
    post, path = "/api/channels/sms/exotel/status", operation_id = "receiveExotelStatus",
    summary = "SMS status by Exotel", tag = "Channel Integrations", security(()),
    params(
        ("token" = String, Query, description = "The token that is configured"),
        ("ref" = Option<String>, Query, description = "Our name for the message"),
    ),
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "Exotel's fields: `SmsSid`, `Status`, `DetailedStatusCode`, `CustomField` and others"),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "It is durable"),
        (status = 401, body = crate::http::platform::wire::ErrorEnvelope<'static>, description = "The token is missing or wrong"),
    )
)]
pub(crate) async fn exotel_status(State(doors): State<SharedDoors>, request: Request) -> Result<Response, Fault> {
    let call = called(&doors, "exotel", request).await?;
    doors.engine.sms.hear(&call).await?;
    Ok(taken(&doors))
}

/// The call, if it is this provider's.
async fn called(doors: &SharedDoors, by: &str, request: Request) -> Result<Call, Fault> {
    let (parts, sent) = request.into_parts();
    let sms = &doors.engine.sms;
    if !sms.is_set_up() {
        return Err(Refusal::Unauthenticated.into());
    }
    let signature = parts.headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    let method = match parts.method {
        axum::http::Method::HEAD => Method::Head,
        axum::http::Method::POST => Method::Post,
        _ => Method::Get,
    };
    let path = parts.uri.path_and_query().map_or_else(|| parts.uri.path(), |path| path.as_str());
    let bytes = body::bytes(sent, CALL_MAX_BYTES).await?;
    Ok(sms.call(by, method, path, &bytes, signature).ok_or(Refusal::Unauthenticated)?)
}

fn taken(doors: &SharedDoors) -> Response {
    let (kind, body) = doors.engine.sms.acknowledgement();
    (StatusCode::OK, [(header::CONTENT_TYPE, kind)], body).into_response()
}
