//! Every integration test, as one binary: a folder per subject.

mod accounts;
mod assistant;
mod platform;
mod rules;
mod support;
