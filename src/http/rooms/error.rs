//! Refusals and fallbacks in the rooms dialect's envelope: `{"detail": "..."}`, a string whatever happened.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;

use super::wire::ErrorEnvelope;
use crate::domain::Refusal;
use crate::engine::accounts::request_key::OTHER_REQUEST;
use crate::http::answer;
use crate::http::guard::{Fault, RequestId};

/// Renders a fault. The request's id is in the header.
pub(super) fn render(fault: &Fault, _id: &RequestId) -> Response {
    let (status, detail) = match fault {
        Fault::Refused(refusal) => (status(refusal), detail(refusal)),
        Fault::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed".into()),
        Fault::UnsupportedMedia => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be application/json".into()),
        Fault::UpgradeRequired => (StatusCode::UPGRADE_REQUIRED, "This is a WebSocket endpoint".into()),
        Fault::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "The request took too long".into()),
        Fault::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error".into()),
    };
    answer::error(status, &ErrorEnvelope { detail })
}

/// What a client reads. The document has fixed texts for 401, 403 and 404.
pub(super) fn detail(refusal: &Refusal) -> Cow<'static, str> {
    match refusal {
        Refusal::NotFound { .. } => "Resource not found".into(),
        Refusal::Invalid { .. } | Refusal::Conflict { .. } | Refusal::TooLarge { .. } => refusal.to_string().into(),
        Refusal::Unauthenticated => "Could not validate credentials".into(),
        Refusal::Forbidden => "Admin access required".into(),
        Refusal::TooMany { retry_after_s } => {
            format!("Rate limit exceeded, try again in {retry_after_s} seconds").into()
        }
        Refusal::Busy => "Busy, try again".into(),
        Refusal::OverBudget => "Service temporarily unavailable".into(),
        Refusal::Unavailable { part } => format!("{part} is unavailable").into(),
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

/// What is wrong with a request is a 400; the document's table has no 409 for what is taken already. A repeated key with
/// another request is ours to tell apart.
fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotFound { .. } => StatusCode::NOT_FOUND,
        Refusal::Unauthenticated => StatusCode::UNAUTHORIZED,
        Refusal::Forbidden => StatusCode::FORBIDDEN,
        Refusal::Conflict { why } if why == OTHER_REQUEST => StatusCode::CONFLICT,
        Refusal::Invalid { .. } | Refusal::Conflict { .. } => StatusCode::BAD_REQUEST,
        Refusal::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Busy | Refusal::OverBudget | Refusal::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    use super::*;

    async fn rendered(fault: Fault) -> (u16, Value) {
        let mut response = render(&fault, &RequestId("req-1".into()));
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let body = std::mem::take(response.body_mut()).collect().await.unwrap().to_bytes();
        (response.status().as_u16(), serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn every_fault_is_a_string_in_the_documented_envelope() {
        let refusals = [
            (Refusal::NotFound { what: "session" }, 404, "Resource not found"),
            (Refusal::invalid("content", "is required"), 400, "content: is required"),
            (Refusal::Unauthenticated, 401, "Could not validate credentials"),
            (Refusal::Forbidden, 403, "Admin access required"),
            (Refusal::conflict("taken"), 400, "taken"),
            (Refusal::conflict(OTHER_REQUEST), 409, OTHER_REQUEST),
            (Refusal::TooMany { retry_after_s: 3 }, 429, "Rate limit exceeded, try again in 3 seconds"),
            (Refusal::TooLarge { what: "body", limit_bytes: 1 }, 413, "body is larger than 1 bytes"),
            (Refusal::Busy, 503, "Busy, try again"),
            (Refusal::OverBudget, 503, "Service temporarily unavailable"),
            (Refusal::Unavailable { part: "store" }, 503, "store is unavailable"),
        ];
        let faults = [
            (Fault::MethodNotAllowed, 405, "Method not allowed"),
            (Fault::UnsupportedMedia, 415, "The body must be application/json"),
            (Fault::UpgradeRequired, 426, "This is a WebSocket endpoint"),
            (Fault::TimedOut, 504, "The request took too long"),
            (Fault::Broken, 500, "Internal server error"),
        ];
        let refused = refusals.into_iter().map(|(refusal, status, text)| (Fault::Refused(refusal), status, text));
        for (fault, status, detail) in refused.chain(faults) {
            assert_eq!(rendered(fault).await, (status, json!({ "detail": detail })));
        }
    }
}
