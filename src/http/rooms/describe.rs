//! The rooms dialect's OpenAPI document.

use utoipa::OpenApi;

use super::wire::ErrorEnvelope;
use super::{error, routes};
use crate::http::description::{self, About, Description};

/// What the shared refusals look like.
#[derive(OpenApi)]
#[openapi(components(schemas(ErrorEnvelope)))]
struct Shared;

const ABOUT: About = About {
    name: "rooms",
    title: "Switchboard: the rooms dialect",
    text: "Accounts, chat rooms, administration and analytics. Requests count against limits by address, those with a token \
           by user too. Socket.IO at `/socket.io` has a protocol of its own.",
    servers: &["/"],
    render: error::render,
    examples: include_str!("examples.json"),
    protocol: include_str!("../../../docs/dialects/rooms-live.md"),
};

/// What the dialect's routes are, with the documented examples.
pub fn description() -> Description {
    let mut routes = routes().into_openapi();
    routes.merge(Shared::openapi());
    description::describe(&routes, &ABOUT)
}
