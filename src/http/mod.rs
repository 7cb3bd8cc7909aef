//! The doors: the HTTP server, the live sockets, and a room per dialect.
//!
//! A dialect imports `domain`, `engine`, `auth`, what the `bus` hands to a socket, and [`live`], never another dialect. It brings routes, exact wire shapes,
//! decoding into commands, rendering of events, and its envelope for every refusal ([`guard::Dialect`]).

pub mod answer;
pub mod body;
pub mod care;
pub mod console;
pub mod cors;
pub mod description;
pub mod docs;
pub mod files;
pub mod guard;
pub mod idempotency;
pub mod live;
pub mod platform;
pub mod query;
pub mod rooms;
pub mod router;
pub mod server;
pub mod stall;
pub mod web;
pub mod webhooks;

use std::sync::Arc;

use tokio::sync::watch;

use crate::auth::{Connections, RateLimiter};
use crate::bus::OutboxLimits;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::engine::Engine;
use crate::telemetry::Meters;

/// What every door is given.
#[derive(Debug)]
pub struct Doors {
    /// The engine's handle.
    pub engine: Engine,
    /// The settings.
    pub config: Config,
    /// The time.
    pub clock: SharedClock,
    /// Documented rate limits.
    pub limiter: RateLimiter,
    /// Open WebSocket connections of care's users.
    pub care_connections: Connections,
    /// Who of the staff has which session open.
    pub viewers: Arc<console::Viewers>,
    /// What is measured at the doors.
    pub meters: Meters,
    /// Turns true when the process stops.
    pub stopping: watch::Receiver<bool>,
}

impl Doors {
    /// Bounds of what waits for a connection.
    pub const fn outbox_limits(&self) -> OutboxLimits {
        self.config.outbox_limits()
    }
}

/// The doors, shared by all handlers.
pub type SharedDoors = Arc<Doors>;
