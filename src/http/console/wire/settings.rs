//! What an organization sets.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{AssistantSettings, WidgetSettings};

/// `GET /settings`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AllSettings {
    /// How people work: policy, hours, targets, rules, texts.
    #[schema(value_type = Object)]
    pub desk: serde_json::Value,
    pub assistant: Assistant,
    /// How the widget looks, and where it may be.
    #[schema(value_type = Object)]
    pub widget: WidgetSettings,
}

/// How the assistant answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Assistant {
    pub auto_reply: bool,
    #[schema(minimum = 1, maximum = 8000)]
    pub reply_max_chars: u32,
    #[schema(minimum = 0, maximum = 1)]
    pub confidence_floor: f64,
    pub style: String,
}

impl From<&AssistantSettings> for Assistant {
    fn from(settings: &AssistantSettings) -> Self {
        Self {
            auto_reply: settings.auto_reply,
            reply_max_chars: settings.reply_max_chars,
            // As it was typed: 0.7, not 0.699999988079071.
            confidence_floor: settings.confidence_floor.to_string().parse().unwrap_or_default(),
            style: settings.style.as_str().to_owned(),
        }
    }
}
