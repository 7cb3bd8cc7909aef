//! What the assistants say and do.

mod guard;
mod openai;
mod questions;
mod real;
mod sources;
mod summary;
mod tools;
