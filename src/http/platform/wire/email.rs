//! The JSON of `/api/channels/email`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// `POST /api/channels/email/send`
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http::platform) struct SendEmail {
    /// To whom.
    #[schema(max_length = 254, pattern = "^[^@\\s]+@[^@\\s]+$")]
    pub to: String,
    /// At most 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub subject: String,
    /// What it says; at most 32 KiB. Without it, the text of `html`.
    #[schema(min_length = 1, max_length = 32768)]
    pub text: Option<String>,
    /// The same as HTML. Mails go out as text.
    pub html: Option<String>,
    /// Where answers are to go, if not to the server.
    pub reply_to: Option<String>,
    /// The session that it belongs to; without it, that of the address.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub thread_id: Option<String>,
}

/// `POST /api/channels/email/process`
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http::platform) struct ProcessEmail {
    /// Who wrote it: an address, or `Name <address>`.
    #[schema(min_length = 3)]
    pub from: String,
    /// Its subject.
    pub subject: Option<String>,
    /// What it says. Without it, the text of `html`.
    pub text: Option<String>,
    /// The same as HTML.
    pub html: Option<String>,
    /// The session that it goes on; without it, the one that it answers, or a new one.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub thread_id: Option<String>,
    /// What came with it; names are kept.
    #[serde(default)]
    pub attachments: Vec<Value>,
}

/// A mail that was sent or taken in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http::platform) struct EmailDone {
    /// `sent` (it is durable and on its way) or `processed`.
    pub status: &'static str,
    /// The message in its session.
    pub message_id: String,
    /// When it was taken to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}

/// The listener was started or stopped.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::platform) struct ListenerDone {
    /// `started` or `stopped`.
    pub status: &'static str,
    /// The same in words.
    pub message: &'static str,
}
