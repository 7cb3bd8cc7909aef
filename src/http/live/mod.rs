//! Live sockets: the upgrade, and the bytes of a connection. What frames mean is the dialect's ([`Protocol`]).
//!
//! A connection is a plain task. Deliberately absent: any dialect's words, and any rule of a conversation.

mod after;
pub mod connection;
mod draft;
pub mod entrance;
pub mod follow;
mod in_turn;
mod origin;
mod pace;
pub mod upgrade;
pub mod visit;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::bus::{Item, Outbox};
use crate::config::Config;
use crate::domain::Refusal;

pub use after::After;
pub use draft::DraftView;
pub use in_turn::{InTurn, Turn};
pub use origin::origin_is_allowed;
pub use pace::{Pace, PaceLimits};
pub use visit::Visit;

/// Frames that are ready to be sent, in order.
pub type Frames = Vec<Bytes>;

/// Bounds of a connection.
#[derive(Debug, Clone, Copy)]
pub struct LiveLimits {
    /// The largest message that is read, in bytes.
    pub message_max_bytes: usize,
    /// The read buffer, in bytes.
    pub read_buffer_bytes: usize,
    /// Messages that may wait for their acknowledgement.
    pub pending_max: usize,
    /// How often the peer is pinged.
    pub ping_every: Duration,
    /// How long it may take to answer.
    pub pong_timeout: Duration,
    /// How long a write may stall.
    pub write_timeout: Duration,
    /// The time over which closes are spread when the process stops.
    pub drain: Duration,
    /// What the peer may send a minute.
    pub pace: PaceLimits,
}

/// Frames wait here until they are written together; one write takes up to this many bytes.
const WRITE_BUFFER_BYTES: usize = 8 * 1024;

impl LiveLimits {
    /// The bounds as configured.
    pub const fn of(settings: &Config) -> Self {
        let (config, limits, drain_s) = (&settings.live, &settings.limits, settings.server.drain_s);
        let pace = if limits.enabled {
            PaceLimits { frames_per_minute: limits.live_frames, bytes_per_minute: limits.live_bytes }
        } else {
            PaceLimits::NONE
        };
        Self {
            pace,
            message_max_bytes: config.message_max_bytes,
            read_buffer_bytes: config.read_buffer_bytes,
            pending_max: config.pending_max,
            ping_every: Duration::from_secs(config.ping_every_s),
            pong_timeout: Duration::from_secs(config.pong_timeout_s),
            write_timeout: Duration::from_secs(config.write_timeout_s),
            // Half of the drain: the other half is for what the closed sockets still had under way.
            drain: Duration::from_millis(drain_s.saturating_mul(500)),
        }
    }

    fn websocket(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(self.read_buffer_bytes)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_write_buffer_size(WRITE_BUFFER_BYTES + 2 * self.message_max_bytes)
            .max_message_size(Some(self.message_max_bytes))
            .max_frame_size(Some(self.message_max_bytes))
    }
}

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The process stops; come back.
    Restart,
    /// Too much waits for a reader that does not read; come back and resume.
    TooSlow,
    /// Larger than any message may be.
    TooLarge,
    /// Text that is no UTF-8.
    NotText,
    /// Broke the protocol.
    Protocol,
    /// The session can not be read now; come back.
    Unavailable,
    /// Whoever is at the other end may not be here any more: come back with a token that holds.
    Unauthenticated,
}

/// The close code for a token that holds no more.
const UNAUTHENTICATED_CODE: u16 = 4401;

impl Ending {
    const fn code(self) -> CloseCode {
        match self {
            Self::Restart => CloseCode::Restart,
            Self::TooSlow | Self::Unavailable => CloseCode::Again,
            Self::TooLarge => CloseCode::Size,
            Self::NotText => CloseCode::Invalid,
            Self::Protocol => CloseCode::Protocol,
            Self::Unauthenticated => CloseCode::Library(UNAUTHENTICATED_CODE),
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Restart => "the server restarts",
            Self::TooSlow => "too slow: resume from your last position",
            Self::TooLarge => "message too large",
            Self::NotText => "not UTF-8",
            Self::Protocol => "protocol error",
            Self::Unavailable => "try again later",
            Self::Unauthenticated => "the token holds no more",
        }
    }
}

/// What a dialect makes of one connection. Nothing here waits: commands are sent, and their answers come as items.
pub trait Protocol: Send + 'static {
    /// The next page of what the peer missed before it came; empty when it has everything. Called until then, before
    /// anything else.
    ///
    /// # Errors
    /// When it can not be read.
    fn missed(&mut self, out: &mut Frames) -> Result<(), Ending>;

    /// A text frame came.
    fn text(&mut self, frame: &str, out: &mut Frames);

    /// A binary frame came, which no dialect documents.
    fn binary(&mut self, out: &mut Frames);

    /// Something happened in the session, or a command was answered.
    fn item(&mut self, item: Item, out: &mut Frames);

    /// A frame is not taken: too many came.
    fn refuse(&mut self, refusal: &Refusal, out: &mut Frames);

    /// Commands that were sent and not answered yet.
    fn pending(&self) -> usize;

    /// Whether more was missed, though the last call of [`Protocol::missed`] added nothing.
    fn is_behind(&self) -> bool {
        false
    }

    /// When [`Protocol::due`] is to be called.
    fn due_at(&self) -> Option<Instant> {
        None
    }

    /// The time that [`Protocol::due_at`] named has come.
    ///
    /// # Errors
    /// When the connection is over.
    fn due(&mut self, out: &mut Frames) -> Result<(), Ending> {
        let _ = out;
        Ok(())
    }

    /// Whether the protocol wants to begin anew now, with [`Protocol::renew`].
    fn is_stale(&self) -> bool {
        false
    }

    /// Begins anew with another queue: the old one overflowed, or the protocol is stale. [`Protocol::missed`] comes next.
    ///
    /// # Errors
    /// When the peer is to come back by itself.
    fn renew(&mut self, out: &mut Frames) -> impl Future<Output = Result<Arc<Outbox>, Ending>> + Send {
        let _ = out;
        std::future::ready(Err(Ending::TooSlow))
    }
}
