//! Socket.IO at `/socket.io`: polling and WebSocket, both by `socketioxide`, with this room's own entrance in front (origin,
//! quota, limits, a way to end a transport) and one task per connection behind ([`attendance`]).
//!
//! The library runs handlers as tasks of their own, in no order. So none of its handlers is used for messages: what comes is
//! read and queued where the library reads the transport ([`intake`]), and one task works on it in that order.

mod admission;
mod attendance;
mod decode;
mod entrance;
mod intake;
mod line;
mod out;
mod queue;
mod render;
mod stay;
mod stream;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;

use crate::http::SharedDoors;
use crate::http::guard::{Asking, Share, upgrades};
use crate::http::query::Query;
use entrance::Entrance;

/// Where clients connect.
pub(super) const PATH: &str = "/socket.io";

/// The one route, with and without the slash that clients put behind it.
pub(super) fn routes(doors: &SharedDoors) -> Router {
    let entrance = Arc::new(Entrance::new(doors));
    let answer = move |request: Request| {
        let entrance = Arc::clone(&entrance);
        async move { entrance.answer(request).await }
    };
    Router::new().route(PATH, any(answer.clone())).route("/socket.io/", any(answer))
}

/// Every new connection counts, by caller or address. What an open one sends has a pace of its own.
pub(super) fn quota(doors: &SharedDoors, request: &Request, asking: &Asking) -> Option<Share> {
    let opens = Query::of(request.uri()).raw("sid").is_none();
    opens.then(|| upgrades("rooms-live", doors, asking))
}
