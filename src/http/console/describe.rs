//! The console's OpenAPI document.

use utoipa::OpenApi;

use super::wire::ErrorEnvelope;
use super::{error, routes};
use crate::http::description::{self, About, Description};

/// What the shared refusals look like.
#[derive(OpenApi)]
#[openapi(components(schemas(ErrorEnvelope)))]
struct Shared;

const ABOUT: About = About {
    name: "console",
    title: "Switchboard: the console",
    text: "What the staff works with. Everything live goes by the agent protocol at `/ws/agent`.",
    servers: &["/"],
    render: error::render,
    examples: include_str!("examples.json"),
    protocol: include_str!("../../../docs/dialects/agent-live.md"),
};

/// What the routes are.
pub fn description() -> Description {
    let mut routes = routes().into_openapi();
    routes.merge(Shared::openapi());
    description::describe(&routes, &ABOUT)
}
