//! Refusals and fallbacks in the rooms dialect's envelope: `{"detail": "..."}`. The texts are the document's where it has
//! one for the status.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::domain::Refusal;
use crate::http::answer;
use crate::http::guard::{Fault, RequestId};

#[derive(Serialize)]
struct Envelope<'a> {
    detail: &'a str,
}

/// Renders a fault. The request's id is in the header.
pub(super) fn render(fault: &Fault, _id: &RequestId) -> Response {
    let (status, text) = match fault {
        Fault::Refused(refusal) => (status(refusal), detail(refusal)),
        Fault::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed".into()),
        Fault::UnsupportedMedia => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be application/json".into()),
        Fault::UpgradeRequired => (StatusCode::UPGRADE_REQUIRED, "This is a WebSocket endpoint".into()),
        Fault::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "The request took too long".into()),
        Fault::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error".into()),
    };
    answer::error(status, &Envelope { detail: &text })
}

/// What a client reads.
pub(super) fn detail(refusal: &Refusal) -> Cow<'static, str> {
    match refusal {
        Refusal::NotFound { what: "session" } => "Chat room not found".into(),
        Refusal::NotFound { .. } => "Resource not found".into(),
        Refusal::Invalid { .. } | Refusal::Conflict { .. } | Refusal::TooLarge { .. } => refusal.to_string().into(),
        Refusal::Unauthenticated => "Could not validate credentials".into(),
        Refusal::Forbidden => "Not enough permissions".into(),
        Refusal::TooMany { retry_after_s } => {
            format!("Rate limit exceeded, try again in {retry_after_s} seconds").into()
        }
        Refusal::Busy => "Busy, try again".into(),
        Refusal::OverBudget | Refusal::Unavailable { .. } => "Service temporarily unavailable".into(),
    }
}

/// A word for a program, in acknowledgements and `error` events.
pub(super) const fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotFound { .. } => "not_found",
        Refusal::Invalid { .. } => "invalid",
        Refusal::Unauthenticated => "unauthenticated",
        Refusal::Forbidden => "forbidden",
        Refusal::Conflict { .. } => "conflict",
        Refusal::TooMany { .. } => "too_many_requests",
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
