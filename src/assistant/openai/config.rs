//! How to reach a provider, and every limit on what it may cost in time and text.

use secrecy::SecretString;
use serde::Deserialize;

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
    /// History that is sent, with the burst, in tokens as we estimate them.
    pub history_max_tokens: usize,
    /// Passages of the knowledge that are sent.
    pub passages_max: usize,
    /// One line of the stream.
    pub line_max_bytes: usize,
    /// Failed turns in a row until the provider is left alone.
    pub breaker_failures_max: u32,
    /// How long it is left alone.
    pub breaker_open_ms: u64,
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
            history_max_tokens: 3_000,
            passages_max: 4,
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
    fn keys_that_are_not_given_have_their_defaults() {
        let config: OpenAiConfig = toml::from_str("base_url = \"http://127.0.0.1:11434/v1\"").unwrap();
        assert_eq!(config.retries_max, 2);
        assert!(toml::from_str::<OpenAiConfig>("retry_max = 1").is_err());
    }
}
