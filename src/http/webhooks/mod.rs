//! Webhooks as administrators set them up: our own contract (`docs/webhooks.md`), the same in every dialect that has it. A
//! dialect brings the place of the routes and its envelope; routes, shapes, checks and answers are here.

mod decode;
mod render;
mod routes;
mod wire;

pub use decode::{Page, number};
pub use routes::routes;
pub use wire::{DeliveriesQuery, DeliveryPage, Replay};
