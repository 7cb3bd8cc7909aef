//! The JSON of `/api/channels`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
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

/// A customer's message, as an organization's own system brings it.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http::platform) struct BroughtMessage {
    /// Whose, by the system's own id.
    #[schema(min_length = 1, max_length = 128)]
    pub customer: String,
    /// What they are called.
    pub name: Option<String>,
    /// Their address for mail.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their language.
    pub language: Option<String>,
    /// What they say.
    #[schema(min_length = 1, max_length = 32768)]
    pub text: String,
    /// The system's id of it: the same one twice counts once. Without one the request's counts.
    #[schema(min_length = 1, max_length = 128)]
    pub message_id: Option<String>,
    /// The system's own facts, kept with it.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
    /// When it was written, in RFC 3339; what comes late is not answered.
    pub sent_at: Option<String>,
}

/// A message was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::platform) struct Brought {
    /// The conversation that it stands in.
    pub conversation_id: String,
    /// Its id there.
    pub message_id: String,
    /// Whether it was there already.
    pub duplicate: bool,
}
