//! What several subjects' tests need.

pub(crate) mod app;
pub(crate) mod clock;
pub(crate) mod llm;
pub(crate) mod ws;
