//! Refusals of the pages' paths, in the envelope that unknown paths of the server have.

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use crate::http::answer;

/// No such file.
pub(super) fn not_found() -> Response {
    let message = "Requested resource not found";
    envelope(StatusCode::NOT_FOUND, "resource_not_found", message, "resource: not found")
}

/// A file that is only read.
pub(super) fn method() -> Response {
    let message = "The method is not allowed on this resource";
    envelope(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", message, "method not allowed")
}

fn envelope(status: StatusCode, code: &str, message: &str, details: &str) -> Response {
    let id = format!("req-{}", uuid::Uuid::now_v7());
    let body = json!({ "error": { "code": code, "message": message, "details": details }, "requestId": id });
    let mut response = answer::error(status, &body);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
