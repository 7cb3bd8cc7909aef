//! One file per noun.

pub(super) mod audio;
pub(super) mod health;
pub(super) mod live;
pub(super) mod messages;
pub(super) mod parked;
mod repeatable;
pub(super) mod sessions;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::guard::Fault;

/// The noun of an API key's scopes on these routes: `conversations:read`, `conversations:write`.
const CONVERSATIONS: &str = "conversations";

/// A body as JSON.
fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Response, Fault> {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer does not serialise");
        Fault::Broken
    })?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}
