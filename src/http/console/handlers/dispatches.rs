//! How far messages to customers came at the providers of their channels.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Colleague;
use crate::domain::Refusal;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::console::decode;
use crate::http::console::wire::IdPath;
use crate::http::console::wire::dispatch::{Dispatches, MailReached, ProgressRow};
use crate::http::guard::Fault;
use crate::http::query::Segment;

/// The most messages that are told of.
const TOLD_MAX: usize = 200;

/// How far the newest messages of a session came, the newest first. Those on the web are not among them.
#[utoipa::path(
    get, path = "/api/console/sessions/{id}/dispatches", operation_id = "listDispatches",
    summary = "How far Messages came", tag = "Sessions",
    params(IdPath),
    responses((status = 200, body = Dispatches, description = "Up to 200; none for another organization's session"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let key = decode::session(&caller, &id)?;
    // Whoever may see the session.
    doors.engine.desk.listed(&caller, &key.session).await?;
    let found = doors.engine.dispatches.progress(&key, TOLD_MAX).map_err(|error| {
        tracing::error!(%error, "dispatches do not read");
        Refusal::Unavailable { part: "store" }
    })?;
    let row = |progress: &crate::engine::channels::outward::Progress| ProgressRow {
        seq: progress.seq,
        channel: progress.channel.as_str(),
        state: progress.stage.as_str(),
        why: progress.why.clone(),
        parts: progress.parts.0,
        parts_gone: progress.parts.1,
        at: progress.at.to_string(),
    };
    let reached = doors.engine.onward.reached(&key)?;
    let email = reached
        .map(|reached| MailReached { address: reached.address.as_str().to_owned(), since: reached.since.to_string() });
    json(StatusCode::OK, &Dispatches { items: found.iter().map(row).collect(), email })
}
