//! The JSON of `/api/channels/email`.

use serde::{Deserialize, Serialize};
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
    /// The same as HTML, for programs that show that; at most 256 KiB. What runs, asks or loads in it is left out. Without it, it is made of
    /// `text`.
    pub html: Option<String>,
    /// Where answers are to go, if not to the server.
    pub reply_to: Option<String>,
    /// The session that it belongs to; without it, that of the address.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub thread_id: Option<String>,
    /// Files that go with it; at most 10, and 18 MiB together.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub attachments: Vec<EmailFile>,
}

/// A file of a mail.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http::platform) struct EmailFile {
    /// What it is called; `name` is taken too.
    #[serde(alias = "name")]
    pub filename: String,
    /// What is in it, in base64. To be sent it must be there; of what came elsewhere the name is kept without it.
    #[schema(min_length = 4, format = Byte)]
    pub content: Option<String>,
    /// Its media type. What it is, the file itself says first.
    pub content_type: Option<String>,
    /// How `content` is written: `base64`, which it is without this too.
    #[schema(pattern = "^base64$")]
    pub encoding: Option<String>,
}

/// A file that came with a mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "must be a file's name, or an object with its filename and its content")]
pub(in crate::http::platform) enum EnclosedFile {
    /// Its name alone.
    Name(String),
    /// It.
    File(EmailFile),
}

impl std::fmt::Debug for EmailFile {
    /// Shows the size only: names and contents are the customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EmailFile({} bytes)", self.content.as_ref().map_or(0, String::len))
    }
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
    /// What came with it; at most 10, and 18 MiB together. Those with contents are kept, of others their names.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub attachments: Vec<EnclosedFile>,
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
