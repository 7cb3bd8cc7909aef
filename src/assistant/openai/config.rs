//! How to reach a provider, and every limit on what it may cost in time and text.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::domain::tool::ModelSettings;

/// A server that speaks chat completions. Times are for one turn.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenAiConfig {
    /// Where `/chat/completions` hangs, with the version: `https://api.openai.com/v1`.
    pub base_url: String,
    /// The key; local servers need none.
    pub api_key: Option<SecretString>,
    /// The model's name as the server knows it.
    pub model: String,
    /// Who the assistant is, in a few sentences.
    pub persona: String,
    /// 0..2; low is steady.
    pub temperature: f32,
    /// To connect.
    pub connect_timeout_ms: u64,
    /// From asking to the first piece of the answer, in one attempt.
    pub first_token_timeout_ms: u64,
    /// Between two reads once the answer has begun.
    pub idle_timeout_ms: u64,
    /// For all attempts and waits together; below the turn's own deadline, so that the builtin assistant still can answer.
    pub total_timeout_ms: u64,
    /// Attempts after the first.
    pub retries_max: u32,
    /// The first wait between attempts; it doubles.
    pub retry_base_ms: u64,
    /// The model is told to stop there.
    pub answer_max_tokens: u32,
    /// What is longer is cut at a sentence.
    pub answer_max_chars: usize,
    /// What one request and its answer may take together, in tokens as we estimate them: what the model's context holds.
    pub context_max_tokens: usize,
    /// Passages of the knowledge that are sent at first.
    pub passages_max: usize,
    /// How often tools are used before the model must answer.
    pub tool_rounds_max: u32,
    /// Calls of tools in one turn.
    pub tool_calls_max: usize,
    /// What tools tell in one turn, in bytes.
    pub tool_results_max_bytes: usize,
    /// One line of the stream.
    pub line_max_bytes: usize,
    /// Failed turns in a row until the provider is left alone.
    pub breaker_failures_max: u32,
    /// How long it is left alone.
    pub breaker_open_ms: u64,
}

impl OpenAiConfig {
    /// The given server with the default limits. An empty key is none, an empty model the default one.
    pub fn new(base_url: String, api_key: SecretString, model: String) -> Self {
        let api_key = Some(api_key).filter(|key| !key.expose_secret().is_empty());
        let default = Self::default();
        let model = if model.is_empty() { default.model.clone() } else { model };
        Self { base_url, api_key, model, ..default }
    }

    /// With an organization's own settings laid over. A server of the organization's own never gets the installation's key.
    #[must_use]
    pub fn overlaid(&self, own: &ModelSettings) -> Self {
        let own_key = own.api_key.as_ref().map(|key| SecretString::from(key.expose()));
        let api_key = if own.base_url.is_some() { own_key } else { own_key.or_else(|| self.api_key.clone()) };
        Self {
            base_url: own.base_url.clone().unwrap_or_else(|| self.base_url.clone()),
            api_key,
            model: own.model.clone().unwrap_or_else(|| self.model.clone()),
            temperature: own.temperature.unwrap_or(self.temperature),
            answer_max_tokens: own.answer_max_tokens.unwrap_or(self.answer_max_tokens),
            ..self.clone()
        }
    }
}

impl Default for OpenAiConfig {
    fn default() -> Self {
        Self {
            base_url: "https://api.openai.com/v1".to_owned(),
            api_key: None,
            model: "gpt-4o-mini".to_owned(),
            persona: "You are the friendly customer support assistant of this company.".to_owned(),
            temperature: 0.2,
            connect_timeout_ms: 3_000,
            first_token_timeout_ms: 10_000,
            idle_timeout_ms: 5_000,
            total_timeout_ms: 20_000,
            retries_max: 2,
            retry_base_ms: 500,
            answer_max_tokens: 600,
            answer_max_chars: 4_000,
            context_max_tokens: 8_000,
            passages_max: 4,
            tool_rounds_max: 4,
            tool_calls_max: 8,
            tool_results_max_bytes: 12 * 1024,
            line_max_bytes: 64 * 1024,
            breaker_failures_max: 5,
            breaker_open_ms: 15_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_never_shown() {
        let config = OpenAiConfig { api_key: Some("sk-secret".to_owned().into()), ..OpenAiConfig::default() };
        assert!(!format!("{config:?}").contains("sk-secret"));
    }

    #[test]
    fn a_server_of_an_organizations_own_never_gets_the_installations_key() {
        let installed = OpenAiConfig { api_key: Some("sk-ours".to_owned().into()), ..OpenAiConfig::default() };
        let unset = ModelSettings::unset(crate::domain::OrganizationId::default_organization());
        let key = |own: &ModelSettings| installed.overlaid(own).api_key.map(|key| key.expose_secret().to_owned());
        assert_eq!(key(&ModelSettings { model: Some("m".to_owned()), ..unset.clone() }).as_deref(), Some("sk-ours"));
        assert_eq!(key(&ModelSettings { base_url: Some("https://theirs.example/v1".to_owned()), ..unset }), None);
    }

    #[test]
    fn an_empty_key_is_none() {
        let config = OpenAiConfig::new("http://127.0.0.1:8000/v1".to_owned(), String::new().into(), String::new());
        assert!(config.api_key.is_none() && !config.model.is_empty());
    }

    #[test]
    fn keys_that_are_not_given_have_their_defaults() {
        let config: OpenAiConfig = toml::from_str("base_url = \"http://127.0.0.1:11434/v1\"").unwrap();
        assert_eq!(config.retries_max, 2);
        assert!(toml::from_str::<OpenAiConfig>("retry_max = 1").is_err());
    }
}
