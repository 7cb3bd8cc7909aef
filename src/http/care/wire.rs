//! The care dialect's JSON, to the letter of its document. Fields that the document does not know are ignored on the way
//! in; extension fields on the way out are left out for clients that did not ask for them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::http::live::follow::Position;

/// `POST /auth/register`
#[derive(Deserialize, ToSchema)]
pub(super) struct Register {
    #[schema(max_length = 254, format = Email)]
    pub email: String,
    #[schema(min_length = 8, max_length = 128, format = Password)]
    pub password: String,
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: String,
}

/// `POST /auth/login`
#[derive(Deserialize, ToSchema)]
pub(super) struct Login {
    pub email: String,
    pub password: String,
}

/// `POST /conversations/{conversation_id}/messages`
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SendMessage {
    /// Not blank; at most 32 KiB.
    #[schema(min_length = 1, max_length = 32768, pattern = r"\S")]
    pub message: String,
    /// Kept with the message.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// Which conversation.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: `decode::conversation` reads it")]
pub(super) struct ConversationPath {
    /// The conversation's id.
    #[param(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    conversation_id: String,
}

/// Pieces of a time series.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only described: `decode::timeframe` reads it")]
pub(super) enum Timeframe {
    Hourly,
    Daily,
    Weekly,
    Monthly,
}

/// `GET /health`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    pub status: &'static str,
    pub version: &'static str,
    pub timestamp: String,
}

/// A user who registered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Registered {
    pub id: String,
    pub email: String,
    pub name: String,
    pub created_at: String,
}

/// A token for a user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoggedIn {
    pub access_token: String,
    pub token_type: &'static str,
    pub expires_in: u64,
    pub user: User,
}

/// The `user` of a login.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct User {
    pub id: String,
    pub email: String,
    pub name: String,
}

/// A conversation, new or listed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Conversation {
    pub conversation_id: String,
    pub created_at: String,
}

/// A message that was sent, and what was answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SentMessage {
    pub message_id: String,
    pub conversation_id: String,
    pub sender: String,
    pub message: String,
    pub timestamp: String,
    /// `null` where nobody answers at once: a person has the conversation.
    pub response: Option<Response>,
}

/// The `response` of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Response {
    pub text: String,
    pub intent: String,
    pub confidence: f64,
    pub entities: Vec<Entity>,
}

/// Something that was named in a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entity {
    pub entity: String,
    pub value: Option<String>,
}

/// `GET /analytics/conversations`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConversationAnalytics {
    pub total_conversations: u64,
    pub active_users: u64,
    pub messages_per_conversation: f64,
    pub intent_distribution: Vec<IntentCount>,
    pub time_series: Vec<BucketCount>,
}

/// One row of `intent_distribution`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IntentCount {
    pub intent: &'static str,
    pub count: u64,
}

/// One row of `time_series`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BucketCount {
    pub timestamp: String,
    pub count: u64,
}

/// The envelope of every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorEnvelope {
    pub error: ErrorBody,
}

/// The `error` of the envelope, and of an error frame.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody {
    pub code: String,
    pub message: Cow<'static, str>,
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

/// A frame from a client: the fields of all types, since each client sends few.
#[derive(Debug, Deserialize)]
pub(super) struct ClientFrame<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub content: Option<Cow<'a, str>>,
    /// Extension.
    #[serde(borrow)]
    pub id: Option<Cow<'a, str>>,
    /// Extension, of `typing`.
    pub is_typing: Option<bool>,
}

/// A frame to a client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerFrame<'a> {
    Message {
        content: &'a str,
        timestamp: String,
        metadata: Metadata<'a>,
        #[serde(flatten)]
        place: Option<Place<'a>>,
    },
    Error {
        error: ErrorBody,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
    },
    /// Extension: the first frame of a client that named a position.
    Connected { position: Position },
    /// Extension: somebody else began or stopped typing.
    Typing { sender: &'a str, is_typing: bool, timestamp: String },
    /// Extension: more of the answer that the assistant is making.
    Draft { turn: u64, content: &'a str, offset: usize },
    /// Extension: that answer is thrown away, or its message comes.
    DraftEnd { turn: u64 },
}

/// The `metadata` of a message; nothing was read into what people and notices say.
#[derive(Debug, Serialize)]
pub(super) struct Metadata<'a> {
    pub intent: Option<&'a str>,
    pub confidence: Option<f64>,
}

/// Extension fields of a message: who said it and where it stands.
#[derive(Debug, Serialize)]
pub(super) struct Place<'a> {
    pub sender: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    pub message_id: String,
    pub seq: u64,
    pub epoch: u64,
}
