//! The care dialect's OpenAPI document.

use super::{VERSION, error, routes};
use crate::http::description::{self, About, Description};

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
    description::describe(&routes().into_openapi(), &ABOUT)
}
