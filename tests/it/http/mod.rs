//! The server below every dialect.

mod cors;
mod idempotency;
mod logs;
mod metrics;
mod server;
mod web;
