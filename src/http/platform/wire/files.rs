//! Files of messages: extension fields.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Attachment;

/// A file, as a message names it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http::platform) struct File<'a> {
    /// By which it is fetched in its session.
    pub id: String,
    pub name: &'a str,
    /// What the bytes are, by their own look.
    pub media_type: &'a str,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub sha256: &'a str,
    /// `image`, `audio`, `video`, `document` or `other`.
    pub kind: &'static str,
}

impl<'a> File<'a> {
    /// Of what stands in the log.
    pub(in crate::http::platform) fn of(file: &'a Attachment) -> Self {
        Self {
            id: file.id.to_string(),
            name: file.name.as_str(),
            media_type: file.media_type.as_str(),
            bytes: file.bytes,
            sha256: file.digest.as_str(),
            kind: file.kind.as_str(),
        }
    }
}
