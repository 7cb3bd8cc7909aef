//! Refusals and fallbacks in the console's envelope: `{"error": {"code", "message", "field"}, "request_id"}`. The same words
//! are in the `error` frames of the agent protocol.

use axum::http::StatusCode;
use axum::response::Response;

use super::wire::{ErrorEnvelope, Reason};
use crate::domain::Refusal;
use crate::http::answer;
use crate::http::guard::{Fault, RequestId};

/// Renders a fault.
pub(super) fn render(fault: &Fault, id: &RequestId) -> Response {
    let plain = |status, code, message: &str| (status, Reason { code, message: message.to_owned(), field: None });
    let (status, error) = match fault {
        Fault::Refused(refusal) => (status(refusal), reason(refusal)),
        Fault::MethodNotAllowed => plain(StatusCode::METHOD_NOT_ALLOWED, "invalid", "this route has no such method"),
        Fault::UnsupportedMedia => plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid", "the body must be JSON"),
        Fault::UpgradeRequired => plain(StatusCode::UPGRADE_REQUIRED, "invalid", "this is a WebSocket endpoint"),
        Fault::TimedOut => plain(StatusCode::GATEWAY_TIMEOUT, "unavailable", "the request took too long"),
        Fault::Broken => plain(StatusCode::INTERNAL_SERVER_ERROR, "internal", "our fault; the log says more"),
    };
    answer::error(status, &ErrorEnvelope { error, request_id: id.0.to_string() })
}

/// What a client reads.
pub(super) fn reason(refusal: &Refusal) -> Reason {
    let field = if let Refusal::Invalid { field, .. } = refusal { Some(field.to_string()) } else { None };
    Reason { code: code(refusal), message: refusal.to_string(), field }
}

const fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotFound { .. } => "not_found",
        Refusal::Invalid { .. } => "invalid",
        Refusal::Unauthenticated => "unauthenticated",
        Refusal::Forbidden => "forbidden",
        Refusal::Conflict { .. } => "conflict",
        Refusal::TooMany { .. } => "too_many",
        Refusal::TooLarge { .. } => "too_large",
        Refusal::Busy => "busy",
        Refusal::OverBudget | Refusal::Unavailable { .. } => "unavailable",
    }
}

const fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotFound { .. } => StatusCode::NOT_FOUND,
        Refusal::Invalid { .. } => StatusCode::BAD_REQUEST,
        Refusal::Unauthenticated => StatusCode::UNAUTHORIZED,
        Refusal::Forbidden => StatusCode::FORBIDDEN,
        Refusal::Conflict { .. } => StatusCode::CONFLICT,
        Refusal::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Busy | Refusal::OverBudget | Refusal::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}
