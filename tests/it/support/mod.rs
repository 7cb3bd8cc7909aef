//! What several subjects' tests need.

pub mod app;
pub mod clock;
pub mod llm;
pub mod ws;
