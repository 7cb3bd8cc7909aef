//! The JSON of `/api/channels`.

use serde::Serialize;
use utoipa::ToSchema;

/// A webhook's payload was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::platform) struct Received {
    /// `received`
    pub status: &'static str,
}

/// How the channels are.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::platform) struct ChannelHealth {
    /// `healthy` or `degraded`.
    pub status: &'static str,
    /// Of this program.
    pub version: &'static str,
    /// Each on its own.
    pub dependencies: ChannelDependencies,
}

/// Each is `healthy` or `unhealthy`, or `not_configured` where nobody has set it up.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::platform) struct ChannelDependencies {
    /// Whatever holds live sessions.
    pub redis: &'static str,
    /// Whatever takes messages.
    pub chatbot_core: &'static str,
    /// `WhatsApp`.
    pub whatsapp: &'static str,
    /// E-mail.
    pub email: &'static str,
    /// Live connections.
    pub websocket: &'static str,
}
