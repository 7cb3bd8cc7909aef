//! The platform dialect's OpenAPI document.

use super::{error, routes};
use crate::http::description::{self, About, Description};

const ABOUT: About = About {
    name: "platform",
    title: "Switchboard: the platform dialect",
    text: "Messages with the assistant's answer, sessions and their context. Requests count against limits by user, \
           customer or key, without credentials by address. Live connections have a protocol of their own.",
    servers: &["/"],
    render: error::render,
    examples: include_str!("examples.json"),
    protocol: include_str!("../../../docs/dialects/platform-live.md"),
};

/// What the dialect's routes are, with the documented examples.
pub fn description() -> Description {
    description::describe(&routes().into_openapi(), &ABOUT)
}
