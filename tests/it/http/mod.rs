//! The server below every dialect.

mod metrics;
mod server;
