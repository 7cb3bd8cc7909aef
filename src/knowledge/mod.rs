//! What organizations know.

pub mod extract;
