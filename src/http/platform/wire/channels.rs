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
    /// Ours: each way in and out of what is set up. Administrators see each account of their organization, anybody else the worst of
    /// each channel.
    pub channels: Vec<ChannelWayHealth>,
}

/// How one way does.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::platform) struct ChannelWayHealth {
    /// `whatsapp`, `email`, `sms` or `webhook`.
    pub channel: &'static str,
    /// For administrators: what the provider calls the number or address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `in`: from customers; `out`: to them.
    pub way: &'static str,
    /// `starting`, `working`, `failing` (it is tried again), `blocked` (somebody has to look at it) or `stopped`.
    pub state: &'static str,
    /// Since when it does so.
    pub since: String,
    /// Failures in a row.
    pub failures: u32,
    /// What is wrong: for administrators with the provider's code.
    pub error: Option<String>,
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

/// `POST /api/channels/whatsapp/messages`. What is not text stands in the field that `type` names, in the form of Meta's Cloud API.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http::platform) struct SendWhatsapp {
    /// A telephone number, digits of E.164 with or without a plus; or a person's id at Meta.
    #[schema(min_length = 1)]
    pub to: String,
    /// `text` where it is not said.
    #[serde(rename = "type")]
    #[schema(value_type = Option<WhatsappKind>)]
    pub kind: Option<String>,
    /// With type `text`: at most 4096 UTF-16 units.
    pub text: Option<String>,
    /// The client's own: the same one twice is one message, and gets the same answer.
    #[schema(min_length = 1, max_length = 255, pattern = "^[ -~]+$")]
    pub message_id: Option<String>,
    /// An approved template: `name`, `language.code`, `components`.
    #[schema(value_type = Option<Object>)]
    pub template: Option<Value>,
    /// A picture: `id` or `link`, `caption`.
    #[schema(value_type = Option<Object>)]
    pub image: Option<Value>,
    /// A film: `id` or `link`, `caption`.
    #[schema(value_type = Option<Object>)]
    pub video: Option<Value>,
    /// Sound: `id` or `link`, `voice`.
    #[schema(value_type = Option<Object>)]
    pub audio: Option<Value>,
    /// Any other file: `id` or `link`, `caption`, `filename`.
    #[schema(value_type = Option<Object>)]
    pub document: Option<Value>,
    /// Words with buttons or a list: `type`, `body.text`, `footer.text`, `action`.
    #[schema(value_type = Option<Object>)]
    pub interactive: Option<Value>,
    /// A sign on a message of the person's: `message_id`, `emoji`; without one it is taken away.
    #[schema(value_type = Option<Object>)]
    pub reaction: Option<Value>,
}

/// What is sent.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only described: `SendWhatsapp::saying` reads it")]
pub(in crate::http::platform) enum WhatsappKind {
    Text,
    Template,
    Image,
    Video,
    Audio,
    Document,
    Interactive,
    Reaction,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http::platform) struct SentMessage {
    /// `sent`, or `queued` while the provider has not said.
    pub status: &'static str,
    /// What the provider calls it; our own id while it is queued.
    pub message_id: String,
    /// When it was taken in.
    pub timestamp: String,
}
