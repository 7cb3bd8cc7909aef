//! What the assistants say and do.

mod guard;
mod openai;
mod questions;
mod real;
mod sources;
mod summary;
mod tools;

use switchboard::assistant::Knowledge;

/// A knowledge file that the operator wrote: the starter file's text, which then is no longer anybody's demonstration.
fn operators() -> Knowledge {
    Knowledge::parse(include_str!("../../../knowledge.toml")).unwrap()
}
