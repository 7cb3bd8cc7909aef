//! Refusals and fallbacks in the care dialect's envelope: `{"error": {"code", "message", "details"}}`, where `code` is the
//! status as a string and `details` an object that names the field.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

use super::wire::{ErrorBody, ErrorEnvelope};
use crate::domain::Refusal;
use crate::http::answer;
use crate::http::guard::{Fault, RequestId};

/// Renders a fault. The request's id is in the header.
pub(super) fn render(fault: &Fault, _id: &RequestId) -> Response {
    let (status, message) = kind(fault);
    answer::error(status, &ErrorEnvelope { error: body(fault, status, message) })
}

/// A refusal inside an error frame.
pub(super) fn frame(refusal: &Refusal) -> ErrorBody {
    let fault = Fault::Refused(refusal.clone());
    let (status, message) = kind(&fault);
    body(&fault, status, message)
}

fn body(fault: &Fault, status: StatusCode, message: &'static str) -> ErrorBody {
    let (message, details) = match fault {
        Fault::Refused(refusal) => (text(refusal, message), details(refusal)),
        Fault::MethodNotAllowed
        | Fault::UnsupportedMedia
        | Fault::UpgradeRequired
        | Fault::TimedOut
        | Fault::Broken => (message.into(), Map::new()),
    };
    ErrorBody { code: status.as_str().to_owned(), message, details }
}

fn kind(fault: &Fault) -> (StatusCode, &'static str) {
    match fault {
        Fault::Refused(refusal) => refusal_kind(refusal),
        Fault::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"),
        Fault::UnsupportedMedia => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be application/json"),
        Fault::UpgradeRequired => (StatusCode::UPGRADE_REQUIRED, "This is a WebSocket endpoint"),
        Fault::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "The request took too long"),
        Fault::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "Server error"),
    }
}

const fn refusal_kind(refusal: &Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::NotFound { .. } => (StatusCode::NOT_FOUND, "Resource not found"),
        Refusal::Invalid { .. } => (StatusCode::BAD_REQUEST, "Invalid request format or parameters"),
        Refusal::Unauthenticated => (StatusCode::UNAUTHORIZED, "Authentication required or invalid token"),
        Refusal::Forbidden => (StatusCode::FORBIDDEN, "Insufficient permissions"),
        Refusal::Conflict { .. } => (StatusCode::CONFLICT, "The request contradicts what is already there"),
        Refusal::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded"),
        Refusal::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "The request is too large"),
        Refusal::Busy | Refusal::OverBudget | Refusal::Unavailable { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "Service temporarily unavailable")
        }
    }
}

/// A conflict says what stands against the request; the others have fixed texts.
fn text(refusal: &Refusal, fixed: &'static str) -> Cow<'static, str> {
    match refusal {
        Refusal::Conflict { why } => why.clone(),
        Refusal::NotFound { .. }
        | Refusal::Invalid { .. }
        | Refusal::Unauthenticated
        | Refusal::Forbidden
        | Refusal::TooMany { .. }
        | Refusal::TooLarge { .. }
        | Refusal::Busy
        | Refusal::OverBudget
        | Refusal::Unavailable { .. } => fixed.into(),
    }
}

fn details(refusal: &Refusal) -> Map<String, Value> {
    let (name, why): (&str, Value) = match refusal {
        Refusal::Invalid { field, why } => (field, why.as_ref().into()),
        Refusal::TooLarge { what, limit_bytes } => (what, format!("must be at most {limit_bytes} bytes").into()),
        Refusal::NotFound { what } => (named(what), "not found".into()),
        Refusal::TooMany { retry_after_s } => ("retry_after", (*retry_after_s).into()),
        Refusal::Unavailable { part } => (part, "is unavailable".into()),
        Refusal::Unauthenticated
        | Refusal::Forbidden
        | Refusal::Conflict { .. }
        | Refusal::Busy
        | Refusal::OverBudget => return Map::new(),
    };
    std::iter::once((name.to_owned(), why)).collect()
}

/// The document's word for what was looked for.
const fn named(what: &'static str) -> &'static str {
    match what.as_bytes() {
        b"session" => "conversation_id",
        _ => what,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use http_body_util::BodyExt;

    use super::*;

    async fn rendered(fault: Fault) -> (u16, Value, Response) {
        let mut response = render(&fault, &RequestId("req-1".into()));
        let body = std::mem::take(response.body_mut()).collect().await.unwrap().to_bytes();
        (response.status().as_u16(), serde_json::from_slice(&body).unwrap(), response)
    }

    #[tokio::test]
    async fn every_fault_has_the_documented_envelope() {
        let refusals = [
            (Refusal::NotFound { what: "session" }, 404),
            (Refusal::invalid("message", "is required"), 400),
            (Refusal::Unauthenticated, 401),
            (Refusal::Forbidden, 403),
            (Refusal::conflict("taken"), 409),
            (Refusal::TooMany { retry_after_s: 3 }, 429),
            (Refusal::TooLarge { what: "body", limit_bytes: 1 }, 413),
            (Refusal::Busy, 503),
            (Refusal::OverBudget, 503),
            (Refusal::Unavailable { part: "store" }, 503),
        ];
        let faults = [
            (Fault::MethodNotAllowed, 405),
            (Fault::UnsupportedMedia, 415),
            (Fault::UpgradeRequired, 426),
            (Fault::TimedOut, 504),
            (Fault::Broken, 500),
        ];
        let refused = refusals.into_iter().map(|(refusal, status)| (Fault::Refused(refusal), status));
        for (fault, expected) in refused.chain(faults) {
            let (status, body, response) = rendered(fault).await;
            assert_eq!((status, &body["error"]["code"]), (expected, &expected.to_string().into()));
            assert!(body["error"]["message"].is_string() && body["error"]["details"].is_object(), "{body}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        }
    }
}
