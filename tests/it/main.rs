//! Every integration test, as one binary: a folder per subject.

mod assistant;
mod store;
