//! One file per noun.

pub(super) mod audio;
pub(super) mod health;
pub(super) mod live;
pub(super) mod messages;
pub(super) mod parked;
pub(super) mod sessions;

use axum::extract::Request;
use axum::http::request::Parts;
use bytes::Bytes;

use crate::auth::{Access, Caller};
use crate::http::body;
use crate::http::guard::Fault;

/// The noun of an API key's scopes on these routes: `conversations:read`, `conversations:write`.
const CONVERSATIONS: &str = "conversations";

/// What a route that writes reads first: whether its caller may, then its JSON, of which the bytes count too.
async fn written(caller: &Caller, request: Request, max_bytes: usize) -> Result<(Parts, Bytes), Fault> {
    caller.require_scope(CONVERSATIONS, Access::Write)?;
    let (parts, body) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, body, max_bytes).await?;
    Ok((parts, bytes))
}
