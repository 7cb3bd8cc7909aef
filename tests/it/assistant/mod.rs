//! What the assistants say and do.

mod questions;
