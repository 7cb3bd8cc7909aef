//! Answers that need not be made again: [`Cached`] stands around a responder, keeps what it answers to questions that are
//! anybody's, and gives it to the next customer who asks the same.
//!
//! Kept is only what cannot be personal: the answer to a first message, made with no memory of a customer and no value named,
//! resting on a source. Given is it only to a question that stands for itself ([`question`]). An answer belongs to one
//! organization, one channel and language, and one version of everything that shapes it: settings, model, knowledge. A
//! question that is put otherwise counts as the same if it has the same content words in the same order, the same numbers and
//! signs, and is as similar as configured; so "can I return food" is never answered with what was said of shoes.
//!
//! Answers live in memory and end with the process. Counts are durable, some seconds late: [`tally::FLUSH_EVERY`].

mod question;
mod responder;
mod shelf;
pub mod tally;

use std::time::Duration;

pub use responder::{Cached, Shape, Shaped};
pub use shelf::{Shelf, ShelfLimits};
pub use tally::{Tallies, TallyWriter};

/// How the cache is run.
#[derive(Debug, Clone, Copy)]
pub struct CacheSettings {
    /// Whether answers are kept at all.
    pub enabled: bool,
    /// How long an answer is kept.
    pub ttl: Duration,
    /// How similar two questions must be to be the same, 0..1.
    pub similarity_floor: f32,
}
