//! The platform dialect's OpenAPI document.

use utoipa::OpenApi;

use super::wire::ErrorEnvelope;
use super::{error, routes};
use crate::http::description::{self, About, Description};

/// What the shared refusals look like.
#[derive(OpenApi)]
#[openapi(components(schemas(ErrorEnvelope<'_>)))]
struct Shared;

const ABOUT: About = About {
    name: "platform",
    title: "Switchboard: the platform dialect",
    text: "Messages with the assistant's answer, sessions and their context; what is remembered of \
           customers; users, sessions and figures for administrators. Requests count against limits by user, \
           customer or key, without credentials by address. Live connections have a protocol of their own.",
    servers: &["/"],
    render: error::render,
    examples: include_str!("examples.json"),
    protocol: include_str!("../../../docs/dialects/platform-live.md"),
};

/// What the dialect's routes are, with the documented examples.
pub fn description() -> Description {
    let mut routes = routes().into_openapi();
    routes.merge(Shared::openapi());
    description::describe(&routes, &ABOUT)
}
