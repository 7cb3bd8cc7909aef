//! The platform dialect, as its clients use it.

mod audio;
mod context;
mod errors;
mod health;
mod idempotency;
mod limits;
mod messages;
mod reset;
mod rights;
