//! What an organization sets.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{AssistantSettings, PiiKind, PiiPattern, WidgetSettings};

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
    pub prohibited_topics: Vec<String>,
    pub scope: Vec<String>,
    pub fallback_message: String,
    pub language: Option<String>,
    pub no_promises: bool,
    #[schema(value_type = Vec<String>)]
    pub pii: Vec<PiiKind>,
    #[schema(value_type = Vec<Object>)]
    pub pii_patterns: Vec<PiiPattern>,
    pub persona: String,
    pub link_hosts: Vec<String>,
}

impl From<&AssistantSettings> for Assistant {
    fn from(settings: &AssistantSettings) -> Self {
        Self {
            auto_reply: settings.auto_reply,
            reply_max_chars: settings.reply_max_chars,
            // As it was typed: 0.7, not 0.699999988079071.
            confidence_floor: settings.confidence_floor.to_string().parse().unwrap_or_default(),
            style: settings.style.as_str().to_owned(),
            prohibited_topics: settings.prohibited_topics.clone(),
            scope: settings.scope.clone(),
            fallback_message: settings.fallback_message.clone(),
            language: settings.language.clone(),
            no_promises: settings.no_promises,
            pii: settings.pii.clone(),
            pii_patterns: settings.pii_patterns.clone(),
            persona: settings.persona.clone(),
            link_hosts: settings.link_hosts.clone(),
        }
    }
}
