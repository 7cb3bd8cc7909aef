//! The platform dialect's JSON, to the letter of its document. Fields that the document does not know are ignored on the
//! way in; extension fields on the way out are left out for clients that did not ask for them.

pub(super) mod admin;
pub(super) mod channels;
pub(super) mod email;
mod files;
pub(super) mod knowledge;
pub(super) mod live;
pub(super) mod memory;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

pub(super) use files::File;

use crate::domain::widget::Side;
use crate::http::body::Object;

/// `POST /api/core/messages`
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProcessMessage {
    #[schema(value_type = IncomingMessage)]
    pub message: Object<IncomingMessage>,
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:+@-]+$")]
    pub user_id: String,
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub session_id: Option<String>,
    #[schema(value_type = Option<ChannelName>)]
    pub channel: Option<String>,
    /// Kept with the message; its `language` is a hint to the assistant, its `name`, `email` and `phone` are the customer's.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// The `message` of a request.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct IncomingMessage {
    /// At most 32 KiB; not blank, unless there are files.
    #[schema(min_length = 1, max_length = 32768, pattern = r"\S")]
    pub text: String,
    /// Extension: ids of files that were uploaded to the session, at most 10.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub attachments: Vec<String>,
    /// The client's own: the same one twice in a session is one message.
    #[schema(min_length = 1, max_length = 128, pattern = r"^[^\x00-\x1f\x7f]+$")]
    pub id: Option<String>,
    #[serde(rename = "type")]
    #[schema(value_type = Option<MessageKind>)]
    pub kind: Option<String>,
}

/// How the customer writes.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only described: `decode::channel` reads it")]
pub(super) enum ChannelName {
    Web,
    Websocket,
    Whatsapp,
    Email,
    Sms,
}

/// Audio has its own route.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only described: `decode::draft` reads it")]
pub(super) enum MessageKind {
    Text,
}

/// Which session.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: `decode::session_key` reads it")]
pub(super) struct SessionPath {
    /// The session's id.
    #[param(rename = "sessionId", min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    session_id: String,
}

/// Where somebody belongs who brings no credential.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described: `widget::organization` reads it")]
pub(super) struct AnonymousIn {
    /// An anonymous customer's organization.
    organization: Option<String>,
}

/// What shows whose the session is, without a credential.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described: `handlers::files::enter` reads it")]
pub(super) struct AnonymousProof {
    /// The secret of an anonymous customer's session.
    #[param(rename = "x-session-secret")]
    secret: Option<String>,
}

/// `POST /api/core/messages/audio`
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProcessAudio<'a> {
    /// In base64. What is no audio is refused.
    #[serde(borrow)]
    #[schema(min_length = 4, format = Byte)]
    pub audio: Cow<'a, str>,
    /// `mp3`, `wav`, `ogg`, `m4a`, `webm`, `flac`, `aac` or `amr`, or the media type. Which one it is, the audio itself says.
    #[schema(pattern = "^(audio/)?(mp3|mpeg|wav|ogg|opus|m4a|mp4|aac|amr|webm|flac)$")]
    pub format: String,
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:+@-]+$")]
    pub user_id: String,
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub session_id: Option<String>,
    #[schema(value_type = Option<ChannelName>)]
    pub channel: Option<String>,
    /// Kept with the message; its `language` is a hint to the assistant, its `name`, `email` and `phone` are the customer's.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// The answer to a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProcessedMessage {
    pub response: ResponseMessage,
    pub session_id: String,
    pub context: ReadContext,
}

/// The `response` of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResponseMessage {
    pub text: String,
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// How the message was understood.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReadContext {
    pub intent: String,
    pub entities: Vec<String>,
    pub confidence: f64,
}

/// `GET /api/core/sessions/:sessionId/context`
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionContext {
    pub session_id: String,
    pub user_id: String,
    pub channel: &'static str,
    pub context: Context,
}

/// The `context` of a session: snake case, as documented.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Context {
    pub conversation_history: Vec<HistoryLine>,
    #[schema(value_type = Object)]
    pub entities: serde_json::Map<String, Value>,
    pub intent: Option<String>,
    pub last_interaction: Option<String>,
}

/// One line of the history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HistoryLine {
    pub role: &'static str,
    pub content: String,
}

/// `POST /api/core/sessions/:sessionId/reset`
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResetDone {
    pub status: &'static str,
    pub message: &'static str,
    pub session_id: String,
}

/// `POST /api/core/sessions/:sessionId/rating`
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RateSession {
    /// 1 (bad) to 5 (good).
    #[schema(minimum = 1, maximum = 5)]
    pub score: i64,
    #[schema(max_length = 2000)]
    pub comment: Option<String>,
    /// Whose session it is, where the caller is a service.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:+@-]+$")]
    pub user_id: Option<String>,
}

/// The answer to a rating.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionRated {
    pub status: &'static str,
    pub session_id: String,
    pub score: u8,
}

/// `GET /widget/config`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WidgetConfig<'a> {
    pub title: &'a str,
    /// `#rrggbb`
    pub color: &'a str,
    pub greeting: &'a str,
    /// `left` or `right`.
    #[schema(value_type = String, pattern = "^(left|right)$")]
    pub position: Side,
    /// Whether replies may go by e-mail while the customer is away.
    pub email: bool,
}

/// `POST /api/core/sessions/:sessionId/email`
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct AskForMail {
    /// An address of the customer's.
    #[schema(max_length = 254)]
    pub address: String,
}

/// `POST /api/core/sessions/:sessionId/email/code`
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ProveMail {
    /// The six digits of the mail.
    #[schema(pattern = "^[0-9]{6}$")]
    pub code: String,
}

/// How a conversation goes on by e-mail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailStanding {
    /// Whether it may.
    pub offered: bool,
    /// The address that waits for its code.
    pub asked: Option<MailAsked>,
    /// The address to which replies go.
    pub proven: Option<MailProven>,
}

/// An address that waits for its code.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailAsked {
    pub address: String,
    /// Until when the code holds. Whether its mail arrived is not told.
    pub until: String,
}

/// An address that was proved.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailProven {
    pub address: String,
    pub since: String,
}

/// `GET /api/core/health`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    pub status: &'static str,
    pub version: &'static str,
    pub dependencies: Dependencies,
}

/// What the core rests on, under the document's names and our own.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Dependencies {
    /// Whatever model answers.
    pub openai: &'static str,
    /// Whatever holds live sessions.
    pub redis: &'static str,
    /// Whatever remembers.
    pub memory_engine: &'static str,
    /// The durable store. Ours.
    #[schema(required = false)]
    pub store: &'static str,
}

/// The envelope of every refusal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorEnvelope<'a> {
    pub error: ErrorBody<'a>,
    pub request_id: &'a str,
}

/// The `error` of the envelope.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody<'a> {
    pub code: &'a str,
    pub message: &'a str,
    pub details: Cow<'a, str>,
}
