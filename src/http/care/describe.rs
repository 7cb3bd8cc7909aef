//! The care dialect's OpenAPI document.

use utoipa::OpenApi;

use super::wire::{ErrorEnvelope, Timeframe};
use super::{VERSION, error, routes};
use crate::http::description::{self, About, Description};

/// What the shared refusals and the parameters look like.
#[derive(OpenApi)]
#[openapi(components(schemas(ErrorEnvelope, Timeframe)))]
struct Shared;

const ABOUT: About = About {
    name: "care",
    title: "Switchboard: the care dialect",
    text: "Accounts, conversations and analytics. Every path works bare and under `/v1`. Public requests count against limits \
           by address, those with a token by user. Live connections have a protocol of their own.",
    servers: &["/", VERSION],
    render: error::render,
    examples: include_str!("examples.json"),
    protocol: include_str!("../../../docs/dialects/care-live.md"),
};

/// What the dialect's routes are, with the documented examples.
pub fn description() -> Description {
    let mut routes = routes().into_openapi();
    routes.merge(Shared::openapi());
    description::describe(&routes, &ABOUT)
}
