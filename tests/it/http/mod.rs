//! The server below every dialect.

mod idempotency;
mod logs;
mod metrics;
mod server;
