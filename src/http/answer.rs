//! Answers that every dialect gives the same way.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::guard::Fault;

/// A body as JSON.
///
/// # Errors
/// `Broken` when it does not serialise, which the log tells.
pub fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Response, Fault> {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer does not serialise");
        Fault::Broken
    })?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}

/// An error envelope as JSON, with the headers that its status asks for.
pub fn error<T: Serialize>(status: StatusCode, envelope: &T) -> Response {
    let json = serde_json::to_vec(envelope).unwrap_or_default();
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = (status, [content_type], json).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if status == StatusCode::UPGRADE_REQUIRED {
        response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    response
}
