//! Refusals and fallbacks in the platform dialect's envelope: `{"error": {"code", "message", "details"}, "requestId"}`,
//! where `details` is a string.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;

use super::wire::{ErrorBody, ErrorEnvelope};
use crate::domain::Refusal;
use crate::http::answer;
use crate::http::guard::{Fault, RequestId};

/// Renders a fault.
pub(super) fn render(fault: &Fault, id: &RequestId) -> Response {
    let (status, code, message) = kind(fault);
    let body = ErrorEnvelope { error: ErrorBody { code, message, details: details(fault) }, request_id: &id.0 };
    answer::error(status, &body)
}

/// The code of a refusal, for error frames.
pub(super) fn code(refusal: &Refusal) -> &'static str {
    kind(&Fault::Refused(refusal.clone())).1
}

fn kind(fault: &Fault) -> (StatusCode, &'static str, &'static str) {
    match fault {
        Fault::Refused(refusal) => refusal_kind(refusal),
        Fault::MethodNotAllowed => {
            (StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "The method is not allowed on this resource")
        }
        Fault::UnsupportedMedia => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", "The body must be application/json")
        }
        Fault::UpgradeRequired => (StatusCode::UPGRADE_REQUIRED, "invalid_request", "This is a WebSocket endpoint"),
        Fault::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "service_unavailable", "The request took too long"),
        Fault::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Internal server error"),
    }
}

const fn refusal_kind(refusal: &Refusal) -> (StatusCode, &'static str, &'static str) {
    match refusal {
        Refusal::NotFound { .. } => (StatusCode::NOT_FOUND, "resource_not_found", "Requested resource not found"),
        Refusal::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid_request", "The request was invalid"),
        Refusal::Unauthenticated => (StatusCode::UNAUTHORIZED, "authentication_error", "Authentication failed"),
        Refusal::Forbidden => (StatusCode::FORBIDDEN, "authorization_error", "User not authorized for this action"),
        Refusal::Conflict { .. } => {
            (StatusCode::CONFLICT, "invalid_request", "The request contradicts what is already there")
        }
        Refusal::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", "API rate limit exceeded"),
        Refusal::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "The request is too large"),
        Refusal::Busy | Refusal::OverBudget | Refusal::Unavailable { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", "Service temporarily unavailable")
        }
    }
}

fn details(fault: &Fault) -> Cow<'static, str> {
    match fault {
        Fault::Refused(Refusal::Invalid { field, why }) if why == "is required" => {
            format!("Missing required field: {field}").into()
        }
        Fault::Refused(Refusal::TooMany { retry_after_s }) => format!("Try again in {retry_after_s} seconds").into(),
        Fault::Refused(refusal) => refusal.to_string().into(),
        Fault::MethodNotAllowed => "method not allowed".into(),
        Fault::UnsupportedMedia => "unsupported content type".into(),
        Fault::UpgradeRequired => "a WebSocket handshake is required".into(),
        Fault::TimedOut => "deadline exceeded".into(),
        Fault::Broken => "the error has been logged".into(),
    }
}
