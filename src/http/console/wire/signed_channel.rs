//! The JSON of an organization's own channels.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the creation of one brings.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http::console) struct NewChannel {
    /// What people call it.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Where replies go: an `http` or `https` address without a user or a password in it.
    #[schema(max_length = 2048)]
    pub reply_url: String,
    /// Unless given, it is.
    pub enabled: Option<bool>,
}

/// What a change brings: what is not sent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http::console) struct ChangeChannel {
    /// As at creation.
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// As at creation.
    #[schema(max_length = 2048)]
    pub reply_url: Option<String>,
    /// Switched off, it takes nothing, and what waits for it stays.
    pub enabled: Option<bool>,
}

/// One; its secret is not in it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::console) struct SignedChannelRow {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where its system brings messages, on this server.
    pub inbound_path: String,
    /// Where replies go.
    pub reply_url: String,
    /// Whether it takes and sends anything.
    pub enabled: bool,
    /// Until when the secret before this one holds too.
    pub previous_secret_until: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub updated_at: String,
}

/// All of them, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::console) struct SignedChannels {
    /// They.
    pub items: Vec<SignedChannelRow>,
}

/// One with its new secret: the only time that it is shown.
#[derive(Serialize, ToSchema)]
pub(in crate::http::console) struct SignedChannelSecret {
    /// It.
    #[serde(flatten)]
    pub channel: SignedChannelRow,
    /// What both ways are signed with.
    pub secret: String,
}
