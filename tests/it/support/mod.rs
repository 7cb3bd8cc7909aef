//! What several subjects' tests need.

pub mod app;
pub mod llm;
pub mod ws;
