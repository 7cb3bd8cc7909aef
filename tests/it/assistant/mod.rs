//! What the assistants say and do.

mod openai;
mod questions;
mod sources;
mod tools;
