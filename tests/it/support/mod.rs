//! What several subjects' tests need.

pub mod llm;
